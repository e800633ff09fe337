"""Two variants of pretraining, from their text to the table of ablation and the verdicts on it."""

import csv
import subprocess

import pytest

from polychron.provenance import records
from polychron.storage import files
from studies import SMALL

pytestmark = pytest.mark.slow

LAST = 16
OVERLAY = """
lab:
  pairs: [[qsa, qoe]]
  seeds: [1]
  window: 64
  steps: [16]
  tasks: [pos]
  parts: []
  variants:
    default: {}
    sep_emb_most: {vocabularies: union, separate: {embeddings: true, layers: 1}}
expect:
  - {check: variant_transfer_above, pair: [qsa, qoe], variant: default, beside: sep_emb_most, states: raw, at_least: -1}
  - {check: variant_transfer_above, pair: [qsa, qoe], variant: default, beside: sep_emb_most, states: raw, at_least: 1}
"""
DEFAULT, APART = (f"lab-qsa-qoe-{variant}-1" for variant in ("default", "sep_emb_most"))


@pytest.fixture(scope="module")
def study(snakemake, small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("laboratory") / "study"
    subprocess.run(["cp", "-a", str(small), str(folder)], check=True)
    (folder / "lab.yaml").write_text(OVERLAY)
    wanted = ["ablation", "results/small/checks/laboratory.html"]
    done = snakemake(folder, *SMALL, str(folder / "lab.yaml"), "--cores", "2", "--", *wanted, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


def test_the_default_is_the_pretraining_of_the_study(study):
    one, other = (study / f"results/{model}/checkpoints/step-{LAST}/model.safetensors" for model in ("small", DEFAULT))
    assert one.read_bytes() == other.read_bytes()


def test_separate_parts_are_trained_and_exported(study):
    """Of each language: other embeddings and another first layer, and the same last layer."""
    paths = [study / f"results/{APART}.{code}/checkpoints/step-{LAST}/model.safetensors" for code in ("qsa", "qoe")]
    (one, _), (other, _) = map(files.read_tensors, paths)
    unlike = {name for name in one if (one[name] != other[name]).any()}
    assert any("word_embeddings" in name for name in unlike) and any("layer.0." in name for name in unlike)
    assert not any("layer.1." in name for name in unlike)


def test_a_view_is_proved_anew_where_the_code_that_fairseq_loads_changes(study):
    weights = study / f"results/{APART}.qsa/checkpoints/step-{LAST}/model.safetensors"
    spec = records.read(records.record_of(weights))["spec"]
    assert any(name.endswith("bilingual_roberta") for name in spec["enters"])


def test_the_table_has_both_and_their_difference(study):
    rows = files.read_table(study / "results/small/ablation.parquet").to_pylist()
    assert {row["variant"] for row in rows} == {"default", "sep_emb_most"}
    place = {"task": "pos", "metric": "accuracy", "source": "qsa", "target": "qoe", "split": "parallel", "step": LAST}
    found = {row["variant"]: row for row in rows if place.items() <= row.items()}
    default, apart = found["default"], found["sep_emb_most"]
    assert 0 < default["value"] < 1 and default["delta"] is None
    assert apart["delta"] == pytest.approx(apart["value"] - default["value"])
    anchors = {row["variant"]: row["value"] for row in rows if row["metric"] == "anchor_types"}
    assert 0 < anchors["sep_emb_most"] < 1 and 0 < anchors["default"] < 1


def test_the_verdicts_are_on_a_page(study):
    with open(study / "results/small/checks/laboratory.csv", encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [row["verdict"] for row in rows if not row["part"]] == ["passed", "failed"]
    assert [row["part"] for row in rows if row["part"]] == ["seed 1", "seed 1"]
    assert "What the laboratory must show" in (study / "results/small/checks/laboratory.html").read_text()
