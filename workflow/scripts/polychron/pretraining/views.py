"""What one language sees of a checkpoint with separate parts: an ordinary checkpoint of RoBERTa.

The parts of the language take the names of RoBERTa's. Pieces of other languages get a bias that makes their probability
0, so that the softmax over all pieces is the one over the language's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.pretraining import separate
from polychron.pretraining.fairseq_checkpoint import FairseqCheckpoint

NEVER = -1e4
"""The bias of a piece of another language, as in the plug-in."""

SPECIAL = 4
"""The ids of <s>, <pad>, </s> and <unk>, which every language predicts."""

ENCODER = "encoder.sentence_encoder."


class View(FairseqCheckpoint):
    """A language's view of a checkpoint of a model with separate parts.

    Parameters
    ----------
    path : path-like
        A file that ``fairseq-train`` wrote with the plug-in (`polychron.pretraining.separate`).
    language : str
        The language.
    ids : mapping of str to sequence of int
        The ids of each language's pieces, which the checkpoint must have in the same order of languages.

    Attributes
    ----------
    number : int
        The id of the language in the plug-in.
    kept : ndarray of bool, shape (ids,)
        Which ids the language predicts: all where the embeddings are shared.

    Raises
    ------
    InputError
        As `FairseqCheckpoint`; the checkpoint is of no such model, has other languages, or has them in another order.
    """

    def __init__(self, path: str | PathLike[str], language: str, ids: Mapping[str, Sequence[int]]) -> None:
        super().__init__(path)
        model = self._state.get("model")
        if not isinstance(model, dict) or "encoder.own" not in model:
            what = "no checkpoint of a model with separate parts"
            raise InputError(what, file=path, remedy="give one that fairseq-train wrote with the plug-in")
        self._whole = model
        languages = sorted(ids)
        own = self._read(model["encoder.own"]).astype(bool)
        _compare(own, ids, self.path)
        self.number = languages.index(language)
        self.kept = own[self.number] | (np.arange(own.shape[1]) < SPECIAL)
        if not any(name.startswith(f"{ENCODER}more_tokens.") for name in model):
            self.kept[:] = True
        self._state = {**self._state, "model": _plain(model, self.number)}

    def arguments(self) -> dict[str, Any]:
        """Return the model's arguments, and what the launcher needs to run the plug-in on this language's pieces."""
        return super().arguments() | {"user_dir": str(separate.PLUGIN), "lang_id": self.number}

    def tensors(self) -> dict[str, np.ndarray]:
        """Return the tensors of all languages under the names of the plug-in."""
        return {name: self._read(tensor) for name, tensor in self._whole.items()}

    def convert(self, *, layers: int, vocabulary: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return weights and sizes under the names of transformers, as `FairseqCheckpoint.convert`."""
        tensors, config = super().convert(layers=layers, vocabulary=vocabulary)
        bias = np.where(self.kept, tensors["lm_head.bias"], np.float32(NEVER))
        return tensors | {"lm_head.bias": bias.astype(np.float32)}, config


def _compare(own: np.ndarray, ids: Mapping[str, Sequence[int]], path: Any) -> None:
    """Refuse a checkpoint of which the languages have other pieces, or another order."""
    languages = sorted(ids)
    expected = np.zeros((len(languages), own.shape[1]), bool)
    for row, language in zip(expected, languages, strict=True):
        numbers = np.asarray(ids[language], np.int64)
        row[numbers[numbers < len(row)]] = True
    if own.shape == expected.shape and np.array_equal(own, expected):
        return
    if own.shape != expected.shape:
        found = f"{len(own)} languages"
    else:
        known = dict(zip(map(bytes, expected), languages, strict=True))
        found = f"the languages {', '.join(known.get(bytes(row), 'one of other pieces') for row in own)}"
    raise InputError(
        f"has {found}, in this order; expected {', '.join(languages)}",
        file=path,
        remedy="give the binary corpus that it was trained on",
    )


PLAIN = {
    "tokens": "embed_tokens.",
    "positions": "embed_positions.",
    "norms": "layernorm_embedding.",
    "layers": "layers.",
    "bias": "bias",
}
"""RoBERTa's names of the parts of which the plug-in has more."""


def _plain(model: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return the tensors of a language under the names of RoBERTa."""
    new = {name: tensor for name, tensor in model.items() if name != "encoder.own" and ".more_" not in name}
    if not number:
        return new
    pattern = re.compile(rf"(.*\.)more_({'|'.join(PLAIN)})\.{number - 1}(?:\.|$)(.*)")
    for name, tensor in model.items():
        if found := pattern.fullmatch(name):
            before, kind, rest = found.groups()
            new[before + PLAIN[kind] + rest] = tensor
            if kind == "tokens":
                new["encoder.lm_head.weight"] = tensor
    return new
