"""Pretraining on a cluster: over several nodes, and preempted by more urgent jobs."""

import sys

import numpy as np
from pretend import NODES, submissions, until
from small_pretraining import SETTINGS, made, weights

from polychron.pretraining import fairseq_process, training

STEPS = [4, 9]
"""An epoch has seven updates: the second interval goes on in one and ends in the next."""

OVER_NODES = """
import sys
sys.path.insert(0, {library!r})
from pathlib import Path
from polychron.pretraining import training
previous = None
for step in {steps}:
    output = Path(f"step-{{step}}/checkpoint_last.pt")
    settings = {settings} | {{"step": step}}
    training.pretrain(settings, data=Path({data!r}), previous=previous, output=output, nodes=2)
    previous = output
"""


def accumulated(folder, settings):
    """Train without interruption in a single process, which takes the batches of both nodes one after the other."""
    command = training.arguments(settings, data=made() / "binarized", folder=folder, previous=None)
    for option, value in (("--batch-size", "8"), ("--update-freq", "2")):
        command[command.index(option) + 1] = value
    fairseq_process.run("train", command)
    return weights(folder / "checkpoint_last.pt")


def test_two_nodes_train_what_one_process_does(cluster, root, tmp_path):
    """Weights and moments of Adam within 1e-6 (equal to the bit, where this was written) after nine updates.

    Trained without dropout, because each process draws masks of its own.
    """
    settings = {**SETTINGS, "dropout": 0.0}
    script = tmp_path / "over_nodes.py"
    library, data = str(root / "workflow/scripts"), str(made() / "binarized")
    script.write_text(OVER_NODES.format(library=library, data=data, steps=STEPS, settings=settings))
    asked = ["--partition=gpu", "--nodes=2", "--ntasks=2", "--mem=4000", "--time=60"]
    place = [f"--chdir={tmp_path}", f"--output={tmp_path}/said.txt"]
    cluster.run("sbatch", "--wait", *asked, *place, f"--wrap={sys.executable} {script}", seconds=600)
    found = weights(tmp_path / f"step-{STEPS[-1]}/checkpoint_last.pt")
    reference = accumulated(tmp_path / "alone", {**settings, "step": STEPS[-1]})
    # over several processes, Adam has entries also for parameters that no loss reaches
    assert found.keys() >= reference.keys()
    for name, value in reference.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-6, err_msg=name)
    earlier = weights(tmp_path / f"step-{STEPS[0]}/checkpoint_last.pt")
    assert max(np.abs(earlier[name] - value).max() for name, value in reference.items()) > 1e-3


def test_an_interval_that_is_preempted_is_put_back_into_the_queue_and_trained_again(start, copy, finished, cluster):
    """In the same Slurm job and without using up an attempt: the same weights and moments, to the bit."""
    folder = copy("pretraining/step-8")
    checkpoint = "results/small/pretraining/step-8/checkpoint_last.pt"
    asked = ("slurm_partition='gpu'", "runtime=60", "mem_mb=4000")  # one process on one node, without a GPU
    snakemake = start(folder, "--set-resources", *(f"pretrain:{name}" for name in asked), "--", checkpoint)
    until(lambda: cluster.workers(folder, "fairseq_launcher.py"), 900)
    (job,) = submissions(snakemake.said())
    cluster.freeze(job)
    assert list(folder.glob("results/small/pretraining/step-8/.fairseq-*"))
    urgent = ["--partition=urgent", f"--nodes={len(NODES)}", "--exclusive", "--output=/dev/null"]
    cluster.run("sbatch", "--wait", *urgent, "--wrap=true")
    said = snakemake.end()
    assert submissions(said) == [job]
    assert cluster.show(job)["Restarts"] == "1"
    assert [path.name for path in (folder / checkpoint).parent.glob("*.pt")] == ["checkpoint_last.pt"]
    assert not list(folder.glob("results/**/.*"))
    found, expected = weights(folder / checkpoint), weights(finished / checkpoint)
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[name], expected[name]) for name in expected)
