"""Planted worlds: for each claim of the paper one in which its sentence is true, and some in which it is false.

`agreeing` is the world in which the paper is right: there all claims are true but those that have a true world of their
own. A false world changes what the sentence says, and not more: each is a function that takes the evidence of the true
world, or draws another one, with the ids of the claims that are false there. Its docstring says what is the case.
"""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import agreeing
from agreeing import CLAIMS, FINAL, LANGUAGES

from polychron.audit.curves import Place
from polychron.audit.evidence import PROBING, Evidence

Make = Callable[[], Evidence]


class World(NamedTuple):
    """A world by its name, the ids of the claims that it decides, and the evidence of a study in it."""

    name: str
    claims: tuple[str, ...]
    make: Make


FALSE: list[World] = []
TRUE: list[World] = []
"""Worlds in which claims are true that are not in the world where the paper's other numbers are."""


def matching(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of the claims that patterns name; each must name some."""
    found = [[name for name in CLAIMS if fnmatch.fnmatchcase(name, pattern)] for pattern in patterns]
    assert all(found), [pattern for pattern, names in zip(patterns, found, strict=True) if not names]
    return tuple(dict.fromkeys(name for names in found for name in names))


def _registered(to: list[World], patterns: tuple[str, ...]) -> Callable[[Make], Make]:
    def register(function: Make) -> Make:
        assert function.__doc__, function
        to.append(World(function.__name__, matching(patterns), functools.cache(function)))
        return function

    return register


def false(*patterns: str) -> Callable[[Make], Make]:
    """Register a world in which claims are false, by their ids or patterns of them."""
    return _registered(FALSE, patterns)


def true(*patterns: str) -> Callable[[Make], Make]:
    """Register a world in which claims are true."""
    return _registered(TRUE, patterns)


@functools.cache
def base() -> Evidence:
    """Return the evidence of the world in which the paper is right."""
    return agreeing.evidence(agreeing.world())


def true_world(claim: str) -> World:
    """Return the world in which a claim is true."""
    return next((world for world in TRUE if claim in world.claims), World("agreeing", (claim,), base))


def without(**others: Any) -> Evidence:
    """Return the evidence of the true world with some of it replaced."""
    return replace(base(), **others, cache={})


def redrawn(change: Callable[[agreeing.World], None]) -> Evidence:
    """Draw the curves again, after changing the facts behind them."""
    world = agreeing.world()
    change(world)
    return agreeing.evidence(world)


def curved(change: Callable[[Place, Any], Any], noise: float | None = None) -> Evidence:
    """Change the curves themselves; `noise` is the standard error of all values, if not that of the true world."""
    study = base().study
    values = {place: change(place, values) for place, values in study.values.items()}
    runs = {
        (task, one): agreeing.seeds(values[task, one, one, FINAL, False], agreeing.hash_of(task, one))
        for task in PROBING
        for one in LANGUAGES[task]
    }
    errors = study.errors if noise is None else {place: 0 * values + noise for place, values in study.values.items()}
    return without(study=replace(study, values=values, runs=runs, errors=errors))


def pairwise(table: Mapping, change: Callable[[str, str, float], float]) -> dict:
    """Change the values of pairs of different languages."""
    return {pair: change(*pair, value) if pair[0] != pair[1] else value for pair, value in table.items()}
