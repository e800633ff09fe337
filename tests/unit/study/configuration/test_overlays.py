"""Overlays: what is merged key by key, and what is replaced whole."""

import copy

import pytest
import yaml

from polychron import paths
from polychron.errors import InputError
from polychron.study.configuration import overlays
from polychron.study.configuration.config import SCHEMA, validated

CONFIG = paths.CHECKOUT / "config.yaml"


def merged(folder, *layers, said=None):
    """Merge overlays over config.yaml as Snakemake does, and validate the result."""
    from snakemake.utils import update_config

    config, files = yaml.safe_load(CONFIG.read_text(encoding="utf-8")), [CONFIG]
    for number, layer in enumerate(layers):
        files.append(folder / f"{number}.yaml")
        files[-1].write_text(yaml.safe_dump(layer), encoding="utf-8")
        update_config(config, copy.deepcopy(layer))
    update_config(config, copy.deepcopy(said or {}))
    return validated(config, said, files)


def test_an_own_alignment_keeps_nothing_of_the_one_that_it_replaces(tmp_path):
    """config.yaml has en/ro in another format, with files of sentences, and with its links written target first."""
    own = {"format": "jsonl", "links": "./mine.jsonl"}
    found = merged(tmp_path, {"files": {"alignment": {"en/ro": own}}})["files"]["alignment"]
    defaults = {"source": None, "target": None, "encoding": "utf-8", "first_word": None, "swapped": False, "drop": []}
    assert found["en/ro"] == own | defaults
    assert found["en/de"]["swapped"] is True  # the others stay


def test_the_last_file_counts_and_the_command_line_comes_after_it(tmp_path):
    first = {"files": {"inference": {"train": {"file": "a.tsv", "format": "tsv", "rows": [0, 3]}}}}
    second = {"files": {"inference": {"train": {"file": "b.tsv", "format": "tsv"}}}}
    found = merged(tmp_path, first, second)["files"]["inference"]
    assert found["train"] == {"file": "b.tsv", "format": "tsv", "rows": None}
    assert found["dev"]["format"] == "xnli"
    said = {"files": {"inference": {"train": {"file": "c.tsv", "format": "tsv"}}}}
    found = merged(tmp_path, first, said=said)["files"]["inference"]["train"]
    assert found == {"file": "c.tsv", "format": "tsv", "rows": None}


def test_half_an_entry_is_named_with_its_file(tmp_path):
    with pytest.raises(InputError, match=r"files\.alignment\.en/fr: 'links' is a required property.*0\.yaml, line"):
        merged(tmp_path, {"files": {"alignment": {"en/fr": {"format": "naacl", "drop": [3]}}}})


def test_an_entry_that_a_later_file_takes_away_stays_away(tmp_path):
    schema = {"properties": {"entry": {"type": ["object", "null"], "whole": True}}}
    path = tmp_path / "a.yaml"
    path.write_text("entry: {a: 1}\n")
    config = {"entry": None}
    overlays.replace_whole(config, schema, [path])
    assert config == {"entry": None}


def test_all_else_is_merged_key_by_key(tmp_path):
    probing = merged(tmp_path, {"probing": {"epochs": 7, "token_labels": {}}})["probing"]
    assert (probing["epochs"], probing["batch"]) == (7, 256)


def test_the_documentation_names_what_is_replaced_whole():
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    assert schema["$defs"]["inference"]["whole"]
    assert schema["properties"]["files"]["properties"]["alignment"]["additionalProperties"]["whole"]
    assert schema["properties"]["probing"]["properties"]["token_labels"]["additionalProperties"]["whole"]
    assert SCHEMA.read_text(encoding="utf-8").count("whole: true") == 7
    assert schema["properties"]["probing"]["properties"]["sensitivity"]["whole"]
    assert schema["properties"]["files"]["properties"]["dictionary"]["additionalProperties"]["whole"]
    assert schema["properties"]["files"]["properties"]["bitext"]["additionalProperties"]["whole"]
    assert schema["properties"]["files"]["properties"]["tatoeba"]["additionalProperties"]["whole"]
    said = (paths.CHECKOUT / "docs" / "config.md").read_text(encoding="utf-8").replace("\n", " ")
    assert "`files.inference`, `files.tatoeba` and `probing.token_labels` are replaced whole" in said
    assert "and so is `probing.sensitivity`" in said
