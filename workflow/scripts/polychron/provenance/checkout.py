"""The checkout of the workflow: its commit, what is not committed, and its files."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from polychron import paths

PLACE, STATE = "POLYCHRON_CHECKOUT", "POLYCHRON_STATE"
"""Environment variables: the checkout's folder, and its `state` when the run started, for the records of the jobs."""

CODE = ("Snakefile", "rules", "workflow")
"""Where a file that is not under version control may be code."""

SUFFIXES = frozenset(
    {
        *(".css", ".csv", ".html", ".json", ".lock", ".md", ".py", ".rst"),
        *(".sh", ".smk", ".toml", ".tsv", ".txt", ".yaml", ".yml"),
    }
)
"""Files that belong to a workflow, where git does not say which do."""

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

SHOWN = 20
"""How many uncommitted files are named."""


def state(checkout: Path = paths.CHECKOUT) -> dict[str, Any]:
    """Return what git says of a checkout.

    Returns
    -------
    dict
        ``commit``: the commit that it is at, None if it is under no version control by itself or as a part of a larger
        repository. ``uncommitted``: the tracked files that differ from it, and the untracked ones that may be code, at
        most `SHOWN` and how many more there are; None if git is not installed or cannot read the repository.
    """
    if not _is_tracked(checkout):
        return {"commit": _commit_without_git(checkout), "uncommitted": None}
    changed = _git(checkout, "diff", "--name-only", "--relative", "HEAD")
    added = _git(checkout, "ls-files", "--others", "--exclude-standard", "--", *CODE)
    known = changed is not None and added is not None
    names = sorted({*changed, *added}) if known else None
    if known and len(names) > SHOWN:
        names = [*names[:SHOWN], f"and {len(names) - SHOWN} more"]
    commit = _git(checkout, "rev-parse", "--verify", "HEAD")
    return {"commit": commit[0].strip() if commit else None, "uncommitted": names}


@functools.cache
def state_of_run() -> dict[str, Any]:
    """Return the `state` that the checkout had when the run started, or has now if the run did not say."""
    told = os.environ.get(STATE)
    return json.loads(told) if told else state()


def files(names: Iterable[str], checkout: Path = paths.CHECKOUT) -> list[str]:
    """Return the files of a checkout that are under version control, without links and what is in linked folders.

    Where git does not say which are, they are told by their suffix, and files and folders with a dot at the beginning
    of their name are left out.

    Parameters
    ----------
    names : iterable of str
        Files and folders, relative to the checkout.
    checkout : Path

    Returns
    -------
    list of str
        Sorted paths, relative to the checkout.
    """
    names = list(names)
    tracked = _git(checkout, "ls-files", "--", *names) if _is_tracked(checkout) else None
    if tracked is None:
        below = [path for name in names for path in (checkout / name, *(checkout / name).rglob("*"))]
        relative = {path.relative_to(checkout) for path in below if path.suffix in SUFFIXES or path.name in names}
        tracked = [str(path) for path in relative if not any(part.startswith(".") for part in path.parts)]
    return sorted(name for name in tracked if _is_plain(checkout, name))


def _is_plain(checkout: Path, name: str) -> bool:
    """Whether a path is a file, and neither a link nor below one."""
    folders = [parent for parent in Path(name).parents if parent != Path(".")]
    return (checkout / name).is_file() and not any((checkout / part).is_symlink() for part in (name, *folders))


def _is_tracked(checkout: Path) -> bool:
    """Whether the checkout is under version control: a copy below the repository of something else is not."""
    return bool(_git(checkout, "ls-files", "--", "Snakefile"))


def _git(checkout: Path, *arguments: str) -> list[str] | None:
    """Return what git lists, None if it fails. The variables that a hook of git sets would name another repository."""
    ended = "-z" if arguments[0] in ("ls-files", "diff") else "--quiet"
    settings = ["--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(checkout)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *settings, arguments[0], ended, *arguments[1:]],
            env=environment,
            capture_output=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _commit_without_git(checkout: Path) -> str | None:
    """Return the commit that the files of a checkout's own repository name, None if they name none."""
    git = checkout / ".git"
    try:
        if git.is_file():  # a worktree: gitdir: PATH
            git = checkout / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        text = (git / "HEAD").read_text(encoding="utf-8").strip()
        commit = _resolved(git, text[5:]) if text.startswith("ref: ") else text
    except (OSError, ValueError):
        return None
    return commit if commit and COMMIT.fullmatch(commit) else None


def _resolved(git: Path, reference: str) -> str | None:
    """Return the commit of a branch, from its own file or from ``packed-refs``."""
    shared = git / "commondir"  # where the branches of a worktree's repository are
    places = [git, git / shared.read_text(encoding="utf-8").strip()] if shared.is_file() else [git]
    for place in places:
        if (place / reference).is_file():
            return (place / reference).read_text(encoding="utf-8").strip()
        packed = place / "packed-refs"
        for line in packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else ():
            if line.endswith(f" {reference}"):
                return line.split()[0]
    return None
