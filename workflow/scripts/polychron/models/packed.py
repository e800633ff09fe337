"""The forward pass of XLM-R on sentences without padding, for GPUs.

`polychron.models.xlmr` computes a rectangle of sentences, of which padding is a part. Here the pieces of all sentences
follow each other, so that products and normalisations are computed for pieces alone. Attention is computed for groups
of sentences of equal length. Query, key and value are one product. On a GPU, normalisation and GELU are one kernel each
(`polychron.models.gpu.fused`). The results are those of the padded encoder but for rounding (tested on the CPU). It has
not been run on a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch.nn import functional

from polychron.errors import InputError
from polychron.models.gpu import attention, fused
from polychron.models.xlmr import Encoder

AT_ONCE = 16_384
"""The most sentences in one call of attention: kernels count them in one dimension of a grid, of at most 65,535."""


class Packed:
    """An XLM-R checkpoint that computes sentences without padding.

    Parameters
    ----------
    encoder : Encoder
        The checkpoint, as `polychron.models.loading.load` returned it. Its weights are shared, but for those of query,
        key and value, of which there is a copy as one matrix.

    Attributes
    ----------
    depth, dimension, window, device
        Those of the encoder.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.depth, self.dimension, self.device = encoder.depth, encoder.dimension, encoder.device
        self.window = encoder.window
        self._tensors, self._heads, self._eps, self._pad = encoder._tensors, encoder._heads, encoder._eps, encoder._pad
        self._projections = [self._projection(layer) for layer in range(self.depth)]
        table = self._tensors["roberta.embeddings.word_embeddings.weight"]
        inner = len(self._tensors["roberta.encoder.layer.0.intermediate.dense.bias"]) if self.depth else 1
        self._kernels = fused.kernels_for(self.device, table.dtype, self.dimension, inner, self._eps)

    def _projection(self, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
        name = f"roberta.encoder.layer.{layer}.attention.self."
        weight, bias = (
            torch.cat([self._tensors[f"{name}{part}.{kind}"] for part in ("query", "key", "value")])
            for kind in ("weight", "bias")
        )
        return weight, bias

    @torch.inference_mode()
    def layers(
        self, ids: torch.Tensor, places: torch.Tensor, groups: Sequence[tuple[int, int]]
    ) -> Iterator[torch.Tensor]:
        """Yield the hidden states of one layer after the other. Nothing is read back from a GPU.

        Parameters
        ----------
        ids : tensor of int32 or int64, shape (pieces,)
            The pieces of all sentences, special ones included, one sentence after the other.
        places : tensor of int32 or int64, shape (pieces,)
            The place of each piece in its sentence, from 0.
        groups : sequence of (int, int)
            Sentences of equal length that follow each other: their number and their length.

        Yields
        ------
        tensor, shape (pieces, dimension)

        Raises
        ------
        InputError
            A sentence has more pieces than the checkpoint has positions.
        ValueError
            The groups have another number of pieces than `ids`.
        """
        longest = max((length for _, length in groups), default=0)
        if longest > self.window:
            raise InputError(
                f"a sentence of {longest} pieces, and the checkpoint has positions for {self.window}",
                remedy="set the model's window to that number and tokenise again",
            )
        if sum(number * length for number, length in groups) != len(ids):
            raise ValueError(f"{len(ids)} pieces, and groups of other sizes: {list(groups)}")
        positions = places + (self._pad + 1)
        if self._pad < -1:
            positions = positions.clamp(min=0)
        states, residual = self._embedded(ids, positions)
        yield states
        for layer, projection in enumerate(self._projections):
            name = f"roberta.encoder.layer.{layer}."
            with attention.without_cudnn():
                context = self._attended(functional.linear(states, *projection), groups)
            states, residual = self._added(
                context, residual, f"{name}attention.output.dense", f"{name}attention.output.LayerNorm"
            )
            inner = self._activated(states, f"{name}intermediate.dense")
            states, residual = self._added(inner, residual, f"{name}output.dense", f"{name}output.LayerNorm")
            yield states

    def _embedded(self, ids: torch.Tensor, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the embeddings, and what is added to the next product: the same, if need be in float32."""
        words, kinds, places = (
            self._tensors[f"roberta.embeddings.{name}_embeddings.weight"] for name in ("word", "token_type", "position")
        )
        words, places = functional.embedding(ids, words), functional.embedding(positions, places)
        norm = "roberta.embeddings.LayerNorm"
        if self._kernels is None:
            states = self._normalised(words + kinds[0] + places, norm)
            return states, states
        places = places.float() if self._kernels.wide else places  # as between layers, so that one kernel is compiled
        return self._kernels.normalised(words, kinds[0], places, *self._parameters(norm))

    def _added(
        self, inputs: torch.Tensor, residual: torch.Tensor, dense: str, norm: str
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a dense layer's output, added to its residual and normalised; and what is added to the next."""
        if self._kernels is None:
            states = self._normalised(self._linear(inputs, dense).add_(residual), norm)
            return states, states
        weight, bias = self._parameters(dense)
        return self._kernels.normalised(functional.linear(inputs, weight), bias, residual, *self._parameters(norm))

    def _activated(self, states: torch.Tensor, dense: str) -> torch.Tensor:
        """Return the GELU of a dense layer's output."""
        if self._kernels is None:
            return functional.gelu(self._linear(states, dense))
        weight, bias = self._parameters(dense)
        return self._kernels.activated(functional.linear(states, weight), bias)

    def _attended(self, projected: torch.Tensor, groups: Sequence[tuple[int, int]]) -> torch.Tensor:
        """Return the context of each piece, of shape (pieces, dimension), from (pieces, 3 * dimension)."""
        parts, start = [], 0
        for number, length in groups:
            for first in range(0, number, AT_ONCE):
                sentences = min(AT_ONCE, number - first)
                stop = start + sentences * length
                query, key, value = (
                    part.transpose(1, 2)
                    for part in projected[start:stop].view(sentences, length, 3, self._heads, -1).unbind(2)
                )
                found = functional.scaled_dot_product_attention(query, key, value)
                parts.append(found.transpose(1, 2).reshape(stop - start, self.dimension))
                start = stop
        if len(parts) == 1:
            return parts[0]
        return torch.cat(parts) if parts else projected[:, : self.dimension]

    def _parameters(self, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        return self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]

    def _linear(self, states: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(states, *self._parameters(name))

    def _normalised(self, states: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self._parameters(name)
        return functional.layer_norm(states, weight.shape, weight, bias, self._eps)
