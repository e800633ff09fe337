"""How models are fine-tuned: the settings of two papers.

``xtreme`` are those of the code of XTREME [1]_: AdamW without weight decay, and one learning rate, which falls linearly
to 0. XTREME has no parser; parsing is trained like its other tasks of words.

References
----------
.. [1] Hu, Ruder, Siddhant, Neubig, Firat, Johnson: XTREME. A Massively Multilingual Multi-task Benchmark for Evaluating
   Cross-lingual Generalisation. ICML 2020.
"""

from __future__ import annotations

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


RECIPES = {
    "xtreme": {task: Recipe(epochs=5 if task == "xnli" else 10) for task in TASKS},
}
"""The recipe of each task, by name."""


def of(name: str, task: str, overrides: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a task, with a study's own values in place of those that it gives.

    Parameters
    ----------
    name : str
        One of `RECIPES`.
    task : str
        One of `TASKS`.
    overrides : mapping
        Values of `OVERRIDDEN`, None for what is as in the recipe.

    Examples
    --------
    >>> found = of("xtreme", "xnli", {"epochs": None, "learning_rate": 0.001})
    >>> found.epochs, found.learning_rate
    (5, 0.001)
    """
    return replace(RECIPES[name][task], **{key: value for key, value in overrides.items() if value is not None})
