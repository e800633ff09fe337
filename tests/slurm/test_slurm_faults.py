"""Faults of a cluster. Each run ends with the same bytes as an undisturbed run."""

import contextlib
import os
import re
import signal

import pytest
from pretend import checksums, job_of, submissions, until

PATIENT = [
    f"{rule}:{name}"
    for rule in ("train_probe", "transfer_probe", "gather_scores")
    for name in ("slurm_partition='gpu'", "runtime=60", "mem_mb=4000")
]
"""Time enough on a busy machine. What the profile asks for is gone where anything is asked for on the command line."""


def stopped(cluster, folder, script, jobs):
    """Wait until each of these jobs runs a script in a folder, stop the scripts, and return their processes."""
    found = {}

    def all_of_them():
        for number in cluster.workers(folder, script):
            with contextlib.suppress(OSError):  # it has just ended
                if (job := job_of(number)) in jobs and job not in found:
                    os.kill(number, signal.SIGSTOP)
                    found[job] = number
        return len(found) == len(jobs)

    until(all_of_them, 900)
    return found


def cell_of(cluster, job):
    """Return the cell that a submission of a single cell makes."""
    asked = cluster.script(job)
    language, step = (re.search(rf"train_probe:[^ ]*{name}=(\w+)", asked)[1] for name in ("language", "step"))
    return cell(language, step)


def asked_for(cluster, job):
    """Return the memory and the time that a job asks for."""
    asked = cluster.show(job)
    return asked["MinMemoryNode"], asked["TimeLimit"]


def assert_undisturbed(folder, finished):
    assert checksums(folder) == checksums(finished)
    assert not list(folder.glob("results/**/.*"))


def cell(language, step):
    return f"pos/{language}/layer-2/step-{step}"


CANCELLED, MEMORY, TIME, LOST = cell("qsa", 0), cell("qoe", 0), cell("qsa", 8), cell("qoe", 8)


@pytest.fixture
def partition(cluster):
    cluster.hold("gpu", True)
    yield
    cluster.hold("gpu", False)


def test_jobs_that_are_cancelled_or_want_memory_or_time_or_their_node(start, copy, finished, cluster, partition):
    """Four cells in four submissions, and a fault in each: three are submitted again, and ask for more."""
    names = (CANCELLED, MEMORY, TIME, LOST)
    folder = copy(*(f"probes/{name}.*" for name in names))
    alone = [f"cells-small-{step}=1" for step in (0, 8)]
    targets = [f"results/small/probes/{name}.parquet" for name in names]
    snakemake = start(folder, "--group-components", *alone, "--", *targets, forked=False)
    jobs = until(
        lambda: (found := submissions(snakemake.said()))[3:] and {cell_of(cluster, job): job for job in found}, 900
    )
    first = {name: asked_for(cluster, jobs[name]) for name in names}
    cluster.update(jobs[MEMORY], MinMemoryNode=100)
    cluster.update(jobs[LOST], ExcNodeList="node1")  # a node of its own
    for job in jobs.values():
        cluster.update(job, TimeLimit=60)  # this machine may be busy
    cluster.hold("gpu", False)
    stopped(cluster, folder, "train_probe.py", [jobs[name] for name in (CANCELLED, TIME, LOST)])
    cluster.run("scancel", jobs[CANCELLED])
    cluster.update(jobs[TIME], EndTime="now")
    node = cluster.show(jobs[LOST])["BatchHost"]
    cluster.lose(node)
    try:
        said = snakemake.end()
    finally:
        cluster.restore(node)

    assert_undisturbed(folder, finished)
    attempts = {name: [job for job in submissions(said) if cell_of(cluster, job) == name] for name in names}
    assert {name: its[0] for name, its in attempts.items()} == jobs, said
    (log,) = folder.glob(f"logs/slurm/**/{jobs[MEMORY]}.log")
    assert "Exceeded job memory limit" in log.read_text()
    for name, end in ((CANCELLED, "CANCELLED"), (MEMORY, "FAILED"), (TIME, "TIMEOUT")):
        states = [cluster.show(job)["JobState"] for job in attempts[name]]
        assert (states[0], states[-1]) == (end, "COMPLETED"), said
        asked = [first[name], *(asked_for(cluster, job) for job in attempts[name][1:])]
        assert asked == [(f"{16000 * attempt}M", f"00:{2 * attempt:02d}:00") for attempt in range(1, len(asked) + 1)]
        for job in attempts[name][1:-1]:  # on a busy machine Slurm may lose a node by itself
            (log,) = folder.glob(f"logs/slurm/**/{job}.log")
            assert re.search("^(slurmstepd|srun): error", log.read_text(), re.M), said
    assert attempts[LOST] == [jobs[LOST]], said  # the same job, that Slurm has started again elsewhere
    lost = cluster.show(jobs[LOST])
    assert (lost["JobState"], lost["Restarts"] >= "1", lost["BatchHost"] != node) == ("COMPLETED", True, True), said


def test_a_bundle_that_is_ended_leaves_no_process_and_nothing_half_written(start, copy, cluster, tmp_path):
    """Its members run one after another, in forks of one process, and end with their job."""
    (tmp_path / "long.yaml").write_text("probing: {epochs: 1000000, patience: 1000000}\n")
    folder = copy("probes/pos/*/layer-2/step-0.*")
    targets = [f"results/small/probes/{cell(language, 0)}.parquet" for language in ("qsa", "qoe")]
    options = ("--set-resources", *PATIENT, "--retries", "0", "--", *targets)
    snakemake = start(folder, *options, further=[str(tmp_path / "long.yaml")])
    (fork,) = until(lambda: cluster.workers(folder, "forkserver.py"), 900)
    (job,) = submissions(snakemake.said())
    assert cluster.script(job).count("train_probe:") == 2
    assert fork in cluster.of(job)
    assert len(cluster.workers(folder, "train_probe.py")) == 1
    cluster.run("scancel", job)
    until(lambda: not cluster.of(job), 60)
    assert snakemake.process.wait(600) == 1
    assert not list(folder.glob("results/small/probes/pos/*/layer-2/step-0.*"))
    assert not list(folder.glob("results/**/.*"))


def test_a_member_that_fails_ends_its_bundle_which_is_made_when_it_is_fixed(start, copy, finished, cluster):
    folder = copy("probes/pos/*/layer-2/step-0.*")
    features = folder / "results/small/features/treebank/qoe/layer-2/step-0.npy"
    whole = features.read_bytes()
    times = features.stat()
    features.write_bytes(whole[:-100])
    os.utime(features, ns=(times.st_atime_ns, times.st_mtime_ns))  # with another time it would be made again
    targets = [f"results/small/probes/{cell(language, 0)}.parquet" for language in ("qsa", "qoe")]
    options = ("--set-resources", *PATIENT, "--retries", "0", "--", *targets)
    snakemake = start(folder, *options)
    assert snakemake.process.wait(900) == 1
    assert "treebank/qoe/layer-2/step-0.npy: damaged or changed since extract_features made it" in snakemake.said()
    (job,) = submissions(snakemake.said())
    assert cluster.show(job)["JobState"] == "FAILED"
    assert not list(folder.glob("results/**/.*"))
    features.write_bytes(whole)
    start(folder, *options).end()
    assert_undisturbed(folder, finished)


def test_snakemake_is_killed_and_started_again_while_its_jobs_run(start, copy, finished, cluster, partition):
    """Running jobs are waited for, waiting jobs are cancelled, and no cell is made twice."""
    folder = copy("probes/pos/qsa", "scores.parquet")
    first = start(folder, "--set-resources", *PATIENT, "--", "scores", forked=False)
    running, waiting = until(
        lambda: (jobs := sorted(job for job, state in cluster.states().items() if state == "PENDING"))[1:] and jobs, 900
    )
    cluster.run("scontrol", "hold", waiting)
    cluster.hold("gpu", False)
    worker = stopped(cluster, folder, "train_probe.py", [running])[running]
    first.kill()

    known = set(cluster.states())
    second = start(folder, "--set-resources", *PATIENT, "--", "scores", forked=False)
    until(lambda: cluster.states()[waiting] == "CANCELLED", 900)
    assert set(cluster.states()) == known
    os.kill(worker, signal.SIGCONT)
    said = second.end()
    assert f"cancelled: {waiting}" in said
    assert f"still running here: {running}." in said
    assert_undisturbed(folder, finished)
    ended = cluster.show(running)
    assert ended["JobState"] == "COMPLETED"
    later = [cluster.show(job) for job in submissions(said)]
    assert all(ended["EndTime"] <= asked["SubmitTime"] for asked in later)
    assert sum("train_probe" in asked["Comment"] for asked in later) == 1  # the bundle that was cancelled


def test_files_that_show_late_are_waited_for(start, copy, finished, cluster, tmp_path):
    """A job on another node has ended, and its files appear seconds later, as on a network disk."""
    folder = copy(f"probes/{TIME}.*")
    snakemake = start(folder, "--latency-wait", "30", "--", f"results/small/probes/{TIME}.parquet")
    (job,) = until(lambda: submissions(snakemake.said()), 900)
    snakemake.pause()
    until(lambda: cluster.states()[job] == "COMPLETED", 900)
    away = {path: tmp_path / path.name for path in folder.glob(f"results/small/probes/{TIME}.*")}
    assert len(away) == 3
    for path, place in away.items():
        path.rename(place)
    snakemake.resume()
    until(lambda: "for missing files" in snakemake.said(), 60)
    for path, place in away.items():
        place.rename(path)
    assert submissions(snakemake.end()) == [job]
    assert_undisturbed(folder, finished)
