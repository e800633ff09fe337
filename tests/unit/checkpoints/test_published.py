"""The table of published models, and a study's own before them."""

import pytest

from polychron.checkpoints import published

VERDICT = {"layers": 2, "dimension": 64, "vocabulary": 802, "parameters": 160802, "family": "xlm-roberta", "window": 64}


def test_the_table_has_the_models_of_the_survey():
    rows = published.read()
    assert len(rows) == len({row["model"] for row in rows}) == 20
    assert all(row[name] > 0 for row in rows for name in ("layers", "dimension", "vocabulary", "parameters"))
    by_name = {row["model"]: row for row in rows}
    assert by_name["mBERT"]["languages"] == 104 and by_name["mBERT"]["hub"].endswith("bert-base-multilingual-cased")
    assert by_name["Unicoder"]["hub"] is None and by_name["Unicoder"]["languages"] is None
    # what is at the Hub has a family, by which it is read
    assert all(row["family"] for row in rows if row["hub"])


def test_parameters_follow_but_for_three_models_whose_note_says_why():
    apart = {
        row["model"]: row["note"]
        for row in published.table({}, {}).to_pylist()
        if abs(row["parameters"] / row["follows"] - 1) > 0.06
    }
    assert {*apart} == {"IndicBERT", "VECO-Large", "RemBERT"} and all(apart.values())


def test_own_models_come_first_with_what_was_found_in_their_checkpoints():
    table = published.table({"toy": VERDICT, "other": {**VERDICT, "family": "bert"}}, {"toy": 6})
    assert table.schema == published.schema()
    first, second, third, *_ = table.to_pylist()
    assert (first["model"], first["own"], first["languages"]) == ("toy", True, 6)
    assert first["parameters"] == pytest.approx(0.160802)
    assert first["follows"] == pytest.approx((802 * 64 + 2 * (12 * 64**2 + 13 * 64)) / 1e6)
    assert (second["model"], second["languages"], third["own"]) == ("other", None, False)


def test_a_family_that_cannot_be_read_says_why(monkeypatch):
    row = published.read()[0]
    monkeypatch.setattr(published, "read", lambda: [{**row, "family": "xmod"}, {**row, "family": None}])
    first, second = published.table({}, {}).to_pylist()
    assert "xmod" in first["unsupported"] and second["unsupported"] is None
