"""The examples of a task from tables of examples and of pieces, whatever the task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polychron.finetuning import splits
from polychron.finetuning.sequences import Template
from polychron.finetuning.splits import Split
from polychron.probing.tasks import base
from polychron.tokenization.pieces import Pieces

SPLITS = base.SPLITS


@dataclass(frozen=True)
class Reader:
    """How the examples of a task are made.

    Parameters
    ----------
    asked : polychron.probing.tasks.base.Task or None
        The task that words, or pairs of sentences, are asked; None for trees.
    template : Template or None
        What the tokenizer puts around pairs of sentences; None for words.
    limit : int
        The most pieces of a pair.
    """

    asked: base.Task | None
    template: Template | None = None
    limit: int = 0

    def _made(self, examples: base.Examples, pieces: Sequence[Pieces]) -> Split:
        if self.template is None:
            return splits.of_words(examples, pieces[examples.dataset])
        return splits.of_pairs(examples, pieces[examples.dataset], self.template, self.limit)

    def own(
        self,
        tables: Sequence[Any],
        pieces: Sequence[Pieces],
        *,
        names: Sequence[str] = SPLITS,
        file: str | None = None,
    ) -> Mapping[str, Split]:
        """Return splits of one language, by their names.

        Parameters
        ----------
        tables, pieces : sequence of pyarrow.Table, of Pieces
            The datasets of the language.
        names : sequence of str
            The splits that are wanted.
        file : str or None
            The file of the first table, for messages.

        Raises
        ------
        InputError
            A split has no examples, or a table and its pieces do not fit.
        """
        if self.asked is None:
            return {name: splits.of_trees(tables[0], pieces[0], name, file=file) for name in names}
        found = self.asked.examples(tables, pieces, splits=names, file=file)
        return {name: self._made(examples, pieces) for name, examples in found.items()}

    def target(self, table: Any, pieces: Pieces, *, file: str | None = None) -> Split:
        """Return the test set of a language that a model is transferred to."""
        if self.asked is None:
            return splits.of_trees(table, pieces, "test", file=file)
        return self._made(self.asked.targets(table, pieces, file=file), [pieces])
