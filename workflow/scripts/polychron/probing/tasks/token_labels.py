"""Token labels: what a column of a treebank says of a word, such as its part of speech (reading A11)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from polychron.errors import InputError
from polychron.probing.tasks import base
from polychron.tokenization.pieces import BEYOND, Pieces

logger = logging.getLogger("polychron")

NO_LABEL = "_"
"""The label of a word without one, as CoNLL-U writes it, where such words are asked too."""


@dataclass(frozen=True)
class Task(base.Task):
    """An example is a word, its label what a column says of it.

    A word without a label is no example, as in intrinsic probing of morphology [1]_: a probe is asked for the number of
    what has a number. How many such words there are is said in the log. With ``missing="label"`` they are examples too,
    with the label ``_``.

    Parameters
    ----------
    name : str
        What the study calls the task.
    column : {"upos", "xpos", "deprel"}
        A column of the table of examples.
    missing : {"exclude", "label"}
        What becomes of words without a label.
    labels : {"universal", "full"}
        Of the column ``deprel``: relations up to their colon, or whole. Transfer always compares universal relations
        (reading A6).

    References
    ----------
    .. [1] Torroba Hennigen, Williams, Cotterell: Intrinsic Probing through Dimension Selection. EMNLP 2020.
    """

    column: str = "upos"
    missing: str = "exclude"
    labels: str = "full"

    unseen: ClassVar[bool] = True

    @property
    def called(self) -> str:
        """What the labels are called in a message."""
        return self.column.upper()

    def labels_of(self, table: Any) -> Any:
        """Return the label of each word of a table, null where it has none: pyarrow.ChunkedArray of str."""
        import pyarrow.compute as pc

        if self.column == "deprel" and self.labels == "universal":
            return pc.replace_substring_regex(table["deprel"], ":.*", "")
        return table[self.column]

    def comparable(self, label: str) -> str:
        """Return a label as it is compared between treebanks: a relation without its subtype."""
        return label.partition(":")[0] if self.column == "deprel" else label

    def targets(self, table: Any, pieces: Pieces, *, file: str | None = None) -> base.Examples:
        """See `base.Task.targets`: universal relations."""
        return base.Task.targets(replace(self, labels="universal"), table, pieces, file=file)

    def examples(self, tables: Sequence[Any], pieces: Sequence[Pieces], **options: Any) -> dict[str, base.Examples]:
        """See `base.Task.examples`.

        Raises
        ------
        InputError
            As there; or no word of a split has a label, and ``missing="label"`` would make all of them one class.
        """
        made = super().examples(tables, pieces, **options)
        for split, examples in made.items():
            if {examples.labels[label] for label in np.unique(examples.label)} == {NO_LABEL}:
                what, remedy = self.empty(split, tables)
                raise InputError(f"{self.name}: {what}", file=options.get("file"), remedy=remedy)
        return made

    def parts(self, tables: Sequence[Any], pieces: Sequence[Pieces]) -> list[base.Part]:
        """See `base.Task.parts`."""
        return [self._part(table, part) for table, part in zip(tables, pieces, strict=True)]

    def subsets(self, tables: Sequence[Any], splits: Mapping[str, base.Examples]) -> dict[str, np.ndarray]:
        """Return the words whose form has two or more labels in the train split, where there are some."""
        chosen = ambiguous(base.forms(tables[0]), splits["train"], splits["test"])
        return {"accuracy_ambiguous": chosen} if chosen.any() else {}

    def empty(self, split: str, tables: Sequence[Any]) -> tuple[str, str]:
        """See `base.Task.empty`: it may be that the language does not have the attribute."""
        if self.column == "upos":
            return super().empty(split, tables)
        return (
            f"no word of the split {split!r} has {self.called}",
            f"name the languages that have it under probing.token_labels.{self.name}.languages",
        )

    def _part(self, table: Any, pieces: Pieces) -> base.Part:
        base.require_fit(self.name, table.num_rows, pieces)
        column = self.labels_of(table)
        if column.null_count:
            become = "are left out" if self.missing == "exclude" else f"are labelled {NO_LABEL}"
            logger.info("%s: %d of %d words have no label and %s", self.name, column.null_count, len(column), become)
        if self.missing == "label":
            column = column.fill_null(NO_LABEL)
        word = np.flatnonzero(column.is_valid().to_numpy())
        split, splits = base.codes(table["split"])
        beyond = pieces.status == BEYOND
        return base.Part(word, None, *base.codes(column.drop_null()), split[word], splits, ~beyond[word])


def ambiguous(forms: np.ndarray, train: base.Examples, tested: base.Examples) -> np.ndarray:
    """Find the words whose form has two or more labels in the train split.

    Parameters
    ----------
    forms : ndarray of int, shape (words,)
        See `base.forms`.
    train, tested : Examples
        Words, of the same treebank.

    Returns
    -------
    ndarray of bool, shape (len(tested),)

    Examples
    --------
    Form 7 is a noun and a verb in the train split, form 8 a noun twice; the test split has one of each.

    >>> train = base.Examples(0, np.array([0, 1, 2, 3]), None, np.array([0, 1, 0, 0]), ("NOUN", "VERB"), 0)
    >>> test = base.Examples(0, np.array([4, 5]), None, np.array([0, 0]), ("NOUN", "VERB"), 0)
    >>> ambiguous(np.array([7, 7, 8, 8, 7, 8]), train, test).tolist()
    [True, False]
    """
    number = len(train.labels)
    pairs = np.unique(forms[train.first] * number + train.label)
    tags = np.bincount(pairs // number, minlength=forms.max() + 1)
    return tags[forms[tested.first]] >= 2
