"""Checks of checkpoints before anything is probed: whether each is sound, and differs from those before.

Published suites have shipped branches with the weights of another step. So each checkpoint is hashed, and two steps
with one hash are an error. Its shapes must be those of its config, its tokenizer that of the model, its weights and
states those of a model that can be measured (see `soundness`).
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from polychron.checkpoints import directory
from polychron.checks import soundness
from polychron.errors import InputError
from polychron.models import huggingface, xlmr
from polychron.storage import files


def examine(
    weights: str | Path,
    config: str | Path,
    tokenizer: str,
    expected: str,
    *,
    final_layer: int,
    window: int,
    bits: bool = False,
) -> dict[str, Any]:
    """Check one checkpoint.

    Parameters
    ----------
    weights, config : path-like
        ``model.safetensors`` and ``config.json``.
    tokenizer, expected : str
        The content of the checkpoint's ``tokenizer.json``, and of the model's, with which texts were tokenized.
    final_layer, window : int
        The number of layers and the longest input in pieces, as the study's config has them.
    bits : bool
        Whether the study measures bits per character of the model.

    Returns
    -------
    dict
        ``sha256`` of the weights (their names, shapes and numbers, whatever the layout of the file), ``tensors`` and
        ``parameters`` (how many), ``largest`` (the largest absolute number), ``family``, ``layers``, ``dimension``,
        ``vocabulary``, ``window``, ``tokenizer`` (its sha256), ``unread`` (tensors that the model does not have),
        ``headless`` (tensors of its head that are missing: it can be probed, and has no bits per character), ``alone``
        and ``sees_ahead`` (see `soundness.check_states`).

    Raises
    ------
    InputError
        The checkpoint is not sound; the message lists every fault. Or its states cannot be measured.
    """
    known = huggingface.facts(config)
    fit = huggingface.contents(config)
    arrays, _ = files.read_tensors(weights)
    faults = _faults_of_facts(known, final_layer, window)
    if fit.missing:
        faults.append(f"{len(fit.missing)} tensors of the model are missing, as {fit.missing[0]}")
    faults += [f"{name} has the shape {_times(found)}, expected {_times(own)}" for name, found, own in fit.mismatched]
    faults += soundness.faults_of_weights(arrays, fit.unread)
    faults += _faults_of_tokenizer(tokenizer, expected, known.vocabulary)
    numbers = {
        "sha256": digest(arrays),
        "tensors": len(arrays),
        "parameters": int(sum(array.size for array in arrays.values())),
        "largest": float(max(np.abs(array).max(initial=0) for array in arrays.values())),
    }
    del arrays  # as large as the model that is loaded next
    if faults:
        raise InputError(
            "; ".join(faults),
            file=weights,
            remedy="get the checkpoint again, or take its step out of the study: nothing is probed before",
        )
    if bits and fit.headless:
        raise InputError(
            f"lacks the head that predicts pieces ({len(fit.headless)} tensors, the first is {fit.headless[0]!r}), and "
            "the study measures bits per character of it",
            file=weights,
            remedy=xlmr.HEADLESS,
        )
    found = soundness.check_states(weights, config, window, bits)
    return {
        **numbers,
        "family": known.family,
        "layers": known.layers,
        "dimension": known.dimension,
        "vocabulary": known.vocabulary,
        "window": known.window,
        "tokenizer": directory.digest_of_tokenizer(tokenizer),
        "unread": list(fit.unread),
        "headless": list(fit.headless),
        **found,
    }


def _faults_of_facts(known: huggingface.Facts, final_layer: int, window: int) -> list[str]:
    faults = []
    if known.layers != final_layer:
        faults.append(f"{known.layers} layers, and the study's final_layer is {final_layer}")
    if known.window is not None and window > known.window:
        faults.append(f"positions for {known.window} pieces, and the study's window is {window}")
    return faults


def _faults_of_tokenizer(text: str, expected: str, vocabulary: int) -> list[str]:
    from tokenizers import Tokenizer

    faults = []
    piece, last = max(Tokenizer.from_str(text).get_vocab(with_added_tokens=True).items(), key=lambda entry: entry[1])
    if last >= vocabulary:
        faults.append(f"its tokenizer has the id {last} ({piece!r}), and its embeddings end at {vocabulary - 1}")
    if directory.digest_of_tokenizer(text) != directory.digest_of_tokenizer(expected):
        faults.append(
            "its tokenizer differs from the one that the study's texts were tokenized with, in the model's folder "
            "tokenizer/ (where all steps have a new one, delete that folder)"
        )
    return faults


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Return the sha256 of named arrays: of names, types, shapes and bytes, in order of the names.

    Examples
    --------
    >>> one, other = np.zeros(2, np.float32), np.zeros((2, 1), np.float32)
    >>> digest({"a": one, "b": other}) == digest({"b": other, "a": one})
    True
    >>> digest({"a": one}) == digest({"a": other})
    False
    """
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        found.update(array.data)
    return found.hexdigest()


def gather(verdicts: Mapping[int, Mapping[str, Any]], moved: Mapping[int, Sequence[Mapping]]) -> list[dict[str, Any]]:
    """Combine what was found in all checkpoints of a model in one table, and compare them with each other.

    Parameters
    ----------
    verdicts : mapping of int to mapping
        What `examine` returned, with ``origin`` and ``conversion``, by step.
    moved : mapping of int to sequence of mapping
        What `displacement.measure` returned for the step before and this one, by step; empty for the first.

    Returns
    -------
    list of dict
        A row for each step, in order of the steps.

    Raises
    ------
    InputError
        Two steps have the same weights, or checkpoints are not of one architecture.
    """
    steps = sorted(verdicts)
    same: dict[str, list[int]] = {}
    for step in steps:
        same.setdefault(verdicts[step]["sha256"], []).append(step)
    twins = [found for found in same.values() if len(found) > 1]
    if twins:
        names = "; ".join(" and ".join(f"step {step} ({_origin(verdicts[step])})" for step in found) for found in twins)
        raise InputError(
            f"the same weights at {names}",
            remedy="find out which of them is wrong, and take it out of the study's steps or correct models.source",
        )
    for one, other in itertools.pairwise(steps):
        for name in ("family", "layers", "dimension", "vocabulary", "window"):
            if verdicts[one][name] != verdicts[other][name]:
                raise InputError(
                    f"{name}: {verdicts[one][name]} at step {one} and {verdicts[other][name]} at step {other}",
                    remedy="study them as two models",
                )
    return [_row(step, verdicts[step], moved[step]) for step in steps]


def _row(step: int, verdict: Mapping[str, Any], moved: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    whole = next((part for part in moved if part["part"] == "all"), {})
    return {
        "step": step,
        "sha256": verdict["sha256"],
        "origin": _handed_on(_origin(verdict)),
        "parameters": verdict["parameters"],
        "tensors": verdict["tensors"],
        "largest": verdict["largest"],
        "compared_with": verdict["conversion"]["compared_with"],
        "difference": max(verdict["conversion"]["layers"], verdict["conversion"]["logits"] or 0.0),
        "own_code": " ".join(verdict["conversion"].get("own_code", [])),
        "alone": verdict["alone"],
        "sees_ahead": verdict["sees_ahead"],
        **{name: whole.get(name) for name in ("norm", "distance", "relative", "cosine")},
    }


def _origin(verdict: Mapping[str, Any]) -> str:
    origin = verdict["origin"]
    if origin["kind"] == "hub":
        return f"{origin['address']}@{origin['commit'][:12]}"
    return origin["address"]


def _handed_on(address: str) -> str:
    """Return an address for a table that others may read: a file on a disk by its name, without the folders above."""
    return f"…/{Path(address).name}" if address.startswith(("/", "~", "../", "file:")) else address


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"
