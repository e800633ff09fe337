"""The studies of the laboratory: real text, and the size of the paper, which needs consent."""

import originals
import pytest
from configs import study

from polychron.data.derived import joins
from polychron.data.sources import catalogue
from polychron.planning import costs, rates, report
from polychron.study import consistency
from polychron.study.axes import Axes

REAL = ("studies/mini.yaml", "studies/lab-real.yaml")


def test_the_laboratory_on_real_text_has_its_variants():
    found = study(*REAL)
    consistency.check(found)
    assert found.models["lab-en-fr-default-1"]["final_layer"] == 4
    settings = found.pretraining_of("lab-en-ru-sep_emb_most-1")
    assert (settings["dimension"], settings["updates"], settings["sentences_per_batch"]) == (128, 1500, 64)
    # ten variants of which one has two models, for three pairs; and one that two pairs have
    assert len(found.pretrained) == 1 + 3 * (9 + 2) + 2
    assert "lab-en-hi-extra_anchors-1" not in found.models and "lab-en-ru-extra_anchors-1" in found.models


def test_its_files_or_what_they_are_joined_from_are_in_a_mirror_of_the_real_data(shared):
    known = catalogue()
    parts = joins.parts_of(known, study(*REAL).source_files)
    assert any(part.startswith("xnli/xtreme/") for part in parts)
    with_workflow = {part for part in parts if known[part].url and "://" not in known[part].url}
    lacking = [part for part in parts if part not in with_workflow and originals.original(part, shared) is None]
    assert not lacking, f"{shared} lacks {lacking}"


@pytest.fixture(scope="module")
def paper():
    return study("studies/lab-paper.yaml")


def test_the_laboratory_of_the_paper_has_its_37_models(paper):
    consistency.check(paper)
    assert len(paper.pretrained) == 37  # ten variants of three pairs, two models of each pair, and English once more
    settings = paper.pretraining_of("lab-en-zh-sep_emb_low-1")
    sizes = {"layers": 8, "heads": 12, "dimension": 768, "updates": 417_000, "sentences_per_batch": 8 * 96}
    assert {key: settings[key] for key in sizes} == sizes and settings["separate"]["layers"] == 3
    assert {model["window"] for model in paper.models.values()} == {256}


def test_the_laboratory_of_the_paper_is_fine_tuned_for_table_one(paper):
    """Each of 34 models at 30 points for three tasks, from English to French, Russian and Chinese."""
    assert paper.gridded and {job["task"] for job in paper.tuned} == {"xnli", "entities", "parsing"}
    tuned = {job["model"] for job in paper.tuned}
    assert tuned == {*paper.laboratory_models, "english-2"} and len(paper.laboratory_models) == 33
    for pair in ("fr", "ru", "zh"):
        for task in paper.tuned_tasks:
            assert paper.tuned_targets(f"lab-en-{pair}-sep_emb-1", task) == sorted(["en", pair])


def test_it_needs_consent_to_its_cost(paper):
    values = Axes(paper, rates.sizes(), catalogue(), {"draw_figure": 1, "write_table": 1}).values
    config, lines = paper.config, costs.lines(values, rates.sizes(), rates.of(paper.config))
    assert report.too_large(lines, config["plan"]["max_disk"]) is None
    said = report.too_costly(lines, config["plan"], config["note"])
    assert "plan.max_gpu_hours allows 1,000 h: a run does not start" in said
    assert "576 V100-hours; 37 models are some 21,300" in said
    assert "--config 'plan={max_gpu_hours: 10000}'" in said
    assert report.too_costly(lines, {**config["plan"], "max_gpu_hours": 10_000}) is None
    assert said.split(" Wu et al.")[0] in " ".join(report.notes(lines, config["plan"], {}, ""))
    # a share of the text takes the same share of the disk
    whole = {**values, "pretraining": {**values["pretraining"], "share": 1.0}}
    sizes = [
        {line.rule: line.bytes for line in costs.lines(one, rates.sizes(), rates.of(config))}["binarize_text"]
        for one in (values, whole)
    ]
    assert sizes[0] < sizes[1]
