import os
import subprocess
import sys

import numpy as np
import pyarrow
import pytest
from safetensors.numpy import save_file

from polychron.errors import InputError
from polychron.storage import files


def test_what_is_written_is_read_again(tmp_path):
    table = pyarrow.table({"language": ["no", "nan", "NA", "zh-Hans"], "value": [1.0, 2.0, 3.0, 4.0]})
    files.write_table(tmp_path / "t.parquet", table)
    assert files.read_table(tmp_path / "t.parquet").equals(table)
    array = np.arange(6, dtype=np.float16).reshape(2, 3)
    files.write_array(tmp_path / "a.npy", array)
    assert np.array_equal(files.read_array(tmp_path / "a.npy"), array)
    files.write_tensors(tmp_path / "w.safetensors", {"b": array, "a": array[:1]}, {"seeds": [0]})
    tensors, metadata = files.read_tensors(tmp_path / "w.safetensors")
    assert np.array_equal(tensors["b"], array)
    assert metadata == {"seeds": [0]}


def test_same_content_same_bytes(tmp_path):
    table = pyarrow.table({"a": list(range(1000))})
    for name in ("one", "two"):
        files.write_table(tmp_path / f"{name}.parquet", table)
        files.write_tensors(tmp_path / f"{name}.safetensors", {"b": np.ones(3), "a": np.zeros(2)}, {"y": "1", "x": "2"})
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.whole(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.txt"]


def test_a_writer_that_is_killed_leaves_no_result(tmp_path, root):
    """A memory-mapped array killed half-way would load as zeros; the name must not be there."""
    code = (
        "import os, signal, numpy, sys; sys.path.insert(0, sys.argv[1]); from polychron.storage import files\n"
        "with files.whole(sys.argv[2]) as t:\n"
        "    a = numpy.lib.format.open_memmap(t, 'w+', numpy.float16, (1000, 100)); a[:400] = 1; a.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "features.npy"
    done = subprocess.run([sys.executable, "-c", code, str(root / "workflow/scripts"), str(path)], check=False)
    assert done.returncode == -9
    assert not path.exists()
    neighbour = tmp_path / ".features-2.abc.npy"
    neighbour.write_text("of another file")
    assert len(os.listdir(tmp_path)) == 2
    files.sweep(path)
    assert os.listdir(tmp_path) == [neighbour.name]


def test_a_file_that_is_cut_short_is_named(tmp_path):
    files.write_table(tmp_path / "t.parquet", pyarrow.table({"a": list(range(1000))}))
    files.write_array(tmp_path / "a.npy", np.arange(1000))
    files.write_tensors(tmp_path / "w.safetensors", {"a": np.arange(1000)})
    for name, read in (
        ("t.parquet", files.read_table),
        ("a.npy", files.read_array),
        ("w.safetensors", files.read_tensors),
    ):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:100])
        with pytest.raises(InputError, match=name):
            read(path)


def test_a_lacking_column_is_named(tmp_path):
    files.write_table(tmp_path / "t.parquet", pyarrow.table({"a": [1]}))
    with pytest.raises(InputError, match=r"t\.parquet"):
        files.read_table(tmp_path / "t.parquet", columns=["b"])


@pytest.mark.parametrize("text", ["", "{", "[" * 10_000])
def test_a_file_of_arrays_whose_metadata_is_no_json_is_named(tmp_path, text):
    path = tmp_path / "a.safetensors"
    save_file({"x": np.zeros(2)}, path, {"polychron": text})
    with pytest.raises(InputError, match=r"a\.safetensors: no readable safetensors file"):
        files.read_tensors(path)


@pytest.mark.parametrize("content", [b"", b"\0\0", b"{", b"\xff\xfe", b"1" * 5000, b"[" * 100_000])
def test_a_file_that_is_no_json_is_named(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.json: (is empty|no readable JSON)"):
        files.read_json(path)
    with pytest.raises(InputError, match=r"b\.json: no readable JSON .*No such file"):
        files.read_json(tmp_path / "b.json")


def test_json_of_another_kind_is_named(tmp_path):
    files.write_json(tmp_path / "a.json", [1])
    assert files.read_json(tmp_path / "a.json") == files.read_json(tmp_path / "a.json", list) == [1]
    with pytest.raises(InputError, match=r"a\.json: holds list in JSON, expected dict"):
        files.read_json(tmp_path / "a.json", dict)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused_before_it_is_read(tmp_path, make):
    make(tmp_path / "a.json")
    with pytest.raises(InputError, match=r"a\.json: a folder, a pipe or a device"):
        files.read_json(tmp_path / "a.json")
