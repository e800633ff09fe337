"""Targets of a command line that nothing makes: what may have been meant."""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Collection, Sequence

UNKNOWN = re.compile(r"MissingRuleException:\nNo rule to produce (?P<target>.+) \(if you use input functions .*\)\.\s*")
"""What Snakemake says of a target that no rule makes."""


def hint(target: str, names: Collection[str], files: Collection[str], command: Sequence[str] = ()) -> str:
    """Return what to do about a target that nothing makes.

    Parameters
    ----------
    target : str
        What was asked for.
    names : collection of str
        Targets by name.
    files : collection of str
        Files that can be asked for.
    command : sequence of str, optional
        The command line.

    Examples
    --------
    >>> hint("figuers", ["all", "figures"], [])
    "Did you mean 'figures'? snakemake --list-target-rules lists all targets."
    >>> hint("mine.yaml", ["all"], [], ["snakemake", "--", "all", "--configfile", "mine.yaml"])
    'What stands after -- is a target: write --configfile before it.'
    >>> hint("x", ["all", "figures"], [])
    'Targets are all, figures; snakemake --list-target-rules says what they are.'
    """
    after = command[command.index("--") + 1 :] if "--" in command else []
    if option := next((one for one in after if one.startswith("-")), None):
        return f"What stands after -- is a target: write {option} before it."
    # figure-4 is figure-04, and not figure-24
    known = {_plain(name): name for name in (*files, *names)}
    near = difflib.get_close_matches(_plain(target), known, n=1, cutoff=0.7)
    if near:
        return f"Did you mean {known[near[0]]!r}? snakemake --list-target-rules lists all targets."
    return f"Targets are {', '.join(sorted(names))}; snakemake --list-target-rules says what they are."


def _plain(name: str) -> str:
    return re.sub(r"0+(?=\d)", "", name)


class Hints(logging.Filter):
    """A filter for Snakemake's logger, which adds a hint to what it says of such a target.

    Parameters
    ----------
    names, files, command
        As of `hint`.
    """

    def __init__(self, names: Collection[str], files: Collection[str], command: Sequence[str]) -> None:
        super().__init__()
        self.names, self.files, self.command = names, files, command

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the hint to a message, if it is one of these; return True."""
        if found := UNKNOWN.fullmatch(record.getMessage()):
            target = found["target"]
            said = hint(target, self.names, self.files, self.command)
            record.msg, record.args = f"MissingRuleException:\nNo rule to produce {target}. {said}", None
        return True
