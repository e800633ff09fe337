"""A model of any family, loaded up to a layer, with the interface of `polychron.models.xlmr.Encoder`."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import torch

from polychron.errors import InputError


def prefix_of(model: Any) -> str:
    """Return the name of the part of a model that computes the hidden states, which its head reads."""
    from transformers import PreTrainedModel

    parts = [name for name, part in model.named_children() if isinstance(part, PreTrainedModel)]
    return model.base_model_prefix if hasattr(model, model.base_model_prefix) or not parts else parts[0]


def filling_of(config: Any) -> int:
    """Return the id that stands at padding: that of the config where it is one, since positions may depend on it."""
    text = config.get_text_config()
    pad = getattr(text, "pad_token_id", None)
    return pad if pad is not None and 0 <= pad < text.vocab_size else 0


class Transformer:
    """A checkpoint of any family, loaded up to a layer. Attributes and methods are those of `xlmr.Encoder`.

    Attributes
    ----------
    causal : bool
        Whether its class is that of a causal language model, whose `predict` predicts the next piece.
    alone, sees_ahead : bool
        Whether each sentence is computed by itself, and whether states depend on the pieces after them. Both are what
        `polychron.models.behaviour` found; sentences are computed together until it has been asked.
    special : set of int
        Ids of the special pieces that the config names, such as padding.
    """

    def __init__(self, model: Any, known: Any, depth: int, head: bool, device: str) -> None:
        self._prefix, self._pad = prefix_of(model), filling_of(model.config)
        self._base = getattr(model, self._prefix).to(device)
        self._whole = model.to(device) if head else None
        self.depth, self.causal = depth, known.causal
        first = next(self._base.parameters())
        self.device, self.precision = first.device, str(first.dtype).removeprefix("torch.")
        self.vocabulary, self.dimension, self.window = known.vocabulary, known.dimension, known.window
        self.alone, self.sees_ahead = False, not known.causal
        named = (
            value for name, value in model.config.get_text_config().to_dict().items() if name.endswith("_token_id")
        )
        self.special = {value for value in named if isinstance(value, int)}

    def __call__(self, pieces: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
        """Compute the hidden states of layers 0 to `depth`, each of shape (batch, length, dimension)."""
        return list(self.layers(pieces, mask))

    @torch.inference_mode()
    def layers(self, pieces: torch.Tensor, mask: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield the hidden states of one layer after the other, all of which are computed at once."""
        if self.window is not None and pieces.shape[1] > self.window:
            raise InputError(
                f"a sentence of {pieces.shape[1]} pieces, and the checkpoint has positions for {self.window}",
                remedy="set the model's window to that number and tokenise again",
            )
        if not self.alone:
            yield from self._states(pieces, mask)
            return
        rows = [self._states(row[None, real], real[None, real]) for row, real in zip(pieces, mask, strict=True)]
        for layer in zip(*rows, strict=True):
            states = layer[0].new_zeros(*mask.shape, self.dimension)
            states[mask] = torch.cat([row[0] for row in layer])
            yield states

    def _states(self, pieces: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Compute the states of all layers of a batch."""
        output = self._base(
            input_ids=pieces.masked_fill(~mask, self._pad), attention_mask=mask.long(), output_hidden_states=True
        )
        return output.hidden_states[: self.depth + 1]

    @torch.inference_mode()
    def embeddings(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the rows of some pieces in the table of pieces: (n, width), which some families widen afterwards."""
        return self._base.get_input_embeddings().weight[ids]

    def at(self, layer: int, pieces: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the hidden states of one layer."""
        return next(itertools.islice(self.layers(pieces, mask), layer, None))

    @torch.inference_mode()
    def predict(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the logits of the model's head.

        Heads differ between families, but all of them follow the base model. So the whole model is called, with a
        base model that returns the given states.

        Parameters
        ----------
        hidden : tensor, shape (n, dimension)
            States of the model's last layer.

        Returns
        -------
        tensor, shape (n, vocabulary)
        """
        with self._given(hidden[None]):
            ids = torch.zeros(hidden[None].shape[:2], dtype=torch.int64, device=self.device)
            return self._whole(input_ids=ids).logits[0]

    @contextlib.contextmanager
    def _given(self, states: torch.Tensor) -> Iterator[None]:
        setattr(self._whole, self._prefix, _Given(states, self._base))
        try:
            yield
        finally:
            setattr(self._whole, self._prefix, self._base)


class _Given(torch.nn.Module):
    """A base model that returns states which have been computed already; the rest of it is that of the real one."""

    def __init__(self, states: torch.Tensor, base: torch.nn.Module) -> None:
        super().__init__()
        self.__dict__["_states"], self.__dict__["_given"] = states, base

    def __getattr__(self, name: str) -> Any:
        from transformers import PreTrainedModel

        # heads read the embeddings or a number of the base, or call the decoder within it
        found = getattr(self.__dict__["_given"], name)
        return self if isinstance(found, PreTrainedModel) else found

    def forward(self, *_: Any, **__: Any) -> Any:
        return _Output((self.__dict__["_states"],))


class _Output(tuple):
    """What a base model returns: its last states. What some families return besides is None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[0] if name == "last_hidden_state" else None
