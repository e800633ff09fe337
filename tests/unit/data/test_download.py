"""Downloads: what is resumed, what starts again, what is given up."""

import multiprocessing
import time

import pytest
from script import left_in
from server import Answer, serving

from polychron.data import download
from polychron.data.download import Failed, Policy
from polychron.errors import InputError

DATA = bytes(range(256)) * 4096
AT_ONCE = Policy(retries=2, pause=0, timeout=5)


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
    with serving(Answer(DATA, cut=300_000)) as (url, _), pytest.raises(Failed, match="breaks off again and again"):
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
    with serving(Answer(DATA, cut=10)) as (url, _), pytest.raises(Failed, match="breaks off again and again"):
        download.fetch(url, tmp_path / "file", Policy(retries=3, pause=1.5, timeout=5))
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
        (Answer(DATA, said=len(DATA) + 5), "breaks off again and again", 5),  # and twice from the start
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
        pieces = download.chunks(url, AT_ONCE)
        assert next(pieces) == DATA[: download.PIECE]
        pieces.close()
    with serving(Answer(b"no", 404)) as (url, _), pytest.raises(Failed, match="404"):
        next(download.chunks(url, AT_ONCE))


def test_progress_is_for_terminals(tmp_path, capsys):
    with serving(Answer(DATA)) as (url, _):
        get(url, tmp_path / "file")
    assert capsys.readouterr().err == ""


def _enter(path, entered, go):
    with download.alone(path):
        entered.put(time.monotonic())
        go.wait(10)


def test_two_processes_do_not_download_the_same_file(tmp_path):
    context = multiprocessing.get_context("fork")
    path, entered, go = tmp_path / "big.zip", context.Queue(), context.Event()
    processes = [context.Process(target=_enter, args=[path, entered, go]) for _ in range(2)]
    for process in processes:
        process.start()
    entered.get(timeout=10)
    time.sleep(0.2)
    assert entered.empty()
    go.set()
    entered.get(timeout=10)
    for process in processes:
        process.join(10)
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
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 4
    assert left_in(tmp_path) == []
