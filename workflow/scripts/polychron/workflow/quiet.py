"""Which of Snakemake's messages are shown on the terminal: errors and warnings whole, and not each job that starts.

Progress is told in its place (`polychron.workflow.progress`). The log file of the run, in ``.snakemake/log``, has all.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

LISTED = "POLYCHRON_JOBS"
"""The environment variable that shows each job as Snakemake does, where it is ``listed``."""

MANY = 2000
"""Jobs from which on a dry run says how many there are of each rule, and does not list them."""

OF_JOBS = ("job_info", "group_info", "job_started", "job_finished", "progress")
"""Snakemake's events that come with each job. Of an error, the event is ``job_error``."""

SAID = ("Select jobs to execute", "Execute ", "Removing temporary output", "Would remove temporary output")
"""How its other messages begin that come with each job, or with each few."""


class Quiet(logging.Filter):
    """A filter of the terminal that leaves out what comes with each job.

    Jobs are told after Snakemake has said how many there are.

    Parameters
    ----------
    starts : callable
        Whether jobs are started. In a dry run they are listed, unless there are `MANY`.
    before : callable
        Called before each message that is shown.
    """

    def __init__(self, starts: Callable[[], bool], before: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.starts, self.before = starts, before
        self.hides = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a message is shown."""
        event = getattr(record, "event", None)
        if event == "run_info":
            jobs, run = record.stats.get("total", 0), self.starts()
            self.hides = run or jobs >= MANY
            if self.hides and not run:
                record.msg = f"{record.msg}\n{jobs:,} jobs are not listed one by one; {LISTED}=listed lists them.\n"
        if self.hides and self._comes_with_jobs(record, event):
            return False
        self.before()
        return True

    @staticmethod
    def _comes_with_jobs(record: logging.LogRecord, event: str | None) -> bool:
        if record.levelno > logging.INFO:
            return False
        return event in OF_JOBS if event else str(record.msg).startswith(SAID)


def asked() -> bool:
    """Whether each job is to be shown as Snakemake does."""
    return os.environ.get(LISTED) == "listed"
