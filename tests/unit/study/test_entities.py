"""Named entities in a study: their datasets, files, jobs and plan; a study without them is as it was."""

from types import SimpleNamespace

import pytest
from configs import study

from polychron.errors import InputError
from polychron.study import consistency, given_paths, world_files
from polychron.study.datasets import TABLED_AS
from polychron.study.inputs import Inputs

OVERLAY = "studies/entities.yaml"
OWN = {
    "files": {
        "entity_treebank": {"qsa": "./my/qsa-{split}.iob2"},
        "entities": {code: f"./my/{code}.iob2" for code in ("qsa", "en")},
    },
    "probing": {
        "tasks": ["pos", "entities"],
        "layerwise": [{"task": "entities", "languages": ["qsa"], "layers": [0, 2], "transfer": [0]}],
        "sensitivity": None,
        "entity_languages": ["qsa"],
        "transfer": {"entity_languages": ["qsa", "en"], "entity_sources": ["qsa"]},
    },
    "features": {"store": ["treebank", "entity_treebank", "entities"]},
    "expect": None,
}


def toy(**changes):
    return study("studies/toy.yaml", {**OWN, **changes})


def cell(**changes):
    known = {"model": "toy", "task": "entities", "language": "qsa", "layer": "2", "step": "50"}
    return SimpleNamespace(**known | changes)


def test_the_overlay_has_four_sources_and_six_targets():
    paper = study(OVERLAY)
    consistency.check(paper)
    assert paper.sources("entities") == paper.transfer_sources("entities") == ["pt", "sk", "sv", "zh-Hans"]
    assert paper.transfer_languages("entities") == ["de", "en", "pt", "ru", "sv", "zh"]
    assert paper.entity_languages == ["de", "en", "pt", "ru", "sk", "sv", "zh", "zh-Hans"]
    assert {name for name in paper.datasets if name.startswith("ent")} == {
        *(f"entity_treebank/{code}" for code in ("pt", "sk", "sv", "zh-Hans")),
        *(f"entities/{code}" for code in ("de", "en", "pt", "ru", "sv", "zh")),
    }
    assert sum(path.startswith("ner/") for path in paper.source_files) == 4 * 3 + 6
    assert paper.joined("entities", "de") and not paper.joined("entity_treebank", "pt")
    assert paper.entry("entities").title == "Named entities" and paper.has_control("entities", "word_types")
    alone = [one for one in paper.spans if (one["model"], one["step"]) == ("xlmr-replica", 5000)]
    assert [one["language"] for one in alone] == ["pt", "sk", "sv", "zh-Hans"]


def test_a_study_without_them_reads_no_more_than_before():
    for plain in (study(), study("studies/toy.yaml")):
        assert plain.entity_datasets == {} and plain.entity_languages == [] and plain.spans == plain.spanned == []
        assert not [name for name in plain.datasets if "ent" in name.split("/")[0].removesuffix("inference_test")]
    assert [*TABLED_AS] == ["entity_treebank", "entities", "inference_parallel", "tatoeba"]
    files = study("studies/toy.yaml").config["files"]
    assert not {"entity_treebank", "entities"} & {*world_files.layout_of(files)}


def test_what_the_jobs_read():
    inputs = Inputs(toy())
    found = inputs.spans(cell())
    assert found["examples"] == [
        f"resources/toy/examples/{name}.parquet" for name in ("entity_treebank/qsa", "entities/en", "entities/qsa")
    ]
    assert found["features"][2] == "results/toy/features/entities/qsa/layer-2/step-50.npy" and not found["checkpoint"]
    assert inputs.spans_stored(cell()) == [True] * 3
    inner = inputs.spans(cell(layer="0"))
    assert inputs.spans_stored(cell(layer="0")) == [False, True], "transfer at this layer is among its languages alone"
    assert inner["checkpoint"] == [
        f"results/toy/checkpoints/step-50/{name}" for name in ("model.safetensors", "config.json")
    ]
    assert inner["examples"][1:] == ["resources/toy/examples/entities/qsa.parquet"]
    assert "results/toy/spans/entities/qsa/layer-2/step-50.parquet" in inputs.scores(SimpleNamespace(model="toy"))


def test_a_parallel_treebank_is_joined_where_the_study_reads_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my").mkdir()
    for code in ("qsa", "en"):
        (tmp_path / f"my/{code}.iob2").touch()
    inputs = Inputs(toy())
    of = {code: inputs.entities(SimpleNamespace(kind="entities", language=code)) for code in ("qsa", "en")}
    assert of["qsa"] == {"files": ["my/qsa.iob2"], "treebank": ["resources/toy/examples/parallel/qsa.parquet"]}
    assert of["en"]["treebank"] == []
    with pytest.raises(InputError, match=r"files\.entity_treebank\.qsa: \./my/qsa-train\.iob2 is not there"):
        inputs.entities(SimpleNamespace(kind="entity_treebank", language="qsa"))


def test_files_are_checked_with_the_key_that_names_them():
    named = given_paths.datasets(toy())
    assert named["entity_treebank/qsa"]["files"]["dev"] == "./my/qsa-dev.iob2"
    assert named["entities/en"] == {"key": "files.entities.en", "files": {"test": "./my/en.iob2"}}


FAULTS = {
    "a source without files": ({"probing": {"entity_languages": ["qsa", "qoe"]}}, r"add files\.entity_treebank\.qoe"),
    "a target without a file": (
        {"probing": {"transfer": {"entity_languages": ["qoe"]}}},
        r"entities: the language 'qoe' is asked for.*Next: add files\.entities\.qoe",
    ),
    "splits in one file": (
        {"files": {"entity_treebank": {"qsa": "./my/qsa.iob2"}}},
        r"files\.entity_treebank\.qsa: \./my/qsa\.iob2 has no \{split\} in it",
    ),
    "a source of transfer without probes": (
        {"probing": {"transfer": {"entity_sources": ["qoe"]}}},
        r"probing\.transfer\.entity_sources: 'qoe' has no probes .* in probing\.entity_languages",
    ),
    "a world that would have to write them": (
        {"files": {"entities": {"en": "ner/en.iob2"}}},
        r"files\.entities\.en: a world writes no named entities, and ner/en\.iob2 is no file of your own",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refused(name):
    overlay, message = FAULTS[name]
    with pytest.raises(InputError, match=message):
        consistency.check(study("studies/toy.yaml", OWN, overlay))


def test_the_study_itself_passes():
    consistency.check(toy())
