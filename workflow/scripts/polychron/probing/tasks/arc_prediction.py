"""Arc prediction: whether a word is the head of another (readings A4, A5)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from polychron.probing.tasks import arcs, base
from polychron.tokenization.pieces import BEYOND, Pieces

logger = logging.getLogger("polychron")

NO_ARC, ARC = "no arc", "arc"

NEGATIVES = ("uniform", "distance_matched")
"""How a pair without an arc is drawn, see `Task`."""


@dataclass(frozen=True)
class Task(base.Task):
    """An example is the pair of a child and its head, or of two words without an arc: balanced sampling [1]_ (A4).

    Both words of a pair are words of one sentence within the window, and the first one is not the root. The draw of a
    sentence depends on the seeds, its forms and its heads alone: whatever happens to other sentences and splits, it
    stays the same. An arc whose sentence has no pair to draw is skipped, and counted in the log.

    Parameters
    ----------
    name : str
        What the study calls the task.
    data_seed : int
        Seed of the draws (reading A15).
    negatives : {"uniform", "distance_matched"}
        ``uniform``: the child of the arc with any other word than its head, each as often as another. Most heads are
        near, so that the distance of the two words answers most questions. ``distance_matched``: two other words of the
        sentence at the signed distance of the arc's words, each such pair as often as another, so that the distance
        says nothing. An arc without one, such as the longest possible of a sentence, is skipped.
    negatives_per_seed : bool
        Whether each seed of the probes draws pairs of its own in the train and dev splits, so that scores of several
        seeds vary with the draw. The pairs of all other splits are those of `data_seed` alone.
    draw : int, optional
        The seed of a probe whose pairs are drawn; None for those that are the same for all.

    References
    ----------
    .. [1] Liu, Gardner, Belinkov, Peters, Smith: Linguistic Knowledge and Transferability of Contextual
       Representations. NAACL 2019.
    """

    data_seed: int = 0
    negatives: str = "uniform"
    negatives_per_seed: bool = False
    draw: int | None = None

    def parts(self, tables: Sequence[Any], pieces: Sequence[Pieces]) -> list[base.Part]:
        """See `base.Task.parts`."""
        return [self._part(table, part) for table, part in zip(tables, pieces, strict=True)]

    def of_seed(self, seed: int) -> base.Task:
        """See `base.Task.of_seed`."""
        return replace(self, draw=seed) if self.negatives_per_seed else self

    def empty(self, split: str, tables: Sequence[Any]) -> tuple[str, str]:
        """See `base.Task.empty`."""
        if self.negatives == "distance_matched":
            return (
                f"no sentence of the split {split!r} has an arc and two other words at the same distance",
                "take more sentences, or set probing.negatives to uniform",
            )
        return base.Task.empty(self, split, tables)

    def _part(self, table: Any, pieces: Pieces) -> base.Part:
        base.require_fit(self.name, table.num_rows, pieces)
        beyond = pieces.status == BEYOND
        child, head = arcs.children_and_heads(table)
        split, splits = base.codes(table["split"])
        sentence = table["sentence"].to_numpy()
        bounds = np.flatnonzero(np.diff(sentence, prepend=-1, append=-1))
        words, heads = table["form"].to_pylist(), table["head"].to_numpy()
        kept = ~(beyond[child] | beyond[head])
        one, other = np.full((2, len(child)), -1)
        places = np.searchsorted(child, bounds)
        pair = {"uniform": _uniform, "distance_matched": _matched}[self.negatives]
        for start, stop, begin, end in zip(bounds[:-1], bounds[1:], places[:-1], places[1:], strict=True):
            within = start + np.flatnonzero(~beyond[start:stop])
            chosen = begin + np.flatnonzero(kept[begin:end])
            if len(within) < 3 or not len(chosen):
                continue
            text = "\t".join(words[start:stop]).encode() + heads[start:stop].astype("<i4").tobytes()
            one[chosen], other[chosen] = pair(child[chosen], head[chosen], within, self._generator(text))
        if self.negatives == "uniform":
            lonely, why = np.repeat(np.diff(bounds) < 3, np.diff(bounds))[child], "their sentences have no third word"
        else:
            lonely, why = kept & (other < 0), "their sentences have no other pair of words at their distance"
        if lonely.any() and self.draw is None:
            logger.info("%s: %d arcs skipped, %s", self.name, lonely.sum(), why)
        arc = np.flatnonzero(~lonely)
        return base.Part(
            first=np.stack([child[arc], one[arc]], axis=1).ravel(),
            second=np.stack([head[arc], other[arc]], axis=1).ravel(),
            label=np.tile([1, 0], len(arc)),
            names=(NO_ARC, ARC),
            split=np.repeat(split[child[arc]], 2),
            splits=splits,
            kept=np.repeat(other[arc] >= 0, 2),
        )

    def _generator(self, text: bytes) -> np.random.Generator:
        """Return the generator of a sentence."""
        salt = int(self.data_seed).to_bytes(16, "little")
        person = b"" if self.draw is None else b"seed" + int(self.draw).to_bytes(12, "little")
        digest = hashlib.blake2b(text, digest_size=16, salt=salt, person=person).digest()
        return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))


def _uniform(
    child: np.ndarray, head: np.ndarray, within: np.ndarray, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw for each arc of a sentence its child and another word within the window."""
    place = draw.integers(len(within) - 2, size=len(child))
    lower, upper = np.sort(np.searchsorted(within, [child, head]), axis=0)
    place += place >= lower
    place += place >= upper
    return child, within[place]


def _matched(
    child: np.ndarray, head: np.ndarray, within: np.ndarray, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw for each arc of a sentence two words at its distance, the first of them another child; -1 without any."""
    second = child + (head - child)[:, None]  # of each arc's distance (rows) and each first word (columns)
    found = np.minimum(np.searchsorted(within, second), len(within) - 1)
    possible = (within[found] == second) & (second != head)
    number = possible.sum(axis=1)
    place = draw.integers(np.maximum(number, 1))
    picked = (possible.cumsum(axis=1) > place[:, None]).argmax(axis=1)
    return np.where(number, child[picked], -1), np.where(number, second[np.arange(len(child)), picked], -1)
