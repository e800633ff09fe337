"""The artificial languages: how each is made, what they share, and how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Language:
    """How a language is made.

    Attributes
    ----------
    code, name : str
        Its code (of ISO 639-3's range for private use, ``qaa`` to ``qtz``) and its name.
    order : {"SVO", "SOV", "VSO"}
        The order of subject, verb and object.
    script : str
        A key of `polychron.synthetic.lexicon.SCRIPTS`.
    marking : {"adposition", "case"}
        Whether a noun's role is a word before it or a suffix. Languages with case mark the past
        by a suffix too, the others by an auxiliary.
    inherited : float
        The share of the words that come from the common ancestor. What one language has kept, those that have kept
        more have kept too: two languages share the smaller of their shares.
    adjective, adverb : {"before", "after"}
        The side of the noun, and of the verb.
    indefinite : bool
        Whether there is an indefinite article.
    text : float
        The language's share of the pretraining text.
    """

    code: str
    name: str
    order: str
    script: str
    marking: str
    inherited: float
    adjective: str
    adverb: str
    indefinite: bool
    text: float


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        Language("qsa", "Sanic", "SVO", "Latin", "adposition", 0.45, "before", "after", True, 0.220),
        Language("qsb", "Sebic", "SVO", "Latin", "adposition", 0.45, "after", "after", True, 0.165),
        Language("qsc", "Sucic", "SVO", "Latin", "adposition", 0.45, "before", "before", True, 0.145),
        Language("qsd", "Sidic", "SVO", "Cyrillic", "adposition", 0.35, "before", "after", False, 0.160),
        Language("qoe", "Oveic", "SOV", "Greek", "case", 0.25, "before", "before", False, 0.165),
        Language("qpf", "Vofic", "VSO", "Georgian", "case", 0.15, "after", "after", True, 0.145),
    )
}


def relations() -> dict[str, dict[str, str]]:
    """Return what each language may share with others: its word order and its script.

    Examples
    --------
    >>> relations()["qoe"]
    {'order': 'SOV', 'script': 'Greek'}
    """
    return {code: {"order": language.order, "script": language.script} for code, language in LANGUAGES.items()}


def distance(first: str, second: str) -> float:
    """Return the syntactic distance of two languages: the share of typological features in which they differ.

    The features are as in URIEL, binary: subject before verb, object before verb, subject before object, adjective
    before noun, adverb before verb, adpositions, case, a past by suffix, an indefinite article, negation before the
    verb, a clause before its complementizer.

    Examples
    --------
    >>> distance("qsa", "qsa")
    0.0
    >>> distance("qsa", "qsb") < distance("qsa", "qpf") < distance("qsa", "qoe")
    True
    """
    a, b = (_features(code) for code in (first, second))
    return sum(x != y for x, y in zip(a, b, strict=True)) / len(a)


def _features(code: str) -> tuple[bool, ...]:
    language = LANGUAGES[code]
    order = language.order
    case = language.marking == "case"
    return (
        order.index("S") < order.index("V"),
        order.index("O") < order.index("V"),
        order.index("S") < order.index("O"),
        language.adjective == "before",
        language.adverb == "before",
        not case,
        case,
        case,
        language.indefinite,
        order != "SOV",
        order == "SOV",
    )


def distances() -> str:
    """Write the table of syntactic distances, each pair once."""
    lines = [f"syntactic\t{a}\t{b}\t{distance(a, b):.4f}" for a, b in combinations(LANGUAGES, 2)]
    return "\n".join(["kind\tlang1\tlang2\tdistance", *lines]) + "\n"
