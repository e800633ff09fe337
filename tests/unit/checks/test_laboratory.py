"""A planted laboratory passes every check, and each check fails when what it is about is reversed."""

import pyarrow
import pytest

from polychron.checks import laboratory, study_report

LAST, FINAL, SEEDS = 1500, 4, (1, 2, 3)
TEXT = ("pair", "variant", "task", "metric", "states", "source", "target", "split")
WHOLE = ("seed", "layer", "step")
TWIN, COGNATES = ["qsa", "qtw"], ["qsa", "qsb"]
EXPECT = [
    {"check": "variant_transfer_above", "variant": "default", "beside": "sep_emb_most", "states": "raw"},
    {"check": "variant_transfer_above", "variant": "default_anchors", "beside": "sep_emb", "states": "centred"},
    {"check": "variant_transfer_alike", "variant": "no_anchors", "beside": "default_anchors", "states": "centred"},
    {"check": "variant_retrieval_centring", "variant": "default"},
    {"check": "variant_transfer_level", "variant": "default_anchors", "states": "centred"},
]
EXPECT = [
    {**line, "pair": TWIN, "at_least": bound} for line, bound in zip(EXPECT, (0.3, 0.2, -0.1, 0.1, 0.6), strict=True)
]
COGNATE = {**EXPECT[0], "pair": COGNATES}
TRAINED = {"default": 0.66, "default_anchors": 0.80, "no_anchors": 0.83, "sep_emb": 0.36, "sep_emb_most": 0.06}
UNTRAINED = dict.fromkeys(TRAINED, 0.22)
NOISE = {1: 0.02, 2: -0.02, 3: 0.0}
"""Of all variants of a seed alike, so that differences are those of `TRAINED`."""


def table(trained=TRAINED, untrained=UNTRAINED, seeds=SEEDS, raw=0.1, centred=0.4):
    """Return a table of ablation: transfer of each variant, and P@1, which is less at other layers and backwards."""
    rows = []
    for pair in (TWIN, COGNATES):
        for variant, end in trained.items():
            for seed in seeds:
                named = {"pair": "/".join(pair), "variant": variant, "seed": seed, "split": "parallel"}
                for states in ("raw", "centred"):
                    found = {0: untrained[variant], LAST: end + NOISE[seed]}
                    p_at_1 = {"raw": raw, "centred": centred}[states]
                    for step, value in found.items():
                        for layer, place, less in ((FINAL, pair, 0), (0, pair, 0.3), (FINAL, pair[::-1], 0.5)):
                            at = {
                                "states": states,
                                "layer": layer,
                                "step": step,
                                "source": place[0],
                                "target": place[1],
                            }
                            rows += [
                                {**named, **at, "task": "pos", "metric": "accuracy", "value": value - less},
                                {**named, **at, "task": "retrieval", "metric": "p_at_1.cosine", "value": p_at_1 - less},
                            ]
    rows.append({**named, "task": "anchors", "metric": "anchor_types", "value": 0.1, "states": "raw"})
    columns = {**dict.fromkeys(TEXT, pyarrow.string()), **dict.fromkeys(WHOLE, pyarrow.int64())}
    return pyarrow.Table.from_pylist(rows, pyarrow.schema([*columns.items(), ("value", pyarrow.float64())]))


def words(found):
    return [each.word for each in found]


def test_what_is_planted_passes():
    found = laboratory.verdicts(table(), [*EXPECT, COGNATE])
    assert words(found) == ["passed"] * 6
    assert [each.finding.value for each in found] == pytest.approx([0.60, 0.44, -0.03, 0.3, 0.80, 0.60])
    assert found[0].finding.parts == pytest.approx(dict.fromkeys(("seed 1", "seed 2", "seed 3"), 0.60))
    assert found[0].check == "variant_transfer_above qsa/qtw default sep_emb_most raw"
    assert found[1].question.startswith("POS transfer qsa to qtw, centred states: default_anchors above sep_emb")
    assert study_report.lines(found)[-1] == "6 of 6 expectations met"


REVERSED = (
    {"trained": TRAINED | {"sep_emb_most": 0.40}},
    {"trained": TRAINED | {"sep_emb": 0.61}},
    {"trained": TRAINED | {"no_anchors": 0.91}},
    {"raw": 0.31},
    {"trained": TRAINED | {"default_anchors": 0.57, "no_anchors": 0.57}},
)


@pytest.mark.parametrize("place", range(len(EXPECT)))
def test_a_fact_turned_round_fails_its_check_alone(place):
    found = words(laboratory.verdicts(table(**REVERSED[place]), EXPECT))
    assert found.index("failed") == place and found.count("failed") == 1


def test_variants_are_unlike_in_either_direction():
    (found,) = laboratory.verdicts(table(trained=TRAINED | {"no_anchors": 0.69}), EXPECT[2:3])
    assert found.word == "failed" and found.finding.value == pytest.approx(-0.11)


CONTROLS = {
    "step 0 over the last": (
        {"trained": UNTRAINED, "raw": 0.1, "centred": 0.11},
        {"variant_transfer_above", "variant_retrieval_centring", "variant_transfer_level"},
    ),
    # a text is unknown pieces to the other language's member: states of a shared model are alike for that
    "members swapped": (
        {"trained": TRAINED | {"default_anchors": 0.47, "no_anchors": 0.47, "sep_emb": 0.18, "sep_emb_most": 0.18}},
        {"variant_transfer_level"},
    ),
    # nothing is separate then
    "the language held constant": (
        {"trained": TRAINED | dict.fromkeys(("sep_emb", "sep_emb_most"), 0.80)},
        {"variant_transfer_above"},
    ),
}
"""What three controls come to, as in docs/laboratory.md, and the checks that fail."""


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_fails(control):
    planted, expected = CONTROLS[control]
    found = laboratory.verdicts(table(**planted), EXPECT)
    assert {each.check.split()[0] for each in found if each.word == "failed"} == expected


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (table(trained={name: TRAINED[name] for name in ("default", "sep_emb")}), "of the variant sep_emb_most in"),
        (table().filter(pyarrow.compute.field("task") == "anchors"), "accuracy of pos, states raw, of the variant"),
        (
            pyarrow.concat_tables(
                [table(seeds=(1, 2)), table(seeds=(3,)).filter(pyarrow.compute.field("variant") == "default")]
            ),
            "one side of the comparison for seed 3",
        ),
    ],
)
def test_what_is_not_there_fails_and_is_named(given, missing):
    (found,) = laboratory.verdicts(given, EXPECT[:1])
    assert found.word == "failed" and missing in found.missing


def test_a_value_that_is_not_finite_fails_and_is_named():
    given = table()
    values = [
        None if seed == 2 else value
        for seed, value in zip(*(given[name].to_pylist() for name in ("seed", "value")), strict=True)
    ]
    given = given.set_column(given.schema.get_field_index("value"), "value", pyarrow.array(values, pyarrow.float64()))
    (found,) = laboratory.verdicts(given, EXPECT[:1])
    assert found.word == "failed" and "a finite accuracy" in found.missing and found.missing.endswith("seed 2")


def test_a_value_without_a_threshold_is_reported():
    (found,) = laboratory.verdicts(table(), [{**EXPECT[0], "at_least": None}])
    assert found.word == "reported" and found.finding.value == pytest.approx(0.60)
    assert study_report.lines([found])[-1] == "0 of 0 expectations met"


def test_differences_of_opposite_signs_do_not_cancel():
    apart = table().to_pylist()
    for row in apart:
        if row["variant"] == "no_anchors":
            row["value"] += {1: 0.3, 2: -0.3, 3: 0.0}[row["seed"]] - 0.03
    [found] = laboratory.verdicts(pyarrow.Table.from_pylist(apart, table().schema), [EXPECT[2]])
    assert found.finding.value == pytest.approx(-0.2) and found.word == "failed"
