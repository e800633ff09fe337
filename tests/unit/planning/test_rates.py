"""Rates of other cards follow from those of an H100, and the hours in the docs are those of the plan."""

import re

import pytest
from configs import study as config_of
from place import ROOT

from polychron.errors import InputError
from polychron.planning import amounts, costs, rates, report
from polychron.study.axes import Axes

PARTS = ("start", "cell", "encode", "probe")


def test_rates_of_an_h100_are_those_of_the_table_and_others_are_scaled():
    measured, scaled = rates.rates(card="h100"), rates.rates(card="v100")
    assert measured["encode"].gpu == 0.025 and "caled" not in measured["encode"].source
    assert scaled["encode"].gpu == pytest.approx(0.025 * 67 / 15.7)
    assert scaled["encode"].source.endswith("Scaled from an H100 by data sheets, times 4.3")
    assert scaled["start"] == measured["start"]
    assert scaled["probe"].gpu == pytest.approx(measured["probe"].gpu * (3.35 / 0.9) ** 0.5)
    assert all(scaled[name].core == rate.core for name, rate in measured.items())
    assert scaled["pretrain"].gpu == pytest.approx(0.0245, rel=0.01)  # some 3,700 V100-hours


def test_half_precision_has_a_rate_of_its_own():
    single, half = (rates.rates(card="v100", precision=name) for name in ("float32", "float16"))
    assert half["encode"].gpu == pytest.approx(0.0048 * 989 / 125)
    assert set(single) == set(half) and single["probe"] == half["probe"]
    assert rates.rates(precision="bfloat16") == half


def test_a_table_with_other_columns_is_refused(tmp_path):
    (tmp_path / "cards.tsv").write_text("name\tfloat32\nv100\t15.7\n")
    with pytest.raises(InputError, match="expected the columns name, float32, half, bandwidth, source"):
        rates.ratios("v100", tmp_path / "cards.tsv")


@pytest.fixture(scope="module")
def paper():
    return Axes(config_of(), rates.sizes(), {}, {"draw_figure": 17, "write_table": 6}).values


def hours(values, speed):
    return report.total(costs.lines(values, rates.sizes(), speed)).gpu_hours


def test_the_hours_in_the_docs_are_those_of_the_plan(paper):
    page = (ROOT / "docs/costs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w100), (?:measured rates|scaled), (float\d+) \|(.*)\|$", page, re.M)
    assert len(rows) == 6
    for card, precision, numbers in rows:
        speed = rates.rates(card=card.lower(), precision=precision)
        nothing = {name: rate._replace(gpu=0.0) for name, rate in speed.items()}
        rest = hours(paper, nothing)
        parts = [hours(paper, nothing | {name: speed[name]}) - rest for name in PARTS]
        told = [float(number) for number in numbers.split("|")]
        assert told == pytest.approx([*parts, rest, hours(paper, speed)], abs=0.051), (card, precision)


def test_hours_without_one_pass_are_those_in_the_docs(paper, monkeypatch):
    monkeypatch.setattr(costs, "deepest", lambda cells, gpus: amounts.deepest(cells, 0))
    for precision, told in (("float32", 24), ("float16", 5)):
        speed = rates.rates(card="h100", precision=precision)
        nothing = {name: rate._replace(gpu=0.0) for name, rate in speed.items()}
        encoding = hours(paper, nothing | {"encode": speed["encode"]}) - hours(paper, nothing)
        assert encoding == pytest.approx(told, abs=0.5)


def test_one_cell_of_a_dataset_encodes_it_on_a_gpu_and_each_does_on_a_core():
    cells = [
        {"task": task, "sets": [f"treebank/{language}"], "layer": layer, "stored": [stored]}
        for task, language, layer, stored in (
            ("pos", "en", 0, False),
            ("pos", "en", 7, False),
            ("pos", "en", 12, True),
            ("pos", "de", 5, False),
            ("arcs", "en", 3, False),
        )
    ]
    once = {("pos", "treebank/en", 7), ("pos", "treebank/de", 5), ("arcs", "treebank/en", 3)}
    assert amounts.deepest(cells, 1) == once
    assert amounts.deepest(cells, 0) == once | {("pos", "treebank/en", 0)}


@pytest.mark.parametrize(
    ("overlays", "measured"),
    [
        (["studies/toy.yaml"], 0.10),
        (["studies/toy.yaml", "studies/lab.yaml"], 0.13),
        (["studies/eighteen.yaml"], 0.40),
    ],
)
def test_pretraining_on_a_core_takes_what_was_measured_at_three_sizes(overlays, measured):
    """Seconds an update of one thread: two and four layers of width 64, and three of width 192."""
    known, made = rates.sizes(), config_of(*overlays)
    values = Axes(made, known, {}, {}).values
    line = next(
        line
        for line in costs.lines({**values, "models": values["models"][:1]}, known, rates.rates())
        if line.rule == "pretrain"
    )
    assert 3600 * line.core_hours / made.config["pretraining"]["updates"] == pytest.approx(measured, rel=0.25)
