"""Dictionaries of two languages of a world: the lexicon that its texts are made from."""

from __future__ import annotations

from collections.abc import Mapping

from polychron.synthetic import twins as of_twins
from polychron.synthetic.concepts import NAMES, NOUNS
from polychron.synthetic.lexicon import Lexicon
from polychron.synthetic.world import World


def dictionary(seed: int, source: str, target: str, twins: Mapping[str, str] | None = None) -> str:
    r"""Write a dictionary of two languages.

    Parameters
    ----------
    seed : int
        Seed of the world.
    source, target : str
        Codes of languages of the world, or of its twins.
    twins : mapping of str to str, optional
        The twins of the world, each with the language that it is.

    Returns
    -------
    str
        A line ``WORD<tab>WORD`` for each concept, and for each noun in each case that either language marks. A pair
        is there once.

    Examples
    --------
    >>> dictionary(1, "qsa", "qsb").splitlines()[0].count("\t")
    1
    """
    lexica = World(seed, window=64).lexica  # words do not depend on the window
    for code, of in (twins or {}).items():
        lexica = {**lexica, code: of_twins.transliterated(lexica[of], of_twins.twin_of(code, of))}
    first, second = lexica[source], lexica[target]
    pairs = [(first.forms[concept], second.forms[concept]) for concept in first.forms]
    for case in sorted({*first.suffixes, *second.suffixes}):
        pairs += [(_inflected(first, noun, case), _inflected(second, noun, case)) for noun in (*NOUNS, *NAMES)]
    return "".join(f"{head}\t{translation}\n" for head, translation in dict.fromkeys(pairs))


def _inflected(lexicon: Lexicon, concept: str, case: str) -> str:
    return lexicon.forms[concept] + lexicon.suffixes.get(case, "")
