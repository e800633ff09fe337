"""The forward pass of XLM-R, up to a layer: what transformers computes, without importing it.

It is the post-layer-norm transformer encoder of RoBERTa. Token, position and (single) type embeddings are summed and
normalised. In each layer, self-attention and a feed-forward network with exact GELU follow, each added to its input and
normalised. Layer 0 is the output of the embeddings. Tests compare it with transformers' XLMRobertaForMaskedLM.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from polychron.errors import InputError
from polychron.storage import files

DEFAULTS = {
    "pad_token_id": 1,
    "layer_norm_eps": 1e-12,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "hidden_act": "gelu",
    "is_decoder": False,
}
"""The defaults of XLMRobertaConfig, for entries that config.json lacks."""


HEAD = ("lm_head.bias", *(f"lm_head.{part}.{kind}" for part in ("dense", "layer_norm") for kind in ("weight", "bias")))
"""The tensors of the head."""

HEADLESS = "leave bits out of the model's parts (models.parts), or take a checkpoint with its language-model head"
"""What to do about a checkpoint without its head, which can be probed."""


class Encoder:
    """An XLM-R checkpoint, loaded up to a layer (see `polychron.models.loading.load`).

    Attributes
    ----------
    depth : int
        The last layer that is computed; 0 is the embeddings.
    dimension, vocabulary, window : int
        Size of a hidden state; number of ids; the most pieces that a sentence may have.
    device : torch.device
        Where the model is.
    precision : str
        What its weights and states are: ``float32``, ``float16`` or ``bfloat16``.
    causal, sees_ahead, alone : bool
        Whether it is a causal model, whether states depend on the pieces after them, and whether each sentence must be
        computed by itself: for XLM-R no, yes and no. Other families are asked (see `polychron.models.behaviour`).
    """

    causal, sees_ahead, alone = False, True, False

    def __init__(self, tensors: dict[str, torch.Tensor], config: dict[str, Any], depth: int) -> None:
        self._tensors, self.depth = tensors, depth
        self._heads, self._eps, self._pad = (
            config[name] for name in ("num_attention_heads", "layer_norm_eps", "pad_token_id")
        )
        self.special = {self._pad}
        embeddings = tensors["roberta.embeddings.word_embeddings.weight"]
        self.vocabulary, self.dimension = embeddings.shape
        self.window = len(tensors["roberta.embeddings.position_embeddings.weight"]) - self._pad - 1
        self.device, self.precision = embeddings.device, str(embeddings.dtype).removeprefix("torch.")

    def __call__(self, pieces: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
        """Compute the hidden states of layers 0 to `depth`.

        Parameters
        ----------
        pieces : tensor of int64, shape (batch, length)
            Ids with ``<s>`` and ``</s>``; anything where `mask` is false.
        mask : tensor of bool, shape (batch, length)
            True where there is a piece, false at padding on the right.

        Returns
        -------
        list of tensor, each of shape (batch, length, dimension)
            Meaningless at padding.
        """
        return list(self.layers(pieces, mask))

    @torch.inference_mode()
    def layers(self, pieces: torch.Tensor, mask: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield the hidden states of one layer after the other, so that none need be kept."""
        if pieces.shape[1] > self.window:
            raise InputError(
                f"a sentence of {pieces.shape[1]} pieces, and the checkpoint has positions for {self.window}",
                remedy="set the model's window to that number and tokenise again",
            )
        # padding keeps the position of padding, as in RoBERTa, where that is one
        positions = mask.cumsum(1) * mask + self._pad
        if self._pad < 0:
            positions = positions.clamp(min=0)
        states = (
            functional.embedding(pieces, self._tensors["roberta.embeddings.word_embeddings.weight"])
            + self._tensors["roberta.embeddings.token_type_embeddings.weight"][0]
            + functional.embedding(positions, self._tensors["roberta.embeddings.position_embeddings.weight"])
        )
        states = self._normalised(states, "roberta.embeddings.LayerNorm")
        yield states
        # a GPU is not asked whether there is padding: it would have to finish all work before it answers
        full = mask.device.type == "cpu" and bool(mask.all())
        attended = None if full else mask[:, None, None, :]
        for layer in range(self.depth):
            states = self._layer(states, attended, f"roberta.encoder.layer.{layer}.")
            yield states

    def at(self, layer: int, pieces: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Compute the hidden states of one layer, and nothing beyond it."""
        return next(itertools.islice(self.layers(pieces, mask), layer, None))

    def embeddings(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the rows of some pieces in the table of pieces, without position and norm: (n, dimension)."""
        return self._tensors["roberta.embeddings.word_embeddings.weight"][ids]

    def _layer(self, states: torch.Tensor, attended: torch.Tensor | None, name: str) -> torch.Tensor:
        query, key, value = (
            self._linear(states, f"{name}attention.self.{part}").unflatten(-1, (self._heads, -1)).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        context = functional.scaled_dot_product_attention(query, key, value, attn_mask=attended)
        context = self._linear(context.transpose(1, 2).flatten(2), f"{name}attention.output.dense")
        states = self._normalised(context + states, f"{name}attention.output.LayerNorm")
        inner = functional.gelu(self._linear(states, f"{name}intermediate.dense"))
        return self._normalised(self._linear(inner, f"{name}output.dense") + states, f"{name}output.LayerNorm")

    @torch.inference_mode()
    def predict(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the logits of the masked-language-model head.

        Parameters
        ----------
        hidden : tensor, shape (n, dimension)
            States of the model's last layer, which must have been loaded with ``head=True``.

        Returns
        -------
        tensor, shape (n, vocabulary)
        """
        states = self._normalised(functional.gelu(self._linear(hidden, "lm_head.dense")), "lm_head.layer_norm")
        embeddings = self._tensors["roberta.embeddings.word_embeddings.weight"]
        return functional.linear(states, embeddings, self._tensors["lm_head.bias"])

    def _linear(self, states: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(states, self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"])

    def _normalised(self, states: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
        return functional.layer_norm(states, weight.shape, weight, bias, self._eps)


def load(
    weights: str | Path, config: str | Path, *, upto: int | None, head: bool, device: str, precision: torch.dtype
) -> Encoder:
    """Read a checkpoint of XLM-R; only the tensors that are needed are read.

    Parameters
    ----------
    weights, config : path-like
        ``model.safetensors`` with the names of transformers' XLMRobertaForMaskedLM, and its ``config.json``.
    upto, head, device
        As in `polychron.models.loading.load`, which calls this for XLM-R.
    precision : torch.dtype
        Of the weights and of the hidden states.

    Raises
    ------
    InputError
        The model is no encoder with GELU, lacks the layer or a tensor, or its file is cut short.
    """
    settings = {**DEFAULTS, **files.read_json(config)}
    activation, last = settings["hidden_act"], settings["num_hidden_layers"]
    if activation != "gelu" or settings["is_decoder"]:
        raise InputError(
            f"a model of type {settings['model_type']!r} with {activation!r}, expected an XLM-R encoder with 'gelu'",
            file=config,
            remedy="convert the checkpoint to XLMRobertaForMaskedLM",
        )
    depth = last if upto is None else upto
    if not 0 <= depth <= last:
        raise InputError(
            f"layer {depth} is asked for, and the model has the layers 0 to {last}",
            file=config,
            remedy="ask for one of these layers",
        )
    if head and depth != last:
        raise ValueError(f"the head reads layer {last}, and the encoder stops at layer {depth}")
    arrays, _ = files.read_tensors(weights, names=_names(depth), framework="pt")
    if head:
        try:
            arrays |= files.read_tensors(weights, names=HEAD, framework="pt")[0]
        except InputError as error:
            raise InputError(
                "lacks the head that predicts pieces, so it has no bits per character", file=weights, remedy=HEADLESS
            ) from error
    # copied first, so that a GPU converts them
    return Encoder({name: array.to(device).to(precision) for name, array in arrays.items()}, settings, depth)


def _names(depth: int) -> list[str]:
    """Return the names of the tensors that are needed up to a layer."""
    tables = [f"roberta.embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type")]
    modules = ["roberta.embeddings.LayerNorm"]
    for layer in range(depth):
        modules += [
            f"roberta.encoder.layer.{layer}.{part}"
            for part in (
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
                "attention.output.LayerNorm",
                "intermediate.dense",
                "output.dense",
                "output.LayerNorm",
            )
        ]
    return tables + [f"{module}.{kind}" for module in modules for kind in ("weight", "bias")]
