"""Language identity: how well a linear probe tells the language of a sentence from its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing import probes
from polychron.probing.tasks.base import Examples


def variance(states: Mapping[str, np.ndarray]) -> float:
    """Return the share of the variance of states that lies between the means of languages.

    Parameters
    ----------
    states : mapping of str to ndarray, each of shape (n, d)

    Returns
    -------
    float
        From 0 to 1; NaN if all states are the same.
    """
    every = np.concatenate(list(states.values()))
    mean = every.mean(axis=0)
    total = ((every - mean) ** 2).sum()
    between = sum(len(array) * ((array.mean(axis=0) - mean) ** 2).sum() for array in states.values())
    return float(between / total) if total > 0 else float("nan")


def identify(
    states: Mapping[str, np.ndarray],
    parts: np.ndarray,
    fit: Callable[..., probes.Probe],
    settings: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Train probes that tell the language of a sentence, on states as they are and on centred ones.

    A sentence is in the same part in all languages, so that what it means says nothing of its language.

    Parameters
    ----------
    states : mapping of str to ndarray, each of shape (n, d)
        The states of each language. Rows are the same sentences.
    parts : ndarray of str, shape (n,)
        The part of each sentence: ``train``, ``dev`` or ``test``; see `folds.parts_of_ids`.
    fit : callable
        How probes are trained: `polychron.probing.training.fit` or that of another solver.
    settings : mapping
        Its settings.

    Returns
    -------
    list of dict
        Rows of scores with ``task`` identity, and ``*`` as ``source`` and ``target``: `accuracy` for each seed, and
        `accuracy.centred`, with the mean of each language over the sentences of train subtracted; `language_variance`
        (see `variance`); and `majority`, what guessing gives.

    Raises
    ------
    InputError
        A part has no sentence.
    """
    languages = tuple(sorted(states))
    for part in ("train", "dev", "test"):
        if not (parts == part).any():
            raise InputError(f"none of the {len(parts)} sentences is in {part}", remedy="take a larger parallel set")
    means = {name: states[name][parts == "train"].mean(axis=0) for name in languages}
    kinds = {"accuracy": states, "accuracy.centred": {name: states[name] - means[name] for name in languages}}
    number = int((parts == "test").sum()) * len(languages)
    common = {"task": "identity", "source": "*", "target": "*", "examples": number}
    rows = []
    for metric, of_language in kinds.items():
        vectors = [np.concatenate([of_language[name] for name in languages]).astype(np.float32)]
        splits = {part: _examples(languages, parts == part) for part in ("train", "dev", "test")}
        fitted = fit(splits["train"], splits["dev"], vectors, **settings)
        hits = probes.correct(fitted, vectors, splits["test"])
        for seed, hit in zip(fitted.seeds, hits, strict=True):
            rows.append({**common, "seed": seed, "metric": metric, "value": float(hit.mean())})
    everything = {**common, "seed": None}
    rows.append({**everything, "metric": "language_variance", "value": variance(states)})
    rows.append({**everything, "metric": "majority", "value": 1 / len(languages)})
    return rows


def _examples(languages: tuple[str, ...], chosen: np.ndarray) -> Examples:
    """Return the examples of a part: a sentence of each language, whose label is the language."""
    rows = np.flatnonzero(chosen)
    first = np.concatenate([place * len(chosen) + rows for place in range(len(languages))])
    label = np.repeat(np.arange(len(languages)), len(rows))
    return Examples(dataset=0, first=first, second=None, label=label, labels=languages, excluded=0)
