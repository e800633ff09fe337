"""The words of the artificial languages: sounds, scripts, cognates and homographs.

Every language has a form for every concept of `polychron.synthetic.concepts`. A form is *inherited* from a common
ancestor, so that languages share it, or is the language's *own*: drawn, with the forms of all other languages, from one
set without repetition, so that there are no false friends. Forms are made of the same sounds and written in the
language's script: what is inherited is transliterated, and two languages of different scripts share no string. Most
verbs, adjectives and adverbs look like a noun or an adjective of the same language, so that the part of speech needs
context.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polychron.synthetic.concepts import ADJECTIVES, ADVERBS, CASES, FUNCTION, NAMES, NOUNS, VERBS, concepts
from polychron.synthetic.languages import LANGUAGES, Language

DIRECT = ("accusative", "to")
"""Cases that share a suffix; the others share one too, so that a suffix does not give a role away."""

CONSONANTS, VOWELS = "ptkbdgmnslrvzfh", "aeiou"
SCRIPTS: dict[str, dict[str, str]] = {
    script: dict(zip(CONSONANTS + VOWELS, letters, strict=True))
    for script, letters in {
        "Latin": CONSONANTS + VOWELS,
        "Cyrillic": "пткбдгмнслрвзфхаеиоу",
        "Greek": "πτκβδγμνσλρψζφχαειου",
        "Georgian": "პთკბდგმნსლრვზფჰაეიოუ",
    }.items()
}
"""How each sound is written in each script, one letter for one sound."""


@dataclass(frozen=True)
class Lexicon:
    """The words of one language.

    Attributes
    ----------
    language : Language
        How the language is made.
    forms : dict of str to str
        The written form of every concept.
    suffixes : dict of str to str
        The written suffix of every case; the past has that of the accusative. Empty where roles are adpositions.
    inherited : frozenset of str
        The concepts whose form comes from the common ancestor.
    """

    language: Language
    forms: dict[str, str]
    suffixes: dict[str, str]
    inherited: frozenset[str]


def lexica(rng: np.random.Generator, homographs: float = 0.7) -> dict[str, Lexicon]:
    """Draw the words of all languages.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the draws come from.
    homographs : float
        The share of verbs, adjectives and adverbs that look like another word of the language, in [0, 1].

    Returns
    -------
    dict of str to Lexicon
        The lexicon of each language, by code.
    """
    long, short = _forms(rng, 2), _closed_forms(rng)
    ancestor = _twins(rng, set(concepts()), homographs)
    roots = {concept: next(short if concept in FUNCTION else long) for concept in concepts() if concept not in ancestor}
    core = [list(roots)[place] for place in rng.permutation(len(roots))]
    words = {}
    for language in LANGUAGES.values():
        kept = {*NAMES, *core[: round(language.inherited * len(core))]}
        inherited = kept | {concept for concept, twin in ancestor.items() if _root(twin, ancestor) in kept}
        twins = _twins(rng, set(concepts()) - inherited, homographs)
        sounds = {concept: roots[_root(concept, ancestor)] for concept in inherited}
        for concept in concepts():
            if concept not in sounds and concept not in twins:
                sounds[concept] = next(short if concept in FUNCTION else long)
        sounds |= {concept: sounds[_root(concept, twins)] for concept in twins}
        direct, oblique = next(short)[1:], next(short)[1:]
        endings = {case: direct if case in DIRECT else oblique for case in CASES} if language.marking == "case" else {}
        words[language.code] = Lexicon(
            language,
            {concept: write(sounds[concept], language.script) for concept in concepts()},
            {case: write(ending, language.script) for case, ending in endings.items()},
            frozenset(inherited),
        )
    return words


def write(sounds: str, script: str) -> str:
    """Write sounds in a script.

    Examples
    --------
    >>> write("kato", "Cyrillic"), write("kato", "Georgian")
    ('като', 'კათო')
    """
    return "".join(SCRIPTS[script][sound] for sound in sounds)


def _root(concept: str, twins: dict[str, str]) -> str:
    """Follow homographs to the last: an adverb may look like an adjective that looks like a noun."""
    while concept in twins:
        concept = twins[concept]
    return concept


def _twins(rng: np.random.Generator, among: set[str], share: float) -> dict[str, str]:
    """Pair verbs and adjectives with nouns, and adverbs with adjectives, each noun or adjective with one at most."""
    nouns = [noun for noun in NOUNS if noun in among]
    free = [nouns[place] for place in rng.permutation(len(nouns))]
    adjectives = [adjective for adjective in ADJECTIVES if adjective in among]
    bare = [adjectives[place] for place in rng.permutation(len(adjectives))]
    twins = {}
    for concept in (*VERBS, *ADJECTIVES, *ADVERBS):
        choice = bare if concept in ADVERBS else free
        if concept in among and rng.random() < share and choice:
            twins[concept] = choice.pop()
    return twins


def _forms(rng: np.random.Generator, syllables: int) -> Iterator[str]:
    """Draw forms of consonants and vowels by turns, without repetition."""
    seen = set()
    while True:
        form = "".join(_pick(rng, CONSONANTS) + _pick(rng, VOWELS) for _ in range(syllables))
        if form not in seen:
            seen.add(form)
            yield form


def _closed_forms(rng: np.random.Generator) -> Iterator[str]:
    """Draw closed syllables, without repetition."""
    forms = [onset + vowel + coda for onset in CONSONANTS for vowel in VOWELS for coda in "nslrm"]
    yield from (forms[place] for place in rng.permutation(len(forms)))


def _pick(rng: np.random.Generator, letters: str) -> str:
    return letters[int(rng.random() * len(letters))]
