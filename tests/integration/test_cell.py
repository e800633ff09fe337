"""The scripts of a cell, run as Snakemake runs them: train, transfer, baseline; stored or computed in place."""

import importlib
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from cells import TAGS, inference, pieces_of, sentence_pieces, treebank
from script import Files, run
from tiny import checkpoint, files_of

from polychron.features import extraction
from polychron.models.loading import load
from polychron.probing import probes
from polychron.probing.tasks import base, registry
from polychron.storage import files
from polychron.tokenization import pieces

LAYER, BUDGET, MODEL = 2, 300, "tiny"
TRAINING = {"seeds": [0, 1], "epochs": 4, "patience": 3, "batch": 64, "learning_rate": 0.01, "scaling": "none"}
SOLVER = "polychron.probing.training"
CELL = {"model": MODEL, "step": 50, "tokens_per_batch": BUDGET, "threads": 1}
NUMBER = {"column": "feats", "attribute": "Number", "missing": "exclude", "languages": None}
TASKS = registry.of_study({"tasks": [*registry.TASKS, "number"], "token_labels": {"number": NUMBER}})
SETTINGS = {"labels": "universal", "data_seed": 0, "negatives": "uniform"}


NAMES = {"NOUN": "B-PER", "ADJ": "B-LOC"}
"""The names of planted entities, by part of speech."""


def entered(task):
    """Return what a rule says of a task."""
    settings = {key: SETTINGS[key] for key in TASKS[task].settings}
    return {"task": task, "enters": TASKS[task].entry, "options": {**TASKS[task].options, **settings}}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return two languages' tables, pieces and stored vectors; each tag has a piece of its own."""
    folder = tmp_path_factory.mktemp("world")
    checkpoint(folder)
    encoder = load(*files_of(folder), upto=LAYER)
    draw = np.random.default_rng(0)
    vocabulary = {}

    def save(kind, language, table, words):
        place = folder / kind / language
        files.write_table(place / "examples.parquet", table)
        files.write_table(place / "pieces.parquet", pieces.to_table(words))
        for layer in (0, LAYER):
            files.write_array(place / f"layer-{layer}.npy", extraction.extract(encoder, words, layer, BUDGET))

    every = ("train", "dev", "test")
    kinds = [(kind, every, 150) for kind in ("treebank", "entity_treebank")]
    kinds += [(kind, ("test",), 40) for kind in ("parallel", "entities")]
    for language in ("aa", "bb"):
        for kind, splits, number in kinds:
            table = treebank(number, seed=ord(language[0]), splits=splits)
            words = pieces_of(table, beyond=range(0, table.num_rows, 40))
            words.ids[words.ids > 2] = 4 + np.array([TAGS.index(tag) for tag in table["upos"].to_pylist()])
            named = [NAMES.get(tag, "O") for tag in table["upos"].to_pylist()]
            save(kind, language, table.append_column("entity", [named]) if "entit" in kind else table, words)
        for kind, splits in (("inference", ("train",) * 200 + ("dev",) * 40), ("inference_test", ("test",) * 60)):
            labels = ("entailment", "neutral", "contradiction")
            rows = [
                (split, *(" ".join(f"w{one}" for one in draw.integers(40, size=5)) for _ in range(2)), labels[row % 3])
                for row, split in enumerate(splits)
            ]
            save(kind, language, inference(rows), sentence_pieces(inference(rows), vocabulary))
    return folder


def train(world, folder, task, *, stored, layer=LAYER, script="train_probe", solver=SOLVER, **changes):
    kinds = registry.TRAINED_ON[TASKS[task].dataset]
    weights, config = files_of(world)
    given = Files(
        examples=[world / kind / "aa/examples.parquet" for kind in kinds],
        pieces=[world / kind / "aa/pieces.parquet" for kind in kinds],
        features=[
            world / kind / f"aa/layer-{layer}.npy" for kind, on_disk in zip(kinds, stored, strict=True) if on_disk
        ],
        weights=weights,
        config=config,
    )
    made = Files(scores=folder / "cell.parquet", weights=folder / "cell.safetensors")
    run(
        script,
        given,
        made,
        f"{made.scores}.log",
        language="aa",
        stored=stored,
        **(CELL | TRAINING | entered(task) | {"enters": [TASKS[task].entry, solver]} | changes),
        layer=layer,
    )
    return made


def transfer(world, folder, task, cell, *, stored):
    kind = registry.TRANSFERRED_TO[TASKS[task].dataset]
    cut = [world / kind / target / "pieces.parquet" for target in ("aa", "bb")]
    run(
        "tabulate_targets",
        Files(examples=[world / kind / target / "examples.parquet" for target in ("aa", "bb")], pieces=cut),
        Files(table=folder / "targets.parquet"),
        folder / "targets.parquet.log",
        targets=["aa", "bb"],
        **entered(task),
    )
    given = Files(
        weights=cell.weights,
        targets=folder / "targets.parquet",
        pieces=[] if stored else cut,
        features=[world / kind / target / f"layer-{LAYER}.npy" for target in ("aa", "bb")] if stored else [],
        checkpoint=[] if stored else list(files_of(world)),
    )
    made = Files(scores=folder / "transfer.parquet")
    run(
        "transfer_probe",
        given,
        made,
        f"{made.scores}.log",
        source="aa",
        targets=["aa", "bb"],
        stored=[stored] * 2,
        layer=LAYER,
        **(CELL | entered(task)),
    )
    return made


def transfer_centred(world, folder, task, cell, *, stored, source_stored):
    """Transfer to the language itself and to another one, once `transfer` has made their table."""
    kind, trained = ("inference_test", "inference") if TASKS[task].dataset == "inference" else ("parallel", "treebank")
    given = Files(
        weights=cell.weights,
        targets=folder / "targets.parquet",
        pieces=[] if stored else [world / kind / target / "pieces.parquet" for target in ("aa", "bb")],
        features=[world / kind / target / f"layer-{LAYER}.npy" for target in ("aa", "bb")] if stored else [],
        checkpoint=[] if stored and source_stored else list(files_of(world)),
        examples=world / trained / "aa/examples.parquet",
        source_pieces=world / trained / "aa/pieces.parquet",
        source_features=[world / trained / f"aa/layer-{LAYER}.npy"] if source_stored else [],
    )
    made = Files(scores=folder / "centred.parquet")
    run(
        "transfer_centred",
        given,
        made,
        f"{made.scores}.log",
        source="aa",
        targets=["aa", "bb"],
        source_stored=source_stored,
        stored=[stored] * 2,
        layer=LAYER,
        **(CELL | entered(task)),
    )
    return made


def rows_of(path):
    return pyarrow.parquet.read_table(path).to_pylist()


@pytest.mark.parametrize("task", TASKS)
def test_a_cell_from_training_to_transfer(world, tmp_path, task):
    """Stored vectors and vectors computed in the cell give the same bytes, and so does a second run."""
    kinds = 2 if TASKS[task].dataset == "inference" else 1
    runs = [(True,) * kinds, (True,) * kinds, (False,) * kinds]
    if task == "xnli":
        runs.append((False, True))  # the paper's study: training pairs computed, test pairs stored
    written = []
    for place, stored in enumerate(runs):
        cell = train(world, tmp_path / str(place), task, stored=list(stored))
        moved = transfer(world, tmp_path / str(place), task, cell, stored=stored[-1])
        written.append([Path(path).read_bytes() for path in (cell.scores, cell.weights, moved.scores)])
    assert all(one == written[0] for one in written)
    rows = rows_of(cell.scores)
    assert {row["source"] for row in rows} == {row["target"] for row in rows} == {"aa"}
    assert {(row["model"], row["task"], row["layer"], row["step"]) for row in rows} == {(MODEL, task, LAYER, 50)}
    metrics = {(row["split"], row["metric"], row["seed"]) for row in rows}
    expected = {("test", "excluded", None)}
    for seed in TRAINING["seeds"]:
        expected |= {("dev", "accuracy", seed), ("test", "accuracy", seed), ("train", "kept_epoch", seed)}
        expected |= {("test", "accuracy_ambiguous", seed)} if task in ("pos", "number", "entities") else set()
    assert metrics == expected
    rows = rows_of(moved.scores)
    assert {(row["source"], row["target"], row["split"]) for row in rows} == {
        ("aa", target, "parallel") for target in ("aa", "bb")
    }
    unseen = {"unseen"} if task in ("pos", "number", "arc_classification", "entities") else set()
    assert {row["metric"] for row in rows} == {"accuracy", "excluded"} | unseen
    assert files.read_json(cell.scores + ".provenance.json")["spec"]["task"] == task


@pytest.mark.parametrize("task", ["pos", "arc_prediction", "xnli"])
def test_transfer_with_centred_targets(world, tmp_path, task):
    """Stored vectors and computed ones give the same bytes; the scores are those of vectors that were moved by hand."""
    family = TASKS[task].dataset
    kind, trained = ("inference_test", "inference") if family == "inference" else ("parallel", "treebank")
    cell = train(world, tmp_path, task, stored=[True] * (2 if family == "inference" else 1))
    transfer(world, tmp_path, task, cell, stored=True)
    written = []
    for stored, source_stored in ((True, True), (True, False), (False, True), (False, False)):
        moved = transfer_centred(world, tmp_path, task, cell, stored=stored, source_stored=source_stored)
        written.append(Path(moved.scores).read_bytes())
    assert all(one == written[0] for one in written)
    rows = rows_of(moved.scores)
    assert {row["metric"] for row in rows} == {"accuracy.centred"} and len(rows) == 2 * 2
    assert {(row["model"], row["task"], row["source"], row["split"]) for row in rows} == {
        (MODEL, task, "aa", "parallel")
    }

    def of(kind, language, split):
        place = world / kind / language
        words = pieces.from_table(files.read_table(place / "pieces.parquet"))
        made = base.load(TASKS[task].entry, task, entered(task)["options"])
        examples = made.examples([files.read_table(place / "examples.parquet")], [words], splits=[split])[split]
        vectors = files.read_array(place / f"layer-{LAYER}.npy").astype(np.float64)
        about = [examples.first] if examples.second is None else [examples.first, examples.second]
        return made, examples, vectors, vectors[np.unique(about)].mean(axis=0)

    fitted = probes.from_file(*files.read_tensors(cell.weights))
    *_, origin = of(trained, "aa", "train")
    for target in ("aa", "bb"):
        made, examples, vectors, mean = of(kind, target, "test")
        expected = probes.transfer_scores(made, fitted, examples, [vectors + (origin - mean)])
        expected = {row["seed"]: row["value"] for row in expected if row["metric"] == "accuracy"}
        assert {row["seed"]: row["value"] for row in rows if row["target"] == target} == expected


def test_tags_that_the_pieces_determine_are_learned(world, tmp_path):
    cell = train(world, tmp_path, "pos", stored=[True], layer=0, epochs=50)
    found = [row["value"] for row in rows_of(cell.scores) if (row["split"], row["metric"]) == ("test", "accuracy")]
    assert min(found) > 0.95


@pytest.mark.parametrize("stored", [True, False])
def test_spans_of_a_cell(world, tmp_path, stored):
    """In-language and on all targets, whose vectors are stored or computed; words beyond the window are left out."""
    cell = train(world, tmp_path, "entities", stored=[True], layer=0, epochs=50, patience=50)
    read = [("entity_treebank", "aa"), ("entities", "aa"), ("entities", "bb")]
    given = Files(
        examples=[world / kind / code / "examples.parquet" for kind, code in read],
        pieces=[world / kind / code / "pieces.parquet" for kind, code in read],
        features=[world / kind / code / "layer-0.npy" for kind, code in read if stored],
        checkpoint=[] if stored else list(files_of(world)),
        weights=cell.weights,
    )
    made = Files(scores=tmp_path / "spans.parquet")
    spec = {"source": "aa", "targets": ["aa", "bb"], "stored": [stored] * 3, "layer": 0}
    run("score_spans", given, made, f"{made.scores}.log", **spec, **(CELL | entered("entities")))
    rows = rows_of(made.scores)
    places = [("aa", "dev"), ("aa", "test"), ("aa", "parallel"), ("bb", "parallel")]
    assert [(row["target"], row["split"], row["seed"]) for row in rows] == [
        (*place, seed) for place in places for seed in TRAINING["seeds"]
    ]
    assert {(row["metric"], row["source"], row["layer"], row["step"]) for row in rows} == {("span_f1", "aa", 0, 50)}
    assert min(row["value"] for row in rows) > 0.95
    named = np.array(files.read_table(given.examples[2])["entity"].to_pylist()) != "O"
    kept = pieces.from_table(files.read_table(given.pieces[2])).status != pieces.BEYOND
    assert rows[-1]["examples"] == (named & kept).sum() < named.sum()


def test_a_control_cell(world, tmp_path):
    cell = train(world, tmp_path, "pos", stored=[True], script="train_control", control="shuffled_labels")
    rows = rows_of(cell.scores)
    assert [(row["split"], row["metric"], row["seed"]) for row in rows] == [
        ("test", "shuffled_accuracy", 0),
        ("test", "shuffled_accuracy", 1),
    ]
    assert max(row["value"] for row in rows) < 0.6
    cell = train(world, tmp_path, "pos", stored=[True], script="train_control", control="word_types")
    assert [row["metric"] for row in rows_of(cell.scores)] == ["word_type_accuracy"] * 2


def test_a_cell_trained_to_convergence(world, tmp_path):
    """As good as one trained by Adam for long, and the same for all seeds."""
    convex = {"solver": "polychron.probing.logistic_regression", "l2": [0.01, 1.0]}
    rows = rows_of(train(world, tmp_path, "pos", stored=[True], **convex).scores)
    found = [row["value"] for row in rows if (row["split"], row["metric"]) == ("test", "accuracy")]
    assert found[0] == found[1]
    long = rows_of(train(world, tmp_path / "long", "pos", stored=[True], epochs=50, patience=50).scores)
    assert found[0] > min(r["value"] for r in long if (r["split"], r["metric"]) == ("test", "accuracy")) - 0.02


@pytest.mark.parametrize(("scaling", "solver"), [("standard", "training"), ("none", "logistic_regression")])
def test_a_cell_under_another_setting_is_that_of_a_study_with_this_setting(world, tmp_path, scaling, solver):
    module = f"polychron.probing.{solver}"
    known = {**CELL, **TRAINING, "l2": [1.0], "scaling": scaling}
    settings = {key: known[key] for key in importlib.import_module(module).SETTINGS}
    study = train(world, tmp_path / "study", "pos", stored=[True], solver=module, l2=[1.0], scaling=scaling)
    setting = {"scaling": scaling, "solver": solver}
    made = {"script": "train_alternative", "solver": module, "setting": setting, "settings": settings}
    rows = rows_of(train(world, tmp_path, "pos", stored=[True], **made).scores)
    assert {(row.pop("scaling"), row.pop("solver")) for row in rows} == {(scaling, solver)}
    assert rows == rows_of(study.scores)


@pytest.mark.parametrize("task", ["pos", "xnli"])
def test_the_description_length_of_a_cell(world, tmp_path, task):
    stored = [True] * (2 if TASKS[task].dataset == "inference" else 1)
    made = {"script": "measure_description_length", "stored": stored, "data_seed": 0}
    rows = rows_of(train(world, tmp_path, task, **made).scores)
    assert [(row["split"], row["metric"], row["seed"]) for row in rows] == [
        ("train", metric, seed) for seed in (0, 1) for metric in ("description_length", "compression")
    ]
    assert all(row["value"] > 0 for row in rows)


@pytest.mark.parametrize("task", TASKS)
def test_baselines_of_a_cell(world, tmp_path, task):
    kinds = registry.TRAINED_ON[TASKS[task].dataset]
    given = Files(
        examples=[world / kind / "aa/examples.parquet" for kind in kinds],
        pieces=[world / kind / "aa/pieces.parquet" for kind in kinds],
    )
    made = Files(scores=tmp_path / "baseline.parquet")
    enters = [TASKS[task].entry, *TASKS[task].baselines]
    spec = {**entered(task), "enters": enters, "language": "aa", "model": MODEL}
    run("score_baseline", given, made, f"{made.scores}.log", **spec)
    rows = rows_of(made.scores)
    expected = {
        "pos": (words := {"majority", "word_majority", "word_majority_ambiguous"}),
        "number": words,
        "entities": words,
        "arc_prediction": {"majority", "distance", "distance_upos"},
        "arc_classification": {"majority", "pair_majority", "distance", "distance_upos"},
        "xnli": {"majority", "hypothesis_only"},
    }
    assert {row["metric"] for row in rows} == expected[task]
    assert all(row["layer"] is row["step"] is row["seed"] is None and row["split"] == "test" for row in rows)


def test_bad_vectors_leave_no_result(world, tmp_path):
    """One message, exit status 1, nothing half-written."""
    broken = tmp_path / "world"
    for name in ("treebank/aa/examples.parquet", "treebank/aa/pieces.parquet"):
        (broken / name).parent.mkdir(parents=True, exist_ok=True)
        (broken / name).write_bytes((world / name).read_bytes())
    for file in files_of(world):
        (broken / file.name).write_bytes(file.read_bytes())
    vectors = np.load(world / f"treebank/aa/layer-{LAYER}.npy")
    vectors[7, 3] = np.inf
    files.write_array(broken / f"treebank/aa/layer-{LAYER}.npy", vectors)
    with pytest.raises(SystemExit):
        train(broken, tmp_path, "pos", stored=[True])
    assert "the features of word 7 are not finite" in (tmp_path / "cell.parquet.log").read_text()
    assert sorted(path.suffix for path in tmp_path.glob("cell*")) == [".log"]


@pytest.mark.parametrize("script", ["train_probe", "train_control", "measure_description_length"])
def test_seeds_with_negatives_of_their_own(world, tmp_path, script):
    """Every script that trains on arcs takes them; each seed's scores are those of a study with that seed alone."""
    options = {"data_seed": 0, "negatives": "distance_matched", "negatives_per_seed": True}
    more = {"control": "word_types", "data_seed": 0}
    found = []
    for seeds in ([0, 1], [1]):
        folder = tmp_path / str(len(seeds))
        folder.mkdir()
        changes = {**more, "options": options, "seeds": seeds}
        made = train(world, folder, "arc_prediction", stored=[True], script=script, **changes)
        rows = files.read_table(made.scores).to_pylist()
        found.append([row for row in rows if row["seed"] == 1])
    assert found[0] == found[1] and found[0]
