"""Records: what they say of a checkout and of the machine."""

import subprocess

import pytest

from polychron.workflow import records


def git(folder, *arguments):
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "first")
    return folder


def test_the_commit_of_a_checkout(checkout):
    first = git(checkout, "rev-parse", "HEAD")
    assert records.commit_of(checkout / "workflow") == first
    git(checkout, "pack-refs", "--all")
    records.commit_of.cache_clear()
    assert records.commit_of(checkout) == first
    git(checkout, "checkout", "--quiet", "--detach")
    records.commit_of.cache_clear()
    assert records.commit_of(checkout) == first


def test_the_commit_of_a_worktree_is_its_own(checkout, tmp_path):
    git(checkout, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    git(tmp_path / "side", "commit", "--quiet", "--allow-empty", "--message", "second")
    second = git(tmp_path / "side", "rev-parse", "HEAD")
    assert records.commit_of(tmp_path / "side") == second != git(checkout, "rev-parse", "HEAD")
    git(checkout, "pack-refs", "--all")
    records.commit_of.cache_clear()
    assert records.commit_of(tmp_path / "side") == second


def test_without_git_there_is_no_commit(tmp_path):
    assert records.commit_of(tmp_path / "nowhere") is None


def test_records_are_read_by_path_in_order(tmp_path):
    for name in ("b", "a/c"):
        path = records.record_of(tmp_path / name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    (tmp_path / "b").write_text("the result itself")
    found = records.read_records([tmp_path], lambda path: path.read_text())
    assert list(found.items()) == [
        (str(tmp_path / "a/c.provenance.json"), "a/c"),
        (str(tmp_path / "b.provenance.json"), "b"),
    ]
