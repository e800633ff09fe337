"""Which further probes a study has, where their scores go, and what is not read as a score of a baseline."""

from types import SimpleNamespace

import pyarrow
from configs import study

from polychron.audit.literature import results
from polychron.storage.scores import score_schema
from polychron.study.inputs import Inputs

TOY = "studies/toy.yaml"


def with_probes(**probing):
    return study(TOY, {"probing": probing})


def test_by_default_there_are_none_and_no_claim_is_about_them():
    toy = study(TOY)
    assert toy.structural_cells == toy.structural_transfers == toy.subspaces == toy.mixtures == []
    assert {"structural", "mixture", "sensitivity"} == toy.probing.keys() - toy.claimed.keys()
    assert study(TOY, {"geometry": None}).with_geometry == []


def test_a_model_of_one_language_has_a_table_of_its_further_probes_beside_models_that_are_compared():
    plain = {"provider": "pretrained", "final_layer": 2, "window": 64}
    models = [{**plain, "name": "toy"}, {**plain, "name": "one", "languages": ["qsa"]}]
    made = study(TOY, {"models": models, "probing": {"structural": {}}})
    assert made.described == ["toy"] and made.with_geometry == ["toy", "one"]


def test_structural_probes_are_in_all_languages_at_the_layers_of_all_tasks_unless_named():
    toy = with_probes(structural={})
    assert len(toy.structural_cells) == len(toy.structural_transfers) == 6 * 4 and len(toy.subspaces) == 4
    assert {cell["layer"] for cell in toy.structural_cells} == {2}
    named = with_probes(structural={"languages": ["qoe"], "layers": [2, 0]})
    assert len(named.structural_cells) == 2 * 4 and named.subspaces == []
    assert named.structural_settings == {
        **{"rank": 64, "epochs": 30, "batch": 20, "learning_rate": 0.001},
        **{key: toy.probing[key] for key in ("seeds", "patience", "scaling")},
    }
    transfer = {"treebank_sources": ["qsa"]}
    assert with_probes(structural={"languages": ["qoe"]}, transfer=transfer).structural_transfers == []


def test_mixtures_are_of_the_tasks_on_treebanks_in_the_languages_that_are_named():
    toy = with_probes(mixture=["qoe", "qsa"])
    assert {job["task"] for job in toy.mixtures} == {"pos", "arc_prediction", "arc_classification"}
    assert {job["language"] for job in toy.mixtures} == {"qoe", "qsa"} and len(toy.mixtures) == 3 * 2 * 4


def test_their_scores_are_gathered_with_geometry_and_without_and_never_with_those_of_other_probes():
    """In ``scores.parquet`` a row without a layer is a baseline."""
    asked = {"structural": {}, "mixture": ["qsa"]}
    for geometry in ({"sets": ["parallel"]}, None):
        made = Inputs(study(TOY, {"probing": asked, "geometry": geometry}))
        paths = made.geometry(SimpleNamespace(model="toy"))
        kinds = {path.split("/")[2] for path in paths}
        assert {"structural", "structural_transfer", "subspaces", "mixture"} <= kinds
        assert ("similarity" in kinds) == bool(geometry)
        assert "results/toy/geometry.parquet" in made.gathered
        assert ("results/toy/factors.parquet" in made.gathered) == bool(geometry)
        others = {path.split("/")[2] for path in made.scores(SimpleNamespace(model="toy"))}
        assert others.isdisjoint({"structural", "structural_transfer", "subspaces", "mixture"})


def test_the_audit_of_geometry_reads_no_mixture():
    common = {"model": "m", "source": "de", "target": "en", "step": 5, "seed": 0, "examples": 10}
    similar = {**common, "task": "similarity", "metric": "cka", "layer": 1, "split": "parallel", "value": 0.5}
    mixed = {**common, "task": "pos", "metric": "accuracy.mixture", "layer": None, "split": "test", "value": 0.9}
    alone, both = (
        results.of_geometry(pyarrow.Table.from_pylist(rows, schema=score_schema()), "parallel")
        for rows in ([similar], [similar, mixed])
    )
    assert alone == both == {("similarity", "cka", 1, 5): {("de", "en"): 0.5}}
