"""The subword vocabulary in XLM-R's layout: a SentencePiece model, and fairseq's dictionary made from it.

SentencePiece numbers its pieces from ``<unk>`` 0, ``<s>`` 1, ``</s>`` 2; fairseq counts ``<s>`` 0, ``<pad>`` 1,
``</s>`` 2, ``<unk>`` 3 by itself, then the pieces of its dictionary, then ``<mask>``. So the dictionary lists
the pieces from number 3 on, and an id of the model is the piece's number + 1 (Conneau et al. 2020, section 3).
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping
from os import PathLike

import numpy as np
import sentencepiece

from polychron.errors import InputError
from polychron.storage import files

logger = logging.getLogger("polychron")

SENTENCES = 10_000_000
"""A larger text is sampled down to this many sentences: SentencePiece holds its training text in memory."""

SPECIAL = 3
"""Pieces of the SentencePiece model that are no pieces of text: <unk>, <s>, </s>."""


def sample_sizes(sentences: Mapping[str, int], alpha: float, total: int) -> dict[str, int]:
    """Return how many sentences of each language to train the vocabulary on.

    These are all, where they are no more than `total`. Otherwise, language l gets a share of `total` in proportion to
    ``sentences[l] ** alpha``, and no more than it has.

    Parameters
    ----------
    sentences : mapping of str to int
        Sentences of each language.
    alpha : float, in (0, 1]
        Exponent of smoothing, as in pretraining (paper, appendix A.2; reading A38).
    total : int
        Most sentences in all.

    Examples
    --------
    >>> sample_sizes({"en": 900, "sw": 100}, alpha=0.5, total=400)
    {'en': 300, 'sw': 100}
    """
    if sum(sentences.values()) <= total:
        return dict(sentences)
    weights = {language: count**alpha for language, count in sentences.items()}
    share = total / sum(weights.values())
    return {language: min(count, round(share * weights[language])) for language, count in sentences.items()}


def lines(path: str | PathLike[str]) -> Iterator[str]:
    """Yield the lines of a text that are not blank; only the line feed ends a line.

    U+0085, left over in much text from the web, becomes a space: it is the one character that SentencePiece keeps and
    fairseq takes for one.
    """
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            if line := line.replace("\x85", " ").strip():
                yield line


def train(
    texts: Mapping[str, str | PathLike[str]],
    *,
    size: int,
    character_coverage: float,
    alpha: float,
    seed: int,
    sentences: int = SENTENCES,
    hard: bool = True,
) -> bytes:
    """Train a SentencePiece unigram model (Kudo 2018) on the text of all languages, in XLM-R's layout.

    Parameters
    ----------
    texts : mapping of str to path-like
        A text file for each language, one sentence a line.
    size : int
        Number of pieces, the three special ones included.
    character_coverage : float, in (0, 1]
        Share of the text's characters that get pieces; the rest is ``<unk>``.
    alpha, seed, sentences
        How a text of more than `sentences` sentences is sampled (see `sample_sizes`).
    hard : bool
        Whether a text that yields fewer than `size` pieces is refused. Otherwise all that it yields are taken.

    Returns
    -------
    bytes
        The model: the same texts and arguments give the same bytes.

    Raises
    ------
    InputError
        The text is empty, or too small or too rich in characters for a vocabulary of this size.
    """
    counts = {language: sum(1 for _ in lines(texts[language])) for language in sorted(texts)}
    for language, count in counts.items():
        if not count:
            raise InputError("holds no text", file=texts[language], remedy=f"give text in {language}, or leave it out")
    sizes = sample_sizes(counts, alpha, sentences)
    for language, count in sizes.items():
        logger.info("%s: %d of %d sentences", language, count, counts[language])

    def corpus() -> Iterator[str]:
        for number, language in enumerate(sizes):
            chosen = np.arange(counts[language])
            if sizes[language] < counts[language]:
                random = np.random.default_rng([seed, number])
                chosen = np.sort(random.choice(counts[language], sizes[language], replace=False, shuffle=False))
            following = iter(chosen)
            wanted = next(following, -1)
            for place, line in enumerate(lines(texts[language])):
                if place == wanted:
                    wanted = next(following, -1)
                    yield line

    model = io.BytesIO()
    sentencepiece.set_random_generator_seed(seed)
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=corpus(),
            model_writer=model,
            model_type="unigram",
            vocab_size=size,
            character_coverage=character_coverage,
            unk_id=0,
            bos_id=1,
            eos_id=2,
            pad_id=-1,
            num_threads=1,
            minloglevel=2,
            **({} if hard else {"hard_vocab_limit": False}),  # a setting that is named is written into the model
        )
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(
            f"no vocabulary of {size} pieces can be made of {sum(sizes.values())} sentences (SentencePiece: {reason})",
            remedy="set pretraining.vocabulary within the bound that SentencePiece names, or give more text",
        ) from error
    return model.getvalue()


def load(model: bytes | str | PathLike[str]) -> sentencepiece.SentencePieceProcessor:
    """Load a SentencePiece model from its bytes or its file.

    Raises
    ------
    InputError
        It is no SentencePiece model.
    """
    processor = sentencepiece.SentencePieceProcessor()
    try:
        if isinstance(model, bytes):
            processor.LoadFromSerializedProto(model)
        else:
            processor.Load(str(model))
    except (RuntimeError, OSError) as error:
        file = None if isinstance(model, bytes) else model
        raise InputError("no SentencePiece model", file=file, remedy=files.again(file)) from error
    return processor


def dictionary(model: bytes) -> str:
    """Write fairseq's dictionary of a SentencePiece model: a line ``PIECE 1`` for each piece from number 3 on.

    Raises
    ------
    InputError
        A piece would be read as something else: it holds white space, or is named like one of fairseq's own.
    """
    processor = load(model)
    pieces = [processor.id_to_piece(number) for number in range(SPECIAL, processor.get_piece_size())]
    for piece in pieces:
        if piece in ("<s>", "<pad>", "</s>", "<unk>", "<mask>") or len(piece.split()) != 1 or piece.strip() != piece:
            raise InputError(
                f"the vocabulary has the piece {piece!r}, which fairseq would take for something else",
                remedy="remove such strings from the pretraining text",
            )
    return "".join(f"{piece} 1\n" for piece in pieces)
