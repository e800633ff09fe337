"""The scripts of structural probes and of mixtures of layers, run as Snakemake runs them."""

from pathlib import Path

import pytest
from cells import pieces_of, treebank
from script import Files, run
from tiny import checkpoint, files_of

from polychron.analysis import gathering
from polychron.features import extraction
from polychron.models.loading import load
from polychron.storage import files
from polychron.tokenization import pieces

LAYER, BUDGET = 2, 300
SETTINGS = {"seeds": [0, 1], "rank": 4, "epochs": 3, "patience": 2, "batch": 10, "learning_rate": 0.01}
CELL = {"model": "tiny", "layer": LAYER, "step": 50, "tokens_per_batch": BUDGET, "threads": 1}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return two languages' random trees, with pieces and stored vectors."""
    folder = tmp_path_factory.mktemp("world")
    checkpoint(folder)
    encoder = load(*files_of(folder), upto=LAYER)
    for language in ("aa", "bb"):
        for kind, splits, number in (("treebank", ("train", "dev", "test"), 60), ("parallel", ("test",), 20)):
            table = treebank(number, seed=ord(language[0]), splits=splits)
            words = pieces_of(table, beyond=range(0, table.num_rows, 40))
            place = folder / kind / language
            files.write_table(place / "examples.parquet", table)
            files.write_table(place / "pieces.parquet", pieces.to_table(words))
            files.write_array(place / "features.npy", extraction.extract(encoder, words, LAYER, BUDGET))
    return folder


def read(world, kind, languages, stored):
    weights, config = ([], []) if stored else files_of(world)
    features = [world / kind / name / "features.npy" for name in languages] if stored else []
    return {"features": features, "weights": weights, "config": config}


def train(world, folder, language, stored=True):
    place = world / "treebank" / language
    given = Files(
        examples=place / "examples.parquet",
        pieces=place / "pieces.parquet",
        **read(world, "treebank", [language], stored),
    )
    made = Files(scores=folder / f"{language}.parquet", weights=folder / f"{language}.safetensors")
    spec = {**CELL, "language": language, "stored": [stored], "settings": SETTINGS | {"scaling": "none"}}
    run("train_structural_probe", given, made, folder / "log", **spec)
    return made


def transfer(world, folder, probe, stored=True):
    targets = ["aa", "bb"]
    given = Files(
        examples=[world / "parallel" / name / "examples.parquet" for name in targets],
        pieces=[world / "parallel" / name / "pieces.parquet" for name in targets],
        probe=probe,
        **read(world, "parallel", targets, stored),
    )
    made = Files(folder / "transfer.parquet")
    spec = {**CELL, "source": "aa", "targets": targets, "stored": [stored] * 2}
    run("transfer_structural_probe", given, made, folder / "log", **spec)
    return made[0]


def test_a_cell_from_training_to_transfer_and_comparison(world, tmp_path):
    """Stored vectors and vectors computed in the cell give the same bytes, and so does a second run."""
    written = []
    for place, stored in enumerate((True, True, False)):
        folder = tmp_path / str(place)
        made = train(world, folder, "aa", stored)
        moved = transfer(world, folder, made.weights, stored)
        written.append([Path(path).read_bytes() for path in (made.scores, made.weights, moved)])
    assert written[0] == written[1] == written[2]
    other = train(world, tmp_path, "bb")
    angles = Files(tmp_path / "angles.parquet")
    spec = {name: CELL[name] for name in ("model", "layer", "step")} | {"languages": ["aa", "bb"]}
    run("compare_subspaces", Files(made.weights, other.weights), angles, tmp_path / "log", **spec)
    tables = [(path, files.read_table(path)) for path in (made.scores, moved, other.scores, angles[0])]
    rows = gathering.gather(tables).to_pylist()
    assert {(row["model"], row["task"], row["layer"], row["step"]) for row in rows} == {("tiny", "structural", 2, 50)}
    assert {(row["source"], row["target"]) for row in rows if row["split"] == "parallel"} == {
        ("aa", "aa"),
        ("aa", "bb"),
    }
    measured = {"uuas", "dspearman", "uuas.linear_chain", "dspearman.linear_chain", "uuas.chance", "excluded"}
    assert {row["metric"] for row in rows if row["split"] in ("dev", "test", "parallel")} == measured
    angle = {"subspace_angle", "subspace_angle.seeds", "subspace_angle.chance"}
    assert {row["metric"] for row in rows if row["split"] == "train"} == {"kept_epoch"} | angle
    excluded = {
        (row["split"], row["value"], row["examples"])
        for row in rows
        if row["metric"] == "excluded" and row["split"] == "test" and row["source"] == "aa"
    }
    [(_, left_out, number)] = excluded
    assert 0 < left_out < number == 20


def test_a_mixture_of_all_layers(world, tmp_path):
    """A second run gives the same bytes; what is of a layer names it, and the rest has none."""
    place, written = world / "treebank/aa", []
    weights, config = files_of(world)
    settings = {"seeds": [0, 1], "epochs": 3, "patience": 2, "batch": 64, "learning_rate": 0.01, "scaling": "standard"}
    for run_ in ("first", "second"):
        given = Files(
            examples=place / "examples.parquet", pieces=place / "pieces.parquet", weights=weights, config=config
        )
        made = Files(tmp_path / run_ / "mixture.parquet")
        spec = {**CELL, "layer": 3, "language": "aa", "task": "pos", "settings": settings}
        spec |= {"enters": "polychron.probing.tasks.token_labels", "options": {"column": "upos"}}
        run("train_mixture", given, made, tmp_path / "log", **spec)
        written.append(Path(made[0]).read_bytes())
    assert written[0] == written[1]
    rows = gathering.gather([(made[0], files.read_table(made[0]))]).to_pylist()
    assert {(row["task"], row["source"], row["target"], row["step"]) for row in rows} == {("pos", "aa", "aa", 50)}
    weights = {(row["seed"], row["layer"]): row["value"] for row in rows if row["metric"] == "mixture_weight"}
    assert weights.keys() == {(seed, layer) for seed in (0, 1) for layer in range(4)}
    assert sum(weights.values()) == pytest.approx(2)
    others = {(row["split"], row["metric"], row["layer"]) for row in rows if row["metric"] != "mixture_weight"}
    assert others == {
        ("dev", "accuracy.mixture", None),
        ("test", "accuracy.mixture", None),
        ("train", "kept_epoch.mixture", None),
        ("test", "excluded.mixture", None),
    }
