"""Files that are newer by their times and have the same content."""

import json
import os

import pytest
from configs import study

from polychron.data import xnli
from polychron.storage import files
from polychron.study import freshness

HEADER = "language\tgold_label\tsentence1\tsentence2\tpairID"
ROWS = ["de\tneutral\ta b\tc d\t1", "de\tentailment\te f\tg h\t2", "fr\tneutral\ti j\tk l\t1"]


@pytest.fixture
def own(tmp_path):
    """A user's own file of two languages, and the table of one of them, older than the file."""
    source, table = tmp_path / "test.tsv", tmp_path / "de.parquet"
    entry = {"file": str(source), "format": "xnli", "rows": None}
    made = study("studies/toy.yaml", {"files": {"inference": {"test": entry}}})
    source.write_text("\n".join([HEADER, *ROWS]) + "\n")
    pairs = xnli.read(source, layout="xnli", language="de", rows=None)
    files.write_table(table, xnli.table({"test": pairs}))
    os.utime(table, (0, 0))
    return made, source, table


def test_a_row_of_another_language_makes_no_table_again(own):
    made, source, table = own
    source.write_text("\n".join([HEADER, *ROWS[:2]]) + "\n")
    assert freshness.rows_unchanged(made, "test", "de", table)


def test_a_row_of_its_own_does(own):
    made, source, table = own
    source.write_text("\n".join([HEADER, *ROWS[1:]]) + "\n")
    assert not freshness.rows_unchanged(made, "test", "de", table)
    source.write_text("no table of sentence pairs\n")
    assert not freshness.rows_unchanged(made, "test", "de", table)


def test_files_of_the_sources_are_judged_by_their_time_alone(own, tmp_path):
    _, _, table = own
    assert not freshness.rows_unchanged(study("studies/toy.yaml"), "test", "qsa", table)


def test_a_checkpoint_is_admitted_as_it_was_resolved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    origin = freshness.origin_of("m", 5)
    assert not freshness.admitted("m", 5)
    origin.parent.mkdir(parents=True)
    origin.write_text('{"commit": 1}')
    assert not freshness.admitted("m", 5)
    origin.with_name("admission.json").write_text('{"commit": 1}')
    assert freshness.admitted("m", 5)
    origin.write_text('{"commit": 2}')
    assert not freshness.admitted("m", 5)


def test_a_folder_whose_files_were_replaced_is_found(tmp_path, monkeypatch):
    from polychron.checkpoints import providers

    monkeypatch.chdir(tmp_path)
    model = {"name": "m", "provider": "folder", "source": "given/step-{step}", "final_layer": 2, "window": 64}
    made = study("studies/toy.yaml", {"models": [model], "steps": [1, 2]})
    for step in (1, 2):
        folder = tmp_path / f"given/step-{step}"
        folder.mkdir(parents=True)
        for name in ("config.json", "model.safetensors", "tokenizer.json"):
            (folder / name).write_text("{}")
        origin = freshness.origin_of("m", step)
        origin.parent.mkdir(parents=True)
        origin.write_text(json.dumps(providers.resolve("folder", f"given/step-{step}")))
    assert freshness.replaced(made) == set()
    (tmp_path / "given/step-2/model.safetensors").write_text("other weights")
    assert freshness.replaced(made) == {str(freshness.origin_of("m", 2))}


def test_a_tokenizer_is_there_when_both_its_files_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "results/m/tokenizer"
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").touch()
    assert not freshness.has_tokenizer("m")
    (folder / "tokenizer_config.json").touch()
    assert freshness.has_tokenizer("m")
