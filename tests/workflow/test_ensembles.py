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
files: {dictionary: {qsa/qoe: {format: tsv, file: dictionaries/qsa-qoe.tsv}}}
geometry: {layers: [0, 2], words: {links: false, dictionary: [[qsa, qoe]], sentences: 400}}
"""

WORDS = "results/{}/word_retrieval/dictionary/qsa/qoe/step-16.parquet"


@pytest.fixture(scope="module")
def study(snakemake, small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensemble") / "study"
    subprocess.run(["cp", "-a", str(small), str(folder)], check=True)
    (folder / "ensemble.yaml").write_text(OVERLAY)
    study = [*SMALL, str(folder / "ensemble.yaml")]
    made = ["results/same/scores.parquet", WORDS.format("small"), WORDS.format("same")]
    done = snakemake(folder, *study, "--cores", "2", "--", *made, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


def test_every_score_is_that_of_the_one_model(study):
    one, both = (files.read_table(study / f"results/{model}/scores.parquet").to_pylist() for model in ("small", "same"))
    assert {row.pop("model") for row in one} == {"small"} and {row.pop("model") for row in both} == {"same"}
    expected = [row for row in one if row["step"] in (0, 16, None)]
    assert repr(both) == repr(expected) and len(both) > 100
    assert {"bits", "alignment", "pos", "xnli", "arc_prediction"} <= {row["task"] for row in both}


def test_words_of_a_dictionary_are_read_by_the_member_of_each_language(study):
    one, both = (files.read_table(study / WORDS.format(model)).to_pylist() for model in ("small", "same"))
    assert {row.pop("model") for row in one} == {"small"} and {row.pop("model") for row in both} == {"same"}
    assert repr(one) == repr(both) and {"word_retrieval", "embedding_retrieval"} == {row["task"] for row in both}


def test_the_files_of_its_member_are_read_and_none_is_made_again(study):
    made = {path.name for path in (study / "results/same").iterdir()}
    assert not made & {"checkpoints", "pieces", "features", "sentences", "bits", "tokenizer", "pretraining"}
    assert {"probes", "transfer", "alignment"} <= made
