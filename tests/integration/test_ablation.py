"""The tables of a laboratory, from the scores, geometry and anchors of its models."""

import csv

import laboratories
from script import Files, run

from polychron.audit.laboratory import judging
from polychron.paths import DATA
from polychron.storage import files
from polychron.storage.scores import write_scores

WORLD = {("default", 1): 0.8, ("default", 2): 0.7, ("default", 3): 0.9}
LOSS = {1: 0.30, 2: 0.32, 3: 0.28}
REFERENCES = {
    "default": {"default": "default", "same_vocabulary": "default"},
    "apart": {"default": "default", "same_vocabulary": None},
}


def test_scores_geometry_and_anchors_of_all_models_become_one_table(tmp_path):
    values = WORLD | {("apart", seed): WORLD["default", seed] - loss for seed, loss in LOSS.items()}
    given, models, sizes = {"scores": [], "geometry": [], "anchors": [], "vocabularies": []}, {}, {}
    for (variant, number), value in values.items():
        name = f"lab-a-b-{variant}-{number}"
        models[name] = ["a/b", variant, number]
        place = {"model": name, "source": "a", "target": "b", "layer": 2, "step": 50, "split": "parallel"}
        accuracy = {**place, "task": "pos", "metric": "accuracy", "examples": 9}
        probes = [{**accuracy, "seed": seed, "value": value + (seed - 0.5) / 50} for seed in (0, 1)]
        found = {**place, "task": "retrieval", "metric": "p_at_1.centred.cosine", "value": value / 2, "examples": 9}
        anchors = {"source": "a", "target": "b", "anchor_types": 0.1, "anchor_tokens": [0.2, 0.3]}
        (tmp_path / name).mkdir()
        write_scores(tmp_path / name / "scores.parquet", probes)
        write_scores(tmp_path / name / "geometry.parquet", [found])
        files.write_json(tmp_path / name / "anchors.json", [anchors])
        # width 2, feed-forward 3, two layers and 5 positions; without a mask and two special pieces, 4 entries
        vocabulary = tmp_path / name / "binarized/dict.txt"
        files.write_text(vocabulary, "piece 1\n")
        given["vocabularies"].append(vocabulary)
        separate = {"embeddings": True, "layers": 1} if variant == "apart" else None
        told = {"model": name, "together": True, "languages": ["a", "b"], "sizes": [5, 2, 3, 2]}
        sizes[name] = {**told, "separate": separate}
        for kind, ending in (("scores", "parquet"), ("geometry", "parquet"), ("anchors", "json")):
            given[kind].append(tmp_path / name / f"{kind}.{ending}")
    made = {name: tmp_path / f"{name}.parquet" for name in ("table", "intervals")}
    spec = {"models": models, "references": REFERENCES, "sizes": sizes}
    run("tabulate_ablation", Files(**given), Files(**made), tmp_path / "log", **spec)
    table = files.read_table(made["table"]).to_pylist()
    assert len(table) == 6 * (1 + 1 + 3 + 4)
    deltas = {row["seed"]: row["delta"] for row in table if (row["task"], row["variant"]) == ("pos", "apart")}
    assert {seed: round(-delta, 9) for seed, delta in deltas.items()} == LOSS
    intervals = files.read_table(made["intervals"]).to_pylist()
    wanted = {"task": "retrieval", "variant": "apart", "quantity": "delta"}
    found = [row for row in intervals if wanted.items() <= row.items()]
    assert len(found) == 1 and (found[0]["metric"], found[0]["states"]) == ("p_at_1.cosine", "centred")
    assert round(found[0]["mean"], 9) == -0.15 and found[0]["low"] < -0.15 < found[0]["high"] < -0.1
    shared = [row for row in intervals if (row["task"], row["quantity"]) == ("anchors", "value")]
    anchors = {(row["metric"], row["source"]): row["mean"] for row in shared}
    assert {place: round(mean, 9) for place, mean in anchors.items()} == {
        ("anchor_types", "a"): 0.1,
        ("anchor_tokens", "a"): 0.2,
        ("anchor_tokens", "b"): 0.3,
    }
    counts = {
        (row["variant"], row["metric"], row["target"]): row["value"] for row in table if row["task"] == "parameters"
    }
    assert counts == {
        (variant, metric, language): value
        for variant, shared, own in (("default", 144, 0), ("apart", 59, 85))
        for metric, value in (("shared", shared), ("own", own))
        for language in "ab"
    }


def test_claims_are_judged_by_the_table(tmp_path):
    losses = {"no_anchors": 0.02, "sep_emb": 0.15}
    files.write_table(tmp_path / "ablation.parquet", laboratories.table(noise=0.005, **losses))
    given, made = (
        Files(ablation=tmp_path / "ablation.parquet", distances=DATA / "no_distances.tsv"),
        {name: tmp_path / f"c.{name}" for name in ("page", "table")},
    )
    roles = {name: name for name in ("default", *losses)}
    usual = {"layers": 2, "dimension": 64, "heads": 2}
    spec = {"roles": roles, "study": "lab", "pretraining": usual, "languages": ["qsa", "qtw"], "settings": {}}
    spec |= {"finetuning": judging.GRID}
    spec["shared"] = "default_anchors"
    run("audit_laboratory", given, Files(**made), tmp_path / "log", **spec)
    rows = {row["id"]: row for row in csv.DictReader(made["table"].read_text().splitlines())}
    assert len(rows) == 143 + 19 and rows["wu.text.softmax_lab"]["verdict"] == "holds"
    assert rows["wu.text.domains"]["verdict"] == "not run" and "domains: apart" in rows["wu.text.domains"]["detail"]
    page = made["page"].read_text()
    assert "A softmax across languages helps" in page and "by the variants of the laboratory of the study lab" in page
