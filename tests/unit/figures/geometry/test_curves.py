"""Figure 20: planted curves and their onsets are found again in the chart."""

import math
import re

import pyarrow
import pytest
from drawn import svg, values
from geometries import table

from polychron.analysis.pairs import geometry_trajectories
from polychron.figures.chart import GREY
from polychron.figures.geometry import curves
from polychron.storage.scores import score_schema

STEPS = (0, 50, 400, 800)
RISE = dict(zip(STEPS, (0.1, 0.2, 0.8, 0.8), strict=True))


def planted(metric, source, target, layer, step):
    """From German the translations are found from the beginning, from others at step 400."""
    if metric.endswith("chance"):
        return 0.01
    return (0.6 if source == "de" else RISE[step]) * (1 + layer) / 3


@pytest.fixture
def distances(tmp_path):
    path = tmp_path / "distances.tsv"
    path.write_text("kind\tlang1\tlang2\tdistance\nsyntactic\ten\tfr\t0.5\nsyntactic\tde\ten\t0.2\n")
    return path


def drawn(geometry, distances, layer=2, share=0.95):
    return curves.by_pair(geometry, geometry_trajectories.study(geometry, [share], "minmax"), distances, layer, share)


def test_each_pair_has_its_line_its_onset_and_its_distance(distances):
    figure = drawn(table(planted, steps=STEPS), distances)
    rows = values(figure)
    lines = [row for row in rows if "pair" in row and row["layer"] == 2]
    # each onset is a mark of its own
    assert len(lines) == 4 * (3 + 6) + 5
    from_english = [row for row in lines if row["pair"] == "en → fr"]
    assert {row["step"]: row["value"] for row in from_english} == {
        str(step): pytest.approx(100 * value) for step, value in RISE.items()
    }
    assert [row["step"] for row in from_english].count("400") == 2
    assert {row["distance"] for row in from_english} == {0.5}
    assert all("distance" not in row for row in lines if "de" in row["pair"] and "fr" in row["pair"])
    means = {row["step"]: row["value"] for row in rows if "pair" not in row and row.get("layer") == 2}
    assert means["400"] == pytest.approx(100 * (2 * 0.6 + 4 * 0.8) / 6)
    said = " ".join(figure.caption)
    assert "at layer 2" in said and "Grey: 2 of 6 pairs without a syntactic distance." in said
    assert "Debiased CKA: from step 400 to 400, median 400; 2 of 3 curves have no mark" in said
    assert "Not computed in this study, and not shown: P@1 of words, centred." in said
    assert "rests on 150 sentences" in said
    assert "with 95% of the pair's best value" in said
    nearly = drawn(table(planted, steps=STEPS), distances, share=0.995)
    assert "with 99.5% of the pair's best value" in " ".join(nearly.caption)
    assert figure.numbers[-1]["pairs with an onset"] == "4 of 6"
    figure.chart.to_dict(validate=True)
    assert "<path" in svg(figure)


def test_the_median_of_an_even_number_of_onsets_is_between_the_middle_ones(distances):
    """Two directions of P@1 rise at step 50 and two at step 400; the other two are there from the beginning."""

    def value(metric, source, target, layer, step):
        if metric.endswith("chance") or source == "de":
            return 0.6
        return 0.8 if step >= (50 if source == "en" else 400) else 0.1

    figure = drawn(table(value, steps=STEPS), distances)
    assert figure.numbers[-1]["median onset"] == "225"
    assert "P@1 of sentences, centred: from step 50 to 400, median 225;" in " ".join(figure.caption)


def test_of_many_pairs_and_layers_some_layers_are_offered(distances, monkeypatch):
    monkeypatch.setattr(curves, "CELLS", 2 * 4 * 9)
    figure = drawn(table(planted, layers=range(5), steps=STEPS), distances, layer=4)
    assert {row["layer"] for row in values(figure) if "layer" in row} == {3, 4}
    assert "layers 3 and 4 of 5 layers" in " ".join(figure.caption)


def test_words_have_a_panel_where_they_are_searched(distances):
    rows = table(planted, steps=STEPS).to_pylist()
    words = [{**row, "task": "word_retrieval", "examples": 40} for row in rows if row["task"] == "retrieval"]
    figure = drawn(pyarrow.Table.from_pylist([*rows, *words], schema=score_schema()), distances)
    assert "P@1 of words" in svg(figure) and "Not computed" not in " ".join(figure.caption)


def test_what_is_no_number_and_what_has_no_onset_is_said(distances):
    def value(metric, source, target, layer, step):
        if metric.startswith("cka"):
            return math.nan if (target, step) == ("fr", 800) else 0.0
        return planted(metric, source, target, layer, step)

    said = " ".join(drawn(table(value, steps=STEPS), distances).caption)
    assert "3 have no onset, since no best value is positive" in said
    assert "Left out: 6 values of 36 that are no numbers." in said


def test_a_layer_that_is_not_compared_and_another_set(distances):
    rows = table(planted, steps=(50, 800)).to_pylist()
    other = [{**row, "split": "tatoeba"} for row in rows]
    figure = drawn(pyarrow.Table.from_pylist([*rows, *other], schema=score_schema()), distances, layer=12)
    said = " ".join(figure.caption)
    assert "at layer 2" in said and "Other sets of sentences are not shown: tatoeba." in said
    assert "no untrained model" in said


def test_a_study_without_either_says_so(distances):
    bare = table(planted).slice(0, 0)
    assert "Nothing to draw" in drawn(bare, distances).caption[0]


def test_pairs_without_a_distance_are_drawn_grey_beside_those_that_have_one(distances):
    """A scale that has no value of them would leave them out, or give them the colour of the nearest pair."""
    drawn_as = re.compile(r'<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="(.*?)"([^>]*)>')
    seen = {"line mark": [], "circle": [], "point": []}
    for label, kind, style in drawn_as.findall(svg(drawn(table(planted, steps=STEPS), distances))):
        if pair := re.search(r"pair: (\w+) . (\w+)", label):
            assert ' d="M' in style
            seen[kind].append(({*pair.groups()} == {"de", "fr"}, GREY.lower() in style.lower()))
    assert all(unknown == grey for marks in seen.values() for unknown, grey in marks)
    assert {kind: len(marks) for kind, marks in seen.items()} == {"line mark": 18, "circle": 36, "point": 5}
