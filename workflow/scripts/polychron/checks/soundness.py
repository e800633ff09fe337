"""Whether the weights and the states of a checkpoint are those of a model that was trained, and can be measured.

Weights are looked at as numbers. States are found by asking the model (see `polychron.models.behaviour`): whether they
are finite, say something about the text, and depend on the sentence alone.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from polychron.checks.displacement import HEAD, part_of
from polychron.errors import InputError
from polychron.models import behaviour, loading

logger = logging.getLogger("polychron")


def faults_of_weights(arrays: Mapping[str, np.ndarray], unread: Collection[str]) -> list[str]:
    """List what is wrong with the numbers of a checkpoint.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Its tensors, by their names.
    unread : collection of str
        The names of those that its model does not have.

    Returns
    -------
    list of str
        A fault for numbers that are not finite, for weights that are whole numbers, for parts whose matrices hold one
        number each, and for tensors of a layer that the model does not have.

    Examples
    --------
    >>> faults_of_weights({"layer.0.query.weight": np.zeros((2, 2)), "layer.0.query.bias": np.ones(2)}, [])
    ['the matrices of layer 1 hold a single number each, as layer.0.query.weight (0)']
    """
    faults, own = [], {name: array for name, array in arrays.items() if name not in unread}
    not_finite = [name for name, array in sorted(arrays.items()) if not np.isfinite(array).all()]
    if not_finite:
        number = int(sum(np.sum(~np.isfinite(arrays[name])) for name in not_finite))
        faults.append(f"{number} numbers are not finite, in {listed(not_finite)}")
    whole = [name for name, array in sorted(own.items()) if _is_whole(name, array)]
    if whole:
        kinds = sorted({str(own[name].dtype) for name in whole})
        faults.append(f"weights are whole numbers ({', '.join(kinds)}), as if quantized, in {listed(whole)}")
    parts: dict[str, list[str]] = {}
    for name, array in sorted(own.items()):
        if array.ndim > 1 and min(array.shape) > 1 and array.dtype.kind == "f":
            parts.setdefault(part_of(name), []).append(name)
    constant = {part: names for part, names in parts.items() if all(_is_constant(own[name]) for name in names)}
    if set(constant) - {HEAD}:  # heads are sometimes zeros before training
        name = next(iter(constant.values()))[0]
        which = listed([f"layer {part}" if part.isdecimal() else f"the {part}" for part in constant])
        faults.append(f"the matrices of {which} hold a single number each, as {name} ({own[name].flat[0] + 0:.3g})")
    inside = [name for name in sorted(unread) if part_of(name) not in (HEAD, "embeddings")]
    if inside:
        faults.append(f"the model that transformers has lacks {len(inside)} tensors of the layers, {listed(inside)}")
    return faults


def check_states(weights: str | Path, config: str | Path, window: int, bits: bool) -> dict[str, bool]:
    """Ask a checkpoint whether its states can be measured.

    Parameters
    ----------
    weights, config : path-like
        ``model.safetensors`` and ``config.json``.
    window : int
        The longest input in pieces.
    bits : bool
        Whether the study measures bits per character of it.

    Returns
    -------
    dict
        ``alone``, whether its sentences are computed alone; ``sees_ahead``, whether states depend on the pieces after
        them.

    Raises
    ------
    InputError
        States are not finite, are the same for all texts, depend on chance or on what was computed before, or depend on
        the batch in long sentences alone; or bits per character are measured of a model of a causal family that sees
        the pieces to come.
    """

    def refuse(fault: str, remedy: str) -> NoReturn:
        raise InputError(fault, file=weights, remedy=remedy)

    model = loading.read(weights, config, upto=None, head=False, device=None)
    long = behaviour.of(model, min(window, behaviour.LONGEST))
    short = behaviour.of(model)  # as it is asked whenever it is loaded
    logger.info("asked with sentences of %d pieces: %s", long.length, long)
    if not np.isfinite(long.largest):
        refuse(
            "its states are not finite, though its weights are: it has diverged",
            "look at the checkpoint's pretraining loss, and take its step out of the study",
        )
    if long.pieces <= behaviour.IN_PLACE:
        refuse(
            "its states are the same whatever the pieces are",
            "get the checkpoint again, or take its step out of the study",
        )
    again = "its states differ when the same sentence is computed again: they depend on chance, or on what came before"
    if short.again > behaviour.IN_BATCH:
        refuse(again, "study another model: no result of this one could be computed again")
    if long.again > behaviour.IN_BATCH:
        refuse(f"in sentences of {long.length} pieces {again}", "set the model's window to fewer pieces")
    if long.alone and not short.alone:
        refuse(
            f"in sentences of {long.length} pieces its states depend on the other sentences of a batch, and in those "
            f"of {short.length} they do not",
            "set the model's window to fewer pieces",
        )
    if model.causal and bits and (long.sees_ahead or short.sees_ahead):
        refuse(behaviour.BOTH_WAYS, behaviour.NO_BITS)
    return {"alone": short.alone, "sees_ahead": short.sees_ahead}


def listed(names: Sequence[str]) -> str:
    """List the first names of several.

    Examples
    --------
    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b, c and 2 more')
    """
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _is_whole(name: str, array: np.ndarray) -> bool:
    """Whether a tensor is a weight of whole numbers, and no mask or table of positions."""
    mask = array.ndim == 4 and array.shape[:2] == (1, 1)
    return array.dtype.kind != "f" and name.rsplit(".", 1)[-1] in ("weight", "bias") and not mask


def _is_constant(array: np.ndarray) -> bool:
    return bool((array == array.flat[0]).all())
