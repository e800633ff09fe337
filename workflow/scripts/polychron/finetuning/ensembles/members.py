"""Encoders of the members of an ensemble, of which one is trained: what they have in common is trained in all of them.

Wu et al. (2020) freeze what a language has for itself when they fine-tune on another one. The rest, which all members
have in common, is trained through the member that speaks the source, and is part of the others at the same time.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from polychron.errors import InputError
from polychron.finetuning import network

logger = logging.getLogger("polychron")


def read(configs: Sequence[str | Path], frozen: Sequence[str], device: str) -> list[Any]:
    """Read the encoders of an ensemble's members, and tie what they share.

    Parameters
    ----------
    configs : sequence of path-like
        The ``config.json`` of each member, with the weights in the same folder; the first is that which is trained.
    frozen : sequence of str
        Beginnings of the names of parameters, as in ``encoder.layer.0.``, that are each member's own. The empty string
        stands for all of them.
    device : str

    Returns
    -------
    list of transformers.PreTrainedModel

    Raises
    ------
    InputError
        As `share`, and as `polychron.finetuning.network.load`.
    """
    encoders = [network.load(config, device) for config in configs]
    share(encoders, frozen, [str(config) for config in configs])
    return encoders


def share(encoders: Sequence[Any], frozen: Sequence[str], names: Sequence[str]) -> None:
    """Freeze what is a member's own, and make one parameter of what all members have in common.

    Parameters
    ----------
    encoders : sequence of transformers.PreTrainedModel
        They are changed.
    frozen : sequence of str
        See `read`.
    names : sequence of str
        What the members are called in messages.

    Raises
    ------
    InputError
        Two members differ in what they should have in common.
    """
    first, *others = encoders
    own = 0
    for name, parameter in first.named_parameters():
        if name.startswith(tuple(frozen)):
            parameter.requires_grad_(False)
            own += 1
            continue
        for other, called in zip(others, names[1:], strict=True):
            try:
                theirs = other.get_parameter(name)
            except AttributeError:
                theirs = None
            if theirs is None or not torch.equal(theirs, parameter):
                raise InputError(
                    f"{name} is not that of {names[0]}, with which its languages share it",
                    file=called,
                    remedy="export the views of this checkpoint again",
                )
            place, _, last = name.rpartition(".")
            setattr(other.get_submodule(place), last, parameter)
    logger.info("%d encoders: %d parameters of the one that is trained are its own, and are frozen", len(encoders), own)
