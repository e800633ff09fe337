"""Damaged and hostile checkpoints: each is converted and examined, or refused with an InputError that names it.

Mutations are those of bytes, and of the structure of JSON, of a safetensors header and of a pickle. Each is made by a
generator of its own, seeded by the reader's name and a number, which a failure names. The long form has 2,000 for each
reader::

    .venv/bin/python -m pytest -m check tests/integration/test_hostile_checkpoints.py
"""

import copy
import json
import random
import resource
import shutil
import zipfile

import hostile
import pytest
import tiny
import torch
import zoo
from safetensors.torch import load_file, save_file

from polychron.checkpoints import conversion, directory, providers
from polychron.checks import checkpoints
from polychron.tokenization import segmentation

SHORT, LONG = 16, 2000
MEMORY = 4 * 2**30
"""What a reader may reserve besides what the process has: the checkpoints are of some kilobytes."""

FAMILIES = ("xlm-roberta", "bert", "llama")
NUMBERS = (0, -1, -24, 1, 2, 5, 23, 10**9, 10**12, 2**63, 10**30, 0.5, 24.0, float("nan"), float("inf"), -1e9)
OTHERS = (None, True, "", "x", "24", "../x", "\0", [], {}, [3], [[]], {"": {}}, {"model_type": "bert"}, "é" * 3000)
KERNEL = "kernels-community/evil"
ENTRIES = (
    *({name: KERNEL} for name in ("attn_implementation", "_attn_implementation", "experts_implementation")),
    {"_experts_implementation": KERNEL, "_attn_implementation_internal": KERNEL, "kernel_config": {"a": KERNEL}},
    {"quantization_config": {"quant_method": "gptq", "bits": 4}},
    {"auto_map": {"AutoModel": "code.Model"}, "transformers_weights": "../other.safetensors"},
    {"text_config": {"hidden_size": 10**12, "num_hidden_layers": 10**9}},
    *({name: value} for name in ("num_experts", "num_labels", "vocab_size", "head_dim") for value in (10**9, -1)),
)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A checkpoint of each family, as safetensors, in parts, and as files of torch of both kinds."""
    root = tmp_path_factory.mktemp("given")
    tiny.checkpoint(root / "xlm-roberta")
    tiny.tokenizer(root / "xlm-roberta", zoo.TEXT[:2], 34)
    for family in FAMILIES[1:]:
        zoo.save(family, root / family)
    tensors = load_file(root / "llama/model.safetensors")
    for name in ("parts", "zip", "stream"):
        shutil.copytree(root / "llama", root / name, ignore=shutil.ignore_patterns("model.safetensors"))
    names, weight_map = sorted(tensors), {}
    for place, file in enumerate(("model-1.safetensors", "model-2.safetensors")):
        save_file({name: tensors[name] for name in names[place::2]}, root / "parts" / file, {"format": "pt"})
        weight_map |= dict.fromkeys(names[place::2], file)
    index = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    (root / "parts/model.safetensors.index.json").write_text(json.dumps(index))
    for name in ("zip", "stream"):
        torch.save(tensors, root / name / "pytorch_model.bin", _use_new_zipfile_serialization=name == "zip")
    return root


@pytest.fixture(scope="module", autouse=True)
def bounded_memory():
    """More memory than a mutation may ask for is refused by the system, and then shows in the message."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def places(value, path=()):
    """List the places in a JSON value, each as the keys that lead there."""
    found = [path]
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found += places(item, (*path, key))
    return found


def mutate_value(value, draw, entries=()):
    """Change some places of a JSON value: another value, none, a copy of another, a new entry."""
    value = copy.deepcopy(value)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        if entries and draw.random() < 0.3 and isinstance(value, dict):
            value |= copy.deepcopy(draw.choice(entries))
            continue
        known = places(value)
        at = draw.choice(known[:200] if draw.random() < 0.7 else known)
        if not at:
            if draw.random() < 0.1:
                return copy.deepcopy(draw.choice(OTHERS))
            continue
        holder = value
        for key in at[:-1]:
            holder = holder[key]
        way = draw.randrange(5)
        if way < 2:
            holder[at[-1]] = draw.choice(NUMBERS)
        elif way == 2:
            holder[at[-1]] = copy.deepcopy(draw.choice(OTHERS))
        elif way == 3:
            del holder[at[-1]]
        else:
            holder[at[-1]] = copy.deepcopy(holder[draw.choice(list(holder) if isinstance(holder, dict) else [0])])
    return value


def mutate_json(content, draw, entries=()):
    """Change the text or the structure of a file of JSON."""
    if draw.random() < 0.25:
        return hostile.mutate(content, draw)
    if draw.random() < 0.03:
        return b'{"a":' * 50_000
    text = json.dumps(mutate_value(json.loads(content), draw, entries), ensure_ascii=False)
    return text.encode(draw.choice(("utf-8",) * 9 + ("latin-1",)), "replace")


def mutate_safetensors(content, draw):
    """Change the bytes of a file, or its header, whose length is then corrected or not."""
    if draw.random() < 0.2:
        return hostile.mutate(content, draw)
    length = int.from_bytes(content[:8], "little")
    header, rest = content[8 : 8 + length], content[8 + length :]
    header = mutate_json(header, draw) if draw.random() < 0.8 else hostile.mutate(header, draw)
    length = len(header) if draw.random() < 0.9 else draw.choice((0, len(header) // 2, len(header) + 1, 10**9, 2**63))
    return length.to_bytes(8, "little") + header + rest


def mutate_archive(path, draw):
    """Change the bytes of an archive's pickle or of another entry, and write it again with right checksums."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    victim = next(name for name in entries if name.endswith("data.pkl"))
    victim = victim if draw.random() < 0.8 else draw.choice(list(entries))
    entries[victim] = mutate_pickle(entries[victim], draw)
    packed = zipfile.ZIP_DEFLATED if draw.random() < 0.05 else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def mutate_pickle(content, draw):
    """Change bytes of a pickle, or its numbers: sizes, strides, places in its memo."""
    if draw.random() < 0.5:
        return hostile.mutate(content, draw)
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 2))):
        at = [place for place, byte in enumerate(changed) if byte in b"KMJrqhjX\x8a"]
        if at:
            place = draw.choice(at) + 1
            changed[place : place + 4] = bytes(draw.choice((0, 0, 1, 24, 127, 255)) for _ in range(draw.choice((1, 4))))
    return bytes(changed)


def change_config(folder, draw):
    file = folder / "config.json"
    file.write_bytes(mutate_json(file.read_bytes(), draw, ENTRIES))


def change_tokenizer(folder, draw):
    file = folder / draw.choice(("tokenizer.json",) * 5 + ("tokenizer_config.json",))
    file.write_bytes(mutate_json(file.read_bytes(), draw))


def change_index(folder, draw):
    file = folder / "model.safetensors.index.json"
    file.write_bytes(mutate_json(file.read_bytes(), draw))


def change_safetensors(folder, draw):
    file = folder / "model.safetensors"
    file.write_bytes(mutate_safetensors(file.read_bytes(), draw))


def change_archive(folder, draw):
    file = folder / "pytorch_model.bin"
    if draw.random() < 0.8:
        mutate_archive(file, draw)
    else:
        file.write_bytes(hostile.mutate(file.read_bytes(), draw))


def change_stream(folder, draw):
    file = folder / "pytorch_model.bin"
    content = file.read_bytes()
    head = draw.choice((200, 2000, len(content)))
    file.write_bytes(mutate_pickle(content[:head], draw) + content[head:])


def converted(folder, made):
    """Resolve, convert and examine a checkpoint, as a study does."""
    providers.resolve("folder", str(folder))
    names = {"weights": "model.safetensors", "config": "config.json", "tokenizer": "tokenizer.json"}
    paths = {part: made / name for part, name in {**names, "tokenizer_config": "tokenizer_config.json"}.items()}
    conversion.convert(folder, paths, final_layer=3, window=zoo.WINDOW)
    text = paths["tokenizer"].read_text(encoding="utf-8")
    checkpoints.examine(paths["weights"], paths["config"], text, text, final_layer=3, window=zoo.WINDOW)


def cut(folder, made):
    """Read a checkpoint, and cut words by its tokenizer, whose ids must all be of the model."""
    _, config, text, _ = directory.read(folder)
    (made / "tokenizer.json").write_text(text, encoding="utf-8")
    words = [line.split() for line in zoo.TEXT[:5]]
    pieces = segmentation.segment(words, segmentation.load(made / "tokenizer.json"), zoo.WINDOW)
    assert pieces.ids.min() >= 0 and pieces.ids.max() < config["vocab_size"]


READERS = {
    "config": (FAMILIES, change_config, converted),
    "tokenizer": (FAMILIES, change_tokenizer, cut),
    "index": (("parts",), change_index, converted),
    "safetensors": (FAMILIES, change_safetensors, converted),
    "archive of torch": (("zip",), change_archive, converted),
    "stream of torch": (("stream",), change_stream, converted),
}
"""By name: the checkpoints, what changes one, and what reads it."""


def attack(name, given, place, number):
    """Read a checkpoint that was changed; return what is wrong with what the reader did, and whether it was read."""
    draw = random.Random(f"{name} {number}")
    checkpoints, change, read = READERS[name]
    folder, made = place / "given", place / "made"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(given / draw.choice(checkpoints), folder)
    made.mkdir()
    change(folder, draw)
    said = []

    def told():
        try:
            read(folder, made)
        except Exception as error:
            said.append(str(error))
            raise

    fault, good = hostile.outcome(told, place)
    odd = next((word for word in ("MemoryError", "allocate", "\n", "report it") if word in "".join(said)), None)
    return fault or (f"{odd!r} in {said[0][:300]}" if odd else None), good


def faults(name, given, place, mutations):
    """Return what went wrong, by mutation, and how many of the checkpoints were read."""
    found, good = {}, 0
    for number in mutations:
        fault, was_read = attack(name, given, place, number)
        good += was_read
        if fault:
            found[number] = fault
    return found, good


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_checkpoint_is_read_or_refused(given, tmp_path, name):
    found, good = faults(name, given, tmp_path / "place", range(SHORT))
    assert found == {}
    assert good < SHORT


@pytest.mark.check
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_checkpoint_is_read_or_refused_two_thousand_times(given, tmp_path, name, record_property):
    found, good = faults(name, given, tmp_path / "place", range(LONG))
    counts = {"files": LONG, "read": good, "refused": LONG - good - len(found), "faults": len(found)}
    for what, number in counts.items():
        record_property(what, number)
    assert found == {}
    assert 0 < good < LONG
