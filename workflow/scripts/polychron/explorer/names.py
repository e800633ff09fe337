"""What languages are called in the explorer, and the order in which they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """What is known of a language.

    Parameters
    ----------
    code, name : str
    order : str or None
        Of subject, object and verb, such as ``SOV``.
    family : str or None
    """

    code: str
    name: str
    order: str | None = None
    family: str | None = None

    @property
    def label(self) -> str:
        """Its name; of a language without a family, which nobody speaks, the word order too.

        Examples
        --------
        >>> Known("de", "German", "SVO", "Indo-European").label, Known("qoe", "Oveic", "SOV").label
        ('German', 'Oveic, SOV')
        """
        return f"{self.name}, {self.order}" if self.order and not self.family else self.name


def in_order(languages: Iterable[Known]) -> list[Known]:
    """Return languages by family and name; those of one family stand together, those without one come last.

    Examples
    --------
    >>> found = [Known("tr", "Turkish", family="Turkic"), Known("ru", "Russian", family="Indo-European")]
    >>> [one.code for one in in_order([*found, Known("qsa", "Sanic"), Known("de", "German", family="Indo-European")])]
    ['de', 'ru', 'tr', 'qsa']
    """
    return sorted(languages, key=lambda one: (one.family is None, one.family or "", one.label))
