"""Words to subword pieces: the words of a table of examples, cut by the model's tokenizer.

The words of the examples are cut one by one, as transformers does with ``is_split_into_words=True`` (reading A9):
each begins with its own ``▁``, whether or not a space comes before it in the text. So a word's pieces are known by
construction, in every script, and no character offsets are needed. Tokenizers that take the space before a word for
its part, and do not add it themselves (byte-level BPE), are given it with every word but the first. Which they are is
found by a short text: its words one by one must have the pieces of the whole, or at least spell it, spaces included.

Special pieces are those of the model's own template: ``<s>`` and ``</s>``, ``[CLS]`` and ``[SEP]``, one, or none.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polychron.errors import InputError
from polychron.storage import files
from polychron.tokenization.pieces import BEYOND, EMPTY, KEPT, Pieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer

logger = logging.getLogger("polychron")

MASKS = ("<mask>", "[MASK]")
"""Names of the piece that takes the place of a hidden one, where the tokenizer's config names none."""

BYTE = re.compile(r"<0x([0-9A-F]{2})>")
"""A piece that stands for one byte of a character that is not in the vocabulary."""


def load(path: str | Path) -> Tokenizer:
    """Read a ``tokenizer.json``, with its own truncation, padding and dropout of merges turned off.

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
        raise InputError(f"no readable tokenizer ({error})", file=path, remedy=files.again(path)) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if getattr(tokenizer.model, "dropout", None):
        logger.warning("the tokenizer drops merges at random (dropout %g): turned off", tokenizer.model.dropout)
        tokenizer.model.dropout = None
    return tokenizer


def mask_of(config: Mapping[str, Any]) -> str | None:
    """Return the name of the mask that a ``tokenizer_config.json`` gives.

    Examples
    --------
    >>> mask_of({"mask_token": "<|mask|>"}), mask_of({"mask_token": {"content": "[M]"}}), mask_of({})
    ('<|mask|>', '[M]', None)
    """
    named = config.get("mask_token")
    named = named.get("content") if isinstance(named, dict) else named
    return named if isinstance(named, str) else None


def segment(
    sentences: Iterable[Sequence[str]],
    tokenizer: Tokenizer,
    window: int,
    *,
    whole: bool = False,
    mask: str | None = None,
) -> Pieces:
    """Cut sentences of words into pieces.

    Parameters
    ----------
    sentences : iterable of sequence of str
        The words of each sentence.
    tokenizer : tokenizers.Tokenizer
        From `load`.
    window : int
        The most pieces that a sentence may have, special ones included. What is beyond is cut off, and a sentence is
        never split in two (reading A10).
    whole : bool
        Each sentence is a single word, which is kept as far as the window reaches. Otherwise a word that loses any
        of its pieces gets status 1.
    mask : str, optional
        The piece that takes the place of a hidden one, from `mask_of`. By default, or where the tokenizer does not
        have it, one of `MASKS`.

    Returns
    -------
    Pieces
        A word's span covers all its pieces, a lone ``▁`` included. A word without pieces (invisible characters
        only, which SentencePiece's normalisation turns into nothing) has status 2. ``characters`` counts what the
        kept pieces spell, as SentencePiece's normalisation left it (NFKC, runs of spaces as one), the spaces between
        words included and the one before the first word not. Pieces of other tokenizers do not spell the text (``Ġ``,
        ``##``): there it counts the characters of the text up to the last kept piece.

    Raises
    ------
    InputError
        The window is too short for a single piece, or the tokenizer runs words together that are given one by one.
    """
    before, after = _template(tokenizer)
    length = window - len(before) - len(after)
    if length < 1:
        raise InputError(f"a window of {window} pieces is too short for text", remedy="raise the model's window")
    space, spell = _space(tokenizer), _speller(tokenizer)
    ids, spans, characters, truncated = [], [], [], 0
    for words in sentences:
        given = [word if place == 0 else space + word for place, word in enumerate(words)]
        encoding = tokenizer.encode(given, is_pretokenized=True, add_special_tokens=False)
        ids.append(np.array([*before, *encoding.ids[:length], *after], np.int32))
        spans.append(_spans(encoding.word_ids, len(words), length, len(before), whole))
        if spell:
            characters.append(len(spell(encoding.tokens[:length]).removeprefix("▁")))
        else:
            characters.append(_covered(encoding, length) + (0 if space else len({*encoding.word_ids[:length]} - {0})))
        truncated += len(encoding) > length
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
        edges=(len(before), len(after)),
        **_vocabulary(tokenizer, mask),
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


def _template(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Return the special pieces that the tokenizer puts before and after a sentence."""
    encoding = tokenizer.encode("a")
    text = [place for place, special in enumerate(encoding.special_tokens_mask) if not special]
    first, stop = (text[0], text[-1] + 1) if text else (1, 1)
    return encoding.ids[:first], encoding.ids[stop:]


def _space(tokenizer: Tokenizer) -> str:
    """Return what to put before each word but the first, so that single words have the pieces of the whole text.

    Where pieces cross spaces, words that are given one by one never have the pieces of the whole. Then their pieces
    must spell the same text.
    """
    words = ["it", "is", "so"]
    text = tokenizer.encode(" ".join(words), add_special_tokens=False).ids
    single = {}
    for space in ("", " "):
        given = [words[0], *(space + word for word in words[1:])]
        single[space] = tokenizer.encode(given, is_pretokenized=True, add_special_tokens=False).ids
    for same in (list, lambda ids: tokenizer.decode(ids, skip_special_tokens=False)):
        for space, ids in single.items():
            if same(ids) == same(text):
                return space
    raise InputError(
        f"a tokenizer that cuts the text {' '.join(words)!r} into {[*map(tokenizer.id_to_token, text)]}, and its words "
        f"one by one into {[*map(tokenizer.id_to_token, single[' '])]}: which pieces belong to which word is unknown",
        remedy="study a model whose tokenizer keeps the spaces between words",
    )


def _speller(tokenizer: Tokenizer) -> Callable[[Sequence[str]], str] | None:
    """Return what joins pieces to the normalised text, with ``▁`` for a space; None where they do not spell it.

    SentencePiece's pieces do, also where a character outside the vocabulary is a piece for each of its bytes.
    """
    model = json.loads(tokenizer.to_str())["model"]
    if model["type"] != "Unigram":
        return None
    join = _with_bytes if model.get("byte_fallback") else "".join
    text = "é ж 猫 𐍈"
    normal = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
    spelt = join(tokenizer.encode(text, add_special_tokens=False).tokens)
    return join if spelt.replace("▁", "").replace(" ", "") == normal.replace("▁", "").replace(" ", "") else None


def _with_bytes(pieces: Sequence[str]) -> str:
    """Join pieces some of which are bytes; a character that is cut off at the end is one character.

    Examples
    --------
    >>> _with_bytes(["▁a", "<0xD0>", "<0x96>"]), len(_with_bytes(["▁a", "<0xD0>"]))
    ('▁aЖ', 3)
    """
    found = (BYTE.fullmatch(piece) for piece in pieces)
    parts = [bytes.fromhex(byte[1]) if byte else piece.encode() for byte, piece in zip(found, pieces, strict=True)]
    return b"".join(parts).decode(errors="replace")


def _covered(encoding: Any, length: int) -> int:
    """Count the characters of the words up to the last kept piece."""
    reach: dict[int, int] = {}
    for word, (_, end) in zip(encoding.word_ids[:length], encoding.offsets[:length], strict=True):
        reach[word] = max(end, reach.get(word, 0))
    return sum(reach.values())


def _spans(
    word_ids: list[int], words: int, length: int, shift: int, whole: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return first, stop and status of words after `shift` special pieces; the pieces are in the order of the words."""
    number = np.bincount(np.asarray(word_ids, np.int64), minlength=words)
    stop = np.cumsum(number)
    first = stop - number
    if whole:
        stop = np.minimum(stop, length)
    status = np.where(number == 0, EMPTY, np.where(stop > length, BEYOND, KEPT))
    kept = status == KEPT
    return np.where(kept, first + shift, 0), np.where(kept, stop + shift, 0), status


def _vocabulary(tokenizer: Tokenizer, named: str | None) -> dict[str, Any]:
    """Return the facts of a vocabulary that masking needs."""
    names = (*([named] if named else []), *MASKS)
    mask = next((number for name in names if (number := tokenizer.token_to_id(name)) is not None), None)
    special = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    return {
        "mask": mask,
        "vocabulary": tokenizer.get_vocab_size(with_added_tokens=True),
        "special": tuple(sorted(special - {mask})),
    }
