"""fairseq's checkpoints: which updates made them, and their weights under the names of transformers.

They are read as data (see `polychron.storage.torch_files`), in a process without fairseq and torch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.storage.torch_files import REMEDY, Inert, Tensor, read

COPIES = re.compile(r"layers\.\d+\.(in_proj|out_proj|fc1|fc2)_(weight|bias)")
"""fairseq 0.12's unused second copy of each layer (for torch's fused layer): never trained, so never read."""

PREFIX = re.compile(r"(encoder|decoder)\.(sentence_encoder\.|(?=lm_head\.))")

MODULES = {
    "embed_tokens": "roberta.embeddings.word_embeddings",
    "embed_positions": "roberta.embeddings.position_embeddings",
    "emb_layer_norm": "roberta.embeddings.LayerNorm",  # before fairseq 0.11
    "layernorm_embedding": "roberta.embeddings.LayerNorm",
    "lm_head": "lm_head",
    "lm_head.dense": "lm_head.dense",
    "lm_head.layer_norm": "lm_head.layer_norm",
}
LAYER_MODULES = {
    "self_attn.q_proj": "attention.self.query",
    "self_attn.k_proj": "attention.self.key",
    "self_attn.v_proj": "attention.self.value",
    "self_attn.out_proj": "attention.output.dense",
    "self_attn_layer_norm": "attention.output.LayerNorm",
    "fc1": "intermediate.dense",
    "fc2": "output.dense",
    "final_layer_norm": "output.LayerNorm",
}
"""transformers' names of fairseq's modules, outside and inside the encoder's layers."""


def updates(path: str | PathLike[str]) -> list[int]:
    """Give the updates at which a checkpoint's chain of runs was saved, the checkpoint's own last.

    fairseq adds an entry for each run that continued from another one's checkpoint.

    Raises
    ------
    InputError
        As `read`, or the checkpoint does not say so.
    """
    history = read(path).get("optimizer_history")
    try:
        return [int(entry["num_updates"]) for entry in history]
    except (TypeError, KeyError, ValueError) as error:
        raise InputError("does not say how many updates made it", file=path, remedy=REMEDY) from error


def gpus(path: str | PathLike[str]) -> int | None:
    """Give the number of GPUs of the run that saved a checkpoint; None where it does not say so.

    Raises
    ------
    InputError
        As `read`.
    """
    state = read(path)
    holders = [state["args"]] * 2 if state.get("args") is not None else []
    if not holders and state.get("cfg") is not None:
        holders = [_entry(state["cfg"], name, None) for name in ("distributed_training", "common")]
    if None in holders or not holders:
        return None
    processes, without = _entry(holders[0], "distributed_world_size", None), _entry(holders[1], "cpu", False)
    return 0 if without else processes


def convert(path: str | PathLike[str], *, layers: int, vocabulary: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Give a fairseq checkpoint's weights and sizes under the names of transformers' ``XLMRobertaForMaskedLM``.

    Parameters
    ----------
    path : path-like
        A checkpoint of a RoBERTa model by fairseq, of any version.
    layers : int
        Number of encoder layers that the study expects.
    vocabulary : int
        Number of entries of the tokenizer, ``<mask>`` included.

    Returns
    -------
    tensors : dict of str to ndarray, float32
        The weights. Those that transformers ties (the output layer's, which is the embedding) are there once.
    config : dict
        The content of ``config.json``.

    Raises
    ------
    InputError
        As `read`; or the checkpoint holds a tensor of unknown name, lacks one, is a variant of RoBERTa that
        transformers' XLM-R cannot compute, or has other sizes than expected.
    """
    state = read(path)
    arguments = _arguments(state)
    model = state.get("model")
    if not isinstance(model, dict) or arguments is None:
        raise InputError("holds no model with its arguments", file=path, remedy="give a checkpoint of fairseq-train")
    try:
        tensors = _rename(model)
        config = _configure(tensors, arguments)
    except InputError as error:
        raise InputError(error.what, file=path, remedy=error.remedy or REMEDY) from error
    for what, found, expected, remedy in (
        ("encoder layers", config["num_hidden_layers"], layers, "set final_layer to the model's layers"),
        ("pieces in its vocabulary", config["vocab_size"], vocabulary, "take the tokenizer it was trained with"),
    ):
        if found != expected:
            raise InputError(f"{found} {what}, expected {expected}", file=path, remedy=remedy)
    return tensors, config


def original(path: str | PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Give a fairseq checkpoint's tensors and its model's arguments as they are, plain values alone.

    Returns
    -------
    tensors : dict of str to ndarray
        Under fairseq's names.
    arguments : dict
        Those of the model whose values are numbers, strings, truth values or nothing.

    Raises
    ------
    InputError
        As `read`.
    """
    state = read(path)
    holder = _holder(state)
    values = {} if holder is None else holder if isinstance(holder, Mapping) else vars(holder)
    names = values.get("_content", values)
    plain = {name: _entry(holder, name, None) for name in names}
    arguments = {name: value for name, value in plain.items() if isinstance(value, str | int | float | bool | None)}
    return {name: tensor.read() for name, tensor in state["model"].items()}, arguments


def _holder(state: Mapping[str, Any]) -> Any:
    """Find the model's arguments, wherever this version of fairseq left them."""
    holder = state.get("args")
    if holder is None and state.get("cfg") is not None:
        holder = _entry(state["cfg"], "model", None)
    return holder


def _arguments(state: Mapping[str, Any]) -> Callable[[str, Any], Any] | None:
    """Give a look-up of the model's arguments."""
    holder = _holder(state)
    return None if holder is None else lambda name, default=None: _entry(holder, name, default)


def _entry(holder: Any, name: str, default: Any) -> Any:
    """Look a name up in a mapping, a namespace, or a config of OmegaConf."""
    values = holder if isinstance(holder, Mapping) else vars(holder)
    values = values.get("_content", values)
    value = values.get(name, default)
    return vars(value)["_val"] if isinstance(value, Inert) and "_val" in vars(value) else value


def _rename(model: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Read the tensors of a model and give them transformers' names."""
    tensors: dict[str, np.ndarray] = {}
    for old, tensor in model.items():
        bare, prefixed = PREFIX.subn("", old, count=1)
        if prefixed and (bare == "version" or COPIES.fullmatch(bare)):
            continue
        joined = re.fullmatch(r"(layers\.\d+\.self_attn)\.in_proj_(weight|bias)", bare)
        if joined:  # before autumn 2019, fairseq kept query, key and value in one matrix
            parts = zip("qkv", np.split(tensor.read(), 3), strict=True)
            named = {f"{joined[1]}.{part}_proj.{joined[2]}": numbers for part, numbers in parts}
        else:
            named = {bare: tensor.read()}
        for name, numbers in named.items():
            module, _, part = name.rpartition(".")
            layer = re.fullmatch(r"layers\.(\d+)\.(.+)", module)
            new = LAYER_MODULES.get(layer[2]) if layer else MODULES.get(module)
            if not prefixed or new is None:
                raise InputError(f"a tensor of the unknown name {old!r}", remedy="give a checkpoint of a RoBERTa model")
            tensors[f"roberta.encoder.layer.{layer[1]}.{new}.{part}" if layer else f"{new}.{part}"] = numbers
    return tensors


def _configure(tensors: dict[str, np.ndarray], argument: Callable[..., Any]) -> dict[str, Any]:
    """Complete the weights with what only transformers has, check them, and describe them."""
    for name, expected in (
        ("activation_fn", "gelu"),
        ("encoder_normalize_before", False),
        ("untie_weights_roberta", False),
    ):
        if argument(name, expected) != expected:
            raise InputError(f"a model with {name}={argument(name)!r}, which XLM-R has not", remedy="use another model")
    embeddings, output = "roberta.embeddings.word_embeddings.weight", tensors.pop("lm_head.weight", None)
    heads = argument("encoder_attention_heads")
    if embeddings not in tensors or output is None or heads is None:
        raise InputError("lacks its embeddings, its output layer or its number of heads", remedy=REMEDY)
    if not np.array_equal(tensors[embeddings], output):
        raise InputError("its output layer is not its embedding", remedy="use a model that ties the two, as XLM-R does")
    entries, dimension = tensors[embeddings].shape
    tensors["roberta.embeddings.token_type_embeddings.weight"] = np.zeros((1, dimension), np.float32)
    found = {int(match[1]) for name in tensors if (match := re.match(r"roberta\.encoder\.layer\.(\d+)\.", name))}
    expected = _names(len(found))
    if found != set(range(len(found))) or set(tensors) != expected:
        raise InputError(f"lacks the tensors {sorted(expected - set(tensors))}", remedy=REMEDY)
    return {
        "architectures": ["XLMRobertaForMaskedLM"],
        "attention_probs_dropout_prob": float(argument("attention_dropout", 0.1)),
        "bos_token_id": 0,
        "dtype": "float32",
        "eos_token_id": 2,
        "hidden_act": "gelu",
        "hidden_dropout_prob": float(argument("dropout", 0.1)),
        "hidden_size": dimension,
        "initializer_range": 0.02,
        "intermediate_size": len(tensors["roberta.encoder.layer.0.intermediate.dense.weight"]),
        "layer_norm_eps": 1e-05,
        "max_position_embeddings": len(tensors["roberta.embeddings.position_embeddings.weight"]),
        "model_type": "xlm-roberta",
        "num_attention_heads": int(heads),
        "num_hidden_layers": len(found),
        "pad_token_id": 1,
        "tie_word_embeddings": True,
        "type_vocab_size": 1,
        "vocab_size": entries,
    }


def _names(layers: int) -> set[str]:
    """List the tensors of a masked language model of so many layers."""
    modules = [f"roberta.encoder.layer.{layer}.{name}" for layer in range(layers) for name in LAYER_MODULES.values()]
    modules += ["roberta.embeddings.LayerNorm", "lm_head.dense", "lm_head.layer_norm"]
    embeddings = [f"roberta.embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type")]
    return {f"{module}.{part}" for module in modules for part in ("weight", "bias")} | {*embeddings, "lm_head.bias"}
