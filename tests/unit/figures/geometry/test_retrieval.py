"""Figure 19: planted precision is found again in the chart."""

import pyarrow.compute as pc
import pytest
from drawn import svg, values
from geometries import table

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
