"""The progress of planted runs is what was planted."""

import logging

import pytest

from polychron.workflow.progress import Job, Progress, Reporter, jobs_of, tail
from polychron.workflow.snakemake_internals import Wanted


def grid():
    cells = {n: Job("train_probe", f"pos/en/step-{n}", "cells", "pos", 2.0) for n in range(10)}
    return cells | {10 + n: Job("draw_figure_01", "", seconds=4.0) for n in range(5)}


def test_nothing_is_estimated_before_a_job_has_ended():
    run = Progress(grid(), now=0)
    run.start(0, now=0)
    assert run.left(now=5) is None
    assert run.line(now=5) == "0 of 15 jobs; cells 0 of 10 (pos 0/10); at work on train_probe pos/en/step-0"


def test_what_was_found_counts_and_what_was_not_follows_the_plan():
    """Cells took six seconds where two were planned, so a figure is expected to take twelve: 8 x 6 + 5 x 12 seconds."""
    run = Progress(grid(), now=0)
    for n in (0, 1):
        run.start(n, now=6 * n)
        run.finish(n, now=6 * n + 6)
    assert run.left(now=12) == pytest.approx(8 * 6 + 5 * 12)
    for n in (10, 11):
        run.start(n, now=12)
    assert run.left(now=18) == pytest.approx((8 * 6 + 3 * 12 + 2 * 6) / ((12 + 12) / 18))


def test_two_at_a_time_take_half_as_long():
    run = Progress(grid(), now=0)
    for n in (0, 1):
        run.start(n, now=0)
    for n in (0, 1):
        run.finish(n, now=2)
    assert run.left(now=2) == pytest.approx((8 * 2 + 5 * 4) / 2)


def test_what_failed_is_counted_until_it_starts_again():
    run = Progress(grid(), now=0)
    run.start(3, now=0)
    run.fail(3)
    assert run.line(now=1).endswith("; 1 failed")
    run.start(3, now=2)
    assert "failed" not in run.line(now=3)


def test_many_at_work_are_not_all_named_and_a_finished_run_has_nothing_left():
    run = Progress(grid(), now=0)
    for n in range(4):
        run.start(n, now=0)
    assert "train_probe pos/en/step-1 and 2 more" in run.line(now=1)
    for n in grid():
        run.finish(n, now=10)
    assert run.line(now=10) == "15 of 15 jobs; cells 10 of 10 (pos 10/10)"


def test_jobs_that_are_none_of_the_run_change_nothing():
    run = Progress(grid(), now=0)
    for call in (run.start, run.finish):
        call(99, now=1)
    run.fail(99)
    assert run.line(now=1).startswith("0 of 15 jobs")
    assert "failed" not in run.line(now=1)


def test_a_short_log_is_shown_whole():
    assert tail("one\ntwo\n") == "  one\n  two"


def wanted(number, rule, **wildcards):
    return Wanted(number, rule, wildcards)


def test_jobs_of_the_grid_are_counted_first_and_by_task():
    run = [
        wanted(1, "draw_figure_08", model="m"),
        wanted(2, "train_probe", task="xnli", language="en"),
        wanted(3, "transfer_probe", task="pos", language="en"),
        wanted(4, "train_probe", task="pos", language="en"),
    ]
    found = jobs_of(run, {"train_probe": 2.0, "draw_figure": 5.0}, ["pos", "xnli"])
    assert [*found] == [4, 2, 3, 1]
    assert found[4] == Job("train_probe", "pos/en", "cells", "pos", 2.0)
    assert found[1] == Job("draw_figure_08", "m", seconds=5.0)
    assert found[3].seconds == 0.1, "what is not in the plan is expected to take a moment"


def event(name, **facts):
    record = logging.LogRecord("snakemake", logging.INFO, "", 0, "", None, None)
    vars(record).update(event=name, **facts)
    return record


def test_the_end_of_a_failed_jobs_log_and_the_progress_are_printed(tmp_path, capsys):
    log = tmp_path / "job.log"
    log.write_text("a line\nthe fault\n")
    reporter = Reporter({1: Job("train_probe", "pos/en"), 2: Job("train_probe", "pos/de")})
    reporter.emit(event("job_info", jobid=1))
    reporter.emit(event("job_finished", job_id=1))
    reporter.emit(event("progress", done=1, total=2))
    assert capsys.readouterr().err == "", "a line was printed a moment ago"
    reporter.emit(event("job_info", jobid=2))
    reporter.emit(event("job_error", jobid=2, log=[str(log)]))
    assert "the fault" in capsys.readouterr().err
    reporter.emit(event("progress", done=2, total=2))
    assert "1 of 2 jobs" in capsys.readouterr().err


def test_on_a_terminal_a_bar_is_drawn_and_taken_away_before_a_line(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")
    reporter = Reporter({number: Job("train_probe", "pos/en") for number in range(4)})
    reporter.printed -= 5
    reporter.emit(event("job_finished", job_id=1))
    reporter.emit(event("progress", done=1, total=4))
    drawn = capsys.readouterr().err
    assert drawn == "\r\033[K[#####...............] 1 of 4"
    reporter.clear()
    reporter.clear()
    assert capsys.readouterr().err == "\r\033[K"
    reporter.emit(event("progress", done=4, total=4))
    assert capsys.readouterr().err.endswith("1 of 4 jobs; about 0 s left\n")
