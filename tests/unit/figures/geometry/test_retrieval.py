"""Figure 19: planted precision is found again in the chart."""

import re

import pyarrow.compute as pc
import pytest
import vl_convert
from drawn import svg, values
from geometries import table

from polychron.figures import chart
from polychron.figures.geometry import retrieval

KINDS = {"p_at_1.raw.cosine": 0.1, "p_at_1.centred.cosine": 0.3, "p_at_1.mapped.cosine": 0.6}


def planted(metric, source, target, layer, step):
    if metric == "p_at_1.chance":
        return 1 / 75
    return KINDS.get(metric, 0) + layer / 100 + (0.1 if source == "de" else 0)


def test_cells_are_the_mean_of_all_pairs_and_each_pair():
    figure = retrieval.by_layer_and_step(table(planted))
    rows = [row for row in values(figure) if "pair" in row]
    assert {row["pair"] for row in rows} == {
        "all pairs",
        *(f"{a} → {b}" for a in ("de", "en", "fr") for b in ("de", "en", "fr") if a != b),
    }
    assert len(rows) == 3 * 3 * 3 * 7
    found = {(row["kind"], row["pair"], row["layer"], row["step"]): row["value"] for row in rows}
    assert found["centred", "de → en", 2, "800"] == pytest.approx(42)
    assert found["raw", "en → de", 1, "50"] == pytest.approx(11)
    # a third of the pairs begin with German
    assert found["mapped", "all pairs", 0, "0"] == pytest.approx(60 + 10 / 3, abs=0.001)
    said = " ".join(figure.caption)
    assert "6 ordered pairs of languages" in said and "Guessing finds 1.3%" in said and "untrained" in said
    assert figure.numbers[1] == {
        "states": "centred",
        "highest mean of pairs": "35.3% (layer 2, step 0)",
        "highest at the last step": "35.3% (layer 2)",
    }
    assert "<path" in svg(figure)


def chosen(figure, pair):
    """Return the colours of the cells of a figure in which a reader chose a pair, by their value, and its legend."""
    spec = chart.specification(figure)
    (param,) = (one for one in spec["params"] if one["name"] == "pair")
    assert pair in param["bind"]["options"]
    param["value"] = pair
    drawn = vl_convert.vegalite_to_svg(spec)
    cells = re.findall(r'<path aria-label="[^"]*P@1 \(%\): ([\d.]+)[^"]*"[^>]*rect mark[^>]*fill="([^"]*)"', drawn)
    legend = re.search(r'aria-label="[^"]*legend[^"]*from ([\d.]+) to ([\d.]+)', drawn)
    return {float(value): colour for value, colour in cells}, tuple(map(float, legend.groups()))


def test_values_above_all_means_have_colours_of_their_own():
    """Translations from German are found more often than those of the mean pair ever are."""
    figure = retrieval.by_layer_and_step(table(planted))
    means, legend = chosen(figure, "all pairs")
    assert legend == (13, 65) and len({*means.values()}) == len(means) == 9
    german, legend = chosen(figure, "de → en")
    assert legend == (10, 72) and {70, 71, 72} <= german.keys()
    assert len({*german.values()}) == len(german) == 9
    assert "where pairs are chosen, from the lowest to the highest value that can be chosen" in " ".join(figure.caption)


def test_of_many_pairs_those_from_each_language_can_be_chosen(monkeypatch):
    monkeypatch.setattr(retrieval, "CELLS", 100)
    rows = [row for row in values(retrieval.by_layer_and_step(table(planted))) if "pair" in row]
    assert {row["pair"] for row in rows} == {"all pairs", "from de", "from en", "from fr"}
    found = {(row["kind"], row["pair"], row["layer"], row["step"]): row["value"] for row in rows}
    assert found["raw", "from de", 0, "0"] == pytest.approx(20)
    assert found["raw", "all pairs", 0, "0"] == pytest.approx(10 + 10 / 3, abs=0.001)


def test_without_step_0_no_untrained_model_is_spoken_of_and_without_rows_nothing_is_drawn():
    whole = table(planted, steps=(50, 800))
    assert "untrained" not in " ".join(retrieval.by_layer_and_step(whole).caption)
    bare = whole.filter(pc.equal(whole["task"], "similarity"))
    assert "none of raw, centred and mapped" in retrieval.by_layer_and_step(bare).caption[0]
