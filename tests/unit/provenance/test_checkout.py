"""What is said of a checkout: its own commit, what is not committed, and which files are its own."""

import subprocess

import pytest

from polychron.provenance import checkout


def git(folder, *arguments):
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder, message="a commit"):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def create(folder):
    (folder / "workflow").mkdir(parents=True)
    (folder / "Snakefile").write_text("rule all:\n")
    (folder / "workflow/a.py").write_text("a = 1\n")
    (folder / ".gitignore").write_text("/results/\n__pycache__/\n")
    return folder


@pytest.fixture
def repository(tmp_path):
    folder = create(tmp_path / "checkout")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder)
    return folder


@pytest.fixture(params=["git", "no git"])
def maybe_git(request, monkeypatch):
    """The commit is read from the repository's files where git is not installed."""
    if request.param == "no git":
        monkeypatch.setattr(checkout, "_git", lambda *arguments: None)
    return request.param == "git"


def test_the_commit_of_a_checkout(repository, maybe_git):
    first = git(repository, "rev-parse", "HEAD")
    clean = {"commit": first, "uncommitted": [] if maybe_git else None}
    assert checkout.state(repository) == clean
    git(repository, "pack-refs", "--all")
    assert checkout.state(repository) == clean
    git(repository, "checkout", "--quiet", "--detach")
    assert checkout.state(repository) == clean


def test_the_commit_of_a_worktree_is_its_own(repository, tmp_path, maybe_git):
    side = tmp_path / "side"
    git(repository, "worktree", "add", "--quiet", "-b", "side", str(side))
    second = commit(side)
    assert checkout.state(side)["commit"] == second != git(repository, "rev-parse", "HEAD")
    git(repository, "pack-refs", "--all")
    assert checkout.state(side)["commit"] == second


def test_a_copy_below_another_repository_has_no_commit(repository, maybe_git):
    copy = create(repository / "results/copy")
    assert checkout.state(copy) == {"commit": None, "uncommitted": None}
    beside = create(repository / "beside")  # not even ignored
    assert checkout.state(beside) == {"commit": None, "uncommitted": None}


def test_a_repository_within_another_has_its_own_commit(repository, maybe_git):
    inner = create(repository / "inner")
    git(inner, "init", "--quiet")
    assert checkout.state(inner)["commit"] != commit(inner, "another") == checkout.state(inner)["commit"]
    assert checkout.state(inner)["commit"] != git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    "head", [b"", b"\xff\xfe", b"ref: refs/heads/none", b"ref: " + b"x" * 5000, b"ref: config", None]
)
def test_a_damaged_repository_is_no_error(tmp_path, head):
    folder = create(tmp_path / "checkout")
    (folder / ".git").write_text("gitdir: nowhere") if head is None else (folder / ".git").mkdir()
    if head is not None:
        (folder / ".git/HEAD").write_bytes(head)
        (folder / ".git/config").write_text("not a commit")
    assert checkout.state(folder) == {"commit": None, "uncommitted": None}


def test_a_checkout_that_is_a_part_of_a_repository_has_its_commit(repository):
    part = create(repository / "part")
    head = commit(repository)
    assert checkout.state(part) == {"commit": head, "uncommitted": []}
    (repository / "Snakefile").write_text("edited, but not of the part")
    (part / "Snakefile").write_text("edited")
    assert checkout.state(part) == {"commit": head, "uncommitted": ["Snakefile"]}


def test_edits_that_are_not_committed_are_named(repository):
    for name in ("workflow/a.py", "workflow/new ü.py", "results/scores.csv", "note.txt", "workflow/__pycache__/a.pyc"):
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text("edited")
    (repository / "Snakefile").touch()  # newer, and the same
    assert checkout.state(repository)["uncommitted"] == ["workflow/a.py", "workflow/new ü.py"]
    git(repository, "add", "workflow/a.py")
    (repository / "Snakefile").unlink()
    assert checkout.state(repository)["uncommitted"] == ["Snakefile", "workflow/a.py", "workflow/new ü.py"]
    for number in range(30):
        (repository / f"workflow/{number}.py").touch()
    assert checkout.state(repository)["uncommitted"][checkout.SHOWN :] == ["and 13 more"]
    git(repository, "checkout", "Snakefile")
    commit(repository)
    assert checkout.state(repository)["uncommitted"] == []


def test_variables_of_a_hook_of_git_name_no_other_repository(repository, tmp_path, monkeypatch):
    other = create(tmp_path / "other")
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(repository))
    assert checkout.state(other)["commit"] is None


def test_the_state_at_the_start_of_a_run_is_that_of_its_jobs(monkeypatch):
    checkout.state_of_run.cache_clear()
    monkeypatch.setenv(checkout.STATE, '{"commit": "c0ffee", "uncommitted": []}')
    assert checkout.state_of_run() == {"commit": "c0ffee", "uncommitted": []}
    checkout.state_of_run.cache_clear()


# which files are its own


def secrets(folder, outside):
    """Put beside the files of the workflow what should not be handed on; return the names."""
    (outside / "passwd.yaml").write_text("root")
    for name in (".env", "id_rsa", "a.py~", "b.pem", ".hidden/c.py"):
        (folder / "workflow" / name).parent.mkdir(exist_ok=True)
        (folder / "workflow" / name).write_text("secret")
    (folder / "workflow/link.yaml").symlink_to(outside / "passwd.yaml")
    (folder / "workflow/linked").symlink_to(outside)
    return [".env", "id_rsa", "a.py~", "b.pem", ".hidden/c.py", "link.yaml", "linked/passwd.yaml"]


@pytest.fixture
def outside(tmp_path):
    (tmp_path / "outside").mkdir()
    return tmp_path / "outside"


def test_only_tracked_files_are_its_own(repository, outside):
    secrets(repository, outside)
    (repository / "workflow/mine.yaml").write_text("untracked")
    assert checkout.files(["Snakefile", "workflow", "lacking"], repository) == ["Snakefile", "workflow/a.py"]


def test_a_tracked_link_is_left_out(repository, outside):
    (repository / "workflow/link.py").symlink_to(outside / "passwd.yaml")
    (outside / "passwd.yaml").write_text("root")
    commit(repository)
    assert checkout.files(["workflow"], repository) == ["workflow/a.py"]
    (repository / "workflow/a.py").rename(outside / "a.py")
    (repository / "workflow/link.py").unlink()
    (repository / "workflow").rmdir()
    (repository / "workflow").symlink_to(outside)
    assert checkout.files(["workflow"], repository) == []


def test_without_git_files_are_told_by_their_names(tmp_path, outside):
    folder = create(tmp_path / "copy")
    secrets(folder, outside)
    (folder / "LICENSE").write_text("MIT")
    assert checkout.files(["Snakefile", "LICENSE", "workflow"], folder) == ["LICENSE", "Snakefile", "workflow/a.py"]
