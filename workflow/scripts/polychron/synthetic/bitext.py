"""Sentences of a world in two of its languages, to pretrain on: none says what a test sentence of the world says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from polychron.synthetic import nli
from polychron.synthetic import twins as of_twins
from polychron.synthetic.semantics import Imagination, Statement
from polychron.synthetic.world import SPLITS, World


def evaluated(world: World, languages: tuple[str, str], sizes: Mapping[str, Any]) -> set[Statement]:
    """Return the meanings of all sentences that two languages of a world are evaluated on.

    Parameters
    ----------
    world : World
    languages : (str, str)
    sizes : mapping
        Numbers of sentences, as `polychron.synthetic.world.files` has them.

    Returns
    -------
    set of Statement
        Those of the parallel test treebanks, the sentences with word alignments, both treebanks, and inference. The
        held-out text is not among them: meanings of texts are drawn with repetition.
    """
    spoken = world.parallel_statements(sizes["parallel"])
    found = {*spoken, *world.statements("bitext", sizes["alignment"])}
    for language in languages:
        found.update(world.statements(f"treebank {language}", sum(sizes["treebank"]), frozenset(spoken)))
    for split, pairs in zip(SPLITS, sizes["inference"], strict=True):
        imagination = Imagination(world.rng(f"inference {split}"))
        for _ in range(-(-pairs // 3)):
            premise, hypotheses = nli.triple(imagination)
            found.update((premise, *hypotheses.values()))
    return found


def pairs(
    seed: int,
    window: int,
    languages: tuple[str, str],
    sizes: Mapping[str, Any],
    twins: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, str]]:
    """Draw sentences and write each in two languages, without an end.

    Parameters
    ----------
    seed, window : int
        Those of the world.
    languages : (str, str)
        Languages of the world, or twins.
    sizes : mapping
        As in `evaluated`.
    twins : mapping of str to str, optional
        The twins of the world, each with the language that it is.

    Yields
    ------
    (str, str)
        A sentence and its translation. No meaning is there twice, and none is in `evaluated`.

    Examples
    --------
    >>> sizes = {"parallel": 5, "alignment": 5, "treebank": [5, 5, 5], "inference": [3, 3, 3]}
    >>> next(pairs(1, 64, ("qsa", "qsa"), sizes)) == next(pairs(1, 64, ("qsa", "qsa"), sizes))
    True
    """
    world = World(seed, window)
    for code, of in (twins or {}).items():
        world.lexica[code] = of_twins.transliterated(world.lexica[of], of_twins.twin_of(code, of))
    seen, name = evaluated(world, languages, sizes), "bitext to pretrain on"
    imagination = Imagination(world.rng(name))
    sides = [
        (world.orthography(f"{name} {side} {code}"), world.grammar(code, f"{name} {side}"))
        for side, code in enumerate(languages)
    ]
    while True:
        statement = imagination.statement()
        if statement not in seen:
            seen.add(statement)
            one, other = (orthography.line(grammar.say(statement).words) for orthography, grammar in sides)
            yield one, other
