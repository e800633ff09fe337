"""Which variants are compared with which, as their settings say it."""

import copy
from itertools import product

import pytest
from configs import study

from polychron.errors import InputError
from polychron.study import consistency

TOY = "studies/toy.yaml"
ALL = {"name": "toy", "provider": "pretrained", "final_layer": 2, "window": 64}
LAB = {"pairs": [["qsa", "qoe"]], "seeds": [1, 2], "variants": {"default": {}}, "window": 64}
LINE = ("", "", {}, {})
UNION = {"vocabularies": "union"}
EMBEDDINGS = {"embeddings": True, "layers": 0}


def laboratory(variants, **changes):
    found = study(TOY, copy.deepcopy({"models": [ALL], "lab": {**LAB, "variants": variants, **changes}}))
    consistency.check(found)
    return found


def plain(variants, **changes):
    return {name: told["same_vocabulary"] for name, told in laboratory(variants, **changes).references.items()}


def test_a_variant_is_compared_with_the_default_of_its_vocabulary():
    variants = {
        "wide": {"dimension": 128},
        "usual": {},
        "both": UNION,
        "apart": {**UNION, "separate": EMBEDDINGS},
        "none": {"vocabularies": "prefixed"},
        "none_apart": {"vocabularies": "prefixed", "separate": EMBEDDINGS},
        "alone": {"alone": True},
        # of other text, of which other vocabularies are learned
        "half": {"text": 0.5},
        "reversed": {"order": "reversed"},
        "small": {"vocabulary": 140},
        "small_wide": {"vocabulary": 140, "dimension": 128},
        "small_apart": {**UNION, "vocabulary": 140, "separate": EMBEDDINGS},
    }
    found = laboratory(variants)
    assert found.default_variant == "usual" and {told["default"] for told in found.references.values()} == {"usual"}
    assert plain(variants) == {
        **dict.fromkeys(("usual", "wide"), "usual"),
        **dict.fromkeys(("both", "apart"), "both"),
        **dict.fromkeys(("none", "none_apart"), "none"),
        "alone": "alone",
        **dict.fromkeys(("small", "small_wide"), "small"),
        **dict.fromkeys(("small_apart", "half", "reversed")),
    }


def test_a_setting_that_is_the_studys_is_no_difference():
    variants = {"told": {"layers": 2, "separate": {"embeddings": False, "layers": 0}}, "wide": {"dimension": 128}}
    assert laboratory(variants).default_variant == "told"
    windowed = {"short": {"window": 32}, "usual": {"window": 64}}
    assert laboratory(windowed).default_variant == "usual"


def test_the_default_may_be_named_and_what_is_beside_it_follows():
    variants = {"usual": {}, "union": UNION, "wide": {"dimension": 128}, "wide_union": {**UNION, "dimension": 128}}
    assert plain(variants, default="wide") == {
        **dict.fromkeys(("usual", "wide"), "wide"),
        **dict.fromkeys(("union", "wide_union"), "wide_union"),
    }


def test_a_laboratory_without_a_default_is_refused():
    with pytest.raises(InputError, match=r"all of them differ.*Next: add the variant default: \{\}"):
        laboratory({"wide": {"dimension": 128}, "alone": {"alone": True}})
    with pytest.raises(InputError, match=r"lab.default: there is no variant 'wyde'; did you mean 'wide'\?"):
        laboratory({"wide": {"dimension": 128}, "default": {}}, default="wyde")
    assert laboratory({"wide": {"dimension": 128}}).references == {
        "wide": {"default": "wide", "same_vocabulary": "wide"}
    }


def test_what_was_measured_of_the_models_is_read():
    variants = {"default": {}, "both": UNION, "alone": {"alone": True}}
    found = laboratory(variants)
    names = [f"lab-qsa-qoe-{variant}-{seed}" for variant in variants for seed in (1, 2)]
    assert found.laboratory_models == {
        name: ("qsa/qoe", variant, seed) for name, (variant, seed) in zip(names, product(variants, (1, 2)), strict=True)
    }
    read = found.ablation_inputs(None)
    assert read["scores"] == [f"results/{name}/scores.parquet" for name in names]
    assert read["geometry"] == [f"results/{name}/geometry.parquet" for name in names]
    assert read["anchors"] == [f"results/{name}/anchors.json" for name in names if "alone" not in name]
    together = names[:4]
    members = [f"{name}.{language}" for name in names[4:] for language in ("qsa", "qoe")]
    assert read["vocabularies"] == [f"results/{name}/binarized/dict.txt" for name in together + members]
    told = found.laboratory_sizes[members[0]]
    assert told["model"] == names[4] and not told["together"] and told["languages"] == ["qsa"]
    assert found.laboratory_sizes[names[0]]["languages"] == ["qoe", "qsa"] and told["sizes"] == [64, 64, 256, 2]
    drawn = {"draw_figure": 3, "write_table": 1}
    assert found.ablation_jobs == {"tabulate_ablation": 1, "audit_laboratory": 1, "measure_anchors": 4, **drawn}
    assert found.audits[-1] == "results/toy/audit/laboratory.html"
    assert found.shown_variants == (
        {"default": "default", "alone": ["alone"]},
        {"default": "default", "variants": [*variants]},
    )
    items = found.figure_files(dict.fromkeys(("01", "26"), False)) + found.table_files([1, 10])
    assert [path for path in items if path.endswith("html")] == [
        *("results/toy/figures/figure-01.html", "results/toy/figures/figure-26.html"),
        *("results/toy/tables/table-1.html", "results/toy/tables/table-10.html"),
    ]
    assert found.ablation_tables == ["results/toy/ablation.parquet", "results/toy/ablation_intervals.parquet"]
    assert found.places.count("results/toy") == 1
    without = laboratory(variants, parts=["bits"]).ablation_inputs(None)
    assert without["geometry"] == [] and len(without["scores"]) == 6


def test_without_a_laboratory_nothing_is_compared():
    found = study(TOY)
    assert found.references == found.laboratory_models == {} and found.ablation_tables == []
    assert found.default_variant is None and found.laboratories == []
    assert {*found.ablation_jobs.values()} == {0}
    assert [*found.figures({"26": ("", "", "", {}, {})}, "")] == [] and 10 not in found.tables(
        dict.fromkeys((4, 5, 10), LINE), {}
    )


def test_what_a_variant_is_follows_from_its_settings():
    low, most = {"embeddings": False, "layers": 1}, {"embeddings": False, "layers": 2}
    variants = {
        "usual": {},
        "both": UNION,
        "none": {"vocabularies": "prefixed"},
        "wide_none": {"vocabularies": "prefixed", "dimension": 128},
        "apart": {**UNION, "separate": EMBEDDINGS},
        "low": {**UNION, "separate": low},
        "alone": {"alone": True, "vocabulary": 140},
    }
    assert laboratory(variants).roles == {
        "default": "usual",
        "default_anchors": "both",
        "no_anchors": "none",
        "sep_emb": "apart",
        "sep_low": "low",
        "mono": "alone",
    }
    deep = {"models": [{**ALL, "final_layer": 4}], "pretraining": {"layers": 4}}
    more = {"usual": {}, "low": {**UNION, "separate": low}, "most": {**UNION, "separate": most}}
    found = study(TOY, copy.deepcopy({**deep, "lab": {**LAB, "variants": more}})).roles
    assert found == {"default": "usual", "sep_low": "low", "sep_most": "most"}
    assert study(TOY).roles == {} and study(TOY).shared_role == "default"


@pytest.mark.parametrize(
    ("chosen", "role"), [("union", "default_anchors"), ("prefixed", "no_anchors"), ("", "default")]
)
def test_separate_parts_are_compared_within_one_vocabulary(chosen, role):
    """That of which there are the most variants, or, of as many, the union."""
    deep = {"models": [{**ALL, "final_layer": 4}], "pretraining": {"layers": 4}}
    variants = {"usual": {}, "union": UNION, "prefixed": {"vocabularies": "prefixed"}}
    for name in ("prefixed", "", "union"):
        told = {"vocabularies": name} if name else {}
        variants[f"low_{name}"] = {**told, "separate": {"embeddings": False, "layers": 1}}
    told = {"vocabularies": chosen} if chosen else {}
    variants["deep"] = {**told, "separate": {"embeddings": False, "layers": 3}}
    found = study(TOY, copy.deepcopy({**deep, "lab": {**LAB, "variants": variants}}))
    assert found.roles["sep_low"] == f"low_{chosen}" and found.roles["sep_most"] == "deep"
    assert found.shared_role == role
    del variants["deep"]
    found = study(TOY, copy.deepcopy({**deep, "lab": {**LAB, "variants": variants}}))
    assert found.roles["sep_low"] == "low_union" and found.shared_role == "default_anchors"
