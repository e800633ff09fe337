"""Files of torch.save, read as data: the values are those that torch reads, and no code in them is run."""

import argparse
import collections
import os
import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path

import memory
import numpy as np
import pytest
import torch

from polychron.errors import InputError
from polychron.storage import torch_files

FORMATS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "stream"])


class Meter:
    """Something that an old checkpoint of fairseq contains besides data: an object of a class of fairseq."""

    def __init__(self):
        self.values, self.place = [1, 2], np.float64(3)

    def __reduce__(self):
        return (Meter, (), {"values": self.values})


@dataclass
class Hostile:
    file: Path

    def __reduce__(self):
        return (os.system, (f"touch '{self.file}'",))


@dataclass
class Evaluated:
    file: Path

    def __reduce__(self):
        return (eval, (f"open({str(self.file)!r}, 'w')",))


def values() -> dict:
    random = torch.Generator().manual_seed(1)
    table = torch.randn(7, 5, generator=random)
    return {
        "model": collections.OrderedDict(
            plain=table,
            rows=table[2:4],
            turned=table.t(),
            every=table[::2, 1],
            number=torch.tensor(3.5),
            none=torch.zeros(0, 4),
            half=table.half(),
            brain=table.bfloat16(),
            double=table.double(),
            whole=torch.arange(6).view(2, 3),
            bits=torch.tensor([True, False]),
            trained=torch.nn.Parameter(table.clone()),
        ),
        "args": argparse.Namespace(heads=2, data="bin"),
        "meters": [Meter(), np.float32(2.5), np.arange(3), {"a", "b"}, torch.float16, torch.device("cpu")],
        "optimizer_history": [{"num_updates": 7}],
    }


def save(path, state, zipped):
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    return path


@FORMATS
def test_reads_what_torch_reads(tmp_path, zipped):
    state = values()
    read = torch_files.read(save(tmp_path / "a.pt", state, zipped))
    assert list(read["model"]) == list(state["model"])
    for name, expected in state["model"].items():
        numbers = read["model"][name].read()
        expected = expected.detach()
        expected = expected.float() if expected.dtype.is_floating_point else expected
        assert numbers.dtype == expected.numpy().dtype, name
        np.testing.assert_array_equal(numbers, expected.numpy(), err_msg=name)
    assert vars(read["args"]) == {"heads": 2, "data": "bin"}
    assert read["optimizer_history"] == [{"num_updates": 7}]
    assert all(isinstance(value, torch_files.Inert) for value in read["meters"][:4])


@FORMATS
@pytest.mark.parametrize("hostile", [Hostile, Evaluated], ids=["os.system", "eval"])
def test_code_is_refused_and_does_not_run(tmp_path, zipped, hostile):
    path = save(tmp_path / "a.pt", {"model": {}, "args": hostile(tmp_path / "ran")}, zipped)
    with pytest.raises(InputError, match=r"a\.pt: names (posix|nt|builtins|__builtin__)\.(system|eval), which is code"):
        torch_files.read(path)
    assert not (tmp_path / "ran").exists()


def test_a_bare_pickle_is_refused(tmp_path):
    for content in (Hostile(tmp_path / "ran"), {"model": 1}):
        path = tmp_path / "a.pt"
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(InputError, match=r"a\.pt: "):
            torch_files.read(path)
    assert not (tmp_path / "ran").exists()


@FORMATS
def test_a_file_cut_short_anywhere_is_an_input_error(tmp_path, zipped):
    whole = save(tmp_path / "whole.pt", values(), zipped).read_bytes()
    path = tmp_path / "cut.pt"
    for length in [0, 1, 2, 10, *range(50, len(whole) - 1, max(len(whole) // 60, 1)), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"cut\.pt: .*Next: get it again|is no file of torch"):
            torch_files.read(path)


def test_a_file_cut_short_before_an_empty_tensor_is_an_input_error(tmp_path):
    """The length of an empty tensor is eight zero bytes; fewer of them are zero as well."""
    whole = save(tmp_path / "whole.pt", {"model": {"none": torch.zeros(0, 4)}}, zipped=False).read_bytes()
    path = tmp_path / "cut.pt"
    for missing in range(1, 9):
        path.write_bytes(whole[:-missing])
        with pytest.raises(InputError, match=r"cut\.pt: is cut short"):
            torch_files.read(path)


def test_a_flipped_bit_in_the_weights_is_an_input_error(tmp_path):
    path = save(tmp_path / "a.pt", {"model": {"w": torch.ones(1000)}}, zipped=True)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        (entry,) = [entry for entry in file.infolist() if entry.filename.endswith("data/0")]
    content[entry.header_offset + 2000] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read .*CRC"):
        torch_files.read(path)["model"]["w"].read()


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="is missing"):
        torch_files.read(tmp_path / "none.pt")


def test_a_tensor_outside_its_storage_is_an_input_error(tmp_path):
    path = save(tmp_path / "a.pt", {"model": {"w": torch.ones(10)}}, zipped=True)
    tensor = torch_files.read(path)["model"]["w"]
    for shape, strides, offset in [((11,), (1,), 0), ((10,), (1,), 1), ((2,), (-1,), 1), ((2, 5), (9, 1), 0)]:
        with pytest.raises(InputError, match="outside its storage"):
            torch_files.Tensor(tensor.storage, offset, shape, strides).read()


def test_a_config_of_omegaconf_is_inert(tmp_path):
    omegaconf = pytest.importorskip("omegaconf")
    config = omegaconf.OmegaConf.create({"model": {"heads": 3}})
    read = torch_files.read(save(tmp_path / "a.pt", {"cfg": config}, zipped=True))
    assert isinstance(read["cfg"], torch_files.Inert)


@FORMATS
def test_a_tensor_that_repeats_its_numbers_is_refused_before_memory_is_taken(tmp_path, zipped):
    """A stride of 0: one number that claims to be 8 GiB. A few repeats are read."""
    repeated = torch.ones(1).expand(2**31)
    path = save(tmp_path / "a.pt", {"huge": repeated, "row": torch.ones(1, 3).expand(2, 3)}, zipped)
    read = torch_files.read(path)
    with pytest.raises(InputError, match=r"a\.pt: a tensor of shape \(2147483648\) that repeats the 1 numbers of its"):
        read["huge"].read()
    np.testing.assert_array_equal(read["row"].read(), np.ones((2, 3)))


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02Nr\xff\xff\xff\x7f.",  # a place in the memo, for which C would take 32 GiB
        b"\x80\x04\x8e" + (2**40).to_bytes(8, "little") + b"abc.",  # a TiB of bytes
        b"\x80\x02" + b"(" * 100_000 + b".",
        b"\x80\x02\x8a\xff" + b"\xff" * 255 + b".",
    ],
    ids=["memo", "bytes", "marks", "number"],
)
def test_a_pickle_that_asks_for_much_memory_gets_none(tmp_path, content):
    path = tmp_path / "a.pt"
    before = memory.peak(afresh=True)
    for name in ("stream", "archive"):
        if name == "stream":
            path.write_bytes(content)
        else:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("a/data.pkl", content)
        with pytest.raises(InputError, match=r"a\.pt: .*Next: ") as caught:
            torch_files.read(path)
        assert "MemoryError" not in str(caught.value)
    assert memory.peak() - before < 200_000  # KiB


def test_an_entry_that_is_compressed_is_refused(tmp_path):
    path = save(tmp_path / "a.pt", {"w": torch.zeros(10**6)}, zipped=True)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content, zipfile.ZIP_DEFLATED if name.endswith("data/0") else None)
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match=r"a\.pt: .*/data/0' is compressed, as torch writes none"):
        torch_files.read(path)["w"].read()
