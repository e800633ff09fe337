"""An ensemble whose members are one model: what is measured of it is what is measured of that, to the byte."""

import subprocess

import pytest

from polychron.storage import files
from studies import SMALL

pytestmark = pytest.mark.slow

OVERLAY = """
models:
  - {name: small, provider: pretrained, final_layer: 2, window: 64}
  - {name: same, provider: ensemble, final_layer: 2, window: 64, members: {qsa: small, qoe: small}, steps: [0, 16]}
geometry: {sets: [parallel], permutations: 9, components: 10, words: {links: true}}
"""
TABLES = {"scores": "results/{}/scores.parquet", "geometry": "results/{}/geometry.parquet"}


@pytest.fixture(scope="module")
def study(snakemake, small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensemble") / "study"
    subprocess.run(["cp", "-a", str(small), str(folder)], check=True)
    (folder / "ensemble.yaml").write_text(OVERLAY)
    asked = [path.format(model) for path in TABLES.values() for model in ("small", "same")]
    done = snakemake(folder, *SMALL, str(folder / "ensemble.yaml"), "--cores", "2", "--", *asked, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


@pytest.mark.parametrize("table", TABLES)
def test_every_number_is_that_of_the_one_model(study, table):
    one, both = (files.read_table(study / TABLES[table].format(model)).to_pylist() for model in ("small", "same"))
    assert {row.pop("model") for row in one} == {"small"} and {row.pop("model") for row in both} == {"same"}
    if table == "geometry":  # that of a step with the step before is of other steps
        one, both = ([row for row in rows if row["task"] != "stability"] for rows in (one, both))
    expected = [row for row in one if row["step"] in (0, 16, None)]
    assert repr(both) == repr(expected) and len(both) > 100
    assert len({row["task"] for row in both}) >= 5


def test_the_files_of_its_member_are_read_and_none_is_made_again(study):
    made = {path.name for path in (study / "results/same").iterdir()}
    assert not made & {"checkpoints", "pieces", "features", "sentences", "bits", "tokenizer", "pretraining"}
    assert {"probes", "transfer", "alignment", "similarity", "word_retrieval"} <= made
