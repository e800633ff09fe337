"""Pairs of sentences whose two sides are cut by tokenizers of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from polychron.errors import InputError
from polychron.tokenization.pieces import Pieces


def joined(source: Pieces, target: Pieces) -> Pieces:
    """Join the source sentences of one table of pieces with the target sentences of another.

    Parameters
    ----------
    source, target : Pieces
        The same n source sentences and then n target sentences, each by a tokenizer.

    Returns
    -------
    Pieces
        The n source sentences as the first tokenizer cuts them, then the n target sentences as the second does. The
        ids of the two sides are of two vocabularies, so `mask`, `vocabulary` and `special` are left out.

    Raises
    ------
    InputError
        The two tables are not of the same sentences and words, or their sentences have other special pieces at the
        edges.
    """
    if not np.array_equal(source.word_offsets, target.word_offsets) or len(source.lengths) % 2:
        raise InputError(
            f"the two tables of pieces are not of the same pairs of sentences: {len(source.lengths)} and "
            f"{len(target.lengths)} sentences, {len(source.status)} and {len(target.status)} words",
            remedy="run the same command again, so that both are made from one bitext",
        )
    if source.edges != target.edges:
        raise InputError(
            f"the tokenizers of the two sides put other numbers of special pieces around a sentence: {source.edges} "
            f"and {target.edges}",
            remedy="choose members of one family of models",
        )
    number = len(source.lengths) // 2
    pieces, words = source.sentence_offsets[number], source.word_offsets[number]
    skipped = target.sentence_offsets[number]

    def of_words(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.concatenate([one[:words], other[words:]])

    return Pieces(
        ids=np.concatenate([source.ids[:pieces], target.ids[skipped:]]),
        sentence_offsets=np.concatenate(
            [source.sentence_offsets[:number], target.sentence_offsets[number:] - skipped + pieces]
        ),
        first=of_words(source.first, target.first),
        stop=of_words(source.stop, target.stop),
        status=of_words(source.status, target.status),
        word_sentence=source.word_sentence,
        word_offsets=source.word_offsets,
        characters=np.concatenate([source.characters[:number], target.characters[number:]]),
        edges=source.edges,
    )


def readable(pieces: Pieces, vocabulary: int) -> Pieces:
    """Return pieces all of whose ids a model has, to compute both sides in the batches that they would have together.

    Ids of the other side that are beyond the vocabulary become its last one. What the model makes of them is not used.
    """
    return replace(pieces, ids=np.minimum(pieces.ids, vocabulary - 1))
