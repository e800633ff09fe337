"""A planted table of scores passes every check, and each check fails when its planted fact is reversed."""

import csv
import io
import itertools

import pytest
import yaml

from polychron.checks import geometry, study, study_report
from polychron.errors import InputError

RELATIONS = {
    "aa": {"order": "SVO", "script": "Latin"},
    "bb": {"order": "SVO", "script": "Latin"},
    "cc": {"order": "SVO", "script": "Cyrillic"},
    "dd": {"order": "SOV", "script": "Greek"},
}
STEPS = (0, 50, 1600)
TRANSFER = {"related": 0.8, "order": 0.6, "neither": 0.3}
KIND = {("aa", "bb"): "related", ("aa", "cc"): "order", ("bb", "cc"): "order"}


def kind(source, target):
    return KIND.get(tuple(sorted((source, target))), "neither")


def table():
    """Return scores that pass every check by a margin; keys to values, two seeds each."""
    planted = {}

    def put(task, source, target, layer, step, split, metric, value):
        planted[task, source, target, layer, step, split, metric] = value

    for language in RELATIONS:
        for step, bits in zip(STEPS, (3.5, 3.0, 1.0), strict=True):
            put("bits", language, language, 2, step, "heldout", "bits_per_character", bits)
        for task, values in {
            "pos": (0.80, 0.82, 0.95),
            "arc_prediction": (0.72, 0.75, 0.90),
            "arc_classification": (0.80, 0.85, 0.96),
            "xnli": (0.55, 0.56, 0.62),
        }.items():
            for step, value in zip(STEPS, values, strict=True):
                put(task, language, language, 2, step, "test", "accuracy", value)
            for target in RELATIONS:
                relation = kind(language, target)
                put(task, language, target, 2, 1600, "parallel", "accuracy", TRANSFER[relation])
            put(task, language, language, 2, 1600, "test", "shuffled_accuracy", 0.31)
            put(task, language, language, None, None, "test", "majority", 0.30)
        for step, value in zip(STEPS, (0.80, 0.82, 0.84), strict=True):
            put("pos", language, language, 0, step, "test", "accuracy", value)
        for step, value in zip(STEPS, (0.65, 0.68, 0.90), strict=True):
            put("pos", language, language, 2, step, "test", "accuracy_ambiguous", value)
        put("pos", language, language, None, None, "test", "word_majority", 0.86)
        put("arc_classification", language, language, None, None, "test", "pair_majority", 0.84)
        put("xnli", language, language, None, None, "test", "hypothesis_only", 0.52)
    for pair in itertools.combinations(RELATIONS, 2):
        for step, value in zip(STEPS, (0.4, 0.45, 0.6 if kind(*pair) != "neither" else 0.41), strict=True):
            put("alignment", *pair, 1, step, "test", "f1", value)
            put("alignment", *pair, 2, step, "test", "f1", value - 0.1)
    return planted


def rows(planted):
    names = ("task", "source", "target", "layer", "step", "split", "metric")
    return [
        {"model": "m", **dict(zip(names, key, strict=True)), "seed": seed, "value": value + shift, "examples": 1200}
        for key, value in planted.items()
        for seed, shift in ((0, 0.001), (1, -0.001))
    ]


@pytest.fixture(scope="module")
def expect(root):
    lines = yaml.safe_load((root / "studies" / "toy.yaml").read_text())["expect"]
    of_geometry = geometry.expected(lines)
    return [line for line in lines if line not in of_geometry]


def judge(planted, expect):
    return {each.check: each for each in study.verdicts(rows(planted), expect, RELATIONS)}


def test_what_is_planted_passes(expect):
    found = judge(table(), expect)
    assert {name: each.word for name, each in found.items() if each.at_least is not None} == {
        line["check"]: "passed" for line in expect
    }
    assert found["bits_fall"].finding.value == pytest.approx(1 - 1 / 3, abs=1e-9)
    assert found["pos_over_word_majority"].finding.value == pytest.approx(0.09)
    assert found["pos_ambiguous_growth"].finding.value == pytest.approx(0.22)
    assert found["alignment_growth_same_order"].finding.parts.keys() == {"aa – bb", "aa – cc", "bb – cc"}
    assert found["alignment_growth_other_order"].word == "reported"
    assert found["alignment_growth_other_order"].finding.value == pytest.approx(0.01)
    assert found["arc_prediction_transfer_related"].finding.value == pytest.approx(0.5)
    assert found["control_at_majority"].finding.value == pytest.approx(-0.01)


def changed(match, value):
    """Return the planted table with another value wherever the key begins and ends as given."""
    planted = table()
    hits = [key for key in planted if match(*key)]
    assert hits
    return planted | dict.fromkeys(hits, value)


def one(task, metric, step, language="dd", layer=2):
    return lambda t, s, g, y, p, _, m: (t, s, g, y, p, m) == (task, language, language, layer, step, metric)


def every(task, metric, step, layer=2):
    return lambda t, s, g, y, p, _, m: s == g and (t, y, p, m) == (task, layer, step, metric)


def between(task, relation):
    return lambda t, s, g, _y, _p, split, _m: t == task and split == "parallel" and s != g and kind(s, g) == relation


REVERSED = {
    "bits_fall": (one("bits", "bits_per_character", 1600), 1.6),
    "pos_over_word_majority": (one("pos", "accuracy", 1600), 0.90),
    "pos_ambiguous_growth": (one("pos", "accuracy_ambiguous", 1600), 0.75),
    "pos_over_embeddings": (every("pos", "accuracy", 1600, layer=0), 0.93),
    "pos_layers_alike_untrained": (every("pos", "accuracy", 0, layer=0), 0.82),
    "arc_classification_over_pair_majority": (
        lambda t, s, _g, _y, _p, _sp, m: (t, s, m) == ("arc_classification", "aa", "pair_majority"),
        0.92,
    ),
    "arc_classification_growth": (one("arc_classification", "accuracy", 0), 0.93),
    "arc_prediction_level": (one("arc_prediction", "accuracy", 1600), 0.81),
    "arc_prediction_growth": (one("arc_prediction", "accuracy", 0), 0.85),
    "xnli_over_hypothesis_only": (
        lambda t, s, _g, _y, _p, _sp, m: (t, s, m) == ("xnli", "cc", "hypothesis_only"),
        0.58,
    ),
    "xnli_growth": (every("xnli", "accuracy", 0), 0.61),
    "alignment_growth_same_order": (
        lambda t, s, g, _y, p, _sp, _m: t == "alignment" and p == 0 and kind(s, g) != "neither",
        0.5,
    ),
    "pos_transfer_related": (between("pos", "related"), 0.44),
    "arc_classification_transfer_related": (between("arc_classification", "related"), 0.44),
    "arc_prediction_transfer_related": (between("arc_prediction", "related"), 0.34),
    "pos_transfer_order": (between("pos", "order"), 0.39),
    "arc_classification_transfer_order": (between("arc_classification", "order"), 0.39),
}


def test_every_line_of_the_toy_study_is_turned_round_here(expect):
    assert set(REVERSED) == {line["check"] for line in expect}


@pytest.mark.parametrize("check", REVERSED)
def test_a_fact_turned_round_fails_its_check(check, expect):
    found = judge(changed(*REVERSED[check]), expect)
    assert found[check].word == "failed"
    others = {name for name, each in found.items() if each.word == "failed"} - {check}
    assert others <= {"pos_over_embeddings", "arc_classification_growth"}, others


def test_the_untrained_model_copied_over_the_last_step_is_refused(expect):
    control = study.untrained(rows(table()))
    found = study.verdicts(control, expect, RELATIONS)
    failed = {each.check for each in found if each.word == "failed"}
    assert failed >= {line["check"] for line in expect} - {"pos_layers_alike_untrained"}


def test_what_the_scores_lack_fails_and_is_named(expect):
    planted = {key: value for key, value in table().items() if key[0] != "xnli"}
    found = judge(planted, expect)
    assert found["xnli_growth"].word == "failed" and "xnli" in found["xnli_growth"].missing
    assert "not measured" in study_report.page(list(found.values()), "t")
    assert judge({}, expect)["bits_fall"].word == "failed"


def test_a_language_on_one_side_only_is_no_pass(expect):
    planted = {key: value for key, value in table().items() if not (key[1] == "dd" and key[6] == "word_majority")}
    found = judge(planted, expect)["pos_over_word_majority"]
    assert found.word == "failed" and "dd" in found.missing


def test_without_expectations_all_is_reported():
    found = study.verdicts(rows(table()), [], {})
    assert found and {each.word for each in found} == {"reported"}
    assert not {each.check for each in found} & {"alignment_growth_same_order", "pos_transfer_related"}


def test_an_unknown_check_is_refused():
    with pytest.raises(InputError, match="pos_ovr"):
        study.verdicts([], [{"check": "pos_ovr", "at_least": 0}], {})


def test_table_and_page_say_the_same(expect):
    found = list(judge(changed(*REVERSED["xnli_growth"]), expect).values())
    written = list(csv.DictReader(io.StringIO(study_report.table(found))))
    heads = {row["check"]: row for row in written if not row["part"]}
    assert {name: row["verdict"] for name, row in heads.items()} == {each.check: each.word for each in found}
    parts = [row for row in written if row["check"] == "xnli_growth" and row["part"]]
    assert {row["part"] for row in parts} == set(RELATIONS)
    page = study_report.page(found, "What <it> must show")
    assert page.count("<tr>") == len(found) + 1 and "What &lt;it&gt; must show" in page
    assert "http" not in page and page.count('class="failed"') == 1
    assert study_report.lines(found)[-1] == f"{len(expect) - 1} of {len(expect)} expectations met"
