"""Hugging Face directories of any family: which of their files are read, and how.

A directory is data: ``config.json``, weights, ``tokenizer.json``. Weights are safetensors, or a file of torch that is
read without running any of it (see `polychron.storage.torch_files`). Code that a directory brings along is never run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from polychron.checkpoints import agreement, settings
from polychron.errors import InputError
from polychron.storage import files, torch_files

TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt",
    "sentencepiece.bpe.model", "spiece.model", "tokenizer.model",
)  # fmt: skip
"""Files from which a tokenizer can be made; the first is enough."""

WEIGHTS = (("model.safetensors", "model.safetensors.index.json"), ("pytorch_model.bin", "pytorch_model.bin.index.json"))
"""Names of the weights in one file and of the index of several, in the order of preference."""

REPEATED = 64
"""How many times the numbers of a file of torch its tensors may have in all. Some share theirs, as tied weights do."""


def weights_of(folder: str | Path) -> list[Path]:
    """List the files of a directory's weights: one, or the parts that an index names.

    Raises
    ------
    InputError
        There are no weights, or the index is damaged, or names what is no file of the folder.
    """
    folder = Path(folder)
    for whole, index in WEIGHTS:
        if (folder / whole).is_file():
            return [folder / whole]
        if (folder / index).is_file():
            return settings.parts(folder / index)
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
        The content of ``config.json``, as `settings.model` returns it.
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
    config = settings.model(folder / "config.json")
    tensors: dict[str, np.ndarray] = {}
    for file in weights_of(folder):
        part = _tensors(file)
        twice = sorted(set(part) & set(tensors))
        if twice:
            raise InputError(f"the tensor {twice[0]!r} is in another file too", file=file)
        tensors |= part
    if not tensors:
        raise InputError("no tensors", file=weights_of(folder)[0], remedy="get the checkpoint again")
    settings.fit(config, sum(tensor.size for tensor in tensors.values()), folder / "config.json")
    if config["model_type"] == "xlm-roberta":
        tensors = _as_masked_language_model(tensors)
    given: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            given |= settings.read(folder / name)
    text = _tokenizer(folder, config.get("vocab_size"))
    settings.tokenizer(text, folder / "tokenizer.json", config.get("vocab_size"))
    if (folder / "tokenizer.json").is_file():
        agreement.check(folder, text, given)
    return tensors, config | {"dtype": "float32"}, text, {k: given[k] for k in given if k != "auto_map"}


@contextlib.contextmanager
def alone(folder: str | Path) -> Iterator[Path]:
    """Yield a folder with the weights of a directory and its config, as `read` takes them, and with nothing else.

    What opens that folder can not find code, adapters or another form of the weights beside them.
    """
    folder = Path(folder)
    with tempfile.TemporaryDirectory(prefix="polychron-") as made:
        for file in files_of(folder):
            if file.name not in ("config.json", *TOKENIZER):
                (Path(made) / file.name).symlink_to(file.resolve())
        files.write_json(Path(made) / "config.json", settings.model(folder / "config.json"))
        yield Path(made)


def _tensors(file: Path) -> dict[str, np.ndarray]:
    if file.suffix == ".safetensors":
        return _safe_tensors(file)
    state = torch_files.read(file)
    others = [name for name, value in state.items() if not isinstance(value, torch_files.Tensor)]
    if others:
        raise InputError(
            f"{settings.short(others[0])!r} is no tensor", file=file, remedy="give a file of weights alone"
        )
    claimed = sum(math.prod(tensor.shape) for tensor in state.values())
    if claimed > REPEATED * sum({id(tensor.storage): tensor.storage.length for tensor in state.values()}.values()):
        raise InputError(
            f"tensors of {claimed:,} numbers, far more than the file holds", file=file, remedy="get it again"
        )
    return {str(name): tensor.read() for name, tensor in state.items()}


def _safe_tensors(file: Path) -> dict[str, np.ndarray]:
    try:
        arrays, _ = files.read_tensors(file, framework="pt")
        return {name: (array.float() if array.is_floating_point() else array).numpy() for name, array in arrays.items()}
    except Exception as error:  # a header in which the reader or torch finds no sense
        said = error.what if isinstance(error, InputError) else f"no readable safetensors file ({error})"
        raise InputError(settings.short(said), file=file, remedy="get the checkpoint again") from error


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
        settings.read(path)
        return path.read_bytes().decode("utf-8")
    from transformers import AutoTokenizer

    try:  # from vocab.txt or a SentencePiece model, as transformers makes it
        made = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        text, size, why = made.backend_tokenizer.to_str(), len(made), ""
    except Exception as error:  # many formats, which fail in many ways
        text, size, why = "", 0, next(iter(str(error).splitlines()), type(error).__name__)
    # where files are missing, transformers may silently make a tokenizer of special pieces alone
    if not text or size < (entries if isinstance(entries, int) else 0) / 2:
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
