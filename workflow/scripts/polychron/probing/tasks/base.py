"""Tasks: what a probe is asked about words, pairs of words, and pairs of sentences.

=================== =============================== =============================================
task                an example                      its label
=================== =============================== =============================================
pos                 a word                          UPOS (17 tags; reading A11)
arc_prediction      (child, head) or (child, other) whether the second is the head (A4, A5)
arc_classification  (child, head)                   the relation between them (A5, A6)
xnli                (premise, hypothesis)           entailment, neutral or contradiction (A18, A19)
=================== =============================== =============================================

Examples are rows of a features array, never features: the vector of a pair is built where it is used.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.tokenization.pieces import BEYOND, Pieces
from polychron.tokenization.sentences import unique_sentences

logger = logging.getLogger("polychron")

NO_ARC, ARC = "no arc", "arc"


@dataclass(frozen=True)
class Examples:
    """The examples of one split.

    Parameters
    ----------
    dataset : int
        Which of the task's datasets, and so which of its feature arrays, the rows belong to.
    first : ndarray of int64, shape (n,)
        Rows of the words, children, or premises.
    second : ndarray of int64, shape (n,), or None
        Rows of the heads or hypotheses; None where an example is a single word.
    label : ndarray of int64, shape (n,)
        Positions in `labels`.
    labels : tuple of str
        All labels that the task has in these datasets, in any split; sorted.
    excluded : int
        Examples left out because a word of theirs lies beyond the window (reading A10).
    """

    dataset: int
    first: np.ndarray
    second: np.ndarray | None
    label: np.ndarray
    labels: tuple[str, ...]
    excluded: int

    def __len__(self) -> int:
        return len(self.label)


def examples(
    task: str,
    tables: Sequence[Any],
    pieces: Sequence[Pieces],
    *,
    splits: Sequence[str] = ("train", "dev", "test"),
    labels: str = "universal",
    data_seed: int = 0,
) -> dict[str, Examples]:
    """Make a task's examples from its datasets.

    Parameters
    ----------
    task : {"pos", "arc_prediction", "arc_classification", "xnli"}
        What is asked.
    tables : sequence of pyarrow.Table
        Tables of examples: a treebank, or the two parts of XNLI.
    pieces : sequence of Pieces, one per table
        They say which words lie beyond the window.
    splits : sequence of str
        The splits that are wanted; each lies in one of the tables.
    labels : {"universal", "full"}
        Relations up to their colon, or whole (reading A6).
    data_seed : int
        Seed of the negatives of arc prediction (reading A15).

    Returns
    -------
    dict of str to Examples
        The examples by split, in the order of the tables' rows.

    Raises
    ------
    InputError
        A table and its pieces do not fit; a head is not in its sentence; a split has no examples.
    """
    if task == "xnli":
        parts = [_inference(table, part) for table, part in zip(tables, pieces, strict=True)]
    else:
        make = {"pos": _words, "arc_prediction": _candidate_arcs, "arc_classification": _arcs}[task]
        for table, part in zip(tables, pieces, strict=True):
            _check(task, table.num_rows, part)
        parts = [
            make(table, part.status == BEYOND, labels, data_seed) for table, part in zip(tables, pieces, strict=True)
        ]
    names = tuple(sorted({name for part in parts for name in part.names}))
    made = {}
    for split in splits:
        found = (_of_split(split, dataset, part, names) for dataset, part in enumerate(parts))
        made[split] = next((one for one in found if one is not None and len(one)), None)
        if made[split] is None:
            raise InputError(
                f"{task}: the split {split!r} has no examples", remedy="look at the file of this split, or its language"
            )
        logger.info("%s, %s: %d examples, %d beyond the window", task, split, len(made[split]), made[split].excluded)
    return made


def universal(label: str) -> str:
    """Give a relation without its subtype (reading A6).

    Examples
    --------
    >>> universal("nsubj:pass")
    'nsubj'
    """
    return label.partition(":")[0]


def forms(table: Any) -> np.ndarray:
    """Number the word forms of a treebank table: int64, shape (words,), the same number for the same form."""
    return _codes(table["form"])[0]


def ambiguous(forms: np.ndarray, train: Examples, tested: Examples) -> np.ndarray:
    """Find the words whose form carries two or more tags in the train split.

    Parameters
    ----------
    forms : ndarray of int, shape (words,)
        See `forms`.
    train, tested : Examples
        Words, of the same treebank.

    Returns
    -------
    ndarray of bool, shape (len(tested),)

    Examples
    --------
    Form 7 is a noun and a verb in the train split, form 8 a noun twice; the test split has one of each.

    >>> train = Examples(0, np.array([0, 1, 2, 3]), None, np.array([0, 1, 0, 0]), ("NOUN", "VERB"), 0)
    >>> test = Examples(0, np.array([4, 5]), None, np.array([0, 0]), ("NOUN", "VERB"), 0)
    >>> ambiguous(np.array([7, 7, 8, 8, 7, 8]), train, test).tolist()
    [True, False]
    """
    number = len(train.labels)
    pairs = np.unique(forms[train.first] * number + train.label)
    tags = np.bincount(pairs // number, minlength=forms.max() + 1)
    return tags[forms[tested.first]] >= 2


@dataclass(frozen=True)
class _Part:
    """All examples of one dataset: rows, labels as positions in `names`, splits, and which ones are kept."""

    first: np.ndarray
    second: np.ndarray | None
    label: np.ndarray
    names: tuple[str, ...]
    split: np.ndarray
    splits: tuple[str, ...]
    kept: np.ndarray


def _of_split(split: str, dataset: int, part: _Part, labels: tuple[str, ...]) -> Examples | None:
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


def _check(task: str, rows: int, pieces: Pieces) -> None:
    if rows != len(pieces.status):
        raise InputError(
            f"{task}: {rows} rows of examples, and the table of pieces has {len(pieces.status)} of them",
            remedy="delete the table of pieces and run the same command again",
        )


def _codes(column: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    """Number the strings of a column: int64 codes, and the names that they stand for."""
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), tuple(encoded.dictionary.to_pylist())


def _words(table: Any, beyond: np.ndarray, labels: str, data_seed: int) -> _Part:
    label, names = _codes(table["upos"])
    return _Part(np.arange(table.num_rows), None, label, names, *_codes(table["split"]), ~beyond)


def _arcs(table: Any, beyond: np.ndarray, labels: str, data_seed: int) -> _Part:
    child, head = _children_and_heads(table)
    label, names = _codes(table["deprel"])
    if labels == "universal":
        short = tuple(dict.fromkeys(universal(name) for name in names))
        label, names = np.array([short.index(universal(name)) for name in names], np.int64)[label], short
    split, splits = _codes(table["split"])
    return _Part(child, head, label[child], names, split[child], splits, ~(beyond[child] | beyond[head]))


def _candidate_arcs(table: Any, beyond: np.ndarray, labels: str, data_seed: int) -> _Part:
    """Pair each arc with one that is none: balanced sampling (Liu et al. 2019; reading A4).

    The other word is drawn from the words of the sentence within the window, neither the child nor its head. The draw
    of a sentence depends on the seed, its forms and its heads alone: whatever happens to other sentences and splits,
    it stays the same. A sentence without a third word has no such pair: its arcs are skipped, and counted in the log.
    """
    child, head = _children_and_heads(table)
    split, splits = _codes(table["split"])
    sentence = table["sentence"].to_numpy()
    bounds = np.flatnonzero(np.diff(sentence, prepend=-1, append=-1))
    words, heads = table["form"].to_pylist(), table["head"].to_numpy()
    kept = ~(beyond[child] | beyond[head])
    lonely = np.repeat(np.diff(bounds) < 3, np.diff(bounds))[child]
    other = np.full(len(child), -1)
    arcs = np.searchsorted(child, bounds)
    for start, stop, begin, end in zip(bounds[:-1], bounds[1:], arcs[:-1], arcs[1:], strict=True):
        within = start + np.flatnonzero(~beyond[start:stop])
        chosen = begin + np.flatnonzero(kept[begin:end])
        if len(within) < 3 or not len(chosen):
            continue
        text = "\t".join(words[start:stop]).encode() + heads[start:stop].astype("<i4").tobytes()
        digest = hashlib.blake2b(text, digest_size=16, salt=int(data_seed).to_bytes(16, "little")).digest()
        draw = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))
        place = draw.integers(len(within) - 2, size=len(chosen))
        lower, upper = np.sort(np.searchsorted(within, [child[chosen], head[chosen]]), axis=0)
        place += place >= lower
        place += place >= upper
        other[chosen] = within[place]
    if lonely.any():
        logger.info("arc_prediction: %d arcs skipped, their sentences have no third word", lonely.sum())
    arc = np.flatnonzero(~lonely)
    return _Part(
        first=np.repeat(child[arc], 2),
        second=np.stack([head[arc], other[arc]], axis=1).ravel(),
        label=np.tile([1, 0], len(arc)),
        names=(NO_ARC, ARC),
        split=np.repeat(split[child[arc]], 2),
        splits=splits,
        kept=np.repeat(other[arc] >= 0, 2),
    )


def _children_and_heads(table: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give the rows of each arc's two words. Heads are found by ID: word numbers may have gaps (reading A8)."""
    sentence, index, head = (table[name].to_numpy().astype(np.int64) for name in ("sentence", "index", "head"))
    span = max(index.max(initial=0), head.max(initial=0)) + 1
    key = sentence * span + index
    if np.any(np.diff(key) <= 0):
        row = int(np.flatnonzero(np.diff(key) <= 0)[0]) + 1
        raise InputError(
            f"word {index[row]} of sentence {sentence[row]} does not come after the word before it",
            remedy="delete the table of examples and run the same command again",
        )
    child = np.flatnonzero(head != 0)
    wanted = sentence[child] * span + head[child]
    row = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    lost = np.flatnonzero(key[row] != wanted) if len(child) else np.zeros(0, np.int64)
    if len(lost):
        word = child[lost[0]]
        raise InputError(
            f"word {index[word]} of sentence {sentence[word]} has the head {head[word]}, which is not in the sentence",
            remedy="delete the table of examples and run the same command again",
        )
    return child, row


def _inference(table: Any, pieces: Pieces) -> _Part:
    sentences, premise, hypothesis = unique_sentences(table["premise"].to_pylist(), table["hypothesis"].to_pylist())
    _check("xnli", len(sentences), pieces)
    premise, hypothesis = np.asarray(premise, np.int64), np.asarray(hypothesis, np.int64)
    beyond = pieces.status == BEYOND
    label, names = _codes(table["label"])
    return _Part(premise, hypothesis, label, names, *_codes(table["split"]), ~(beyond[premise] | beyond[hypothesis]))
