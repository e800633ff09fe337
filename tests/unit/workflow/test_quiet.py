"""The terminal shows errors whole and not each job; a dry run lists its jobs unless there are thousands."""

import logging

import pytest

from polychron.workflow import quiet


def record(message="", level=logging.INFO, **facts):
    made = logging.LogRecord("snakemake", level, "", 0, message, None, None)
    vars(made).update(facts)
    return made


OF_JOBS = [
    record(event="job_info"), record(event="job_finished"), record(event="progress"), record(event="group_info"),
    record("Select jobs to execute..."), record("Execute 3 jobs..."), record("Removing temporary output x."),
]  # fmt: skip
OTHERS = [
    record(event="job_error", level=logging.ERROR), record("Execute this again", level=logging.WARNING),
    record("Nothing to be done"), record(event="error", level=logging.ERROR), record(event="shellcmd"),
]  # fmt: skip


def shown(chosen, records):
    return [one for one in records if chosen.filter(one)]


@pytest.mark.parametrize(("starts", "jobs", "hidden"), [(True, 3, True), (False, 3, False), (False, 9999, True)])
def test_what_comes_with_each_job_is_left_out(starts, jobs, hidden):
    chosen = quiet.Quiet(lambda: starts)
    counted = record("Job stats:", event="run_info", stats={"a": jobs, "total": jobs})
    assert chosen.filter(counted)
    assert ("9,999 jobs are not listed" in counted.msg) == (jobs == 9999)
    assert shown(chosen, OF_JOBS) == ([] if hidden else OF_JOBS)
    assert shown(chosen, OTHERS) == OTHERS


def test_something_is_done_before_each_message_that_is_shown():
    called = []
    chosen = quiet.Quiet(lambda: True, before=lambda: called.append(1))
    shown(chosen, [record(event="run_info", stats={}), *OF_JOBS, *OTHERS])
    assert len(called) == 1 + len(OTHERS)


def test_jobs_are_listed_where_it_is_asked(monkeypatch):
    monkeypatch.delenv(quiet.LISTED, raising=False)
    assert not quiet.asked()
    monkeypatch.setenv(quiet.LISTED, "listed")
    assert quiet.asked()
