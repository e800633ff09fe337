"""Lines of text files, compressed text, and the split off its end."""

import lzma

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
    assert list(text.compressed_lines(path)) == ["a b c d", "e f"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:-20], "breaks off or is damaged after line"),
        (lambda data: data[:60] + bytes(8) + data[68:], "breaks off or is damaged after line"),
        (lambda data: b"a web page", "breaks off or is damaged after line 0"),
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
