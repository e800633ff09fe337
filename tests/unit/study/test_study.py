"""The axes of a study: counted by hand in the paper, and in the toy study's config."""

from collections import Counter

import pytest
import yaml
from configs import study

from polychron.analysis.pairs import factors
from polychron.data import sources
from polychron.data.sources import Source
from polychron.errors import InputError
from polychron.planning import rates
from polychron.study import consistency
from polychron.study.axes import Axes
from polychron.study.study import SLICE, Study

TOY = "studies/toy.yaml"


@pytest.fixture(scope="module")
def paper():
    return study()


@pytest.fixture(scope="module")
def toy():
    return study(TOY)


def count(jobs, **wildcards):
    return sum(all(job[name] == value for name, value in wildcards.items()) for job in jobs)


def test_the_papers_grid_has_9477_cells_of_the_replica(paper):
    """Reading A28: three tasks in 44 languages and XNLI in 15 at the final layer, eight languages layer by layer."""
    final, layerwise = 3 * 44 + 15, 8 * 12
    assert count(paper.cells, model="xlmr-replica") == 39 * (final + layerwise) == 9477
    assert count(paper.cells, model="xlmr-base") == 44 + 15
    assert count(paper.cells, task="xnli", layer=3, step=5000) == 4
    assert len(paper.bits) == 94 * 39 + 94
    assert len(paper.alignments) == 6 * 39
    assert paper.controls == []


def test_a_transfer_goes_to_all_targets_at_the_final_layer_and_to_few_at_others(paper):
    assert len(paper.targets_of("pos", 12)) == 18 and len(paper.targets_of("xnli", 12)) == 15
    assert paper.targets_of("arc_classification", 4) == ["cs", "en", "hi", "ja"]
    assert paper.targets_of("arc_classification", 3) == paper.targets_of("pos", 4) == []
    assert {cell["language"] for cell in paper.transfers if cell["layer"] == 4 and cell["task"] == "xnli"} == {
        *("bg", "en", "hi", "zh")
    }
    assert not [cell for cell in paper.transfers if cell["task"] == "pos" and cell["language"] == "ga"]


def test_a_source_of_transfer_needs_no_parallel_treebank(paper):
    targets = paper.probing["transfer"]["treebank_languages"]
    more = study({"probing": {"transfer": {"treebank_sources": [*targets, "gd"]}}})
    added = [cell for cell in more.transfers if cell["language"] == "gd"]
    assert [cell for cell in more.transfers if cell["language"] != "gd"] == paper.transfers
    assert {(cell["task"], cell["layer"]) for cell in added} == {
        *(("pos", 12), ("arc_prediction", 12), ("arc_classification", 12))
    }
    assert more.targets_of("pos", 12) == targets and more.cells == paper.cells and more.datasets == paper.datasets
    assert more.treebank_sources == sorted([*targets, "gd"])
    fewer = study({"probing": {"transfer": {"treebank_sources": ["gd"], "treebank_languages": ["fr"]}}})
    assert {cell["language"] for cell in fewer.transfers if cell["task"] == "pos"} == {"gd"}
    assert fewer.targets_of("pos", 12) == ["fr"]


@pytest.mark.parametrize(
    ("transfer", "said"),
    [
        ({"treebank_sources": ["gv"]}, "probing.transfer.treebank_sources: 'gv' has no probes"),
        ({"inference_sources": ["gd"]}, "probing.transfer.inference_sources: 'gd' has no probes"),
        (
            {"treebank_sources": ["gd"], "treebank_languages": []},
            "treebank_sources: there is no language to transfer to",
        ),
    ],
)
def test_a_source_of_transfer_without_probes_or_targets_is_refused(transfer, said):
    with pytest.raises(InputError, match=said):
        consistency.check(study({"probing": {"transfer": transfer}}))


def test_a_task_of_token_labels_has_the_cells_of_its_languages_and_takes_none_from_others(toy):
    number = {"column": "feats", "attribute": "Number", "languages": ["qsa", "qoe"]}
    probing = {"tasks": [*toy.probing["tasks"], "number"], "token_labels": {"number": number}}
    more = study(TOY, {"probing": probing})
    assert [cell for cell in more.cells if cell["task"] != "number"] == toy.cells
    assert {cell["language"] for cell in more.cells if cell["task"] == "number"} == {"qsa", "qoe"}
    assert more.targets_of("number", 2) == [one for one in toy.targets_of("pos", 2) if one in ("qsa", "qoe")]
    assert more.training_kinds("number") == ["treebank"] and more.transfer_kind("number") == "parallel"
    assert more.datasets == toy.datasets and more.source_files == toy.source_files


def test_a_task_is_told_what_decides_its_examples_and_no_more(toy):
    assert toy.options("pos") == {"column": "upos"}
    negatives = {key: toy.probing[key] for key in ("data_seed", "negatives", "negatives_per_seed")}
    assert toy.training_options("arc_prediction") == negatives
    assert toy.options("arc_prediction") == {key: negatives[key] for key in ("data_seed", "negatives")}
    assert toy.training_options("pos") == toy.options("pos")
    assert toy.options("arc_classification") == {"labels": toy.probing["labels"]}
    assert toy.options("xnli") == {}
    labels = {"case": {"column": "feats", "attribute": "Case", "missing": "label", "languages": ["qsa"]}}
    asked = study(TOY, {"probing": {"tasks": ["case"], "layerwise": [], "token_labels": labels}})
    assert asked.options("case") == {"column": "feats", "attribute": "Case", "missing": "label"}


def test_controls_are_cells_of_the_last_step_at_the_final_layer(toy):
    assert {(cell["step"], cell["layer"]) for cell in toy.controls} == {(4800, 2)}
    assert Counter(cell["control"] for cell in toy.controls) == {"word_types": 3 * 6, "shuffled_labels": 4 * 6}
    assert {cell["task"] for cell in toy.controls if cell["control"] == "word_types"} == {*toy.other_than("xnli")}
    assert toy.description_lengths == [cell for cell in toy.cells if (cell["step"], cell["layer"]) == (4800, 2)]
    everywhere = study(TOY, {"probing": {"control_cells": "all", "controls": []}})
    assert everywhere.controls == [] and everywhere.description_lengths == everywhere.cells


def test_controls_of_a_variant_with_fewer_layers_are_at_its_own_last_one():
    lab = {"pairs": [["qsa", "qoe"]], "seeds": [1], "window": 64, "variants": {"default": {}, "shallow": {"layers": 1}}}
    made = study(TOY, {"lab": lab})
    places = {(cell["model"], cell["layer"]) for cell in made.controls}
    assert {("toy", 2), ("lab-qsa-qoe-default-1", 2), ("lab-qsa-qoe-shallow-1", 1)} == places


def test_cells_under_other_settings_are_those_of_the_slice_after_step_0(toy, paper):
    assert paper.alternatives == paper.compared == []
    assert toy.other_settings == [("none", "adam")] and len(toy.alternatives) == len(toy.compared) == 3 * 2 * 3
    assert {(cell["task"], cell["scaling"], cell["solver"]) for cell in toy.alternatives} == {("pos", "none", "adam")}
    assert {cell["step"] for cell in toy.alternatives} == {50, 800, 4800}
    asked = {"scaling": ["none", "standard"], "solver": ["adam", "lbfgs"], "tasks": ["xnli"], "steps": [800]}
    more = study(TOY, {"probing": {"sensitivity": {**dict.fromkeys(SLICE), **asked}}})
    assert more.other_settings == [("none", "adam"), ("none", "lbfgs"), ("standard", "lbfgs")]
    cells = [cell for cell in toy.cells if (cell["task"], cell["step"]) == ("xnli", 800)]
    assert more.compared == cells and len(more.alternatives) == 3 * len(cells)
    assert study(TOY, {"scores": "elsewhere"}).alternatives == []
    probing = toy.probing
    assert toy.training_settings("none", "lbfgs") == {"seeds": probing["seeds"], "l2": [1.0], "scaling": "none"}
    assert toy.training_settings(*toy.setting)["epochs"] == probing["epochs"]


def test_steps_are_in_order_whatever_their_order_in_the_list(toy):
    turned = study(TOY, {"steps": [800, 4800, 0, 50], "models": [{**toy.config["models"][0], "steps": [50, 0]}]})
    assert turned.steps("toy") == [0, 50]
    assert {cell["step"] for cell in turned.controls} == {50}
    turned = Study({**toy.config, "steps": [4800, 0]})
    assert turned.steps("toy") == [0, 4800] and {cell["step"] for cell in turned.controls} == {4800}


def test_layers_of_a_task_are_the_common_ones_and_those_asked_for_its_language(toy):
    assert toy.layers_of("toy", "pos", "qsa") == [0, 2]
    assert toy.layers_of("toy", "xnli", "qoe") == [0, 1, 2]
    assert toy.layers_of("toy", "xnli", "qsb") == toy.layers_of("toy", "arc_prediction", "qsa") == [2]
    bare = study(TOY, {"models": [{**toy.config["models"][0], "parts": ["bits"]}]})
    assert bare.layers_of("toy", "xnli", "qoe") == [2]


def test_a_model_may_have_steps_and_tasks_of_its_own(paper):
    assert paper.steps("xlmr-base") == [1500000] and len(paper.steps("xlmr-replica")) == 39
    assert paper.tasks("xlmr-base") == ["pos", "xnli"]
    assert (paper.analysed, paper.first, paper.original) == (["xlmr-replica"], "xlmr-replica", "xlmr-base")
    assert paper.own_first("xlmr-base") == ["xlmr-base", "xlmr-replica"]


def test_the_chain_of_pretraining(toy):
    assert toy.chain("toy") == [50, 800, 4800]
    assert [toy.link_before("toy", step) for step in (0, 50, 51, 800, 4800)] == [None, None, 50, 50, 800]
    branched = study(TOY, {"pretraining": {"chain": [800]}})
    assert [branched.link_before("toy", step) for step in (50, 800, 4800)] == [None, None, 800]
    assert toy.step_before("toy", 800) == 50


def test_what_is_stored(paper):
    assert paper.stored("treebank", "en", 12) and paper.stored("parallel", "en", 3)
    assert not paper.stored("treebank", "cs", 12), "left out by features.inline"
    assert not paper.stored("treebank", "en", 3), "a layer that one task alone reads"
    assert not paper.stored("inference", "en", 12), "a kind that is not stored"


def test_files_of_datasets(toy, paper):
    assert toy.resource("text/qsa.txt.xz") == "resources/toy/text/qsa.txt.xz"
    assert toy.resource("./mine.conllu") == "mine.conllu"
    assert toy.example("bitext/en/cs") == "resources/toy/examples/bitext/en/cs.parquet"
    assert [path.rpartition("-")[2] for path in toy.treebank_files("treebank", "qsa")] == [
        *("train.conllu", "dev.conllu", "test.conllu")
    ]
    assert set(paper.alignment_files("en", "cs")) == {"links"}
    with pytest.raises(InputError, match=r"files\.treebank names no file for it"):
        toy.file_of("treebank", "xx")


def test_a_published_model_needs_the_beginnings_of_texts_alone(paper, toy):
    assert paper.beginnings and not toy.beginnings
    assert not [path for path in paper.source_files if path.startswith("cc100/")]
    pretrained = study("studies/pretrained.yaml")
    assert "cc100/af.txt.xz" in pretrained.source_files and not pretrained.beginnings


def test_texts_of_a_dataset_of_the_hub_are_read_whole(monkeypatch):
    address = f"hf://datasets/me/texts@{'0' * 40}/af.parquet?columns=text"
    row = Source("cc100/af.txt.xz", address)
    monkeypatch.setattr(sources, "catalogue", lambda: {row.file: row})
    paper = study()
    assert not paper.beginnings and row.file in paper.source_files


def table(path, *rows):
    """Write a table of sources, of files with their addresses and sizes."""
    lines = [Source(*row) for row in rows]
    path.write_text("\n".join(["\t".join(Source._fields), *("\t".join(map(str, one)) for one in lines)]) + "\n")
    return str(path)


def test_what_tables_of_a_config_list_is_known_like_the_projects_sources(tmp_path):
    """The beginning of a text by an address of its own, its whole from a dataset; the plan counts its bytes."""
    mine = table(tmp_path / "mine.tsv", ("my/af.txt.xz", "https://example.org/af", 300), ("my/sizes.csv", "", 70))
    overlay = {"files": {"text": "my/{language}.txt.xz", "sizes": "my/sizes.csv"}, "bits": {"languages": ["af"]}}
    without, given = study(overlay), study(overlay | {"sources": mine})
    assert {*given.known} - {*without.known} == {"my/af.txt.xz", "my/sizes.csv"} and without.added_sources == ""
    assert given.added_sources.split("\n")[1].split("\t")[:3] == ["my/af.txt.xz", "https://example.org/af", "300"]
    assert given.beginnings and "my/af.txt.xz" not in given.source_files
    planned = Axes(given, rates.sizes(), given.known, {"draw_figure": 1, "write_table": 1}).values
    assert planned["downloads"]["my/sizes.csv"] == planned["files"]["my/sizes.csv"] == 70
    address = f"hf://datasets/me/texts@{'0' * 40}/af.parquet?columns=text"
    table(tmp_path / "mine.tsv", ("my/af.txt.xz", "https://example.org/af", 300), ("my/af.txt", address, ""))
    given = study(overlay | {"sources": mine, "files": {"text": "my/{language}.txt"}})
    assert not given.beginnings and "my/af.txt" in given.source_files


def test_a_fault_of_a_table_of_the_config_is_one_of_the_config(tmp_path):
    mine = table(tmp_path / "mine.tsv", ("my/af.txt.xz", "https://example.org/af", ""), ("my/b.txt", "b.txt", ""))
    with pytest.raises(InputError, match=r"mine\.tsv:3: 'b\.txt' is no address of a file"):
        consistency.check(study({"sources": mine}))
    assert study(TOY, {"sources": mine}).known == {}, "a world has no sources"


def test_datasets_follow_the_tasks():
    names = study(TOY, {"probing": {"tasks": ["xnli"], "layerwise": []}}).datasets
    assert {name.split("/")[0] for name in names} == {"inference", "inference_test", "heldout", "bitext"}
    names = study(TOY, {"probing": {"tasks": ["pos"], "layerwise": []}, "bits": {"languages": ["qsa"]}}).datasets
    assert {name.split("/")[0] for name in names} == {"treebank", "parallel", "heldout", "bitext"}


def test_a_study_cannot_be_changed(toy):
    with pytest.raises(AttributeError):
        toy.config = {}
    assert isinstance(toy, Study) and list(toy.layers) == [0, 1, 2]


def test_what_the_rules_know_of_controls_and_solvers_is_what_their_modules_say():
    import importlib

    from polychron.probing import controls
    from polychron.study.configuration.config import SCHEMA
    from polychron.study.study import CONTROLS, SOLVERS

    probing = yaml.safe_load(SCHEMA.read_text("utf-8"))["properties"]["probing"]["properties"]
    assert list(CONTROLS) == list(controls.METRICS) == probing["controls"]["items"]["enum"]
    assert list(SOLVERS) == probing["solver"]["enum"]
    sensitivity = probing["sensitivity"]["properties"]
    assert all(sensitivity[key]["items"]["enum"] == probing[key]["enum"] for key in ("scaling", "solver"))
    assert [*sensitivity] == ["scaling", "solver", *SLICE]
    for module, settings in SOLVERS.values():
        assert settings == importlib.import_module(module).SETTINGS
        assert set(settings) <= set(probing)


REAL = [
    "config.yaml",
    *(f"studies/{name}.yaml" for name in ("eighteen", "entities", "lab-paper", "lab-real", "mini", "own")),
]


@pytest.mark.parametrize("name", REAL)
def test_each_language_that_is_probed_or_compared_has_a_family(name):
    """Figures 4 and 5 put languages in an order by family; languages of text alone are not in them."""
    one = study(name)
    probing = one.probing
    probed = {*probing["treebank_languages"], *probing["inference_languages"], *one.entity_languages}
    probed |= {language for of in probing["transfer"].values() for language in of or ()}
    probed |= {language for pair in one.config["alignment"]["pairs"] for language in pair} | {*one.compared_languages}
    assert len(probed) >= 4 and not [language for language in sorted(probed) if None in factors.related(language)]
