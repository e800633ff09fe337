"""Two models in place of one, for pairs of sentences whose sides are of one model each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from polychron.errors import InputError


class Sides:
    """Two encoders with the interface of one, whose batches are source sentences and then as many target sentences.

    Both encoders compute the whole batch, so that each state has the bytes that its encoder gives it in any batch of
    these sentences. Two equal encoders give the states of one.

    Parameters
    ----------
    source, target : Encoder or Transformer
        Loaded up to the same layer.

    Raises
    ------
    InputError
        Their states have other widths.
    """

    def __init__(self, source: Any, target: Any) -> None:
        if source.dimension != target.dimension:
            raise InputError(
                f"the models of the two sides have states of {source.dimension} and {target.dimension} dimensions",
                remedy="choose members of one width",
            )
        self._both = source, target
        self.device, self.dimension, self.depth = source.device, source.dimension, source.depth

    def layers(self, ids: Any, mask: Any) -> Iterator[Any]:
        """Yield the hidden states of each layer, from 0 on.

        Parameters
        ----------
        ids : tensor of int64, shape (2 * pairs, length)
            Those of the sources, then those of the targets.
        mask : tensor of bool, shape (2 * pairs, length)
            False at padding.

        Yields
        ------
        tensor of float, shape (2 * pairs, length, dimension)
        """
        import torch

        number = len(ids) // 2
        runs = [encoder.layers(ids.clamp(max=encoder.vocabulary - 1), mask) for encoder in self._both]
        for source, target in zip(*runs, strict=True):
            yield torch.cat([source[:number], target[number:]])
