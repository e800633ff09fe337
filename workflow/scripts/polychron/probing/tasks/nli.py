"""Natural language inference: whether a premise entails a hypothesis, contradicts it, or neither (A18, A19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.probing.tasks import base
from polychron.tokenization.pieces import BEYOND, Pieces
from polychron.tokenization.sentences import unique_sentences


@dataclass(frozen=True)
class Task(base.Task):
    """An example is the pair of a premise and a hypothesis, its label entailment, neutral or contradiction."""

    def parts(self, tables: Sequence[Any], pieces: Sequence[Pieces]) -> list[base.Part]:
        """See `base.Task.parts`."""
        return [self._part(table, part) for table, part in zip(tables, pieces, strict=True)]

    def _part(self, table: Any, pieces: Pieces) -> base.Part:
        sentences, premise, hypothesis = unique_sentences(table["premise"].to_pylist(), table["hypothesis"].to_pylist())
        base.require_fit(self.name, len(sentences), pieces)
        premise, hypothesis = np.asarray(premise, np.int64), np.asarray(hypothesis, np.int64)
        beyond = pieces.status == BEYOND
        kept = ~(beyond[premise] | beyond[hypothesis])
        return base.Part(premise, hypothesis, *base.codes(table["label"]), *base.codes(table["split"]), kept)
