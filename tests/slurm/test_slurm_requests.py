"""What the profile asks of Slurm, read back with scontrol from partitions that start nothing."""

import contextlib
import os
import re
import subprocess

import pytest
import yaml
from pretend import submissions, until

STEP = 5000


@contextlib.contextmanager
def submitted(cluster, snakemake, number):
    """Return what Slurm knows of the jobs that a run submits, once there are enough; then end the run and its jobs."""

    def enough():
        assert snakemake.process.poll() is None, snakemake.said()[-4000:]
        found = submissions(snakemake.said())
        return found if len(found) >= number else None

    jobs = []
    try:
        jobs = until(enough, 900)
        yield {job: cluster.show(job) for job in jobs}
    finally:
        snakemake.kill()
        cluster.clear()


@pytest.fixture
def held(cluster):
    cluster.hold("gpu", True)
    yield cluster
    cluster.hold("gpu", False)


def plant(run, folder, targets):
    """Create every input of the targets as an empty file: nothing is run, so nothing is read."""
    plan = run(folder, "--dry-run", "--", *targets)
    assert plan.returncode == 0, plan.stderr[-4000:]
    for job in re.split(r"\n(?=rule )", plan.stdout):
        if job.startswith("rule train_probe"):
            for path in re.search(r"^ +input: (.*)$", job, re.M)[1].split(", "):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).touch()
                os.utime(folder / path, (0, 0))  # all of one age: none is newer than what was made from it


def test_forty_cells_of_the_paper_are_one_submission_with_one_gpu(root, command, start, held, tmp_path):
    """The literal command: its 44 cells of a task at a checkpoint make a bundle of forty, and one of the rest."""
    languages = yaml.safe_load((root / "config.yaml").read_text())["probing"]["treebank_languages"]
    assert len(languages) == 44
    model = yaml.safe_load((root / "config.yaml").read_text())["models"][0]["name"]
    cells = [f"results/{model}/probes/pos/{language}/layer-12/step-{STEP}.parquet" for language in languages]

    def run(folder, *arguments):
        return subprocess.run(command(folder, *arguments), cwd=root, capture_output=True, text=True)

    plant(run, tmp_path, cells)
    snakemake = start(tmp_path, "--", *cells, overlays=None)
    with submitted(held, snakemake, 2) as jobs:
        sizes = {job: held.script(job).count("train_probe:") for job in jobs}
    assert sorted(sizes.values()) == [4, 40], {job: asked["Comment"] for job, asked in jobs.items()}
    for job, asked in jobs.items():
        assert asked["TRES"] == "cpu=1,mem=16000M,node=1,billing=1"
        assert asked["TresPerNode"] == "gres:gpu:v100:1"
        assert (asked["NumNodes"], asked["NumCPUs"], asked["CPUs/Task"]) == ("1", "1", "1")
        assert asked["TimeLimit"] == {40: "01:20:00", 4: "00:08:00"}[sizes[job]]
        assert asked["Partition"] == "gpu"
        assert asked["Requeue"] == "1"
        assert "/logs/slurm/" in asked["StdOut"]


def test_pretraining_asks_for_eight_nodes_with_eight_gpus_each(start, copy, held):
    folder = copy("pretraining/step-8")
    snakemake = start(folder, "--", "results/small/pretraining/step-8/checkpoint_last.pt")
    with submitted(held, snakemake, 1) as jobs:
        (asked,) = jobs.values()
    assert asked["NumNodes"].split("-")[0] == "8"  # 8-8 while it waits
    assert (asked["NumTasks"], asked["CPUs/Task"], asked["NumCPUs"]) == ("64", "4", "256")
    assert asked["NtasksPerN:B:S:C"].split(":")[0] == "8"
    assert asked["TresPerNode"] == "gres:gpu:v100:8"
    assert asked["MinMemoryNode"] == "250G"
    assert asked["TimeLimit"] == "06:00:00"


def test_with_a_torch_that_cannot_compute_on_the_cards_nothing_is_submitted(start, tmp_path):
    """This torch is for the CPU alone; the same command without the check submits its jobs in the other tests."""
    snakemake = start(tmp_path, "scores", checked=True)
    assert snakemake.process.wait(300) != 0
    said = snakemake.said()
    assert "jobs ask for gpu:v100:1, and torch" in said and "Next: make TORCH=cu126" in said
    assert not submissions(said) and "Traceback" not in said
