"""Checkpoints from folders and the hub's local cache, through the workflow: resolved, examined, probed, replaced."""

import csv
import os
import re
import shutil

import pytest
import without_fairseq
import yaml
import zoo

from polychron.storage import files

pytestmark = pytest.mark.slow

WORLD = ["--configfile", "studies/toy.yaml", "tests/workflow/small.yaml"]
COMMITS = {1: "1" * 40, 2: "2" * 40, 3: "3" * 40}
STUDY = {
    "study": "own",
    "models": [
        {"name": "of-folders", "provider": "folder", "source": "given/bert-{step}", "final_layer": 3, "window": 32},
        {
            "name": "of-the-hub",
            "provider": "hub",
            "source": "org/model",
            "revision": "step{step}",
            "final_layer": 3,
            "window": 32,
            "tasks": ["pos"],
            "parts": ["bits"],
        },
    ],
    "steps": [1, 2],
    "probing": {
        "tasks": ["pos"],
        "treebank_languages": ["qsa"],
        "transfer": {"treebank_languages": ["qsa", "qoe"], "inference_languages": []},
        "layers": [3],
        "layerwise": [{"task": "pos", "languages": ["qsa"], "layers": [1, 3]}],
        "epochs": 2,
    },
    "features": {"store": []},
    "bits": {"languages": ["qsa"]},
    "alignment": {"pairs": [["qsa", "qoe"]], "layers": [0, 3]},
}
TARGETS = [f"results/{model}/{name}" for model in ("of-folders", "of-the-hub") for name in ("scores.parquet",)]
TARGETS += [f"results/{model}/checkpoints/examination.html" for model in ("of-folders", "of-the-hub")]


class Study:
    """A folder with tiny models, in which Snakemake is run."""

    def __init__(self, snakemake, folder):
        self.folder, self._snakemake = folder, snakemake
        for step in (1, 2, 3):
            zoo.save("bert", folder / f"given/bert-{step}", seed=step)
            zoo.save("gpt_neox", folder / f"given/neox-{step}", seed=step)
        snapshots = {COMMITS[step]: folder / f"given/neox-{step}" for step in (1, 2, 3)}
        self.place = zoo.cache(folder / "hub", "org/model", snapshots, {f"step{s}": COMMITS[s] for s in (1, 2)})

    def run(self, *arguments, **changes):
        overlay = self.folder / "own.yaml"
        overlay.write_text(yaml.safe_dump({**STUDY, **changes}))
        environment = {"HF_HUB_CACHE": str(self.folder / "hub"), "HF_HUB_OFFLINE": "1"}
        environment |= without_fairseq.environment(self.folder / "python")  # no job of such models needs it
        return self._snakemake(
            self.folder, *WORLD, str(overlay), "--cores", "2", *arguments, env={**os.environ, **environment}
        )


def reruns(done):
    """Return the rules of a dry run with the steps of their jobs."""
    assert done.returncode == 0, done.stderr[-4000:]
    found = set()
    for rule, body in re.findall(r"rule (\w+):\n((?: +.*\n)+)", done.stdout):
        step = re.search(r"wildcards: .*\bstep=(\d+)", body)
        found.add((rule, int(step[1]) if step else None))
    return found


@pytest.fixture(scope="module")
def study(snakemake, tmp_path_factory):
    made = Study(snakemake, tmp_path_factory.mktemp("providers"))
    done = made.run(*TARGETS)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return made


def test_both_kinds_are_probed_at_every_step(study):
    rows = {
        model: files.read_table(study.folder / f"results/{model}/scores.parquet").to_pylist()
        for model in ("of-folders", "of-the-hub")
    }
    layers = {(row["layer"], row["step"]) for row in rows["of-folders"] if row["split"] == "dev"}
    assert layers == {(layer, step) for layer in (1, 3) for step in (1, 2)}
    assert {row["layer"] for row in rows["of-the-hub"] if row["split"] == "dev"} == {3}
    for model, found in rows.items():
        assert {row["model"] for row in found} == {model}
        bits = [row["value"] for row in found if row["metric"] == "bits_per_character"]
        assert len(bits) == 2 and all(0 < value < 100 for value in bits)
        transferred = {(row["source"], row["target"]) for row in found if row["split"] == "parallel"}
        assert transferred == {("qsa", "qsa"), ("qsa", "qoe")}
    assert any(row["task"] == "alignment" for row in rows["of-folders"])
    assert not any(row["task"] == "alignment" for row in rows["of-the-hub"])


def test_results_depend_on_commits_and_checksums(study):
    for step in (1, 2):
        origin = files.read_json(study.folder / f"results/of-the-hub/checkpoints/step-{step}/origin.json")
        assert origin == {"kind": "hub", "address": "org/model", "commit": COMMITS[step]}
        origin = files.read_json(study.folder / f"results/of-folders/checkpoints/step-{step}/origin.json")
        assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(origin["files"])
    with open(study.folder / "results/of-the-hub/checkpoints/examination.csv", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["step"] for row in table] == ["1", "2"] and table[0]["sha256"] != table[1]["sha256"]
    assert table[0]["cosine"] == "" and -1 < float(table[1]["cosine"]) < 1
    assert table[1]["origin"] == "org/model@222222222222"


def test_a_finished_study_has_nothing_to_do_and_asking_again_changes_nothing(study):
    assert "Nothing to be done" in study.run("--dry-run", *TARGETS).stdout
    again = study.run("--forcerun", "resolve_checkpoint", "--", "resolve")
    assert again.returncode == 0, again.stderr[-2000:]
    assert "Nothing to be done" in study.run("--dry-run", *TARGETS).stdout


def test_a_moved_branch_reruns_its_step_and_no_other(study, tmp_path):
    moved = shutil.copytree(study.folder, tmp_path / "moved", symlinks=True)
    copy = object.__new__(Study)
    copy.folder, copy._snakemake = moved, study._snakemake
    (moved / "hub/models--org--model/refs/step2").write_text(COMMITS[3])
    assert "Nothing to be done" in copy.run("--dry-run", *TARGETS).stdout, "resolved again only when asked"
    assert copy.run("--forcerun", "resolve_checkpoint", "--", "resolve").returncode == 0
    found = reruns(copy.run("--dry-run", *TARGETS))
    assert {step for rule, step in found if step is not None} == {2}
    assert {rule for rule, step in found if step == 2} == {
        *("fetch_checkpoint", "examine_checkpoint", "measure_displacement"),
        *("train_probe", "transfer_probe", "measure_bits"),
    }


def test_a_checkpoint_that_is_replaced_is_admitted_again_before_its_cells(study):
    """Also where the name of its model is the same, and however it was asked for."""
    for step in (1, 2):
        shutil.copytree(study.folder / f"given/bert-{step}", study.folder / f"given/other-{step}")
    folders, hub = STUDY["models"]
    for changed in ([folders | {"source": "given/other-{step}"}, hub], [folders, hub | {"revision": "other{step}"}]):
        found = reruns(study.run("--dry-run", *TARGETS, models=changed))
        assert {("admit_checkpoint", None), ("resolve_checkpoint", 1), ("resolve_checkpoint", 2)} <= found
    for forced in (["--forcerun=resolve_checkpoint", "--"], ["--forceall", "--"]):
        assert ("admit_checkpoint", None) in reruns(study.run("--dry-run", *forced, *TARGETS))
    assert "Nothing to be done" in study.run("--dry-run", *TARGETS).stdout


def test_a_further_step_reruns_nothing_of_the_others(study):
    found = reruns(study.run("--dry-run", *TARGETS, steps=[1, 2, 3]))
    assert {step for rule, step in found if rule in ("train_probe", "measure_bits", "align_words")} == {3}
    assert {step for _, step in found if step is not None} == {3}


def test_two_steps_with_the_same_weights_stop_the_run_before_any_probe(snakemake, tmp_path):
    twins = Study(snakemake, tmp_path)
    (twins.place / "refs/step2").write_text(COMMITS[1])
    done = twins.run("results/of-the-hub/scores.parquet")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "the same weights at step 1 (org/model@111111111111) and step 2 (org/model@111111111111)" in said
    assert "Traceback" not in said
    assert not (tmp_path / "results/of-the-hub/probes").exists()
    assert not (tmp_path / "results/of-the-hub/features").exists()


def test_my_own_model_from_an_empty_folder(snakemake, study, tmp_path):
    """studies/own.yaml as it is, with models and treebanks made by the test, and checkpoints kept in half precision."""
    world = study.folder / "resources/own/ud"
    for mine, theirs in (("de", "Qsa"), ("fi", "Qoe")):
        code = theirs.lower()
        (tmp_path / "mirror/my").mkdir(parents=True, exist_ok=True)
        for split in ("train", "dev", "test"):
            file = world / f"UD_Qsa-World/qsa_world-ud-{split}.conllu"  # the one treebank that the study made
            shutil.copyfile(file, tmp_path / f"mirror/my/{mine}-{split}.conllu")
        shutil.copyfile(
            world / f"UD_{theirs}-PUD/{code}_pud-ud-test.conllu", tmp_path / f"mirror/my/{mine}-parallel.conllu"
        )
    for step in (0, 1000):
        zoo.save("modernbert", tmp_path / f"checkpoints/step-{step}", seed=step, max_position_embeddings=128)
    own = ["--configfile", "studies/own.yaml", "--cores", "2", "--config", f"mirror={tmp_path}/mirror"]
    planned = snakemake(tmp_path, *own, "--dry-run", "--quiet", "rules", "--", "results/mine/scores.parquet")
    counts = dict(re.findall(r"^(\w+) +(\d+)$", planned.stdout, re.M))
    assert counts["train_probe"] == str((3 * 2 + 2 * 3) * 2) and counts["transfer_probe"] == str(3 * 2 * 2)
    assert counts["fetch_checkpoint"] == counts["examine_checkpoint"] == "2" and "pretrain" not in counts
    cell = "arc_classification/fi/layer-3/step-1000.parquet"
    lean = [*own, "checkpoints={precision: float16}"]
    done = snakemake(tmp_path, *lean, "--", *(f"results/mine/{kind}/{cell}" for kind in ("probes", "transfer")))
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    rows = files.read_table(tmp_path / f"results/mine/transfer/{cell}").to_pylist()
    assert {row["target"] for row in rows} == {"de", "fi"} and {row["seed"] for row in rows} == set(range(5)) | {None}
    assert (tmp_path / "results/mine/checkpoints/examination.csv").is_file()
    kept = tmp_path / "results/mine/checkpoints/step-1000"
    tensors, _ = files.read_tensors(kept / "model.safetensors")
    assert {array.dtype.name for array in tensors.values()} == {"float16"}
    assert 0 < files.read_json(kept / "conversion.json")["rounding"] < 0.01
