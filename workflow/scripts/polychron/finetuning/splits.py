"""The examples of a split as a model is trained on them: what it reads, and what is asked at which piece.

A word is represented by its first piece, a pair of sentences by the first piece of all, such as ``<s>``. A word without
pieces has the state of that piece as well.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.finetuning import sequences
from polychron.finetuning.sequences import Sequences, Template
from polychron.probing.tasks import arcs
from polychron.probing.tasks.base import Examples, codes, require_fit
from polychron.tokenization.pieces import BEYOND, Pieces

logger = logging.getLogger("polychron")


@dataclass(frozen=True)
class Split:
    """The examples of a split.

    Parameters
    ----------
    inputs : Sequences
        What is read.
    offsets : ndarray of int64, shape (inputs + 1,)
        What is asked of input `i` are the examples ``offsets[i]`` to ``offsets[i + 1]``, exclusive.
    place : ndarray of int64, shape (examples,)
        The piece that is asked, counted from the beginning of its input.
    label : ndarray of int64, shape (examples,)
        Positions in `labels`.
    labels : tuple of str
    head : ndarray of int64, shape (examples,), or None
        Of trees: the word's head, counted within the sentence from 1, and 0 for the root.
    punctuation : ndarray of bool, shape (examples,), or None
        Of trees: whether a word is punctuation.
    excluded : int
        Examples left out because of the window.
    """

    inputs: Sequences
    offsets: np.ndarray
    place: np.ndarray
    label: np.ndarray
    labels: tuple[str, ...]
    head: np.ndarray | None = None
    punctuation: np.ndarray | None = None
    excluded: int = 0

    def __len__(self) -> int:
        return len(self.label)

    @property
    def of(self) -> np.ndarray:
        """The input that each example is asked of: int64, shape (examples,)."""
        return np.repeat(np.arange(len(self.inputs)), np.diff(self.offsets))

    def recoded(self, classes: tuple[str, ...]) -> Split:
        """Return the split with `classes` as its first labels; what is none of them comes after them."""
        labels = (*classes, *(name for name in self.labels if name not in classes))
        position = {name: code for code, name in enumerate(labels)}
        known = np.array([position[name] for name in self.labels], np.int64)
        return replace(self, label=known[self.label], labels=labels)

    def within(self, length: int) -> Split:
        """Return the split without inputs of more pieces than `length`.

        Raises
        ------
        InputError
            None is left.
        """
        kept = self.inputs.lengths <= length
        if not kept.any():
            raise InputError(
                f"all {len(kept)} sentences of train have more than {length} pieces",
                remedy="look at the file of this split, and at the tokenizer",
            )
        if kept.all():
            return self
        logger.info(
            "train: %d of %d sentences have more than %d pieces and are left out", (~kept).sum(), len(kept), length
        )
        chosen, asked = np.flatnonzero(kept), kept[self.of]
        parts = [slice(*self.inputs.offsets[place : place + 2]) for place in chosen]
        sizes = self.inputs.lengths[chosen]
        inputs = Sequences(
            np.concatenate([self.inputs.ids[part] for part in parts]),
            np.cumsum([0, *sizes]),
            None if self.inputs.kinds is None else np.concatenate([self.inputs.kinds[part] for part in parts]),
        )
        return replace(
            self,
            inputs=inputs,
            offsets=np.cumsum([0, *np.diff(self.offsets)[chosen]]),
            place=self.place[asked],
            label=self.label[asked],
            head=None if self.head is None else self.head[asked],
            punctuation=None if self.punctuation is None else self.punctuation[asked],
        )


def joined(parts: Sequence[Split]) -> Split:
    """Return the examples of several splits as one, in their order.

    Examples
    --------
    >>> inputs = Sequences(np.array([0, 2], np.int32), np.array([0, 2]))
    >>> one, other = (Split(inputs, np.array([0, 1]), np.array([1]), np.array([0]), (name,)) for name in "ab")
    >>> found = joined([one, other])
    >>> found.labels, found.label.tolist(), found.offsets.tolist(), found.inputs.lengths.tolist()
    (('a', 'b'), [0, 1], [0, 1, 2], [2, 2])
    """
    if len(parts) == 1:
        return parts[0]
    labels = tuple(dict.fromkeys(name for part in parts for name in part.labels))
    parts = [part.recoded(labels) for part in parts]

    def all_of(name: str) -> np.ndarray | None:
        found = [getattr(part, name) for part in parts]
        return None if found[0] is None else np.concatenate(found)

    kinds = [part.inputs.kinds for part in parts]
    inputs = Sequences(
        np.concatenate([part.inputs.ids for part in parts]),
        np.cumsum([0, *np.concatenate([part.inputs.lengths for part in parts])]),
        None if kinds[0] is None else np.concatenate(kinds),
    )
    return Split(
        inputs=inputs,
        offsets=np.cumsum([0, *np.concatenate([np.diff(part.offsets) for part in parts])]),
        place=all_of("place"),
        label=all_of("label"),
        labels=labels,
        head=all_of("head"),
        punctuation=all_of("punctuation"),
        excluded=sum(part.excluded for part in parts),
    )


def of_words(examples: Examples, pieces: Pieces) -> Split:
    """Return the examples of a task of token labels, in the order of the text."""
    chosen, counts = np.unique(pieces.word_sentence[examples.first], return_counts=True)
    return Split(
        inputs=sequences.of_sentences(pieces, chosen),
        offsets=np.cumsum([0, *counts]),
        place=pieces.first[examples.first].astype(np.int64),
        label=examples.label,
        labels=examples.labels,
        excluded=examples.excluded,
    )


def of_pairs(examples: Examples, pieces: Pieces, template: Template, limit: int) -> Split:
    """Return the examples of a task of pairs of sentences, of at most `limit` pieces each."""
    inputs, cut = sequences.of_pairs(pieces, examples.first, examples.second, template, limit)
    if cut:
        logger.info("%d of %d pairs have more than %d pieces, and their ends are cut off", cut, len(examples), limit)
    return Split(
        inputs=inputs,
        offsets=np.arange(len(examples) + 1),
        place=np.zeros(len(examples), np.int64),
        label=examples.label,
        labels=examples.labels,
        excluded=examples.excluded,
    )


def of_trees(table: Any, pieces: Pieces, split: str, *, file: str | None = None) -> Split:
    """Return the trees of a split of a treebank, with relations up to their colon.

    A sentence with a word beyond the window is left out, since its tree is not whole.

    Parameters
    ----------
    table : pyarrow.Table
        A treebank: columns ``split, sentence, index, upos, head, deprel``.
    pieces : Pieces
    split : str
        Such as ``train``.
    file : str or None
        The file of the table, for messages.

    Raises
    ------
    InputError
        The table and the pieces do not fit, or no sentence is left.
    """
    import pyarrow.compute as pc

    require_fit("parsing", table.num_rows, pieces)
    child, parent = arcs.children_and_heads(table)
    sentence = pieces.word_sentence
    start = pieces.word_offsets[sentence]
    head = np.zeros(table.num_rows, np.int64)
    head[child] = parent - start[child] + 1
    relation, names = codes(pc.replace_substring_regex(table["deprel"], ":.*", ""))
    here = pc.equal(table["split"], split).to_numpy()
    whole = np.bincount(sentence, pieces.status == BEYOND, len(pieces.lengths)) == 0
    rows = np.flatnonzero(here & whole[sentence])
    left = len({*sentence[here].tolist()}) - len({*sentence[rows].tolist()})
    if not len(rows):
        raise InputError(
            f"no sentence of the split {split!r} is within the window",
            file=file,
            remedy="look at the file of this split, or take parsing out of finetuning.tasks",
        )
    chosen, counts = np.unique(sentence[rows], return_counts=True)
    logger.info("parsing, %s: %d sentences, %d beyond the window", split, len(chosen), left)
    return Split(
        inputs=sequences.of_sentences(pieces, chosen),
        offsets=np.cumsum([0, *counts]),
        place=pieces.first[rows].astype(np.int64),
        label=relation[rows],
        labels=names,
        head=head[rows],
        punctuation=pc.equal(table["upos"], "PUNCT").to_numpy()[rows],
        excluded=int(here.sum()) - len(rows),
    )
