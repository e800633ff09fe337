"""What a cluster does to jobs. Each time the run ends with the bytes of a run that nothing disturbed."""

import os
import signal

import pytest
from pretend import checksums, job_of, submissions, until

NAMES = [f"pos/{language}/layer-2/step-{step}.parquet" for language in ("qsa", "qoe") for step in (0, 8)]
CELLS = [f"results/small/probes/{name}" for name in NAMES]
PATIENT = [
    f"{rule}:{name}"
    for rule in ("train_probe", "transfer_probe", "gather_scores")
    for name in ("slurm_partition='gpu'", "runtime=60", "mem_mb=4000")
]
"""Time enough on a busy machine."""


def stopped(cluster, folder, script):
    """Wait until a script is at work in a folder, stop it in mid-air, and give its process and its Slurm job."""
    number = until(lambda: cluster.workers(folder, script), 900)[0]
    os.kill(number, signal.SIGSTOP)
    return number, job_of(number)


def assert_undisturbed(folder, finished):
    assert checksums(folder) == checksums(finished)
    assert not list(folder.glob("results/**/.*"))


def test_a_node_is_lost_in_mid_job(start, copy, finished, cluster):
    folder = copy("probes/pos/qsa/layer-2/step-8.*")
    snakemake = start(folder, "--set-resources", *PATIENT, "--", CELLS[1])
    _, job = stopped(cluster, folder, "train_probe.py")
    node = cluster.show(job)["BatchHost"]
    cluster.lose(node)
    try:
        said = snakemake.end()
    finally:
        cluster.restore(node)
    assert_undisturbed(folder, finished)
    assert submissions(said) == [job]  # the same job, that Slurm has started again elsewhere
    assert cluster.show(job)["Restarts"] == "1"
    assert cluster.show(job)["BatchHost"] != node


@pytest.fixture
def partition(cluster):
    cluster.hold("gpu", True)
    yield
    cluster.hold("gpu", False)


def test_snakemake_is_killed_and_started_again_while_its_jobs_run(start, copy, finished, cluster, partition):
    """What runs is waited for, what waits is taken back, and no cell is made twice."""
    folder = copy("probes/pos/qsa", "scores.parquet")
    first = start(folder, "--set-resources", *PATIENT, "--", "scores")
    running, waiting = until(
        lambda: (jobs := sorted(job for job, state in cluster.states().items() if state == "PENDING"))[1:] and jobs, 900
    )
    cluster.run("scontrol", "hold", waiting)
    cluster.hold("gpu", False)
    worker, job = stopped(cluster, folder, "train_probe.py")
    assert job == running
    first.kill()

    known = set(cluster.states())
    second = start(folder, "--set-resources", *PATIENT, "--", "scores")
    until(lambda: cluster.states()[waiting] == "CANCELLED", 900)
    assert set(cluster.states()) == known
    os.kill(worker, signal.SIGCONT)
    said = second.end()
    assert f"taken back: {waiting}" in said
    assert f"still at work here: {running}." in said
    assert_undisturbed(folder, finished)
    ended = cluster.show(running)
    assert ended["JobState"] == "COMPLETED"
    later = [cluster.show(job) for job in submissions(said)]
    assert all(ended["EndTime"] <= asked["SubmitTime"] for asked in later)
    assert sum("train_probe" in asked["Comment"] for asked in later) == 1  # the bundle that was taken back
