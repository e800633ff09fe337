"""The progress of a run: how many jobs are done, which are running, and how long the rest may take."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Job(NamedTuple):
    """A job that a run has to do.

    Attributes
    ----------
    rule : str
        The rule that it follows.
    place : str
        The job among those of the rule, such as ``pos/en/layer-12/step-5000``.
    group : str
        The group that it is counted in, such as ``cells``; empty if it is counted in the total only.
    part : str
        The part of that group, such as the task.
    seconds : float
        How long it was planned to take; only ratios of these numbers matter.
    """

    rule: str
    place: str
    group: str = ""
    part: str = ""
    seconds: float = 1.0


class Progress:
    """The state of a run.

    Parameters
    ----------
    jobs : mapping of int to Job
        All jobs of the run by their numbers.
    now : float
        The time at the start of the run, in seconds.

    Examples
    --------
    >>> jobs = {1: Job("train_probe", "pos/en", "cells", "pos"), 2: Job("train_probe", "xnli/en", "cells", "xnli")}
    >>> run = Progress(jobs, now=0)
    >>> run.start(1, now=0)
    >>> run.finish(1, now=90)
    >>> run.start(2, now=90)
    >>> run.line(now=100)
    '1 of 2 jobs; cells 1 of 2 (pos 1/1, xnli 0/1); at work on train_probe xnli/en; about 1 min left'
    """

    def __init__(self, jobs: Mapping[int, Job], now: float) -> None:
        self.jobs, self.began = jobs, now
        self.started: dict[int, float] = {}
        self.finished: dict[int, float] = {}
        self.failed: set[int] = set()

    def start(self, number: int, now: float) -> None:
        """Note that a job started, or was started again."""
        if number in self.jobs:
            self.started[number] = now
            self.failed.discard(number)

    def finish(self, number: int, now: float) -> None:
        """Note that a job finished."""
        if number in self.jobs:
            self.finished[number] = now - self.started.pop(number, now)

    def fail(self, number: int) -> None:
        """Note that a job failed."""
        if number in self.jobs:
            self.started.pop(number, None)
            self.failed.add(number)

    def left(self, now: float) -> float | None:
        """Estimate the seconds that the run still takes; None if no job has finished.

        A job is expected to take the mean of its rule's finished jobs. If there are none, it is expected to take the
        planned time, multiplied by the ratio of actual to planned seconds of all finished jobs. The number of jobs in
        parallel is expected to remain what it was on average.
        """
        if not self.finished:
            return None
        found: defaultdict[str, list[float]] = defaultdict(list)
        for number, seconds in self.finished.items():
            found[self.jobs[number].rule].append(seconds)
        planned = sum(self.jobs[number].seconds for number in self.finished)
        ratio = sum(self.finished.values()) / planned if planned else 1.0
        work = 0.0
        for number, job in self.jobs.items():
            if number not in self.finished:
                times = found.get(job.rule)
                expected = sum(times) / len(times) if times else job.seconds * ratio
                work += max(expected - (now - self.started.get(number, now)), 0.0)
        busy = sum(self.finished.values()) + sum(now - began for began in self.started.values())
        return work / max(busy / max(now - self.began, 1e-9), 1.0)

    def line(self, now: float, shown: int = 2) -> str:
        """Return the progress as one line of text.

        Parameters
        ----------
        now : float
            The time, in seconds.
        shown : int
            How many of the running jobs are named.
        """
        parts = [f"{len(self.finished):,} of {len(self.jobs):,} jobs"]
        asked: defaultdict[str, Counter[str]] = defaultdict(Counter)
        done: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for number, job in self.jobs.items():
            if job.group:
                asked[job.group][job.part] += 1
                done[job.group][job.part] += number in self.finished
        for group, counted in asked.items():
            each = ", ".join(f"{part} {done[group][part]:,}/{number:,}" for part, number in counted.items() if part)
            parts.append(f"{group} {done[group].total():,} of {counted.total():,}{each and f' ({each})'}")
        if self.started:
            named = [f"{self.jobs[number].rule} {self.jobs[number].place}".rstrip() for number in self.started]
            more = f" and {len(named) - shown} more" if len(named) > shown else ""
            parts.append(f"at work on {', '.join(named[:shown])}{more}")
        if self.failed:
            parts.append(f"{len(self.failed)} failed")
        seconds = self.left(now)
        if seconds is not None and len(self.finished) < len(self.jobs):
            parts.append(f"about {duration(seconds)} left")
        return "; ".join(parts)


def duration(seconds: float) -> str:
    """Return a time as text, in a suitable unit.

    Examples
    --------
    >>> duration(40), duration(200), duration(9000), duration(400_000)
    ('40 s', '3 min', '2.5 h', '4.6 days')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"


def bar(done: int, total: int, width: int = 20) -> str:
    """Return how much is done as a bar of text.

    Examples
    --------
    >>> bar(1, 4, width=8), bar(0, 0, width=2)
    ('[##......]', '[##]')
    """
    filled = width * done // total if total else width
    return f"[{'#' * filled}{'.' * (width - filled)}]"


def tail(text: str, lines: int = 10) -> str:
    r"""Return the last lines of a text, indented, with the number of lines before them.

    Examples
    --------
    >>> tail("one\ntwo\nthree\n", 2)
    '  ... 1 line before\n  two\n  three'
    """
    every = text.splitlines()
    before = len(every) - lines
    head = [f"... {before} line{'s' if before > 1 else ''} before"] if before > 0 else []
    return "\n".join(f"  {line}" for line in [*head, *every[-lines:]])


GRID = {
    "train_probe": "cells",
    "train_control": "controls",
    "transfer_probe": "transfers",
    "score_spans": "spans",
    "measure_bits": "bits per character",
    "align_words": "alignments",
}
"""The rules whose jobs are counted separately, and the names of their groups."""


def jobs_of(wanted: Iterable[Any], seconds: Mapping[str, float], tasks: Sequence[str]) -> dict[int, Job]:
    """Return the jobs of a run in the order in which they are shown.

    Parameters
    ----------
    wanted : iterable of snakemake_internals.Wanted
        The jobs of the run.
    seconds : mapping of str to float
        Planned seconds of a job of each rule; all figures have one entry, and all tables another.
    tasks : sequence of str
        The tasks of the study, in the order in which they are shown.

    Returns
    -------
    dict of int to Job
        By the job's number.
    """
    groups = [*GRID]

    def place(job: Any) -> tuple[int, int]:
        task = job.wildcards.get("task")
        return groups.index(job.rule) if job.rule in GRID else len(GRID), tasks.index(task) if task in tasks else 0

    found = {}
    for job in sorted(wanted, key=place):
        planned = next((start for start in ("draw_figure", "write_table") if job.rule.startswith(start)), job.rule)
        group, part = (GRID[job.rule], job.wildcards.get("task", "")) if job.rule in GRID else ("", "")
        expected = max(seconds.get(planned, 0.0), 0.1)
        found[job.number] = Job(job.rule, "/".join(job.wildcards.values()), group, part, expected)
    return found


class Reporter(logging.Handler):
    """A handler of Snakemake's log events that prints the progress of the run at intervals.

    If a job fails, the end of its log is printed too.

    Parameters
    ----------
    jobs : mapping of int to Job
        All jobs of the run by their numbers.
    """

    def __init__(self, jobs: Mapping[int, Job]) -> None:
        super().__init__()
        self.run = Progress(jobs, time.monotonic())
        self.printed = time.monotonic()
        self.terminal = sys.stderr.isatty()
        self.pause = 1 if self.terminal else 60
        self.drawn = False

    def emit(self, record: logging.LogRecord) -> None:
        """Handle one of Snakemake's events."""
        event, now = getattr(record, "event", None), time.monotonic()
        if event == "job_info":
            self.run.start(record.jobid, now)
        elif event == "job_finished":
            self.run.finish(record.job_id, now)
        elif event == "job_error":
            self.run.fail(record.jobid)
            for log in map(Path, record.log or []):
                if log.is_file():
                    self._print(f"The end of {log}:\n{tail(log.read_text(errors='replace'))}")
        elif event == "progress" and (now - self.printed >= self.pause or record.done == record.total):
            self.printed = now
            if self.terminal and record.done < record.total:
                self._draw(now)
            else:
                self._print(f"{time.strftime('%H:%M')} {self.run.line(now)}")

    def clear(self) -> None:
        """Take the bar away, so that something else can be written."""
        if self.drawn:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self.drawn = False

    def _draw(self, now: float) -> None:
        text = f"{bar(len(self.run.finished), len(self.run.jobs))} {self.run.line(now, shown=1)}"
        room = shutil.get_terminal_size().columns - 1
        print(f"\r\033[K{text[:room]}", end="", file=sys.stderr, flush=True)
        self.drawn = True

    def _print(self, text: str) -> None:
        self.clear()
        print(text, file=sys.stderr, flush=True)
