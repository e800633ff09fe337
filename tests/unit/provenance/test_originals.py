"""Whether a copy is still that of the file that it would be copied from now."""

import os
import shutil

import pytest

from polychron.provenance import originals, records
from polychron.storage import files

OLD = (1_500_000_000, 1_500_000_000)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A file in a mirror, an equal one in another mirror, and the copy that a job made of the first."""
    monkeypatch.chdir(tmp_path)
    for folder in ("mirror", "other", "resources"):
        (tmp_path / folder).mkdir()
    original, other = tmp_path / "mirror/a.conllu", tmp_path / "other/a.conllu"
    for path in (original, other):
        path.write_text("a tree")
        os.utime(path, OLD)
    copy = "resources/a.conllu"
    shutil.copyfile(original, copy)
    record = records.made({"rule": "fetch_source"}, {}, {copy: files.checksum(copy)}, 1.0)
    files.write_json(records.record_of(copy), record)
    originals.note(copy, original)
    return copy, original, other


def test_a_copy_is_one_of_its_original_and_of_an_equal_file(copied):
    copy, original, other = copied
    assert originals.original_of(copy) == str(original)
    assert originals.is_current(copy, original)
    assert not originals.is_current(copy, other)
    assert originals.is_copy(copy, original)
    assert originals.is_copy(copy, other)
    os.utime(original)
    assert not originals.is_current(copy, original)
    assert originals.is_copy(copy, original)


@pytest.mark.parametrize("content", ["a bush", "a larger tree", ""])
@pytest.mark.parametrize("times", [None, OLD])
def test_another_content_is_seen_whatever_its_size_and_time(copied, content, times):
    copy, original, other = copied
    for path in (original, other):
        path.write_text(content)
        os.utime(path, times)
        assert not originals.is_copy(copy, path)


def test_a_copy_that_was_edited_is_still_one_of_its_original(copied):
    """A job that reads it refuses it, by its record."""
    copy, original, _ = copied
    with open(copy, "a") as file:
        file.write("edited")
    assert originals.is_copy(copy, original)


@pytest.mark.parametrize("record", [None, "", "{}"])
def test_without_a_sound_record_the_files_are_compared(copied, record):
    copy, original, _ = copied
    path = records.record_of(copy)
    path.unlink() if record is None else path.write_text(record)
    assert originals.original_of(copy) is None
    assert originals.inputs_of(copy) is None
    assert originals.is_copy(copy, original)
    original.write_text("a bush")
    assert not originals.is_copy(copy, original)
