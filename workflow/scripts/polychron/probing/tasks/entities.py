"""Named entities: whether a word begins, continues or is outside of a name of a person, location or organisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing.tasks import base, token_labels
from polychron.tokenization.pieces import Pieces

OUTSIDE = "O"


@dataclass(frozen=True)
class Task(token_labels.Task):
    """An example is a word, its label that of IOB2: one of seven.

    Parameters
    ----------
    name : str
        What the study calls the task.
    column : {"entity"}
        The column of the table of examples, see `polychron.data.entities.read`.
    """

    column: str = "entity"

    def examples(self, tables: Sequence[Any], pieces: Sequence[Pieces], **options: Any) -> dict[str, base.Examples]:
        """See `base.Task.examples`.

        Raises
        ------
        InputError
            As there; or all words of a split are outside, so that it has no name that could be found.
        """
        made = super().examples(tables, pieces, **options)
        for split, examples in made.items():
            if {examples.labels[label] for label in np.unique(examples.label)} == {OUTSIDE}:
                raise InputError(
                    f"{self.name}: no word of the split {split!r} is in a name",
                    file=options.get("file"),
                    remedy="look at the labels of this file, or take its language out",
                )
        return made

    def empty(self, split: str, tables: Sequence[Any]) -> tuple[str, str]:
        """See `base.Task.empty`."""
        return base.Task.empty(self, split, tables)
