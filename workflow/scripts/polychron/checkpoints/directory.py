"""Hugging Face directories of any family: which of their files are read, and how.

A directory is data: ``config.json``, weights, ``tokenizer.json``. Weights are safetensors, or a file of torch that is
read without running any of it (see `polychron.storage.torch_files`). Code that a directory brings along is never run.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.storage import files, torch_files

TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt",
    "sentencepiece.bpe.model", "spiece.model", "tokenizer.model",
)  # fmt: skip
"""Files from which a tokenizer can be made; the first is enough."""

WEIGHTS = (("model.safetensors", "model.safetensors.index.json"), ("pytorch_model.bin", "pytorch_model.bin.index.json"))
"""Names of the weights in one file and of the index of several, in the order of preference."""

OWN_CODE = ("auto_map", "_name_or_path", "torch_dtype", "transformers_version")
"""Entries of a config that name its own code or its former place, or that are written again."""


def weights_of(folder: str | Path) -> list[Path]:
    """List the files of a directory's weights: one, or the parts that an index names.

    Raises
    ------
    InputError
        There are no weights, or the index names a file outside the folder.
    """
    folder = Path(folder)
    for whole, index in WEIGHTS:
        if (folder / whole).is_file():
            return [folder / whole]
        if (folder / index).is_file():
            names = sorted(set(files.read_json(folder / index)["weight_map"].values()))
            if any(Path(name).name != name for name in names):
                raise InputError("an index that names files outside its folder", file=folder / index)
            return [folder / name for name in names]
    raise InputError(
        f"no weights: none of {', '.join(name for names in WEIGHTS for name in names)}",
        file=folder,
        remedy="give a folder that transformers' save_pretrained wrote",
    )


def files_of(folder: str | Path) -> list[Path]:
    """List the files of a directory that are read.

    Raises
    ------
    InputError
        There is no config, or `weights_of` raises one.
    """
    folder = Path(folder)
    if not (folder / "config.json").is_file():
        raise InputError("no config.json", file=folder, remedy="give a folder that transformers' save_pretrained wrote")
    index = [folder / name for _, name in WEIGHTS if (folder / name).is_file()]
    tokenizer = [folder / name for name in TOKENIZER if (folder / name).is_file()]
    return sorted({folder / "config.json", *weights_of(folder), *index, *tokenizer})


def read(folder: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any], str, dict[str, Any]]:
    """Read a directory of any family of models.

    Parameters
    ----------
    folder : path-like
        A folder that transformers' ``save_pretrained`` wrote, or the snapshot of a repository.

    Returns
    -------
    tensors : dict of str to ndarray
        The weights, floating types as float32. Those of XLM-R have the names of ``XLMRobertaForMaskedLM``, those of
        other families keep their own.
    config : dict
        The content of ``config.json``, without the entries in `OWN_CODE`.
    tokenizer : str
        The content of ``tokenizer.json``.
    tokenizer_config : dict
        The content of ``tokenizer_config.json``, with what ``special_tokens_map.json`` says besides; empty if there is
        neither.

    Raises
    ------
    InputError
        A part is missing or damaged, or two files have a tensor of one name.
    """
    folder = Path(folder)
    files_of(folder)
    config = {name: value for name, value in _json(folder / "config.json").items() if name not in OWN_CODE}
    tensors: dict[str, np.ndarray] = {}
    for file in weights_of(folder):
        part = _tensors(file)
        twice = sorted(set(part) & set(tensors))
        if twice:
            raise InputError(f"the tensor {twice[0]!r} is in another file too", file=file)
        tensors |= part
    if config.get("model_type") == "xlm-roberta":
        tensors = _as_masked_language_model(tensors)
    given: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            given |= _json(folder / name)
    return (
        tensors,
        config | {"dtype": "float32"},
        _tokenizer(folder, config.get("vocab_size")),
        {k: given[k] for k in given if k != "auto_map"},
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        content = files.read_json(path)
    except (OSError, ValueError) as error:
        raise InputError(f"no readable JSON ({error})", file=path, remedy="fetch the checkpoint again") from error
    if not isinstance(content, dict):
        raise InputError("no JSON object", file=path, remedy="fetch the checkpoint again")
    return content


def _tensors(file: Path) -> dict[str, np.ndarray]:
    if file.suffix != ".safetensors":
        state = torch_files.read(file)
        others = [name for name, value in state.items() if not isinstance(value, torch_files.Tensor)]
        if others:
            raise InputError(f"{others[0]!r} is no tensor", file=file, remedy="give a file of weights alone")
        return {name: tensor.read() for name, tensor in state.items()}
    arrays, _ = files.read_tensors(file, framework="pt")
    return {name: (array.float() if array.is_floating_point() else array).numpy() for name, array in arrays.items()}


def _as_masked_language_model(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rename XLM-R's tensors as in its masked language model, and drop those that are tied or compute nothing.

    Of two tied tensors, a file may have either one.
    """
    if not any(name.startswith("roberta.") for name in tensors):
        tensors = {name if name.startswith("lm_head.") else f"roberta.{name}": value for name, value in tensors.items()}
    for kept, twin in (
        ("roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight"),
        ("lm_head.bias", "lm_head.decoder.bias"),
    ):
        if twin in tensors:
            tensors.setdefault(kept, tensors[twin])
    embeddings = tensors.get("roberta.embeddings.word_embeddings.weight")
    output = tensors.get("lm_head.decoder.weight", embeddings)
    if embeddings is not None and output is not embeddings and not np.array_equal(output, embeddings):
        raise InputError("its output layer is not its embedding", remedy="use a model that ties the two, as XLM-R does")
    return {
        name: value
        for name, value in tensors.items()
        if name.startswith(("roberta.embeddings.", "roberta.encoder.", "lm_head."))
        and not name.startswith("lm_head.decoder.")
        and not name.endswith(".position_ids")
    }


def _tokenizer(folder: Path, entries: int | None) -> str:
    path = folder / "tokenizer.json"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    from transformers import AutoTokenizer

    try:  # from vocab.txt or a SentencePiece model, as transformers makes it
        made = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        text, size, why = made.backend_tokenizer.to_str(), len(made), ""
    except Exception as error:  # many formats, which fail in many ways
        text, size, why = "", 0, next(iter(str(error).splitlines()), type(error).__name__)
    # where files are missing, transformers may silently make a tokenizer of special pieces alone
    if size < (entries or 0) / 2 or not text:
        raise InputError(
            f"no tokenizer.json, and none can be made of what is there ({why or f'{size} pieces for {entries}'})",
            file=folder,
            remedy="save the model's fast tokenizer beside it: AutoTokenizer.from_pretrained(...).save_pretrained(...)",
        )
    return text


def digest_of_tokenizer(text: str) -> str:
    """Return the sha256 of how a ``tokenizer.json`` cuts text.

    Versions of tokenizers write the same tokenizer differently: merges as text or as pairs, flags under other names. So
    what this version reads is hashed, without truncation, padding and the decoder, which cut nothing.

    Examples
    --------
    >>> one = '{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}'
    >>> other = one.replace('"a b"', '["a", "b"]')
    >>> digest_of_tokenizer(one) == digest_of_tokenizer(other)
    True
    """
    from tokenizers import Tokenizer

    read = json.loads(Tokenizer.from_str(text).to_str())
    content = {name: value for name, value in read.items() if name not in ("truncation", "padding", "decoder")}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
