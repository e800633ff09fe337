"""Twins: languages of a world that are another one of it, written in another script.

A twin has the words, the grammar and the sounds of its language, letter for letter, and no letter in common with it. So
what a model of both finds in common is known to be there, and is not in strings that it reads in both. K et al. (2020)
and Dufter and Schütze (2020) do the same with English. Its text and treebanks are drawn anew: they are no translations
of those of its language. The files of the world's other languages do not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from polychron.errors import InputError
from polychron.synthetic.languages import LANGUAGES, Language
from polychron.synthetic.lexicon import SCRIPTS, Lexicon
from polychron.synthetic.world import SPLITS, World

SCRIPT = "Georgian"
"""The script of twins."""


def twin_of(code: str, of: str) -> Language:
    """Return the language that is another one in Georgian script.

    Parameters
    ----------
    code : str
        The code of the twin.
    of : str
        A language of all worlds.

    Raises
    ------
    InputError
        The code is taken, or there is no such language, or it is written in that script itself.

    Examples
    --------
    >>> twin = twin_of("qtw", "qsa")
    >>> twin.script, twin.order == LANGUAGES["qsa"].order
    ('Georgian', True)
    """
    latin = [name for name, language in LANGUAGES.items() if language.script != SCRIPT]
    if code in LANGUAGES:
        raise InputError(
            f"world.twins: {code!r} is a language of all worlds", remedy="choose another code, such as qtw"
        )
    if of not in latin:
        raise InputError(
            f"world.twins.{code}: {of!r} is no language of the world in another script than {SCRIPT}",
            remedy=f"name one of these: {', '.join(latin)}",
        )
    return replace(LANGUAGES[of], code=code, name=f"{LANGUAGES[of].name} in {SCRIPT} script", script=SCRIPT)


def transliterated(words: Lexicon, language: Language) -> Lexicon:
    """Return a lexicon in the script of a twin."""
    letters = {letter: SCRIPTS[language.script][sound] for sound, letter in SCRIPTS[words.language.script].items()}
    table = str.maketrans(letters)
    return replace(
        words,
        language=language,
        forms={concept: form.translate(table) for concept, form in words.forms.items()},
        suffixes={case: suffix.translate(table) for case, suffix in words.suffixes.items()},
    )


def files(
    seed: int, window: int, code: str, of: str, layout: Mapping[str, Any], sizes: Mapping[str, Any]
) -> Iterator[tuple[str, bytes]]:
    """Make every file of a twin.

    Parameters
    ----------
    seed, window : int
        Those of the world.
    code, of : str
        The twin, and the language that it is.
    layout : mapping
        Path of each dataset: ``text``, ``treebank`` and ``parallel``, None where there is none, and ``alignment`` by
        pair.
    sizes : mapping
        Numbers of sentences, as those of the world. The twin has as much text as its language has.

    Yields
    ------
    path, content : str, bytes
        Each file once.
    """
    world = World(seed, window)
    language = twin_of(code, of)
    world.lexica[code] = transliterated(world.lexica[of], language)
    spoken = world.parallel_statements(sizes["parallel"])
    yield layout["text"], world.text(code, round(sizes["text"] * language.text))
    if layout["treebank"]:
        splits = dict(zip(SPLITS, sizes["treebank"], strict=True))
        for split, content in world.treebank(code, splits, spoken).items():
            yield layout["treebank"].format(split=split), content.encode()
    if layout["parallel"]:
        yield layout["parallel"], world.parallel(code, spoken).encode()
    for pair, entry in layout["alignment"].items():
        parts = world.bitext(*pair.split("/"), sizes["alignment"])
        for part, content in zip(("source", "target", "links"), parts, strict=True):
            yield entry[part], content.encode()
