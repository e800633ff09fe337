"""Similarity of a language at one step to itself at others, as rows of scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.geometry import similarity
from polychron.geometry.large import columns


def compare_steps(language: str, of_steps: Mapping[int, np.ndarray]) -> list[dict[str, Any]]:
    """Measure how similar the states of a language are to its own at other steps, by debiased CKA.

    Parameters
    ----------
    language : str
    of_steps : mapping of int to ndarray, each of shape (n, d)
        The states at each step. Rows are the same sentences.

    Returns
    -------
    list of dict
        Rows of scores with ``task`` stability and the language as ``source`` and ``target``: `cka_to_previous` from the
        second step on, and `cka_to_last` before the last. NaN where all sentences have the same state.

    Raises
    ------
    InputError
        There are fewer than four sentences.
    """
    steps, rows, before = sorted(of_steps), [], None
    for states in of_steps.values():
        similarity.require(len(states))
    similarity.warn_of_constant({f"{language}, step {step}": of_steps[step] for step in steps})
    many = columns.suit(of_steps)
    prepare = columns.Columns.of if many else similarity.Gram.of
    debiased = columns.debiased if many else similarity.debiased
    last = prepare(of_steps[steps[-1]])
    for step in steps:
        own = prepare(of_steps[step])
        found = {"cka_to_previous": before, "cka_to_last": None if step == steps[-1] else last}
        common = {
            "task": "stability",
            "source": language,
            "target": language,
            "seed": None,
            "examples": len(of_steps[step]),
        }
        rows += [
            {**common, "step": step, "metric": metric, "value": debiased(own, other)}
            for metric, other in found.items()
            if other is not None
        ]
        before = own
    return rows
