"""Which files belong to geometry, and which untrained model a model is compared with."""

import copy
from types import SimpleNamespace

import pytest
from configs import study

from polychron.study.inputs import Inputs

TOY = "studies/toy.yaml"
ONE = {"name": "toy", "provider": "pretrained", "final_layer": 2, "window": 64}
OTHER = {"name": "other", "provider": "folder", "source": "./m/{step}", "final_layer": 2, "window": 64}
DRAWN = {"name": "drawn", "provider": "random", "like": "other", "final_layer": 2, "window": 64, "parts": ["geometry"]}


def with_models(*models):
    return study(TOY, {"models": copy.deepcopy([*models])})


def test_a_model_that_is_not_compared_has_no_figures_of_geometry_and_no_pages_of_other_papers():
    two = with_models(ONE, {**OTHER, "parts": ["layerwise", "bits", "alignment", "analysis"]})
    files = two.figure_files({"17": False, "18": True})
    assert [path for path in files if path.endswith("html")] == [
        "results/toy/figures/figure-17.html",
        "results/toy/figures/figure-18.html",
        "results/other/figures/figure-17.html",
    ]
    pages = ["results/toy/audit/claims.html", "results/other/audit/claims.html"]
    assert two.audits == [*pages, *(f"results/toy/audit/{paper}.html" for paper in ("wu2020", "doddapaneni2021"))]
    assert [path for path in two.table_files([1, 8]) if path.endswith("csv")] == [
        "results/toy/tables/table-1.csv",
        "results/toy/tables/table-8.csv",
        "results/other/tables/table-1.csv",
    ]


@pytest.mark.parametrize(
    ("steps", "drawn", "expected"), [([0, 50], True, "other"), ([50], True, "drawn"), ([50], False, None)]
)
def test_a_step_is_compared_with_the_model_before_training_or_with_one_that_is_drawn_like_it(steps, drawn, expected):
    two = with_models(ONE, {**OTHER, "steps": steps}, *([DRAWN] if drawn else []))
    assert two.untrained_of("other", 50) == expected
    assert two.untrained_of("other", 0) is None
    read = Inputs(two).states(SimpleNamespace(model="other", set="parallel", step="50"))
    folder = f"results/{expected}/sentences/parallel"
    assert read["untrained"] == ([f"{folder}/{code}/step-0.npy" for code in two.compared_languages] if expected else [])


def test_an_untrained_model_has_step_0_alone_and_no_pages_of_its_own():
    two = with_models(ONE, {**OTHER, "steps": [50]}, {**DRAWN, "parts": ["geometry", "analysis"]})
    assert two.steps("drawn") == [0] and two.analysed == ["toy", "other"]
    assert two.fetched == ["other"] and two.untrained == ["drawn"]
    read = Inputs(two).alike(SimpleNamespace(model="drawn"))
    assert read["config"] == "results/other/checkpoints/step-50/config.json"
    assert Inputs(two).revision(SimpleNamespace(model="drawn", step="0")) is None
