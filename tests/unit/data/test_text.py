"""Lines of text files, compressed text, and the split off its end."""

import bz2
import gzip
import io
import lzma
import os
import shutil
import subprocess
import tarfile

import pyarrow
import pyarrow.parquet
import pytest
from script import Files, left_in, run

from polychron.data import text
from polychron.errors import InputError


def test_lines_are_split_at_line_feeds_alone(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffa\u2028b\r\nc\u0085d\n".encode())
    assert text.lines(path) == ["a\u2028b", "c\u0085d", ""]


def test_bytes_that_are_no_text_are_found_by_their_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\ntwo\ncaf\xe9\n")
    with pytest.raises(InputError, match=r"a\.txt:3: byte 0xe9 is no utf-8 text\. Next: convert the file"):
        text.lines(path)
    assert text.lines(path, "latin-1")[2] == "café"


@pytest.mark.parametrize("content", [None, b""])
def test_a_missing_and_an_empty_file_are_named(tmp_path, content):
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.txt: (no such file|the file is empty)\. Next: "):
        text.lines(path)


def test_a_line_of_compressed_text_is_one_line_whatever_stands_in_it(tmp_path):
    path = tmp_path / "a.txt.xz"
    path.write_bytes(lzma.compress("a\u2028b\x0bc\rd\n\n \u3000\n  e\tf \n".encode()))
    assert list(text.corpus_lines(path)) == ["a b c d", "e f"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:-20], ": breaks off after line"),
        (lambda data: data[:60] + bytes(8) + data[68:], ": cannot be read as text (Corrupt input data)"),
        (lambda data: b"a web page", ": cannot be read as text (it does not begin as files of xz do)"),
        (lambda data: lzma.compress(b"good\nbad \xff\n"), ":2: byte 0xff is no UTF-8 text"),
    ],
)
def test_a_damaged_xz_file_leaves_no_half_text_behind(tmp_path, capfd, damage, said):
    path = tmp_path / "en.txt.xz"
    lines = "".join(f"sentence {number * 7919}\n" for number in range(5000))
    path.write_bytes(damage(lzma.compress(lines.encode())))
    made = Files(train=tmp_path / "out" / "en.txt", heldout=tmp_path / "out" / "en.parquet")
    with pytest.raises(SystemExit) as stopped:
        run("split_text", Files(text=path), made, tmp_path / "log", language="en", sentences=10)
    assert stopped.value.code == 1
    assert said in capfd.readouterr().err
    assert left_in(tmp_path / "out") == []


def test_the_end_is_held_out_and_the_rest_kept_in_order(tmp_path):
    path = tmp_path / "en.txt.xz"
    path.write_bytes(lzma.compress("".join(f"sentence {number}\n\n" for number in range(100)).encode()))
    made = Files(train=tmp_path / "out" / "en.txt", heldout=tmp_path / "out" / "en.parquet")
    run("split_text", Files(text=path), made, tmp_path / "log", language="en", sentences=7)
    assert (tmp_path / "out" / "en.txt").read_text() == "".join(f"sentence {number}\n" for number in range(93))
    heldout = pyarrow.parquet.read_table(made.heldout)["sentence"].to_pylist()
    assert heldout == [f"sentence {number}" for number in range(93, 100)]
    assert "93 lines for training, 7 held out" in (tmp_path / "log").read_text()


def test_of_a_short_text_a_tenth_is_held_out_and_that_is_said(caplog):
    kept = []
    assert len(text.hold_out([str(number) for number in range(57)], 1000, kept.append, file="en.txt.xz")) == 5
    assert kept == [str(number) for number in range(52)]
    assert "en.txt.xz: 57 lines only, of which 5 are held out, not 1000" in caplog.text


def test_a_text_of_a_few_lines_is_refused():
    with pytest.raises(InputError, match=r"^en\.txt\.xz: 9 lines, .* Next: give the language more text"):
        text.hold_out(["line"] * 9, 3, [].append, file="en.txt.xz")


STREAMS = [lzma.compress(f"line {number}\nand ".encode()) for number in range(3)]
JOINED = ["line 0", "and line 1", "and line 2", "and"]


@pytest.mark.parametrize(
    "content",
    [
        b"".join(STREAMS),
        STREAMS[0] + bytes(4) + STREAMS[1] + bytes(4096) + STREAMS[2] + bytes(8),
        STREAMS[0] + lzma.compress(b"") + STREAMS[1] + STREAMS[2],
    ],
)
@pytest.mark.parametrize("cut", [1, 7, 1 << 20])
def test_all_streams_of_an_xz_file_are_read_as_by_xz(tmp_path, content, cut):
    path = tmp_path / "en.txt.xz"
    path.write_bytes(content)
    pieces = [content[place : place + cut] for place in range(0, len(content), cut)]
    assert list(text.corpus_lines(path)) == text.first_lines(pieces, 9) == JOINED
    assert text.first_lines(pieces, 3) == JOINED[:3]
    if shutil.which("xz"):
        said = subprocess.run(["xz", "-dc", path], capture_output=True, check=True).stdout.decode()
        assert [line.strip() for line in said.split("\n")] == JOINED


@pytest.mark.parametrize(
    "after", [b"\0\0\0", b"\0\0" + STREAMS[1], b"junk", STREAMS[1][:-5], bytes(4) + STREAMS[1][:20] + b"x"]
)
def test_what_follows_a_stream_and_is_none_is_refused(tmp_path, after):
    path = tmp_path / "en.txt.xz"
    path.write_bytes(STREAMS[0] + after)
    with pytest.raises(InputError, match=r"en\.txt\.xz: (is damaged|breaks off) after line [1-3] .* Next: if a job"):
        list(text.corpus_lines(path))
    with pytest.raises(InputError, match=r"en\.txt\.xz: (damaged|breaks off)\W.*Next: fetch"):
        text.first_lines([STREAMS[0] + after], 9, path)


def test_a_line_without_end_is_refused_before_it_is_whole(tmp_path):
    path = tmp_path / "en.txt.xz"
    path.write_bytes(lzma.compress(b"one\n" + b"a" * (text.LONGEST_LINE + text.PORTION), preset=0))
    for read in (lambda: list(text.corpus_lines(path)), lambda: text.first_lines([path.read_bytes()], 2, path)):
        with pytest.raises(InputError, match=r"en\.txt\.xz:2: a line of more than 16777216 bytes"):
            read()


def test_a_no_break_space_in_a_line_stays(tmp_path):
    path = tmp_path / "fr.txt.xz"
    path.write_bytes(lzma.compress("\u00a0Il a 10\u202f000 €\u00a0? \u00a0 Oui\u00a0\n\u00a0\n".encode()))
    assert list(text.corpus_lines(path)) == ["Il a 10\u202f000 €\u00a0? Oui"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            "a\nb\n".encode("utf-16"),
            ":1: byte 0xff is no utf-8 text. Next: convert the file to UTF-8 (iconv -f utf-16 ",
        ),
        ("a\nb\n".encode("utf-16-le"), ":1: a NUL character, which no text has. Next: convert the file to UTF-8 if it"),
        (b"a\nb\0\n", ":2: a NUL character"),
        (b"\xef\xbb\xbf", ": the file is empty but for a byte order mark. Next: fetch it again"),
    ],
)
def test_another_encoding_is_named_with_the_command_that_converts_it(tmp_path, data, said):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    with pytest.raises(InputError) as stopped:
        text.lines(path)
    assert f"{path}{said}" in str(stopped.value)
    if b"\xbb" not in data:
        with pytest.raises(InputError, match=r"byte 0xff|a NUL character"):
            list(text.each_line(path))


def test_an_encoding_that_python_does_not_know_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\n")
    with pytest.raises(InputError, match=r"a\.txt: the encoding 'latin-99' is not known\. Next: correct the key encod"):
        text.lines(path, "latin-99")
    with pytest.raises(InputError, match=r"a folder, a pipe or a device"):
        text.lines(tmp_path)


def test_large_files_are_read_line_by_line_alike(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffa\u2028b\r\nc\u0085d\n\n".encode())
    assert list(text.each_line(path)) == text.lines(path)[:-1] == ["a\u2028b", "c\u0085d", ""]


@pytest.mark.parametrize("start", [b"", b"one\n", b"a" * (text.LONGEST_LINE - 1) + b"\n"])
def test_a_text_in_one_line_is_refused_before_it_is_in_memory(tmp_path, monkeypatch, start):
    path = tmp_path / "en.conllu"
    with open(path, "wb") as file:
        file.write(start + b"a")
        file.truncate(1 << 42)  # a file with a hole: nobody could read it to its end
    with pytest.raises(InputError, match=rf"en\.conllu:{1 + start.count(10)}: a line of more than 16777216 bytes"):
        text.lines(path)


PACK = {
    "txt": bytes,
    "xz": lzma.compress,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": lambda data: pyarrow.compress(data, codec="zstd", asbytes=True),
}
LATIN = "ένα\nδύο\r\n\nτρία".encode()


@pytest.mark.parametrize("kind", PACK)
def test_a_text_of_ones_own_is_plain_or_compressed(tmp_path, kind):
    path = tmp_path / f"el.{kind}"
    for content in (PACK[kind](LATIN), PACK[kind](LATIN[:4]) + PACK[kind](LATIN[4:])):
        path.write_bytes(content)
        assert list(text.corpus_lines(path)) == text.first_lines([content], 9, path) == ["ένα", "δύο", "τρία"]
        assert text.lines(path) == ["ένα", "δύο", "", "τρία"]
        assert list(text.each_line(path)) == text.lines(path)
        unnamed = tmp_path / "el"
        unnamed.write_bytes(content)
        assert text.lines(unnamed) == text.lines(path)


@pytest.mark.parametrize("kind", [kind for kind in PACK if kind != "txt"])
def test_a_compressed_text_that_breaks_off_is_refused_and_nobody_is_told_to_delete_it(tmp_path, kind):
    path = tmp_path / f"el.{kind}"
    noise = "\n".join(str(number * 7919) for number in range(5000)).encode()
    content = PACK[kind](noise)
    path.write_bytes(content[:-9])
    for read in (text.lines, lambda path: list(text.corpus_lines(path)), lambda path: list(text.each_line(path))):
        with pytest.raises(InputError, match=rf"el\.{kind}: breaks off after line \d+ .*put a sound file") as refused:
            read(path)
        assert "delete" not in str(refused.value)
    path.write_bytes(content + b"something else")
    with pytest.raises(InputError, match=rf"el\.{kind}: (is damaged|cannot be read)"):
        list(text.corpus_lines(path))


def _tar():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("el.txt"), io.BytesIO())
    return gzip.compress(packed.getvalue(), mtime=0)  # the content is in the name of its test


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("el.txt.gz", b"a plain text", "it does not begin as files of gz do"),
        ("el.zst", b"", "the file is empty|does not begin"),
        ("el.zip", b"PK\x03\x04 and more", "a zip archive, which is not read: unpack it"),
        ("el.tar.gz", _tar(), "a tar archive, which is not read: unpack it"),
        ("el.txt", "ένα\n".encode("utf-16"), "byte 0xff is no UTF-8 text|byte 0xff is no utf-8 text"),
        ("el.txt", "one\n".encode("utf-16-le"), "a NUL character"),
    ],
)
def test_what_is_no_text_is_named(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    for read in (text.lines, lambda path: list(text.corpus_lines(path))):
        with pytest.raises(InputError, match=said):
            read(path)


def test_a_text_that_begins_as_the_name_of_bz2_is_plain(tmp_path):
    path = tmp_path / "de.txt"
    path.write_bytes("\ufeffBZh9 ist ein Wort\n".encode())
    assert list(text.corpus_lines(path)) == ["BZh9 ist ein Wort"]


def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(path := tmp_path / "de.txt")
    with pytest.raises(InputError, match="a pipe or a device"):
        list(text.corpus_lines(path))


def test_all_lines_that_are_no_text_can_be_collected(tmp_path):
    path, found = tmp_path / "a.txt", []
    path.write_bytes(b"one\ncaf\xe9\ntwo\n\xff\n")
    assert text.lines(path, fault=found.append)[2] == "two"
    assert [fault.line for fault in found] == [2, 4]
    found.clear()
    assert list(text.corpus_lines(path, found.append)) == ["one", "two"]
    assert [fault.line for fault in found] == [2, 4]
