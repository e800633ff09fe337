"""What a model's states depend on, found by asking the model itself.

What a family does cannot be read from its name: a config can make a decoder look both ways, and some families ignore
the mask of padding. So sentences of random pieces are computed in several ways, and the states are compared at every
layer:

- alone, and in a batch beside a longer or shorter sentence. If the states differ, sentences must be computed alone;
- with other pieces in the second half. If the states of the first half differ, the model sees the pieces to come;
- twice. If the states differ, they hang on chance, or on what was computed before;
- with other pieces everywhere. If the states do not differ, they say nothing about the text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

States = Callable[[torch.Tensor, torch.Tensor], list[torch.Tensor]]
"""A function of pieces and their mask, which returns the states of every layer (see `xlmr.Encoder`)."""

SHORT, LONG, LONGEST = 7, 31, 1024
"""Lengths in pieces: of the shorter sentence, of the longer one when a model is loaded, at most when it is examined."""

IN_BATCH, IN_PLACE = 1e-4, 1e-5
"""The largest change of a state, as a share of its norm, that passes as rounding: in another batch; in the same."""

SPECIAL = 5
"""Ids below this number are special pieces in most vocabularies."""

BOTH_WAYS = "a model of a causal family whose states depend on the pieces after them, which it would have to predict"
NO_BITS = "measure no bits per character of it: set the model's parts to [layerwise, alignment, analysis]"


@dataclass(frozen=True)
class Behaviour:
    """How much a model's states change, as a share of their norm: the most at any piece of any layer.

    Parameters
    ----------
    batch : float
        When the sentence is in a batch with another one, and not alone.
    ahead : float
        When the pieces after them are others.
    again : float
        When the same sentence is computed once more.
    pieces : float
        When all pieces of the sentence are others; of the layer where they change least.
    largest : float
        The largest absolute number of a state; infinite or NaN where a state is not finite.
    length : int
        Length of the longest sentence, in pieces.
    """

    batch: float
    ahead: float
    again: float
    pieces: float
    largest: float
    length: int

    @property
    def alone(self) -> bool:
        """Whether sentences must be computed alone, because their states depend on the rest of the batch."""
        return self.batch > IN_BATCH

    @property
    def sees_ahead(self) -> bool:
        """Whether a state depends on the pieces after it."""
        return self.ahead > IN_PLACE


def of(model: Any, length: int = LONG) -> Behaviour:
    """Ask a loaded model.

    Parameters
    ----------
    model : Encoder or Transformer
        The model, which has not been told yet to compute sentences alone.
    length : int
        Length of the longest sentence, in pieces; less where the model has fewer positions.

    Returns
    -------
    Behaviour
    """
    return ask(_states(model), model.vocabulary, min(length, model.window or length), model.special)


def _states(model: Any) -> States:
    return lambda ids, mask: model(ids.to(model.device), mask.to(model.device))


def _allowed(vocabulary: int, avoid: Collection[int]) -> np.ndarray:
    """Return the ids that sentences are made of."""
    allowed = np.setdiff1d(np.arange(min(SPECIAL, vocabulary - 1), vocabulary), list(avoid))
    return allowed if len(allowed) > 1 else np.arange(vocabulary)


@torch.inference_mode()
def ask(states: States, vocabulary: int, length: int, avoid: Collection[int] = ()) -> Behaviour:
    """Compute a few sentences in several ways, and compare their states at every layer.

    Parameters
    ----------
    states : callable
        Computes the states of every layer, from pieces and their mask.
    vocabulary : int
        Number of ids.
    length : int
        Length of the longest sentence, in pieces; at least 2.
    avoid : collection of int
        Ids that sentences do not have, such as that of padding.

    Returns
    -------
    Behaviour
    """
    short, half, draw = min(SHORT, length - 1), length // 2, np.random.default_rng(0)
    allowed = _allowed(vocabulary, avoid)
    one = draw.choice(allowed, length)
    other = _others(draw, allowed, one)

    def compute(*sentences: np.ndarray) -> list[list[torch.Tensor]]:
        """Return the states of each sentence by layer, computed in one batch."""
        sizes = np.array([len(sentence) for sentence in sentences])
        mask = np.arange(sizes.max()) < sizes[:, None]
        ids = np.zeros(mask.shape, np.int64)
        ids[mask] = np.concatenate(sentences)
        found = states(torch.from_numpy(ids), torch.from_numpy(mask))
        return [[layer[row, :size].float() for layer in found] for row, size in enumerate(sizes)]

    (first,), (little,) = compute(one), compute(other[:short])
    beside, padded = compute(one, other[:short])
    (later,) = compute(np.concatenate([one[:half], other[half:]]))
    (changed,) = compute(other)
    (again,) = compute(one)
    everything = [*first, *little, *padded, *changed]
    return Behaviour(
        batch=max(_most(beside, first), _most(padded, little)),
        ahead=_most([layer[:half] for layer in later], [layer[:half] for layer in first]),
        again=_most(again, first),
        pieces=min(_change(layer, same) for layer, same in zip(changed, first, strict=True)),
        largest=float(torch.stack([layer.abs().max() for layer in everything]).max()),
        length=length,
    )


def _others(draw: np.random.Generator, allowed: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return another id for each one."""
    places = np.searchsorted(allowed, ids) + draw.integers(1, len(allowed), len(ids))
    return allowed[places % len(allowed)]


def _most(found: list[torch.Tensor], expected: list[torch.Tensor]) -> float:
    return max(_change(layer, same) for layer, same in zip(found, expected, strict=True))


def _change(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Return the largest change of a state, as a share of its norm; NaN where a number is not finite."""
    found, expected = found.double(), expected.double()
    return float(((found - expected).norm(dim=-1) / expected.norm(dim=-1).clamp_min(1e-30)).max())
