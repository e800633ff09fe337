"""Words to subword pieces: what a table of examples says, cut by the model's tokenizer.

The words of the examples are cut one by one, as transformers does with ``is_split_into_words=True`` (reading A9):
each begins with its own ``▁``, whether or not a space stood before it in the text. So a word's pieces are known by
construction, in every script, and no character offsets are needed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polychron import entailment
from polychron.error import InputError
from polychron.pieces import BEYOND, EMPTY, KEPT, Pieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer

logger = logging.getLogger("polychron")


def sentences_of(kind: str, table: Any) -> tuple[Iterable[Sequence[str]], bool]:
    """Say which sentences a table of examples holds, and of which words they consist.

    Parameters
    ----------
    kind : {'treebank', 'parallel', 'inference', 'inference_test', 'heldout', 'bitext'}
        The kind of the dataset.
    table : pyarrow.Table
        Its examples.

    Returns
    -------
    sentences : iterable of sequence of str
        The words of each sentence. Treebanks: as they stand in the table. Bitext: all source sentences, then all
        target sentences. Inference: the unique strings in order of first appearance, row by row, premise before
        hypothesis. Held-out text: row by row. The last two take a whole sentence as a single word.
    whole : bool
        Whether each sentence is a single word. Its mean over pieces is then the sentence's vector (reading A17).
    """
    return _READERS[kind](table)


def _treebank(table: Any) -> tuple[Iterable[Sequence[str]], bool]:
    starts = np.flatnonzero(np.diff(table["sentence"].to_numpy(), prepend=-1))
    forms = table["form"].to_pylist()
    return [forms[start:stop] for start, stop in zip(starts, [*starts[1:], len(forms)], strict=True)], False


def _inference(table: Any) -> tuple[Iterable[Sequence[str]], bool]:
    sentences, _, _ = entailment.unique_sentences(table["premise"].to_pylist(), table["hypothesis"].to_pylist())
    return [[sentence] for sentence in sentences], True


def _heldout(table: Any) -> tuple[Iterable[Sequence[str]], bool]:
    return [[sentence] for sentence in table["sentence"].to_pylist()], True


def _bitext(table: Any) -> tuple[Iterable[Sequence[str]], bool]:
    return table["source"].to_pylist() + table["target"].to_pylist(), False


_READERS = {
    "treebank": _treebank,
    "parallel": _treebank,
    "inference": _inference,
    "inference_test": _inference,
    "heldout": _heldout,
    "bitext": _bitext,
}


def load(path: str | Path) -> Tokenizer:
    """Read a ``tokenizer.json``, with its own truncation and padding turned off.

    Text that spells a special piece, such as ``</s>``, becomes that piece, as in transformers; SentencePiece alone,
    which pretraining reads its corpus with, would cut it like any other text.

    Raises
    ------
    InputError
        The file is missing or holds no tokenizer.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises plain Exception
        raise InputError(
            f"no readable tokenizer ({error})", file=path, remedy="delete it and run the same command again"
        ) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def segment(sentences: Iterable[Sequence[str]], tokenizer: Tokenizer, window: int, *, whole: bool = False) -> Pieces:
    """Cut sentences of words into pieces.

    Parameters
    ----------
    sentences : iterable of sequence of str
        The words of each sentence.
    tokenizer : tokenizers.Tokenizer
        From `load`.
    window : int
        The most pieces that a sentence may have, ``<s>`` and ``</s>`` included. What lies beyond is cut off, and a
        sentence is never split in two (reading A10).
    whole : bool
        Each sentence is a single word, which is kept as far as the window reaches. Otherwise a word that loses any
        of its pieces gets status 1.

    Returns
    -------
    Pieces
        A word's span covers all its pieces, a lone ``▁`` included. A word without pieces (invisible characters
        only, which SentencePiece's normalisation turns into nothing) has status 2. ``characters`` counts what the
        kept pieces spell, as SentencePiece's normalisation left it (NFKC, runs of spaces as one), the spaces between
        words included and the one before the first word not.

    Raises
    ------
    InputError
        The window has no room for a piece, or the tokenizer does not put one piece on each side of a sentence.
    """
    edges = tokenizer.encode("").ids
    if len(edges) != 2:
        raise InputError(
            f"the tokenizer adds {len(edges)} special pieces to a sentence, expected <s> and </s>",
            remedy="use the tokenizer.json of an XLM-R model",
        )
    room = window - len(edges)
    if room < 1:
        raise InputError(f"a window of {window} pieces has no room for text", remedy="raise the model's window")
    ids, spans, characters, truncated = [], [], [], 0
    for words in sentences:
        encoding = tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
        ids.append(np.array([edges[0], *encoding.ids[:room], edges[1]], np.int32))
        spans.append(_spans(encoding.word_ids, len(words), room, whole))
        characters.append(len("".join(encoding.tokens[:room]).removeprefix("▁")))
        truncated += len(encoding) > room
    first, stop, status = (np.concatenate([span[part] for span in spans] or [np.zeros(0)]) for part in range(3))
    words = np.array([len(span[0]) for span in spans], np.int64)
    pieces = Pieces(
        ids=np.concatenate([np.zeros(0, np.int32), *ids]),
        sentence_offsets=np.cumsum([0, *map(len, ids)], dtype=np.int64),
        first=first.astype(np.int32),
        stop=stop.astype(np.int32),
        status=status.astype(np.int8),
        word_sentence=np.repeat(np.arange(len(words), dtype=np.int32), words),
        word_offsets=np.cumsum([0, *words], dtype=np.int64),
        characters=np.array(characters, np.int32),
        **_vocabulary(tokenizer),
    )
    logger.info(
        "%d sentences, %d words, %d pieces; %d sentences longer than the window of %d pieces were cut; "
        "%d words beyond it, %d words without pieces",
        len(ids),
        len(status),
        len(pieces.ids),
        truncated,
        window,
        np.sum(pieces.status == BEYOND),
        np.sum(pieces.status == EMPTY),
    )
    return pieces


def _spans(word_ids: list[int], words: int, room: int, whole: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give first, stop and status of a sentence's words; the pieces come in the order of the words."""
    number = np.bincount(np.asarray(word_ids, np.int64), minlength=words)
    stop = np.cumsum(number)
    first = stop - number
    if whole:
        stop = np.minimum(stop, room)
    status = np.where(number == 0, EMPTY, np.where(stop > room, BEYOND, KEPT))
    kept = status == KEPT
    return np.where(kept, first + 1, 0), np.where(kept, stop + 1, 0), status


def _vocabulary(tokenizer: Tokenizer) -> dict[str, Any]:
    """Give the facts of a vocabulary that masking needs."""
    mask = tokenizer.token_to_id("<mask>")
    special = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    return {
        "mask": mask,
        "vocabulary": tokenizer.get_vocab_size(with_added_tokens=True),
        "special": tuple(sorted(special - {mask})),
    }
