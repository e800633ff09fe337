"""The toy study on worlds of other seeds, and its negative control. Slow: `make check`, not part of `make test`."""

import csv
import shutil

import pytest
import yaml

pytestmark = pytest.mark.check


def verdicts(folder, model, *names):
    found = {}
    for name in names or ("checks", "geometry"):
        with open(folder / f"results/{model}/checks/{name}.csv", encoding="utf-8", newline="") as file:
            found |= {line["check"]: line for line in csv.DictReader(file) if not line["part"]}
    return found


@pytest.fixture(scope="module", params=[1, 3])
def world(request, snakemake, tmp_path_factory):
    """Run the toy study on a world of another seed."""
    folder = tmp_path_factory.mktemp(f"world-{request.param}")
    values = {"world": {"seed": request.param}}
    (folder / "world.yaml").write_text(yaml.safe_dump(values))
    arguments = ["--configfile", "studies/toy.yaml", str(folder / "world.yaml"), "--cores", "all"]
    arguments += ["--scheduler", "greedy", "--scheduler-subsample", "16", "all"]
    done = snakemake(folder, *arguments, timeout=3600)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder, arguments


def test_the_study_shows_what_it_must(world):
    folder, _ = world
    failed = {name: line for name, line in verdicts(folder, "toy").items() if line["verdict"] == "failed"}
    assert not failed


def test_probes_on_shuffled_labels_score_at_the_majority(world):
    from polychron.storage import files

    folder, _ = world
    rows = files.read_table(folder / "results/toy/scores.parquet").to_pylist()
    majority = {(r["task"], r["source"]): r["value"] for r in rows if r["metric"] == "majority"}
    controls = [row for row in rows if row["metric"] == "shuffled_accuracy"]
    assert {(row["task"], row["source"]) for row in controls} == set(majority)
    for task in {task for task, _ in majority}:
        over = [row["value"] - majority[task, row["source"]] for row in controls if row["task"] == task]
        assert abs(sum(over) / len(over)) < 0.05, task


def test_a_model_that_learned_nothing_fails(world, snakemake):
    """Step 0 copied over the last step: the growth that the study must show is missing."""
    folder, arguments = world
    checkpoints = folder / "results/toy/checkpoints"
    last = max(int(path.name.removeprefix("step-")) for path in checkpoints.iterdir())
    for file in (checkpoints / "step-0").iterdir():
        shutil.copy(file, checkpoints / f"step-{last}" / file.name)
    done = snakemake(folder, *arguments, timeout=3600)
    assert done.returncode == 0, done.stderr[-4000:]
    growth = {name for name in verdicts(folder, "toy") if "growth" in name and "other_order" not in name}
    failed = {name for name, line in verdicts(folder, "toy").items() if line["verdict"] == "failed"}
    growth |= set(verdicts(folder, "toy", "geometry"))
    assert growth | {"bits_fall", "pos_over_word_majority", "pos_over_embeddings"} <= failed
