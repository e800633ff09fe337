"""Models of any family that transformers knows, with the interface of `polychron.models.xlmr.Encoder`.

transformers takes seconds to import, so it is imported inside the functions that need it. Code that a checkpoint brings
along is never run. Layers are counted as in the ``hidden_states`` of transformers: layer 0 is the output of the
embeddings, and the last layer comes after the model's final normalisation.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from polychron.errors import InputError

NOT_NEEDED = re.compile(r"(^|\.)(pooler|seq_relationship)\.")
"""Parts that compute no hidden state and predict no piece: BERT's pooler and its next-sentence head."""


@dataclass(frozen=True)
class Facts:
    """What a config says about its model.

    Parameters
    ----------
    family : str
        transformers' name of the architecture, such as ``bert``.
    layers, dimension, vocabulary : int
        Number of layers after the embeddings; size of a hidden state; number of ids.
    window : int or None
        The most pieces that a sentence may have; None where positions are unlimited.
    causal : bool
        Whether each piece sees only those before it, and predicts the next one.
    """

    family: str
    layers: int
    dimension: int
    vocabulary: int
    window: int | None
    causal: bool


def _config(path: str | Path) -> Any:
    from transformers import AutoConfig

    try:
        with _silent():
            return AutoConfig.from_pretrained(str(path), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # an unknown family, or a field of the wrong kind, in one of many classes
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(
            f"no model that transformers knows ({said})",
            file=path,
            remedy="use a family that transformers has a class for: a checkpoint's own code is never run",
        ) from error


def _class(config: Any, path: str | Path) -> tuple[Any, bool]:
    """Return the class of a config's model with its head, and whether it is causal."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING

    kind, decoder = type(config), getattr(config, "is_decoder", False)
    if not getattr(config, "is_encoder_decoder", False):
        if kind in MODEL_FOR_MASKED_LM_MAPPING and not decoder:
            return MODEL_FOR_MASKED_LM_MAPPING[kind], False
        if kind in MODEL_FOR_CAUSAL_LM_MAPPING:
            return MODEL_FOR_CAUSAL_LM_MAPPING[kind], True
    raise InputError(
        f"a model of type {config.model_type!r}, which is neither a masked nor a causal language model",
        file=path,
        remedy="use an encoder (BERT, ModernBERT, XLM-R) or a decoder (GPT-NeoX, Llama)",
    )


def facts(path: str | Path) -> Facts:
    """Read what a ``config.json`` says about its model.

    Raises
    ------
    InputError
        transformers does not know the family, or it is neither a masked nor a causal language model.
    """
    config = _config(path)
    _, causal = _class(config, path)
    positions = getattr(config, "max_position_embeddings", None)
    # RoBERTa and models like it count positions from the one after padding
    first = config.pad_token_id + 1 if _counts_from_padding(config) else 0
    return Facts(
        config.model_type,
        config.num_hidden_layers,
        config.hidden_size,
        config.vocab_size,
        positions - first if positions and positions > 0 else None,
        causal,
    )


def _counts_from_padding(config: Any) -> bool:
    """Whether the positions of a family's embeddings begin after the id of padding."""
    from transformers import AutoModel

    small = copy.deepcopy(config)
    small.num_hidden_layers = 1
    with torch.device("meta"), _silent():
        embeddings = getattr(AutoModel.from_config(small, trust_remote_code=False), "embeddings", None)
    return getattr(embeddings, "padding_idx", None) is not None


@dataclass(frozen=True)
class Contents:
    """How the tensors of a file fit the model with its head.

    Parameters
    ----------
    missing : tuple of str
        Tensors that only the model has. Tied tensors and those that are not needed are left out.
    unread : tuple of str
        Tensors that only the file has.
    mismatched : tuple of tuple
        Name, shape in the file and shape in the model of tensors that differ in shape.
    """

    missing: tuple[str, ...]
    unread: tuple[str, ...]
    mismatched: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]


def contents(path: str | Path) -> Contents:
    """Load the weights beside a ``config.json`` into the model that it describes, and return what does not fit."""
    config = _config(path)
    kind, _ = _class(config, path)
    with _silent():
        _, info = kind.from_pretrained(
            str(Path(path).parent),
            config=config,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    mismatched = sorted((name, tuple(found), tuple(expected)) for name, found, expected in info["mismatched_keys"])
    return Contents(
        tuple(sorted(name for name in info["missing_keys"] if not NOT_NEEDED.search(name))),
        tuple(sorted(info["unexpected_keys"])),
        tuple(mismatched),
    )


class Transformer:
    """A checkpoint of any family, loaded up to a layer. Attributes and methods are those of `xlmr.Encoder`.

    Attributes
    ----------
    causal : bool
        Whether each piece sees only those before it, and `predict` predicts the next one.
    """

    def __init__(self, model: Any, known: Facts, depth: int, head: bool) -> None:
        self._whole, self.depth, self.causal = model, depth, known.causal
        self._base = getattr(model, model.base_model_prefix) if head else model
        self.vocabulary, self.dimension, self.window = known.vocabulary, known.dimension, known.window
        self.device = next(model.parameters()).device
        self._pad = model.config.pad_token_id or 0

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
        extra = {"use_cache": False} if self.causal else {}
        output = self._base(
            input_ids=pieces.masked_fill(~mask, self._pad),
            attention_mask=mask.long(),
            output_hidden_states=True,
            **extra,
        )
        yield from output.hidden_states[: self.depth + 1]

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
        prefix = self._whole.base_model_prefix
        setattr(self._whole, prefix, _Given(states))
        try:
            yield
        finally:
            setattr(self._whole, prefix, self._base)


class _Given(torch.nn.Module):
    """A base model that returns states which have been computed already."""

    def __init__(self, states: torch.Tensor) -> None:
        super().__init__()
        self.states = states

    def forward(self, *_: Any, **__: Any) -> Any:
        from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions

        return BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=self.states)


def load(
    config: str | Path, *, upto: int | None, head: bool, device: str, half: bool, safe: bool = True
) -> Transformer:
    """Read the checkpoint beside a ``config.json``.

    Where `upto` is below the model's last layer, one layer more is loaded: in many families the last layer of a model
    is normalised once more, and inner layers are not.

    Parameters
    ----------
    config : path-like
        The ``config.json``, with the weights in the same folder.
    upto, head, device, half
        As in `polychron.models.loading.load`, which calls this for families other than XLM-R.
    safe : bool
        Whether the weights are safetensors. Otherwise torch reads them with ``weights_only``.

    Raises
    ------
    InputError
        transformers does not know the family, or the model lacks the layer or a tensor.
    """
    from transformers import AutoModel

    known, settings = facts(config), _config(config)
    depth = known.layers if upto is None else upto
    if not 0 <= depth <= known.layers:
        raise InputError(
            f"layer {depth} is asked for, and the model has the layers 0 to {known.layers}",
            file=config,
            remedy="ask for one of these layers",
        )
    if head and depth != known.layers:
        raise ValueError(f"the head reads layer {known.layers}, and the encoder stops at layer {depth}")
    settings.num_hidden_layers = min(depth + 1, known.layers)
    kind = _class(settings, config)[0] if head else AutoModel
    with _silent():
        model, info = kind.from_pretrained(
            str(Path(config).parent),
            config=settings,
            dtype=torch.float16 if half else torch.float32,
            local_files_only=True,
            use_safetensors=safe,
            output_loading_info=True,
        )
    missing = sorted(name for name in info["missing_keys"] if not NOT_NEEDED.search(name))
    if missing or info["mismatched_keys"]:
        odd = missing or sorted(map(str, info["mismatched_keys"]))
        raise InputError(
            f"lacks {len(odd)} of the model's tensors, the first is {odd[0]!r}",
            file=config,
            remedy="convert the checkpoint again, from one with its language-model head",
        )
    return Transformer(model.eval().to(device), known, depth, head)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep transformers' report of unread tensors and its progress bar out of the log."""
    from transformers.utils import logging as chatter

    level, bar = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity(logging.CRITICAL)
    chatter.disable_progress_bar()
    try:
        yield
    finally:
        chatter.set_verbosity(level)
        if bar:
            chatter.enable_progress_bar()
