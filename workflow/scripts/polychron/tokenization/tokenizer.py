"""The tokenizer of a SentencePiece model with fairseq's ids, as a file of the ``tokenizers`` package.

Its ids are those of SentencePiece and fairseq's dictionary, but for three causes, all rare (5 of the 86 languages at
hand, 7 of 147,553 lines, with 8,000 pieces):

- two ways to cut a word have exactly the same score, and the two programs keep a different one ("77 7", "7 77");
- a vowel written as two signs after a consonant (Bengali, Tamil, Malayalam: e + aa), which SentencePiece composes, and
  ``tokenizers`` does not, because it looks up a cluster of more than five bytes sign by sign;
- text that holds ``<s>``, ``<pad>``, ``</s>``, ``<unk>`` or ``<mask>`` literally, which is taken for the special piece.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from polychron.errors import InputError
from polychron.storage import files

FIRST = ("<s>", "<pad>", "</s>", "<unk>")
"""fairseq's ids 0 to 3, which its dictionary does not list."""

MASK = "<mask>"
"""The last id, which fairseq's task adds."""


def build(model: str | PathLike[str], dictionary: str | PathLike[str]) -> str:
    """Write a tokenizer with fairseq's ids, the one that transformers' ``XLMRobertaTokenizer`` would write.

    Parameters
    ----------
    model : path-like
        The SentencePiece model: scores of the pieces, normalisation of the text.
    dictionary : path-like
        fairseq's dictionary: the order of the pieces.

    Returns
    -------
    str
        The content of ``tokenizer.json``.

    Raises
    ------
    InputError
        The file is no model, or the dictionary does not list exactly its pieces.
    """
    content = sentencepiece_model_pb2.ModelProto()
    try:
        content.ParseFromString(Path(model).read_bytes())
    except Exception as error:  # DecodeError, whose module differs between versions of protobuf
        raise InputError("no SentencePiece model", file=model, remedy=files.again(model)) from error
    special = sentencepiece_model_pb2.ModelProto.SentencePiece
    scores = {
        piece.piece: piece.score for piece in content.pieces if piece.type not in (special.UNKNOWN, special.CONTROL)
    }
    entries = [line.rsplit(" ", 1)[0] for line in Path(dictionary).read_text(encoding="utf-8").split("\n") if line]
    if sorted(entries) != sorted(scores):
        odd = sorted(set(entries) ^ set(scores))[:5] or "pieces that are listed twice"
        raise InputError(
            f"{len(entries)} entries, and the SentencePiece model has {len(scores)} pieces; not in both: {odd}",
            file=dictionary,
            remedy="use the dictionary that was made of this model",
        )
    pieces = [(piece, 0.0) for piece in FIRST] + [(piece, scores[piece]) for piece in entries] + [(MASK, 0.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, FIRST.index("<unk>"), byte_fallback=False))
    tokenizer.normalizer = normalizers.Precompiled(content.normalizer_spec.precompiled_charsmap)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["<s>", "$A", "</s>"],
        pair=["<s>", "$A", "</s>", "</s>", "$B", "</s>"],
        special_tokens=[("<s>", FIRST.index("<s>")), ("</s>", FIRST.index("</s>"))],
    )
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in (*FIRST, MASK)])
    return tokenizer.to_str()


def configuration(window: int) -> dict[str, Any]:
    """Return the content of ``tokenizer_config.json``, which tells transformers what the tokenizer is.

    Parameters
    ----------
    window : int
        Longest input of the model in pieces, ``<s>`` and ``</s>`` included. Left out, nothing would be truncated.

    Examples
    --------
    >>> configuration(512)["model_max_length"]
    512
    """
    return {
        "add_prefix_space": True,
        "backend": "tokenizers",
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "mask_token": "<mask>",
        "model_max_length": window,
        "pad_token": "<pad>",
        "sep_token": "</s>",
        "tokenizer_class": "XLMRobertaTokenizer",
        "unk_token": "<unk>",
    }
