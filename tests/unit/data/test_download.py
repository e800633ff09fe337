"""Downloads: what is resumed, what starts again, what is given up."""

import contextlib
import gzip
import itertools
import multiprocessing
import re
import socket
import threading
import time

import pytest
from script import left_in
from server import Answer, serving

from polychron.data import download
from polychron.data.download import Failed, Policy
from polychron.errors import InputError

DATA = bytes(range(256)) * 4096
AT_ONCE = Policy(retries=2, pause=0, timeout=60)


def get(url, path, policy=AT_ONCE):
    download.fetch(url, path, policy)
    return download.part_of(path).read_bytes()


def ranges(asked):
    return [wanted for _, wanted in asked]


def test_what_breaks_off_is_continued_where_it_did(tmp_path, caplog):
    cut = Answer(DATA, cut=400_000)
    with serving(cut, Answer(DATA)) as (url, asked):
        assert get(url, tmp_path / "file") == DATA
    first, second = ranges(asked)
    assert first is None
    assert second.startswith("bytes=") and 0 < int(second[6:-1]) <= 400_000
    assert "breaks off" in caplog.text


def test_another_run_continues_what_a_killed_one_has_left(tmp_path):
    with serving(Answer(DATA, cut=300_000)) as (url, _), pytest.raises(Failed, match=r"breaks off .* times"):
        get(url, tmp_path / "file", AT_ONCE._replace(retries=0))
    have = download.part_of(tmp_path / "file").stat().st_size
    assert have > 0
    record = tmp_path / "file.part.json"
    with serving(Answer(DATA)) as (url, asked):
        record.write_text(record.read_text().replace(record.read_text().split('"')[3], url))  # the port is another one
        assert get(url, tmp_path / "file") == DATA
    assert ranges(asked) == [f"bytes={have}-"]


def test_what_is_left_of_a_download_holds_no_password(tmp_path):
    with serving(Answer(DATA, cut=300_000), Answer(DATA)) as (url, asked):
        url = url.replace("://", "://joe:secret@")
        with pytest.raises(Failed):
            get(url, tmp_path / "file", AT_ONCE._replace(retries=0))
        left = [path.read_bytes() for path in tmp_path.iterdir() if path.suffix == ".json"]
        assert left and all(b"secret" not in text for text in left)
        assert get(url, tmp_path / "file") == DATA
    assert ranges(asked)[1] is not None


def test_a_busy_server_is_asked_again(tmp_path):
    with serving(Answer(b"busy", 503), Answer(b"busy", 503), Answer(DATA)) as (url, asked):
        assert get(url, tmp_path / "file") == DATA
    assert len(asked) == 3


def test_pauses_grow(tmp_path, monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with serving(Answer(DATA, cut=10)) as (url, _), pytest.raises(Failed, match=r"breaks off .* times"):
        download.fetch(url, tmp_path / "file", AT_ONCE._replace(retries=3, pause=1.5))
    assert [pause for pause in slept if pause >= 1] == [1.5, 3.0, 6.0]


def test_a_file_that_changes_between_two_parts_is_fetched_from_scratch(tmp_path):
    other = DATA[::-1]
    with serving(Answer(DATA, cut=400_000), Answer(other)) as (url, asked):
        assert get(url, tmp_path / "file") == other
    assert len(asked) == 2


@pytest.mark.parametrize("other", [DATA[::-1], DATA[::-1] + b"more"])
def test_a_server_that_continues_another_version_is_not_believed(tmp_path, other):
    with serving(Answer(DATA, cut=400_000), Answer(other, ignores=True)) as (url, asked):
        assert get(url, tmp_path / "file") == other
    assert ranges(asked)[-1] is None  # from the start, without a range


def test_a_part_that_is_longer_than_the_file_is_now_is_dropped(tmp_path):
    with serving(Answer(DATA, cut=400_000), Answer(DATA[:1000], ignores=True)) as (url, asked):
        assert get(url, tmp_path / "file") == DATA[:1000]
    assert ranges(asked)[-1] is None


def test_without_a_version_nothing_is_continued(tmp_path):
    with serving(Answer(DATA, cut=400_000, tag=""), Answer(DATA, tag="")) as (url, asked):
        assert get(url, tmp_path / "file") == DATA
    assert ranges(asked) == [None, None]
    with serving(Answer(DATA, cut=400_000, tag='W/"weak"'), Answer(DATA, tag='W/"weak"')) as (url, asked):
        assert get(url, tmp_path / "other") == DATA
    assert ranges(asked) == [None, None]


def test_a_server_without_ranges_starts_from_scratch(tmp_path):
    with serving(Answer(DATA, cut=400_000), Answer(DATA, ranges=False)) as (url, _):
        assert get(url, tmp_path / "file") == DATA


@pytest.mark.parametrize(
    ("answer", "said", "requests"),
    [
        (Answer(b"gone", 404), "404 Not Found", 1),
        (Answer(b"no", 403), "403 Forbidden", 1),
        (Answer(b"busy", 503), "the server is busy or broken", 3),
        (Answer(b"<html>Log in</html>", kind="text/html; charset=utf-8"), "a web page in place of the file", 1),
        (Answer(DATA, said=len(DATA) + 5), "breaks off .* times", 5),  # and twice from the start
    ],
)
def test_an_address_that_does_not_give_the_file_is_given_up(tmp_path, answer, said, requests):
    with serving(answer) as (url, asked), pytest.raises(Failed, match=said):
        download.fetch(url, tmp_path / "file", AT_ONCE)
    assert len(asked) == requests


def test_nobody_there(tmp_path):
    with serving(Answer(DATA)) as (url, _):
        pass
    with pytest.raises(Failed, match="cannot be reached"):
        download.fetch(url, tmp_path / "file", AT_ONCE)


def test_a_file_larger_than_the_disk_is_not_begun(tmp_path):
    with serving(Answer(DATA, said=10**18)) as (url, _), pytest.raises(InputError, match=r"are free on its disk.*Next"):
        download.fetch(url, tmp_path / "file", AT_ONCE)


def test_the_beginning_of_a_file_is_read_and_no_more(tmp_path):
    with serving(Answer(DATA * 40)) as (url, _):
        assert DATA.startswith(download.begin(url, next, AT_ONCE))
    with serving(Answer(b"no", 404)) as (url, _), pytest.raises(Failed, match="404"):
        download.begin(url, next, AT_ONCE)


def test_progress_is_for_terminals(tmp_path, capsys):
    with serving(Answer(DATA)) as (url, _):
        get(url, tmp_path / "file")
    assert capsys.readouterr().err == ""


def _enter(path, entered, go):
    with download.alone(path):
        entered.put(time.monotonic())
        go.wait(60)


def test_two_processes_do_not_download_the_same_file(tmp_path):
    context = multiprocessing.get_context("fork")
    path, entered, go = tmp_path / "big.zip", context.Queue(), context.Event()
    processes = [context.Process(target=_enter, args=[path, entered, go]) for _ in range(2)]
    for process in processes:
        process.start()
    entered.get(timeout=60)
    time.sleep(0.2)
    assert entered.empty()
    go.set()
    entered.get(timeout=60)
    for process in processes:
        process.join(60)
    assert left_in(tmp_path) == []


def _enter_often(path, times):
    for _ in range(times):
        with download.alone(path):
            inside = path.with_name("inside")
            inside.touch(exist_ok=False)  # fails where another process is inside
            inside.unlink()


def test_many_processes_in_turn_are_never_inside_together(tmp_path):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_enter_often, args=[tmp_path / "big.zip", 25]) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert left_in(tmp_path) == []


PATH = "/file"
PATIENCE = Policy(retries=1, pause=0, timeout=0.3)


@contextlib.contextmanager
def raw(*answers):
    """Serve bytes as they are, one function of a connection for each request and the last one from then on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked = []

        def answer(connection, work):
            with connection, contextlib.suppress(OSError):
                asked.append(connection.recv(65536).split()[1].decode())
                work(connection)

        def serve():
            for work in itertools.chain(answers, itertools.repeat(answers[-1])):
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=[connection, work], daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}", asked


def head(*lines, status="200 OK"):
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *lines, "")).encode()


def plain(body, *lines, status="200 OK"):
    return lambda connection: connection.sendall(head(*lines, status=status) + body)


def endless(start, piece=b"x" * 65536):
    def work(connection):
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return work


def dripping(start, piece=b"x"):
    def work(connection):
        connection.sendall(start)
        for _ in range(400):  # no longer than a test may take
            connection.sendall(piece)
            threading.Event().wait(0.02)

    return work


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("start", "piece"),
    [(head(), b"x" * 65536), (head(CHUNKED), chunk(b"x" * 65536))],
    ids=["without a length", "in chunks"],
)
def test_a_body_without_end_is_cut_at_the_recorded_size(tmp_path, start, piece):
    with raw(endless(start, piece)) as (url, _), pytest.raises(Failed, match="more than the 1,000 bytes"):
        download.fetch(url, tmp_path / "file", AT_ONCE, size=1000)
    assert left_in(tmp_path) == []


def test_a_body_without_end_is_cut_where_no_size_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "UNTOLD", 300_000)
    with raw(endless(head(CHUNKED), chunk(b"x" * 65536))) as (url, _):
        with pytest.raises(Failed, match="more than the 300,000 bytes"):
            download.fetch(url, tmp_path / "file", AT_ONCE)
        with pytest.raises(Failed, match="more than the 300,000 bytes"):
            download.begin(url, lambda pieces: sum(map(len, pieces)), AT_ONCE)
    assert left_in(tmp_path) == []


def test_a_file_that_says_it_is_longer_than_recorded_is_not_begun(tmp_path):
    with serving(Answer(DATA)) as (url, _), pytest.raises(Failed, match=f"{len(DATA)} bytes, expected 1000"):
        download.fetch(url, tmp_path / "file", AT_ONCE, size=1000)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Drip: ",
        head("Content-Length: 1000000"),
        head(),
        head(CHUNKED) + b"5;drip=",
        head("Location: /elsewhere", status="302 Found") + b"HTTP/1.1 200 OK\r\nX: ",
    ],
    ids=["status", "headers", "body", "body without a length", "size of a chunk", "redirect"],
)
def test_a_byte_now_and_then_is_too_slow(tmp_path, start):
    with raw(dripping(start)) as (url, _), pytest.raises(Failed, match=r"(no answer in|too slow|elsewhere).* times"):
        download.fetch(url, tmp_path / "file", PATIENCE, size=1_000_000)


def test_what_a_slow_server_has_sent_is_kept_and_continued(tmp_path):
    tag = '"one"'
    slow = dripping(head(f"Content-Length: {len(DATA)}", f"ETag: {tag}") + DATA[:1000], b"")
    for timeout in (0.3, 1, 3, 10, 30):  # on a busy machine, the answer itself may take longer than a moment
        with raw(slow) as (url, _), pytest.raises(Failed) as failed:
            download.fetch(url, tmp_path / "file", PATIENCE._replace(retries=0, timeout=timeout))
        if "no answer" not in str(failed.value):
            break
    assert re.search(r"too slow|breaks off", str(failed.value))
    assert download.part_of(tmp_path / "file").read_bytes() == DATA[:1000]
    record = tmp_path / "file.part.json"
    with serving(Answer(DATA, tag=tag)) as (again, asked):
        record.write_text(record.read_text().replace(url, again))
        assert get(again, tmp_path / "file") == DATA
    assert ranges(asked) == ["bytes=1000-"]


@pytest.mark.parametrize(
    ("asked_for", "waited"),
    [
        ("3", 3),
        ("1000000000", 60),
        ("9" * 5000, 60),
        ("Fri, 31 Dec 2399 23:59:59 GMT", 60),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("soon", 2),
        ("-5", 2),
    ],
)
def test_a_server_is_left_alone_as_long_as_it_asks_but_not_for_years(tmp_path, monkeypatch, caplog, asked_for, waited):
    slept = []
    busy = plain(b"", f"Retry-After: {asked_for}", "Content-Length: 0", status="503 Busy")
    with raw(busy, plain(b"data", "Content-Length: 4")) as (url, _):
        monkeypatch.setattr(download.time, "sleep", slept.append)
        assert get(url, tmp_path / "file", AT_ONCE._replace(retries=1, pause=2)) == b"data"
    assert slept == [waited]
    assert f"asked again in {waited} s" in caplog.text
    assert ("it wants" in caplog.text) == (waited == 60)


def test_bodies_of_answers_that_are_no_file_are_not_read(tmp_path):
    elsewhere = endless(head("Location: /there", status="302 Found"))
    busy = endless(head(status="503 Busy"))
    with raw(elsewhere, busy, plain(b"data", "Content-Length: 4")) as (url, asked):
        assert get(url, tmp_path / "file") == b"data"
    assert asked == ["/file", "/there", "/file"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (plain(b"", "Location: /file", status="302 Found"), "sent elsewhere more than 10 times"),
        (plain(b"", "Location: file:///etc/passwd", status="302 Found"), "no address or answer that can be used"),
        (plain(b"", "Location: http://[", status="302 Found"), "no address or answer that can be used"),
        (plain(b"", status="204 No Content"), "204 No Content"),
        (plain(b"data", "Content-Range: bytes 0-3/9", status="206 Partial Content"), "206 Partial Content"),
        (plain(b"data", status="300 Multiple Choices"), "300 Multiple Choices"),
        (plain(b"data"), "does not say how long the file is"),
        (plain(b"data", "Content-Length: 5", "Content-Length: 6"), "no address or answer"),
        (plain(chunk(b"data") + b"not a length\r\n", CHUNKED), "breaks off"),
        (plain(chunk(b"data"), CHUNKED), "breaks off"),
        (plain(gzip.compress(bytes(100)), "Content-Encoding: gzip", "Content-Length: 29"), "sent compressed"),
    ],
)
def test_an_answer_that_is_no_whole_file_is_refused(tmp_path, answer, said):
    with raw(answer) as (url, _), pytest.raises(Failed, match=said):
        download.fetch(url, tmp_path / "file", AT_ONCE._replace(retries=0))


def test_a_body_without_a_length_is_whole_only_where_that_can_be_told(tmp_path):
    with raw(plain(b"data")) as (url, _):
        download.fetch(url, tmp_path / "one", AT_ONCE, size=4)
        download.fetch(url, tmp_path / "two", AT_ONCE, known=True)
        download.fetch(url, tmp_path / "three.xz", AT_ONCE)
        for name in ("a.tgz", "a.zip"):  # whether these are whole is seen when they are read, which is too late
            with pytest.raises(Failed, match="does not say how long"):
                download.fetch(url, tmp_path / name, AT_ONCE)
        with pytest.raises(Failed, match=r"breaks off .4 of 5 bytes"):
            download.fetch(url, tmp_path / "four", AT_ONCE, size=5)
    with raw(plain(chunk(b"data") + b"0\r\n\r\n", CHUNKED)) as (url, _):
        assert get(url, tmp_path / "five") == b"data"


def test_a_compressed_file_is_taken_as_it_is_whatever_the_server_calls_it(tmp_path):
    bomb = gzip.compress(bytes(10_000_000))
    answer = plain(bomb, "Content-Encoding: x-gzip", f"Content-Length: {len(bomb)}")
    with raw(answer) as (url, _):
        assert get(url, tmp_path / "a.tgz") == bomb


def test_an_address_with_a_fragment_is_refused(tmp_path):
    with raw(plain(b"data", "Content-Length: 4")) as (url, asked), pytest.raises(Failed, match="write %23"):
        download.fetch(f"{url}#5", tmp_path / "file", AT_ONCE)
    assert asked == []
