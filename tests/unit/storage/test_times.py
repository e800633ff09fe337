"""What may give a path another content is seen, and what cannot is not."""

import os
import time

import pytest

from polychron.storage.times import arrived


@pytest.fixture
def place(tmp_path):
    """Two folders with files of one name and an old time, and a link to the first; and a time after all of that."""
    for name in ("one", "two"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "a.tsv").write_text(name)
        os.utime(tmp_path / name / "deep" / "a.tsv", (1, 1))
    (tmp_path / "link").symlink_to("one")
    (tmp_path / "again").symlink_to(tmp_path / "link")
    time.sleep(0.02)
    since = time.time()
    time.sleep(0.02)
    return tmp_path, since


def exchanged(place, name):
    (place / name).rename(place / "before")
    (place / "two").rename(place / name)


def relinked(place):
    (place / "link").unlink()
    (place / "link").symlink_to("two")


def copied(place):
    (place / "one/deep/a.tsv").unlink()
    (place / "one/deep/a.tsv").write_text("another")
    os.utime(place / "one/deep/a.tsv", (1, 1))


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("one/deep/a.tsv", copied),
        ("one/deep/a.tsv", lambda place: exchanged(place, "one")),
        ("link/deep/a.tsv", relinked),
        ("again/deep/a.tsv", relinked),
        ("again/deep/../deep/a.tsv", lambda place: exchanged(place, "one")),
        ("one/deep", lambda place: exchanged(place, "one")),
    ],
)
def test_another_content_is_seen_whatever_the_time_of_the_file(place, path, change):
    folder, since = place
    assert arrived(folder / path) <= since
    change(folder)
    assert arrived(folder / path) > since


def test_what_is_put_beside_a_file_is_no_change(place):
    folder, since = place
    for name in ("one", "one/deep", "."):
        (folder / name / "new").write_text("")
    assert arrived(folder / "again/deep/a.tsv") <= since


def test_a_file_that_is_not_there_has_no_time(place):
    with pytest.raises(OSError, match="missing"):
        arrived(place[0] / "missing")
