"""What a model reads: sentences, and pairs of sentences as one input."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polychron.tokenization.pieces import Pieces

if TYPE_CHECKING:  # torch takes a second to import
    import torch


@dataclass(frozen=True)
class Sequences:
    """Inputs of a model, one after the other.

    Parameters
    ----------
    ids : ndarray of int32, shape (pieces,)
        With the special pieces.
    offsets : ndarray of int64, shape (inputs + 1,)
        Input `i` is ``ids[offsets[i]:offsets[i + 1]]``.
    kinds : ndarray of int64, shape (pieces,), or None
        Which of two sentences a piece is of, where the tokenizer says so.
    """

    ids: np.ndarray
    offsets: np.ndarray
    kinds: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Pieces of each input: int64, shape (inputs,)."""
        return np.diff(self.offsets)

    def pad(self, chosen: np.ndarray, filling: int, device: Any) -> dict[str, torch.Tensor]:
        """Arrange inputs as a rectangle, padded on the right, by the names of a model's parameters."""
        import torch

        lengths = self.lengths[chosen]
        mask = np.arange(lengths.max(initial=0)) < lengths[:, None]
        places = np.arange(lengths.sum()) + np.repeat(self.offsets[chosen] - np.cumsum(lengths) + lengths, lengths)
        arrays = {"input_ids": np.full(mask.shape, filling, np.int64), "attention_mask": mask.astype(np.int64)}
        arrays["input_ids"][mask] = self.ids[places]
        if self.kinds is not None:
            arrays["token_type_ids"] = np.zeros(mask.shape, np.int64)
            arrays["token_type_ids"][mask] = self.kinds[places]
        return {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}


def of_sentences(pieces: Pieces, chosen: np.ndarray) -> Sequences:
    """Return some sentences as inputs, by their places."""
    parts = [pieces.ids[pieces.sentence_offsets[place] : pieces.sentence_offsets[place + 1]] for place in chosen]
    return _joined(parts)


def _joined(parts: list[np.ndarray], kinds: list[np.ndarray] | None = None) -> Sequences:
    offsets = np.cumsum([0, *map(len, parts)])
    ids = np.concatenate([np.zeros(0, np.int32), *parts]).astype(np.int32)
    return Sequences(ids, offsets, None if kinds is None else np.concatenate([np.zeros(0, np.int64), *kinds]))


@dataclass(frozen=True)
class Template:
    """What a tokenizer puts around two sentences: ids of special pieces, and the kinds of all pieces.

    Parameters
    ----------
    before, between, after : tuple of int
        Ids before the first sentence, between the two, and after the second.
    kinds : tuple of tuple of int
        Of `before`, a piece of the first sentence, `between`, a piece of the second, and `after`.
    """

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    kinds: tuple[tuple[int, ...], ...] = ((), (0,), (), (0,), ())


def template_of(file: str | Path) -> Template:
    """Read from a ``tokenizer.json`` what the tokenizer puts around two sentences.

    Examples
    --------
    XLM-R has ``<s> first </s> </s> second </s>``, and its pieces are all of one kind.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encoded = tokenizer.encode("a", "a")
    first, second = ([place for place, of in enumerate(encoded.sequence_ids) if of == one] for one in (0, 1))
    cuts = [0, first[0], first[-1] + 1, second[0], second[-1] + 1, len(encoded.ids)]
    ids, kinds = (
        [tuple(of[start:stop]) for start, stop in itertools.pairwise(cuts)] for of in (encoded.ids, encoded.type_ids)
    )
    return Template(ids[0], ids[2], ids[4], (kinds[0], kinds[1][:1], kinds[2], kinds[3][:1], kinds[4]))


def of_pairs(
    pieces: Pieces, first: np.ndarray, second: np.ndarray, template: Template, limit: int
) -> tuple[Sequences, int]:
    """Return pairs of sentences as inputs.

    Parameters
    ----------
    pieces : Pieces
        All sentences.
    first, second : ndarray of int, shape (pairs,)
        Places of the sentences.
    template : Template
    limit : int
        The most pieces of a pair. Of longer ones the end of the longer sentence is cut off, until they fit.

    Returns
    -------
    Sequences
    int
        How many pairs were cut.
    """
    start, end = pieces.edges
    special = len(template.before) + len(template.between) + len(template.after)
    typed = any(map(any, template.kinds))
    inputs, kinds, cut = [], [], 0

    def inner(place: int) -> np.ndarray:
        return pieces.ids[pieces.sentence_offsets[place] + start : pieces.sentence_offsets[place + 1] - end]

    for one, other in zip(map(inner, first), map(inner, second), strict=True):
        sizes = shortened(len(one), len(other), limit - special)
        cut += sizes != (len(one), len(other))
        inputs.append(
            np.concatenate([template.before, one[: sizes[0]], template.between, other[: sizes[1]], template.after])
        )
        if typed:
            before, left, between, right, after = template.kinds
            kinds.append(np.array([*before, *left * sizes[0], *between, *right * sizes[1], *after], np.int64))
    return _joined(inputs, kinds if typed else None), cut


def shortened(one: int, other: int, room: int) -> tuple[int, int]:
    """Return how much is kept of two sentences: the longer one is cut, and of both at most half where both are longer.

    Examples
    --------
    >>> shortened(9, 3, 8), shortened(9, 8, 8), shortened(2, 3, 8), shortened(9, 9, 7)
    ((5, 3), (4, 4), (2, 3), (3, 4))
    """
    if one + other <= room:
        return one, other
    shorter = min(one, other, room // 2)
    return (room - shorter, shorter) if one > other else (shorter, room - shorter)
