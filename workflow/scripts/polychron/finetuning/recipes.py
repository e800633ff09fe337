"""How models are fine-tuned: the settings of two papers.

``xtreme`` are those of the code of XTREME [1]_: AdamW without weight decay, and one learning rate, which falls linearly
to 0. XTREME has no parser; parsing is trained like its other tasks of words.

``wu`` are those of Wu et al. [2]_, a grid: a model is trained at each of its points, those two are taken that are best
on dev of the source, and their scores are averaged. For XNLI an epoch is 20,000 pairs, as in the code of XLM on which
theirs builds, and rates are constant.

References
----------
.. [1] Hu, Ruder, Siddhant, Neubig, Firat, Johnson: XTREME. A Massively Multilingual Multi-task Benchmark for Evaluating
   Cross-lingual Generalisation. ICML 2020.
.. [2] Wu, Conneau, Li, Zettlemoyer, Stoyanov: Emerging Cross-lingual Structure in Pretrained Language Models. ACL 2020.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

TASKS = ("xnli", "entities", "pos", "parsing")
"""What a model can be fine-tuned for."""

OVERRIDDEN = ("epochs", "batch", "learning_rate")
"""Settings that a study may have values of its own for."""


@dataclass(frozen=True)
class Recipe:
    """The settings of a training.

    Parameters
    ----------
    epochs : int
        Times that all examples are seen.
    batch : int
        Sentences, or pairs of them, of an update.
    learning_rate : float
        Of the encoder, at its highest.
    head_rate : float or None
        Of the head; that of the encoder if not given.
    length : int
        The most pieces of a sentence in training, and of a pair of sentences anywhere.
    warmup : float
        The share of the updates in which the rate rises from 0.
    decay : bool
        Whether the rate falls linearly to 0 after that.
    hidden : bool
        Whether the head for pairs of sentences has a layer of its own.
    clip : float
        The largest norm of a gradient.
    size : int or None
        Sentences, or pairs, of an epoch, after which dev is asked; all of train if not given, or if they are fewer.
    """

    epochs: int = 10
    batch: int = 32
    learning_rate: float = 2e-5
    head_rate: float | None = None
    length: int = 128
    warmup: float = 0.0
    decay: bool = True
    hidden: bool = True
    clip: float = 1.0
    size: int | None = None


BEST = 2
"""How many points of a grid are averaged."""

_WORDS = tuple(
    Recipe(batch=batch, learning_rate=rate, warmup=0.1, hidden=False)
    for batch, rate in itertools.product((16, 32), (2e-5, 3e-5, 5e-5))
)
_PAIRS = tuple(
    Recipe(epochs=200, batch=batch, learning_rate=rate, head_rate=head, decay=False, hidden=False, size=20_000)
    for batch, rate, head in itertools.product((4, 8), (1.25e-6, 2.5e-6, 5e-6), (5e-6, 2.5e-5, 1.25e-4))
)
RECIPES = {
    "xtreme": {task: (Recipe(epochs=5 if task == "xnli" else 10),) for task in TASKS},
    "wu": {task: _PAIRS if task == "xnli" else _WORDS for task in TASKS},
}
"""The points of the grid of each task, by the name of the recipe."""


def grid(name: str, task: str, overrides: Mapping[str, Any]) -> tuple[Recipe, ...]:
    """Return the recipes of a task, one for each point of the grid, with a study's own values in place of theirs.

    Parameters
    ----------
    name : str
        One of `RECIPES`.
    task : str
        One of `TASKS`.
    overrides : mapping
        Values of `OVERRIDDEN`, None for what is as in the recipe. Points that are the same with them are one.

    Examples
    --------
    >>> [found] = grid("xtreme", "xnli", {"epochs": None, "learning_rate": 0.001})
    >>> found.epochs, found.learning_rate
    (5, 0.001)
    >>> len(grid("wu", "xnli", {})), len(grid("wu", "pos", {})), len(grid("wu", "pos", {"learning_rate": 0.001}))
    (18, 6, 2)
    """
    own = {key: value for key, value in overrides.items() if value is not None}
    return tuple(dict.fromkeys(replace(recipe, **own) for recipe in RECIPES[name][task]))
