"""A checkpoint of fairseq: which updates made it, and its weights under the names of transformers.

It is read as data (see `polychron.storage.torch_files`), in a process without fairseq and torch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.storage.torch_files import DTYPES, REMEDY, Inert, Tensor, read

WRITTEN = frozenset(
    {("argparse", "Namespace"), ("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2")}
    | {("torch", storage) for storage in DTYPES}
)
"""All that pretraining by fairseq 0.12.2 names in a checkpoint, as module and name."""

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
"""The names in transformers of fairseq's modules, outside and inside the encoder's layers."""


class FairseqCheckpoint:
    """A checkpoint of a RoBERTa model by fairseq, of any version.

    The file is opened once, when the object is made. A tensor is read when it is first asked for, and kept: tensors
    that fairseq ties share one array.

    Parameters
    ----------
    path : path-like
        A file that ``fairseq-train`` wrote.
    names : collection of (str, str), optional
        The only classes and functions that the file may name; `WRITTEN` for a file that fairseq is to open.

    Raises
    ------
    InputError
        As `polychron.storage.torch_files.read`.
    """

    def __init__(self, path: str | PathLike[str], names: Collection[tuple[str, str]] | None = None) -> None:
        self.path = Path(path)
        self._state = read(path, names)
        self._numbers: dict[tuple[Any, ...], np.ndarray] = {}

    def updates(self) -> list[int]:
        """Return the updates at which the chain of runs was saved, this checkpoint's own last.

        fairseq adds an entry for each run that continued from the checkpoint of another one.

        Raises
        ------
        InputError
            The checkpoint does not say so.
        """
        history = self._state.get("optimizer_history")
        try:
            return [int(entry["num_updates"]) for entry in history]
        except (TypeError, KeyError, ValueError) as error:
            what = "does not say how many updates made it"
            raise InputError(what, file=self.path, remedy=REMEDY) from error

    def gpus(self) -> int | None:
        """Return the number of GPUs of the run that saved the checkpoint; None where it does not say so."""
        state = self._state
        holders = [state["args"]] * 2 if state.get("args") is not None else []
        if not holders and state.get("cfg") is not None:
            holders = [_entry(state["cfg"], name, None) for name in ("distributed_training", "common")]
        if None in holders or not holders:
            return None
        processes, without = _entry(holders[0], "distributed_world_size", None), _entry(holders[1], "cpu", False)
        return 0 if without else processes

    def arguments(self) -> dict[str, Any]:
        """Return those arguments of the model that are numbers, strings, truth values or None."""
        holder = self._holder()
        values = {} if holder is None else holder if isinstance(holder, Mapping) else vars(holder)
        plain = {name: _entry(holder, name, None) for name in values.get("_content", values)}
        return {name: value for name, value in plain.items() if isinstance(value, str | int | float | bool | None)}

    def tensors(self) -> dict[str, np.ndarray]:
        """Return all tensors under the names of fairseq, floating types as float32."""
        return {name: self._read(tensor) for name, tensor in self._state["model"].items()}

    def convert(self, *, layers: int, vocabulary: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return weights and sizes under the names of transformers' ``XLMRobertaForMaskedLM``.

        Parameters
        ----------
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
            The checkpoint holds a tensor of unknown name, lacks one, is a variant of RoBERTa that transformers' XLM-R
            cannot compute, or has other sizes than expected.
        """
        model, holder = self._state.get("model"), self._holder()
        if not isinstance(model, dict) or holder is None:
            what = "holds no model with its arguments"
            raise InputError(what, file=self.path, remedy="give a checkpoint of fairseq-train")
        try:
            tensors = self._renamed(model)
            config = _configure(tensors, lambda name, default=None: _entry(holder, name, default))
        except InputError as error:
            raise InputError(error.what, file=self.path, remedy=error.remedy or REMEDY) from error
        for what, found, expected, remedy in (
            ("encoder layers", config["num_hidden_layers"], layers, "set final_layer to the model's layers"),
            ("pieces in its vocabulary", config["vocab_size"], vocabulary, "take the tokenizer it was trained with"),
        ):
            if found != expected:
                raise InputError(f"{found} {what}, expected {expected}", file=self.path, remedy=remedy)
        return tensors, config

    def _holder(self) -> Any:
        """Find the model's arguments, wherever this version of fairseq left them."""
        holder = self._state.get("args")
        if holder is None and self._state.get("cfg") is not None:
            holder = _entry(self._state["cfg"], "model", None)
        return holder

    def _read(self, tensor: Tensor) -> np.ndarray:
        key = (tensor.storage.key, tensor.offset, tensor.shape, tensor.strides)
        if key not in self._numbers:
            self._numbers[key] = tensor.read()
        return self._numbers[key]

    def _renamed(self, model: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
        """Read the tensors of a model and name them as transformers does."""
        tensors: dict[str, np.ndarray] = {}
        for old, tensor in model.items():
            bare, prefixed = PREFIX.subn("", old, count=1)
            if prefixed and (bare == "version" or COPIES.fullmatch(bare)):
                continue
            joined = re.fullmatch(r"(layers\.\d+\.self_attn)\.in_proj_(weight|bias)", bare)
            if joined:  # before autumn 2019, fairseq kept query, key and value in one matrix
                parts = zip("qkv", np.split(self._read(tensor), 3), strict=True)
                named = {f"{joined[1]}.{part}_proj.{joined[2]}": numbers for part, numbers in parts}
            else:
                named = {bare: self._read(tensor)}
            for name, numbers in named.items():
                module, _, part = name.rpartition(".")
                layer = re.fullmatch(r"layers\.(\d+)\.(.+)", module)
                new = LAYER_MODULES.get(layer[2]) if layer else MODULES.get(module)
                if not prefixed or new is None:
                    remedy = "give a checkpoint of a RoBERTa model"
                    raise InputError(f"a tensor of the unknown name {old!r}", remedy=remedy)
                tensors[f"roberta.encoder.layer.{layer[1]}.{new}.{part}" if layer else f"{new}.{part}"] = numbers
        return tensors


def _entry(holder: Any, name: str, default: Any) -> Any:
    """Look a name up in a mapping, a namespace, or a config of OmegaConf."""
    values = holder if isinstance(holder, Mapping) else vars(holder)
    values = values.get("_content", values)
    value = values.get(name, default)
    return vars(value)["_val"] if isinstance(value, Inert) and "_val" in vars(value) else value


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
