"""Arc classification: which relation there is between a word and its head (readings A5, A6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from polychron.probing.tasks import arcs, base
from polychron.tokenization.pieces import BEYOND, Pieces


@dataclass(frozen=True)
class Task(base.Task):
    """An example is the pair of a child and its head, its label their relation.

    Parameters
    ----------
    name : str
        What the study calls the task.
    labels : {"universal", "full"}
        Relations up to their colon, or whole. Subtypes differ between treebanks, so that transfer always compares
        universal relations (reading A6).
    """

    labels: str = "universal"

    unseen: ClassVar[bool] = True

    def parts(self, tables: Sequence[Any], pieces: Sequence[Pieces]) -> list[base.Part]:
        """See `base.Task.parts`."""
        return [self._part(table, part) for table, part in zip(tables, pieces, strict=True)]

    def comparable(self, label: str) -> str:
        """Return a relation without its subtype."""
        return universal(label)

    def targets(self, table: Any, pieces: Pieces, *, file: str | None = None) -> base.Examples:
        """See `base.Task.targets`: universal relations."""
        return super(Task, replace(self, labels="universal")).targets(table, pieces, file=file)

    def _part(self, table: Any, pieces: Pieces) -> base.Part:
        base.require_fit(self.name, table.num_rows, pieces)
        beyond = pieces.status == BEYOND
        child, head = arcs.children_and_heads(table)
        label, names = base.codes(table["deprel"])
        if self.labels == "universal":
            short = tuple(dict.fromkeys(universal(name) for name in names))
            label, names = np.array([short.index(universal(name)) for name in names], np.int64)[label], short
        split, splits = base.codes(table["split"])
        return base.Part(child, head, label[child], names, split[child], splits, ~(beyond[child] | beyond[head]))


def universal(label: str) -> str:
    """Return a relation without its subtype (reading A6).

    Examples
    --------
    >>> universal("nsubj:pass")
    'nsubj'
    """
    return label.partition(":")[0]
