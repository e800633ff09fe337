"""Table 7: what changes is counted and named, and the difference of the last scores is that which was planted."""

import pytest
from tabled import CODES

from polychron.tables import sensitivity


def test_table_7_counts_what_changes(made):
    table = made[6]
    rows = {row[2].text: row for row in table.rows}
    better = sum(code < "es" for code in CODES)
    final = rows["Last score, layer 2"]
    assert [cell.text for cell in final[3:]] == [str(len(CODES)), str(len(CODES) - better), "0", str(better), "+1.00"]
    assert final[6].below[0].startswith(("ar: ", "cs: ", "de: ", "en: ")) and final[6].below[0].count("→") == 1
    assert final[7].below == ["[+1.00, +1.00]"]
    assert "Best layer" not in rows and rows["Best step"][4].text == str(len(CODES))
    assert int(rows["Rank of the language"][6].text) > 0
    assert table.rows[0][0].text == "standardised, Adam"
    said = " ".join(table.caption)
    assert "vectors that are not scaled, by Adam" in said and "L-BFGS" not in said
    # three runs
    assert "with 3 runs up to 15% of the other findings" in said
    # seven languages go down by as many places in all as the others go up: a mean of 0 would say that none moved
    assert rows["Rank of the language"][7].text == "–"
    findings = [row for row in table.records if row["finding"] != "mean_final"]
    changed = sum(row["verdict"] == "changes" for row in findings)
    assert f"Of {len(findings)} findings" in said and f"and {changed} change." in said


def test_only_some_of_many_changes_are_named():
    row = {"scaling": "standard", "solver": "lbfgs", "task": "pos", "layer": 2, "finding": "onset", "own": 20.0}
    rows = [
        {**row, "source": f"l{place}", "other": 20.0 + place, "difference": float(place), "verdict": "changes"}
        for place in range(1, 8)
    ]
    cells = sensitivity._cells("onset", rows, None)
    assert cells[3].below == [f"l{place} layer 2: 20 → {20 + place}" for place in (7, 6, 5, 4)] + ["and 3 more"]
    assert cells[4].text == "+4" and cells[4].below == []


@pytest.mark.parametrize(("settings", "said"), [(["none", "lbfgs"], True), (["none", "adam"], False)])
def test_l_bfgs_is_spoken_of_where_it_is(settings, said):
    """A cell that seeds train alike has no spread, so that any difference counts as a change."""
    row = {"scaling": "standard", "solver": "adam", "task": "pos", "layer": 2, "source": "de", "finding": "final"}
    row |= {"own": 0.5, "other": 0.6, "difference": 0.1, "low": 0.05, "high": 0.15, "runs": 5, "verdict": "changes"}
    caption = " ".join(sensitivity._caption([row], settings))
    assert ("L-BFGS gives every seed the same probe" in caption) == said
    assert "about one finding in twenty counts as changed" in caption


def test_what_is_left_out_is_told():
    row = {"scaling": "standard", "solver": "adam", "task": "pos", "layer": 2, "source": "de", "finding": "final"}
    row |= {"own": 0.5, "other": 0.6, "difference": 0.1, "low": 0.05, "high": 0.15, "runs": 5, "verdict": "changes"}
    whole, part = row | {"note": None}, row | {"note": "left out, as not all have them: seed 0"}
    caption = " ".join(sensitivity._caption([whole, part, part], ["none", "adam"]))
    assert "Left out of 2 findings are seeds or steps that one of the settings" in caption
    assert "Left out" not in " ".join(sensitivity._caption([whole], ["none", "adam"]))
