"""Arc prediction: whether a word is the head of another (readings A4, A5)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.probing.tasks import arcs, base
from polychron.tokenization.pieces import BEYOND, Pieces

logger = logging.getLogger("polychron")

NO_ARC, ARC = "no arc", "arc"


@dataclass(frozen=True)
class Task(base.Task):
    """An example is the pair of a child and its head, or of the child and another word: balanced sampling [1]_ (A4).

    The other word is drawn from the words of the sentence within the window, neither the child nor its head. The draw
    of a sentence depends on the seed, its forms and its heads alone: whatever happens to other sentences and splits,
    it stays the same. A sentence without a third word has no such pair: its arcs are skipped, and counted in the log.

    Parameters
    ----------
    name : str
        What the study calls the task.
    data_seed : int
        Seed of the draws (reading A15).

    References
    ----------
    .. [1] Liu, Gardner, Belinkov, Peters, Smith: Linguistic Knowledge and Transferability of Contextual
       Representations. NAACL 2019.
    """

    data_seed: int = 0

    def parts(self, tables: Sequence[Any], pieces: Sequence[Pieces]) -> list[base.Part]:
        """See `base.Task.parts`."""
        return [self._part(table, part) for table, part in zip(tables, pieces, strict=True)]

    def _part(self, table: Any, pieces: Pieces) -> base.Part:
        base.require_fit(self.name, table.num_rows, pieces)
        beyond = pieces.status == BEYOND
        child, head = arcs.children_and_heads(table)
        split, splits = base.codes(table["split"])
        sentence = table["sentence"].to_numpy()
        bounds = np.flatnonzero(np.diff(sentence, prepend=-1, append=-1))
        words, heads = table["form"].to_pylist(), table["head"].to_numpy()
        kept = ~(beyond[child] | beyond[head])
        lonely = np.repeat(np.diff(bounds) < 3, np.diff(bounds))[child]
        other = np.full(len(child), -1)
        places = np.searchsorted(child, bounds)
        for start, stop, begin, end in zip(bounds[:-1], bounds[1:], places[:-1], places[1:], strict=True):
            within = start + np.flatnonzero(~beyond[start:stop])
            chosen = begin + np.flatnonzero(kept[begin:end])
            if len(within) < 3 or not len(chosen):
                continue
            text = "\t".join(words[start:stop]).encode() + heads[start:stop].astype("<i4").tobytes()
            place = self._draw(text).integers(len(within) - 2, size=len(chosen))
            lower, upper = np.sort(np.searchsorted(within, [child[chosen], head[chosen]]), axis=0)
            place += place >= lower
            place += place >= upper
            other[chosen] = within[place]
        if lonely.any():
            logger.info("%s: %d arcs skipped, their sentences have no third word", self.name, lonely.sum())
        arc = np.flatnonzero(~lonely)
        return base.Part(
            first=np.repeat(child[arc], 2),
            second=np.stack([head[arc], other[arc]], axis=1).ravel(),
            label=np.tile([1, 0], len(arc)),
            names=(NO_ARC, ARC),
            split=np.repeat(split[child[arc]], 2),
            splits=splits,
            kept=np.repeat(other[arc] >= 0, 2),
        )

    def _draw(self, text: bytes) -> np.random.Generator:
        """Return the generator of a sentence."""
        digest = hashlib.blake2b(text, digest_size=16, salt=int(self.data_seed).to_bytes(16, "little")).digest()
        return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))
