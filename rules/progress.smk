# How far a run is, on its terminal: a line of its own between what Snakemake says, and the end of a failed job's log.

import logging
import time

from polychron.workflow import progress

GRID = {
    "train_probe": "cells",
    "transfer_probe": "transfers",
    "measure_bits": "bits per character",
    "align_words": "alignments",
}
"""The rules whose jobs are counted each for itself."""

PAUSE = 5 if sys.stderr.isatty() else 60
"""Seconds between two lines."""


def in_order(job):
    """Put the jobs of the grid in the order in which they are counted."""
    tasks, rules_of_grid = PROBING["tasks"], [*GRID]
    task = job.wildcards_dict.get("task")
    return (
        rules_of_grid.index(job.rule.name) if job.rule.name in GRID else len(GRID),
        tasks.index(task) if task in tasks else 0,
    )


def jobs_of_run():
    """Describe what this run will do."""
    seconds = {line.rule: 3600 * (line.gpu_hours + line.core_hours) / max(line.jobs, 1) for line in planned()}
    found = {}
    for job in sorted(workflow.dag.needrun_jobs(), key=in_order):
        name, values = job.rule.name, job.wildcards_dict
        planned_as = next((start for start in ("draw_figure", "write_table") if name.startswith(start)), name)
        group, part = (GRID[name], values.get("task", "")) if name in GRID else ("", "")
        expected = max(seconds.get(planned_as, 0.0), 0.1)
        found[job.jobid] = progress.Job(name, "/".join(values.values()), group, part, expected)
    return found


class Reporter(logging.Handler):
    """Hear what Snakemake says of its jobs, and say from time to time how far the run is."""

    def __init__(self):
        super().__init__()
        self.run = progress.Progress(jobs_of_run(), time.monotonic())
        self.said = time.monotonic()

    def emit(self, record):
        event, now = getattr(record, "event", None), time.monotonic()
        if event == "job_info":
            self.run.start(record.jobid, now)
        elif event == "job_finished":
            self.run.finish(record.job_id, now)
        elif event == "job_error":
            self.run.fail(record.jobid)
            for log in map(Path, record.log or []):
                if log.is_file():
                    self.say(f"The end of {log}:\n{progress.tail(log.read_text(errors='replace'))}")
        elif event == "progress" and (now - self.said >= PAUSE or record.done == record.total):
            self.said = now
            self.say(f"{time.strftime('%H:%M')} {self.run.line(now)}")

    @staticmethod
    def say(text):
        print(text, file=sys.stderr, flush=True)


def report_progress():
    """Say from now on how far the run is, in the process that the user started."""
    if workflow.is_main_process:
        logger.addHandler(Reporter())
