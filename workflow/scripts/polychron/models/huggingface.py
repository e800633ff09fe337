"""Models of any family that transformers knows: what a config says of one, and its weights.

transformers takes seconds to import, so it is imported inside the functions that need it. Code that a checkpoint brings
along is never run. Layers are counted as in the ``hidden_states`` of transformers: layer 0 is the output of the
embeddings, and the last layer comes after the model's final normalisation.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from polychron.errors import InputError
from polychron.models import transformer, xlmr

os.environ["USE_HUB_KERNELS"] = "0"  # compiled code from the network, which transformers may fetch; read at its import

NOT_NEEDED = re.compile(r"(^|\.)(pooler|seq_relationship)\.")
"""Parts that compute no hidden state and predict no piece: BERT's pooler and its next-sentence head."""

WHOLE = frozenset({"esmc", "minicpm3"})
"""Families whose first layers compute something else in a model of fewer layers. They are loaded as a whole."""

SPREAD = {"num_hidden_groups": 1, "num_kv_shared_layers": 0}
"""Entries of a config by which a layer's weights or keys depend on the number of layers, and up to which value they
do not. A model that has more is loaded as a whole."""


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
        said = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"no model that transformers knows ({said[:300]})",
            file=path,
            remedy="use a family that transformers has a class for: a checkpoint's own code is never run",
        ) from error


def _class(config: Any, path: str | Path) -> tuple[Any, bool]:
    """Return the class of a config's model with its head, and whether it is causal."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING

    kind, decoder = type(config), getattr(config, "is_decoder", False) or getattr(config, "causal", False)
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


def _described(path: str | Path) -> tuple[Any, Any, Facts]:
    """Return the class of a ``config.json``, the config that this class takes, and its facts."""
    config = _config(path)
    kind, causal = _class(config, path)
    if kind.config_class is config.sub_configs.get("text_config"):
        config = config.get_text_config()
    if hasattr(config, "use_cache"):
        config.use_cache = False
    try:
        text = config.get_text_config()
        pad, entries = getattr(text, "pad_token_id", None), text.vocab_size
        fits = pad is None or -entries <= pad < entries
        if not fits:
            text.pad_token_id = 0  # padding is masked, so any id will do, unless positions are counted from it
        counted = _counts_from_padding(kind, config)
        positions = getattr(text, "max_position_embeddings", None)
        window = positions - (text.pad_token_id + 1 if counted else 0) if positions and positions > 0 else None
        known = Facts(text.model_type, text.num_hidden_layers, text.hidden_size, entries, window, causal)
    except Exception as error:  # fields that are missing or do not fit each other, in one of many classes
        said = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"no {kind.__name__} can be made of this config ({said[:300]})",
            file=path,
            remedy="correct it, or fetch it again",
        ) from error
    if counted and not fits:
        raise InputError(
            f"pad_token_id is {pad}, and the model has {entries} pieces (vocab_size)",
            file=path,
            remedy="correct pad_token_id in config.json: models of this family count their positions from it",
        )
    return kind, config, known


def facts(path: str | Path) -> Facts:
    """Read what a ``config.json`` says about its model.

    Raises
    ------
    InputError
        transformers does not know the family, it is neither a masked nor a causal language model, or no model can be
        made of the config.
    """
    return _described(path)[2]


def numbers(path: str | Path) -> int:
    """Return how many numbers the model of a ``config.json`` has, its buffers included. None of them is made."""
    kind, config, _ = _described(path)
    with torch.device("meta"), _silent():
        model = kind(copy.deepcopy(config))
    return sum(tensor.numel() for tensor in (*model.parameters(), *model.buffers()))


def _counts_from_padding(kind: Any, config: Any) -> bool:
    """Whether the positions of a family's embeddings begin after the id of padding, as in RoBERTa."""
    if getattr(config.get_text_config(), "pad_token_id", None) is None:
        return False
    made = None
    with torch.device("meta"), _silent():
        with contextlib.suppress(Exception):  # one layer is enough, in the families that can have one
            made = kind(_cropped(config, 1))
        made = made or kind(copy.deepcopy(config))
    embeddings = getattr(getattr(made, transformer.prefix_of(made)), "embeddings", None)
    return getattr(embeddings, "padding_idx", None) is not None


def _cropped(config: Any, layers: int) -> Any:
    """Return a config of the first layers of a model: their number, and lists with an entry for each layer."""
    small = copy.deepcopy(config)
    text = small.get_text_config()
    number = text.num_hidden_layers
    for name, value in list(vars(text).items()):
        if isinstance(value, list | tuple) and len(value) == number:
            setattr(text, name, value[:layers])
    text.num_hidden_layers = layers
    return small


@dataclass(frozen=True)
class Contents:
    """How the tensors of a file fit the model with its head.

    Parameters
    ----------
    missing, headless : tuple of str
        Tensors that only the model has: those that compute its hidden states, and those of its head. Tied tensors and
        those that are not needed are left out.
    unread : tuple of str
        Tensors that only the file has.
    mismatched : tuple of tuple
        Name, shape in the file and shape in the model of tensors that differ in shape.
    """

    missing: tuple[str, ...]
    headless: tuple[str, ...]
    unread: tuple[str, ...]
    mismatched: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]


def contents(path: str | Path) -> Contents:
    """Load the weights beside a ``config.json`` into the model that it describes, and return what does not fit."""
    kind, config, _ = _described(path)
    return _contents(*_loaded(kind, config, path))


def _contents(model: Any, info: Any) -> Contents:
    needed = [name for name in sorted(info["missing_keys"]) if not NOT_NEEDED.search(name)]
    body = [name for name in needed if name.startswith(f"{transformer.prefix_of(model)}.")]
    mismatched = sorted((name, tuple(found), tuple(expected)) for name, found, expected in info["mismatched_keys"])
    return Contents(
        missing=tuple(body),
        headless=tuple(name for name in needed if name not in body),
        unread=tuple(sorted(info["unexpected_keys"])),
        mismatched=tuple(mismatched),
    )


def _loaded(
    kind: Any, config: Any, path: str | Path, *, precision: torch.dtype = torch.float32, safe: bool = True
) -> tuple[Any, Any]:
    """Return the model of a folder, and what transformers says of the names in its files."""
    with _silent():
        model, info = kind.from_pretrained(
            str(Path(path).parent),
            config=config,
            dtype=precision,
            local_files_only=True,
            use_safetensors=safe,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    return model.eval(), info


def reference(config: str | Path, ids: torch.Tensor, mask: torch.Tensor, *, head: bool, safe: bool) -> list[Any]:
    """Compute the hidden states of all layers, and the logits, with transformers' own class and nothing else.

    The whole model is called with one sentence after the other, without padding or a mask.

    Parameters
    ----------
    config : path-like
        The ``config.json``, with the weights in the same folder.
    ids, mask : tensor, shape (batch, length)
        As in `polychron.models.transformer.Transformer`.
    head : bool
        Whether the logits are wanted.
    safe : bool
        Whether the weights are safetensors. Otherwise torch reads them with ``weights_only``.

    Returns
    -------
    list of tensor, each of shape (pieces of all sentences, n)
    """
    kind, settings, _ = _described(config)
    model, _ = _loaded(kind, settings, config, safe=safe)
    found = []
    with torch.inference_mode():
        for row, real in zip(ids, mask, strict=True):
            output = model(input_ids=row[None, real], output_hidden_states=True)
            found.append([*output.hidden_states, *([output.logits] if head else [])])
    return [torch.cat([part[0] for part in parts]) for parts in zip(*found, strict=True)]


def load(
    config: str | Path, *, upto: int | None, head: bool, device: str, precision: torch.dtype, safe: bool = True
) -> transformer.Transformer:
    """Read the checkpoint beside a ``config.json``.

    Where `upto` is below the model's last layer, one layer more is loaded: in many families the last layer of a model
    is normalised once more, and inner layers are not.

    Parameters
    ----------
    config : path-like
        The ``config.json``, with the weights in the same folder.
    upto, head, device
        As in `polychron.models.loading.load`, which calls this for families other than XLM-R.
    precision : torch.dtype
        Of the weights and of the hidden states.
    safe : bool
        Whether the weights are safetensors. Otherwise torch reads them with ``weights_only``.

    Raises
    ------
    InputError
        transformers does not know the family, or the model lacks the layer or a tensor.
    """
    kind, settings, known = _described(config)
    depth = known.layers if upto is None else upto
    if not 0 <= depth <= known.layers:
        raise InputError(
            f"layer {depth} is asked for, and the model has the layers 0 to {known.layers}",
            file=config,
            remedy="ask for one of these layers",
        )
    if head and depth != known.layers:
        raise ValueError(f"the head reads layer {known.layers}, and the encoder stops at layer {depth}")
    model, fit = None, None
    text = settings.get_text_config()
    spread = any((getattr(text, name, None) or 0) > most for name, most in SPREAD.items())
    if depth + 1 < known.layers and known.family not in WHOLE and not spread:
        with contextlib.suppress(Exception):  # a family that cannot have fewer layers is loaded as a whole
            model, fit = _fitting(kind, _cropped(settings, depth + 1), config, precision, safe)
    if model is None:
        model, fit = _fitting(kind, settings, config, precision, safe)
    if head and fit.headless:
        raise InputError(
            f"lacks the head that predicts pieces, so it has no bits per character ({len(fit.headless)} tensors, the "
            f"first is {fit.headless[0]!r})",
            file=config,
            remedy=xlmr.HEADLESS,
        )
    return transformer.Transformer(model, known, depth, head, device)


def _fitting(kind: Any, settings: Any, config: str | Path, precision: torch.dtype, safe: bool) -> tuple[Any, Contents]:
    """Return the model of a folder, which has all tensors but those of its head."""
    model, info = _loaded(kind, settings, config, precision=precision, safe=safe)
    fit = _contents(model, info)
    if fit.missing:
        raise InputError(
            f"lacks {len(fit.missing)} of the model's tensors, the first is {fit.missing[0]!r}",
            file=config,
            remedy="convert the checkpoint again",
        )
    for name, found, expected in fit.mismatched:
        raise InputError(
            f"{name} has the shape {found}, and the config describes {expected}",
            file=config,
            remedy="fetch the config and the weights of one checkpoint",
        )
    return model, fit


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
