"""What the languages of a study are called in its figures."""

from __future__ import annotations

from collections.abc import Iterable

from polychron import paths
from polychron.data import languages
from polychron.synthetic.languages import LANGUAGES

PUBLISHED = paths.DATA / "cc100_sizes.csv"
"""The table that names come from."""


def names(codes: Iterable[str], synthetic: bool) -> dict[str, str]:
    """Return the names of languages by their codes; those that are not known are left out.

    Parameters
    ----------
    codes : iterable of str
    synthetic : bool
        Whether the study has artificial languages, which have the order of subject, verb and object in their names.

    Examples
    --------
    >>> names(["de", "fin", "zh-Hant", "qoe", "xx"], synthetic=True)
    {'de': 'German', 'fin': 'Finnish', 'zh-Hant': 'Chinese (Traditional)', 'qoe': 'Oveic, SOV'}
    """
    made = {code: f"{one.name}, {one.order}" for code, one in LANGUAGES.items()} if synthetic else {}
    table = languages.read_sizes(PUBLISHED)
    known = {code: made.get(code) or (table[code].name if code in table else None) for code in codes}
    return {code: name for code, name in known.items() if name}
