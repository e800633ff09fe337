"""Fine-tuning in the small study: rows beside those of probes, and what reruns when a seed or a step is added."""

import signal
import subprocess
import time
from collections import Counter

import pytest
from killing import jobs_of, kill, running, send
from rerun import jobs

from polychron.storage import files
from studies import SMALL

pytestmark = pytest.mark.slow

TUNED = "finetuning: {{tasks: [pos, parsing, xnli], sources: [qsa], steps: {steps}, seeds: {seeds}, epochs: 2}}"
KEEPING = TUNED.removesuffix("}}") + ", keep: {{tasks: [pos]}}}}"
ENSEMBLE = """
models:
  - {name: small, provider: pretrained, final_layer: 2, window: 64}
  - {name: same, provider: ensemble, final_layer: 2, window: 64, members: {qsa: small, qoe: small}, steps: [16]}
"""
SCORES = "results/small/scores.parquet"


def rows(folder):
    """Return the tuned and the other rows of a table of scores."""
    table = files.read_table(folder / SCORES).to_pylist()
    tuned = [row for row in table if row["task"].endswith("_tuned")]
    return tuned, [row for row in table if row not in tuned]


def test_models_are_fine_tuned_beside_probes_and_rerun_nothing_else(snakemake, small, tmp_path):
    folder, change = tmp_path / "study", tmp_path / "change.yaml"
    subprocess.run(["cp", "-a", str(small), str(folder)], check=True)

    def run(steps, seeds, *arguments):
        change.write_text(TUNED.format(steps=steps, seeds=seeds))
        done = snakemake(folder, *SMALL, str(change), "--cores", "2", *arguments)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return Counter(made.rule for made in jobs(done.stdout + done.stderr))

    assert run([16], [0], "--", SCORES) == {"fine_tune": 3, "gather_scores": 1}
    tuned, others = rows(folder)
    assert others == rows(small)[1]
    assert {row["task"] for row in tuned} == {"pos_tuned", "parsing_tuned", "xnli_tuned"}
    assert {(row["source"], row["layer"], row["step"], row["seed"]) for row in tuned} == {("qsa", 2, 16, 0)}
    of = {(row["task"], row["target"], row["split"], row["metric"]): row["value"] for row in tuned}
    for task, metric in (("pos", "accuracy"), ("parsing", "las"), ("xnli", "accuracy")):
        places = [("qsa", "dev"), ("qsa", "test"), ("qsa", "parallel"), ("qoe", "parallel")]
        assert all(0 <= of[f"{task}_tuned", *place, metric] <= 1 for place in places)
        assert of[f"{task}_tuned", "qsa", "train", "kept_epoch"] in (1, 2)
        assert of[f"{task}_tuned", "qsa", "train", "collapsed"] in (0, 1)
    # the test set of a source and that of a target are one file here
    assert of["xnli_tuned", "qsa", "test", "accuracy"] == of["xnli_tuned", "qsa", "parallel", "accuracy"]

    # a seed and a step more: their own cells alone
    assert run([16], [0, 1], "--dry-run", "--", SCORES) == {"fine_tune": 3, "gather_scores": 1}
    assert run([8, 16], [0], "--dry-run", "--", SCORES) == {"fine_tune": 3, "gather_scores": 1}
    # an encoder that is kept: its training alone, with the same scores, and a checkpoint like any other
    change.write_text(KEEPING.format(steps=[16], seeds=[0]))
    scored, checkpoint = (f"results/{name}" for name in ("small/finetuned/pos", "small.pos-qsa-0/checkpoints/step-16"))
    before = files.checksum(folder / scored / "qsa/step-16/seed-0.parquet")
    done = snakemake(folder, *SMALL, str(change), "--cores", "2", "--", f"{checkpoint}/admission.json", SCORES)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    made = Counter(job.rule for job in jobs(done.stdout + done.stderr))
    assert made["fine_tune_and_keep"] == 1 and "fine_tune" not in made and made["examine_checkpoint"] == 1
    assert files.checksum(folder / scored / "qsa/step-16/seed-0.parquet") == before
    # an ensemble with one member has the scores of that
    change.write_text(TUNED.format(steps=[16], seeds=[0]) + ENSEMBLE)
    same, own = (folder / f"results/{model}/finetuned/pos/qsa/step-16/seed-0.parquet" for model in ("same", "small"))
    done = snakemake(folder, *SMALL, str(change), "--cores", "2", "--", str(same.relative_to(folder)))
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert Counter(job.rule for job in jobs(done.stdout + done.stderr)) == {"fine_tune_members": 1}
    expected = [row | {"model": "same"} for row in files.read_table(own).to_pylist()]
    assert files.read_table(same).to_pylist() == expected
    # the same cell again gives the same bytes
    cell = folder / "results/small/finetuned/parsing/qsa/step-16/seed-0.parquet"
    first = files.checksum(cell)
    cell.unlink()
    assert run([16], [0], "--", str(cell.relative_to(folder))) == {"fine_tune": 1}
    assert files.checksum(cell) == first
    # killed at its work, the same command makes the same bytes
    cell.unlink()
    with running(folder, *SMALL, str(change), "--cores", "1", "--", str(cell.relative_to(folder))) as process:
        while not jobs_of(folder):
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)
        send(signal.SIGKILL, process)
        kill(*jobs_of(folder))
    assert not cell.is_file()
    assert run([16], [0], "--", str(cell.relative_to(folder))) == {"fine_tune": 1}
    assert files.checksum(cell) == first
