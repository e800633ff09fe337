"""What all tasks share: examples, and how a task makes them.

Examples are rows of a features array, never features: the vector of a pair is built where it is used.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from polychron.errors import InputError
from polychron.tokenization.pieces import Pieces

logger = logging.getLogger("polychron")

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class Examples:
    """The examples of one split.

    Parameters
    ----------
    dataset : int
        Which of the task's datasets, and so which of its feature arrays, the rows belong to.
    first : ndarray of int64, shape (n,) or (seeds, n)
        Rows of the words, children, or premises. Two axes where each seed of the probes has examples of its own.
    second : ndarray of int64, of the same shape, or None
        Rows of the heads or hypotheses; None where an example is a single word.
    label : ndarray of int64, shape (n,)
        Positions in `labels`; the same for all seeds.
    labels : tuple of str
        All labels that the task has in these datasets, in any split; sorted.
    excluded : int
        Examples left out because a word of theirs is beyond the window (reading A10).
    """

    dataset: int
    first: np.ndarray
    second: np.ndarray | None
    label: np.ndarray
    labels: tuple[str, ...]
    excluded: int

    def __len__(self) -> int:
        return len(self.label)

    @property
    def per_seed(self) -> bool:
        """Whether each seed of the probes has examples of its own."""
        return self.first.ndim == 2

    def of_seed(self, place: int) -> Examples:
        """Return the examples of the seed at a place."""
        if not self.per_seed:
            return self
        return replace(self, first=self.first[place], second=None if self.second is None else self.second[place])

    def subset(self, chosen: np.ndarray | slice) -> Examples:
        """Return some of the examples, by their places."""
        second = None if self.second is None else self.second[..., chosen]
        return replace(self, first=self.first[..., chosen], second=second, label=self.label[chosen])


@dataclass(frozen=True)
class Part:
    """All examples of one dataset.

    Parameters
    ----------
    first, second : ndarray of int64, shape (n,)
        See `Examples`.
    label : ndarray of int64, shape (n,)
        Positions in `names`.
    names : tuple of str
        The labels of this dataset.
    split : ndarray of int64, shape (n,)
        Positions in `splits`.
    splits : tuple of str
        The splits of this dataset.
    kept : ndarray of bool, shape (n,)
        Whether all words of the example are within the window.
    """

    first: np.ndarray
    second: np.ndarray | None
    label: np.ndarray
    names: tuple[str, ...]
    split: np.ndarray
    splits: tuple[str, ...]
    kept: np.ndarray


@dataclass(frozen=True)
class Task:
    """What a probe is asked. A module of a task defines a subclass of the same name.

    Parameters
    ----------
    name : str
        What the study calls the task.

    Attributes
    ----------
    unseen : bool
        Whether the labels of another treebank may be ones that the training split lacks, so that their share is
        reported with the scores of transfer (reading A7).
    """

    name: str

    unseen: ClassVar[bool] = False

    def parts(self, tables: Sequence[Any], pieces: Sequence[Pieces]) -> list[Part]:
        """Return all examples of each dataset.

        Parameters
        ----------
        tables : sequence of pyarrow.Table
            Tables of examples: a treebank, or the two parts of XNLI.
        pieces : sequence of Pieces, one per table
            Which words are beyond the window.

        Raises
        ------
        InputError
            A table and its pieces do not fit, or a table is faulty.
        """
        raise NotImplementedError

    def of_seed(self, seed: int) -> Task:
        """Return the task with the train and dev examples of a seed of the probes; by default they have the same."""
        return self

    def subsets(self, tables: Sequence[Any], splits: Mapping[str, Examples]) -> dict[str, np.ndarray]:
        """Return parts of the test split that have an accuracy of their own, by the name of that metric.

        Returns
        -------
        dict of str to ndarray of bool, shape (len(splits["test"]),)
        """
        return {}

    def comparable(self, label: str) -> str:
        """Return a label as it is compared between treebanks."""
        return label

    def empty(self, split: str, tables: Sequence[Any]) -> tuple[str, str]:
        """Return what is said of a split without examples, and the next step."""
        return f"the split {split!r} has no examples", "look at the file of this split, or its language"

    def examples(
        self,
        tables: Sequence[Any],
        pieces: Sequence[Pieces],
        *,
        splits: Sequence[str] = SPLITS,
        seeds: Sequence[int] = (),
        file: str | None = None,
    ) -> dict[str, Examples]:
        """Return the examples of a cell by split, in the order of the tables' rows.

        Parameters
        ----------
        tables, pieces : sequence
            See `parts`.
        splits : sequence of str
            The splits that are wanted; each is in one of the tables.
        seeds : sequence of int
            The seeds of the probes, where these train on examples of their own if the task has some (`of_seed`): those
            of train and dev then have two axes.
        file : str or None
            The file of the first table, for the message.

        Raises
        ------
        InputError
            A split has no examples, or see `parts`.
        """
        made = _by_split(self.parts(tables, pieces), splits)
        for split in splits:
            if made[split] is None:
                what, remedy = self.empty(split, tables)
                raise InputError(f"{self.name}: {what}", file=file, remedy=remedy)
            counts = len(made[split]), made[split].excluded
            logger.info("%s, %s: %d examples, %d beyond the window", self.name, split, *counts)
        own = [task for task in map(self.of_seed, seeds) if task is not self]
        if own:
            drawn = [_by_split(task.parts(tables, pieces), {*splits} - {"test"}) for task in own]
            for split in drawn[0]:
                first, second = (np.stack([getattr(one[split], name) for one in drawn]) for name in ("first", "second"))
                made[split] = replace(made[split], first=first, second=second)
            logger.info("%s: train and dev examples of each of %d seeds are drawn anew", self.name, len(own))
        return made

    def targets(self, table: Any, pieces: Pieces, *, file: str | None = None) -> Examples:
        """Return the test examples of a dataset that probes are transferred to, with comparable labels."""
        return self.examples([table], [pieces], splits=["test"], file=file)["test"]


def load(module: str, name: str, settings: Mapping[str, Any]) -> Task:
    """Return the task of a module.

    Parameters
    ----------
    module : str
        Its dotted name, such as ``polychron.probing.tasks.nli``.
    name : str
        What the study calls the task.
    settings : mapping
        Further parameters of the module's ``Task``.
    """
    return importlib.import_module(module).Task(name, **settings)


def require_fit(task: str, rows: int, pieces: Pieces) -> None:
    """Refuse a table of examples and a table of pieces that have other numbers of words.

    Raises
    ------
    InputError
        They have.
    """
    if rows != len(pieces.status):
        raise InputError(
            f"{task}: {rows} rows of examples, and the table of pieces has {len(pieces.status)} of them",
            remedy="delete the table of pieces and run the same command again",
        )


def codes(column: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    """Number the strings of a column without nulls.

    Returns
    -------
    ndarray of int64, shape (rows,)
        The same number for the same string.
    tuple of str
        The strings that the numbers stand for.
    """
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), tuple(encoded.dictionary.to_pylist())


def forms(table: Any) -> np.ndarray:
    """Number the word forms of a treebank table: int64, shape (words,), the same number for the same form."""
    return codes(table["form"])[0]


def _by_split(parts: Sequence[Part], splits: Iterable[str]) -> dict[str, Examples | None]:
    """Return the examples of each split from the first part that has some."""
    names = tuple(sorted({name for part in parts for name in part.names}))
    made = {}
    for split in splits:
        found = (_of_split(split, dataset, part, names) for dataset, part in enumerate(parts))
        made[split] = next((one for one in found if one is not None and len(one)), None)
    return made


def _of_split(split: str, dataset: int, part: Part, labels: tuple[str, ...]) -> Examples | None:
    if split not in part.splits:
        return None
    here = part.split == part.splits.index(split)
    chosen = np.flatnonzero(here & part.kept)
    position = np.array([labels.index(name) for name in part.names], np.int64)
    return Examples(
        dataset=dataset,
        first=part.first[chosen],
        second=None if part.second is None else part.second[chosen],
        label=position[part.label[chosen]],
        labels=labels,
        excluded=int(here.sum()) - len(chosen),
    )
