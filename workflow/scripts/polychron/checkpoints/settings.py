"""The JSON files of a Hugging Face directory, checked before anything is made of them.

They come from anywhere. What they ask for besides a model's sizes (code, kernels, other files) is left out, and sizes
that no model has are refused before memory is taken for them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polychron.errors import InputError

AGAIN = "get the checkpoint again, or correct the file"

LARGEST = {"tokenizer.json": 2**30}
"""The most bytes of a file of JSON, where it is not `USUAL`."""

USUAL = 2**27

NOT_A_SIZE = re.compile(
    r"^(auto_map|custom_pipelines|_name_or_path|name_or_path|(torch_)?dtype|transformers_version|_commit_hash"
    r"|_?(attn|experts)_implementation(_internal|_autoset)?|use_kernels?|kernel_config|fusion_config|use_flash_attention.*"
    r"|transformers_weights|configuration_files|adapter_.*|distributed_config|device_map|tp_plan|pp_plan"
    r"|base_model_(tp|pp|ep|fsdp)_plan|gguf_file|num_labels|return_dict|use_return_dict|output_attentions"
    r"|output_hidden_states|chunk_size_feed_forward)$"
)
"""Entries of a config that name code, kernels, other files, a former place, or a way to compute; and labels by number,
which a language model has none of."""

NEEDED = re.compile(
    r"^(hidden_size|n_embd|d_model|dim|emb_dim|vocab_size|num_hidden_layers|n_layers?|num_layers"
    r"|num_attention_heads|n_heads?|num_key_value_heads|intermediate_size)$"
)
"""Entries that count something that each model has."""

COUNT = re.compile(r"(^|_)(layers?|heads?|experts?|groups|blocks|depth|stages)$")
"""Ends of the names of entries that count parts of a model."""

LAYERS, MOST = 1000, 20_000
"""The most layers, which a study can have, and parts of any other kind."""

SIZE = re.compile(r"(_size|_dim|_rank|_embd|d_model|d_ff|d_kv|n_inner|dim)$")
"""Ends of the names of entries that are a dimension of some tensor."""

FREE = 10_000_000
"""A dimension up to this is not compared with the number of weights."""


def read(path: Path) -> dict[str, Any]:
    """Read a file that holds a JSON object.

    Raises
    ------
    InputError
        The file cannot be read, is longer than any such file, or holds something else.
    """
    try:
        size, most = path.stat().st_size, LARGEST.get(path.name, USUAL)
        if size > most:
            raise InputError(f"{size:,} bytes, and such a file has at most {most:,}", file=path, remedy=AGAIN)
        content = json.loads(path.read_bytes().decode("utf-8"))
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair can be read, and not be written
    except RecursionError as error:
        raise InputError("JSON that is nested too deeply", file=path, remedy=AGAIN) from error
    except (OSError, ValueError) as error:
        raise InputError(f"no readable JSON ({short(error)})", file=path, remedy=AGAIN) from error
    if not isinstance(content, dict):
        raise InputError(f"no JSON object, but {_kind(content)}", file=path, remedy=AGAIN)
    return content


def parts(index: Path) -> list[Path]:
    """List the files that the index of a directory's weights names.

    Raises
    ------
    InputError
        It is no index, or names what is no file of its folder.
    """
    named = read(index).get("weight_map")
    if not isinstance(named, dict) or not named:
        raise InputError("no index of weights: weight_map names no files", file=index, remedy=AGAIN)
    odd = [name for name in named.values() if not isinstance(name, str)]
    if odd:
        raise InputError(f"weight_map names {_kind(odd[0])} in place of a file", file=index, remedy=AGAIN)
    names, ending = sorted(set(named.values())), index.name.split(".")[1]
    outside = [name for name in names if Path(name).name != name or "\0" in name]
    if outside:
        raise InputError(
            f"an index that names files outside its folder, as {short(outside[0])!r}", file=index, remedy=AGAIN
        )
    strange = [name for name in names if not name.endswith(f".{ending}")]
    if strange:
        raise InputError(f"it names {short(strange[0])!r}, expected a name in .{ending}", file=index, remedy=AGAIN)
    missing = [name for name in names if len(name.encode()) > 255 or not (index.parent / name).is_file()]
    if missing:
        raise InputError(
            f"names {len(names)} files, of which {len(missing)} are missing, as {short(missing[0])!r}",
            file=index,
            remedy="get the missing files, or the whole checkpoint again",
        )
    return [index.parent / name for name in names]


def model(path: Path) -> dict[str, Any]:
    """Read a ``config.json``, without the entries that are `NOT_A_SIZE`.

    Raises
    ------
    InputError
        The weights are quantised, or the file has sizes that no model has.
    """
    content = _without(read(path))
    for name in ("quantization_config", "compression_config"):
        if content.pop(name, None):
            raise InputError(
                f"quantised weights ({name}), from which states would be only near to the model's",
                file=path,
                remedy="take the checkpoint in float32, float16 or bfloat16",
            )
    if not isinstance(content.get("model_type"), str):
        raise InputError(
            "model_type, the family of the model, is missing",
            file=path,
            remedy="add it to the file (transformers has a list of families), or save the model with save_pretrained",
        )
    for name, value in _numbers(content):
        if NEEDED.search(name) and value < 1:
            raise InputError(f"{name} is {value}, expected 1 or more", file=path, remedy=AGAIN)
        most = LAYERS if name.endswith(("layer", "layers")) else MOST
        if COUNT.search(name) and value > most:
            raise InputError(f"{name} is {value}, and at most {most:,} are read", file=path, remedy=AGAIN)
    return content


def fit(content: dict[str, Any], numbers: int, path: Path) -> None:
    """Check that no dimension of a config is larger than its weights, in which there are so many `numbers`.

    Raises
    ------
    InputError
        A dimension is.
    """
    for name, value in _numbers(content):
        if SIZE.search(name) and value > max(numbers, FREE):
            raise InputError(f"{name} is {value}, and the weights are {numbers:,} numbers", file=path, remedy=AGAIN)


def _numbers(value: Any) -> Iterator[tuple[str, int | float]]:
    """List the numbers of a config with their names, also those of the configs in it."""
    for name, item in value.items():
        if isinstance(item, dict):
            yield from _numbers(item)
        elif isinstance(item, int | float) and not isinstance(item, bool):
            yield name, item


def _without(value: Any) -> Any:
    """Return a config without what is `NOT_A_SIZE`, also in the configs in it."""
    if isinstance(value, dict):
        return {name: _without(item) for name, item in value.items() if not NOT_A_SIZE.search(name)}
    return value


def tokenizer(text: str, path: Path, vocabulary: Any) -> None:
    """Check that a ``tokenizer.json`` is a tokenizer, whose ids all are ids of the model.

    It is read in a process of its own: on some damaged files, the tokenizers package ends the whole process.

    Parameters
    ----------
    text : str
        The content of the file.
    path : Path
        Where it is, for messages.
    vocabulary : int
        The ``vocab_size`` of the config; anything else is not compared.

    Raises
    ------
    InputError
        It is none, or has an id beyond the vocabulary.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", TRIAL, SENTENCE],
        input=text.encode(),
        capture_output=True,
        env={"RUST_BACKTRACE": "0"},
        check=False,
    )
    said = done.stdout.decode(errors="replace").split("\n", 1)
    if done.returncode or said[0] not in ("good", "bad"):
        said = ["bad", f"reading it ends its process: {done.stderr.decode(errors='replace')}"]
    if said[0] == "bad":
        raise InputError(
            f"no tokenizer of the tokenizers package ({short(said[1])})",
            file=path,
            remedy="save the model's fast tokenizer again: AutoTokenizer.from_pretrained(...).save_pretrained(...)",
        )
    largest = int(said[1])
    if largest < 0:
        raise InputError("a tokenizer without pieces", file=path, remedy="get the checkpoint again")
    if isinstance(vocabulary, int) and largest >= vocabulary:
        raise InputError(
            f"it has the id {largest}, and the model's embeddings end at {vocabulary - 1} (vocab_size)",
            file=path,
            remedy="take the tokenizer that belongs to the model",
        )


TRIAL = """
import sys
from tokenizers import Tokenizer
try:
    made = Tokenizer.from_str(sys.stdin.buffer.read().decode())
    made.no_truncation()
    made.no_padding()
    words = sys.argv[1].split()
    cut = made.encode([words[0], *(" " + word for word in words[1:])], is_pretokenized=True)
    ids = [*made.get_vocab(with_added_tokens=True).values(), *made.encode(sys.argv[1]).ids, *cut.ids]
    print("good", max(ids, default=-1), sep="\\n")
except BaseException as error:
    print("bad", error or type(error).__name__, sep="\\n")
"""
"""Reads a tokenizer from its standard input, tries it on a sentence, and prints its largest id or what is wrong."""

SENTENCE = "The café cafe\u0301 Собака 犬が。 \ufb01™ 😀 10\u00a0000"


def short(said: Any) -> str:
    r"""Return what an error says, or a text of a file, in one short line.

    Examples
    --------
    >>> short("one\ntwo"), len(short("x" * 1000))
    ('one two', 202)
    """
    text = " ".join(str(said).split()) or type(said).__name__
    return text if len(text) <= 200 else f"{text[:200]} …"


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null", dict: "an object"}
    return names.get(type(value), "a number")
