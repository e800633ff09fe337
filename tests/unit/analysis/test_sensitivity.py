"""What changes with how probes are trained: planted changes are found, and equal settings differ within noise."""

import numpy as np
import planted
import pyarrow
import pytest

from polychron.analysis import gathering, sensitivity
from polychron.errors import InputError
from polychron.storage.scores import score_schema
from polychron.storage.sensitivity import sensitivity_schema

OWN, OTHER = ("none", "adam"), ("standard", "adam")
STEPS = [0, 10, 20, 30]


def curve(values, code="en", layer=2, noise=0.0, rng=None, seeds=(0, 1, 2, 3, 4)):
    rows = planted.rows(values, task="pos", source=code, target=code, layer=layer, steps=STEPS, seeds=seeds)
    drawn = rng.normal(size=len(rows)) * noise if noise else np.zeros(len(rows))
    return [{**row, "value": row["value"] + more} for row, more in zip(rows, drawn.tolist(), strict=True)]


def under(setting, rows):
    """Return rows as a file of cells under a setting."""
    named = [{**row, "scaling": setting[0], "solver": setting[1]} for row in rows]
    return "/".join(setting), pyarrow.Table.from_pylist(named, schema=sensitivity_schema())


def compared(own, other, share=0.95):
    """Return the findings by name, source and layer."""
    gathered = sensitivity.gather([("own", planted.table(own))], OWN, [under(OTHER, other)])
    rows = sensitivity.findings(gathered, OWN, share).to_pylist()
    return {(row["finding"], row["source"], row["layer"]): row for row in rows}


def test_planted_changes_are_found_and_what_is_equal_is_the_same():
    """Only under the other setting English is forgotten, and best in an inner layer; German is as before."""
    low, high, lost = [0.1, 0.5, 0.9, 0.92], [0.1, 0.88, 0.94, 0.95], [0.1, 0.5, 0.96, 0.9]
    own = [*curve(low, layer=1), *curve(high), *curve(high, "de"), *curve(low, "de", layer=1)]
    other = [*curve(low, layer=1), *curve(lost), *curve(high, "de"), *curve(low, "de", layer=1)]
    found = compared(own, other)
    said = {key: (row["own"], row["other"]) for key, row in found.items() if row["verdict"] == "changes"}
    expected = {
        ("best_layer", "en", None): (2, 1),
        ("best_step", "en", 2): (30, 20),
        ("forgetting", "en", 2): (0, 0.06),
        ("final", "en", 2): (0.95, 0.9),
        ("mean_final", None, 2): (0.95, 0.925),
        ("rank", "en", 2): (1, 2),
    }
    assert said == {key: pytest.approx(values) for key, values in expected.items()}
    assert {row["verdict"] for key, row in found.items() if key not in said} == {"same"}
    assert len(found) == 2 * 2 * 4 + 2 + 2 * 2 + 2


def test_the_onset_of_a_flatter_curve_is_earlier():
    found = compared(curve([0.1, 0.5, 0.9, 0.95]), curve([0.1, 0.92, 0.93, 0.95]), share=0.9)
    row = found["onset", "en", 2]
    assert (row["own"], row["other"], row["difference"], row["verdict"]) == (20, 10, -10, "changes")
    assert (row["low"], row["high"]) == (-10, -10)


def test_settings_of_one_truth_seldom_differ_beyond_the_noise():
    """Both settings are noise around one curve: final scores in 5% of cases, as promised, and no other finding more."""
    rng = np.random.default_rng(3)
    truth, counts, number = [0.1, 0.5, 0.9, 0.9], {}, 60
    for _ in range(number):
        codes = ("de", "en")
        own, other = ([*curve(truth, codes[0], 2, 0.01, rng), *curve(truth, codes[1], 2, 0.01, rng),
                       *curve(truth, codes[0], 1, 0.01, rng)] for _ in range(2))  # fmt: skip
        for (finding, _, _), row in compared(own, other).items():
            counts.setdefault(finding, []).append(row["verdict"] == "changes")
    shares = {finding: np.mean(changed) for finding, changed in counts.items()}
    print(shares)
    assert 0.01 < shares["final"] < 0.11
    assert max(shares.values()) < 0.12


def test_a_single_run_differs_without_a_verdict():
    found = compared(curve([0.1, 0.5, 0.9, 0.93], seeds=(0,)), curve([0.1, 0.5, 0.9, 0.92], seeds=(0,)))
    row = found["final", "en", 2]
    assert row["difference"] == pytest.approx(-0.01) and row["verdict"] is row["low"] is None
    assert "one run" in row["note"] and found["onset", "en", 2]["verdict"] == "same"


def test_runs_that_are_not_finite_are_said():
    own, other = curve([0.1, 0.5, 0.9, 0.95]), curve([0.1, 0.5, 0.9, 0.9])
    other[-1]["value"] = float("nan")
    broken = compared(own, other)["final", "en", 2]
    assert broken["verdict"] is broken["own"] is None and broken["note"] == "a run without a finite score"


def test_runs_are_paired_by_their_seeds_and_those_of_one_setting_are_left_out():
    """Seed by seed the other setting is better by 0.01. Seeds 0 and 5 of one alone would make it worse, as any would
    that were paired by their places."""
    level = {0: 0.99, 1: 0.7, 2: 0.74, 3: 0.8, 5: 0.2}

    def runs(seeds, more):
        rows = curve([0.1, 0.2, 0.3, 0.4], seeds=seeds)
        return [row | {"value": level[row["seed"]] + more if row["step"] == 30 else row["value"]} for row in rows]

    found = compared(runs((0, 1, 2, 3), 0.0), runs((1, 2, 3, 5), 0.01))
    for place in (("final", "en", 2), ("mean_final", None, 2)):
        row = found[place]
        assert (row["runs"], row["verdict"]) == (3, "changes")
        values = [row[name] for name in ("own", "other", "difference", "low", "high")]
        assert values == pytest.approx([2.24 / 3, 2.27 / 3, 0.01, 0.01, 0.01])
        assert row["note"] == "left out, as not all have them: seed 0, seed 5"
    assert found["best_step", "en", 2]["verdict"] == "same" and "seed 0" in found["best_step", "en", 2]["note"]


def test_steps_of_one_setting_are_left_out():
    """The last step that both have is 20; the other setting has as many steps, of which one is 40."""
    own = curve([0.1, 0.5, 0.9, 0.2])
    other = [row | {"step": 40 if row["step"] == 30 else row["step"]} for row in own]
    row = compared(own, other)["final", "en", 2]
    assert (row["own"], row["other"], row["verdict"]) == (pytest.approx(0.9), pytest.approx(0.9), "same")
    assert row["note"] == "left out, as not all have them: step 30, step 40"


def test_findings_of_several_curves_are_on_the_seeds_that_all_have():
    """Layer 1 lacks seed 0 under both settings: the best layer is found without it."""
    own, other = (
        [*curve([0.1, 0.5, 0.9, low], layer=1, seeds=(1, 2, 3)), *curve([0.1, 0.5, 0.9, high], seeds=(0, 1, 2, 3))]
        for low, high in ((0.8, 0.9), (0.9, 0.8))
    )
    found = compared(own, other)
    row = found["best_layer", "en", None]
    assert (row["runs"], row["own"], row["other"], row["verdict"]) == (3, 2, 1, "changes")
    assert row["note"] == "left out, as not all have them: seed 0"
    assert (found["final", "en", 2]["runs"], found["final", "en", 2]["note"]) == (4, None)


def test_a_curve_of_one_setting_is_named():
    own = [*curve([0.1, 0.5, 0.9, 0.95]), *curve([0.1, 0.5, 0.9, 0.95], "de"), *curve([0.1] * 4, "fr", seeds=(0,))]
    other = [*curve([0.1, 0.5, 0.9, 0.95]), *curve([0.1, 0.5, 0.9, 0.95], "ru"), *curve([0.1] * 4, "fr", seeds=(1,))]
    found = compared(own, other)
    notes = {source: found["final", source, 2]["note"] for source in ("en", "de", "ru", "fr")}
    assert notes == {
        "en": None,
        "de": "the other setting has no run of it",
        "ru": "the study's own setting has no run of it",
        "fr": "the settings have no seed and step of it in common",
    }
    assert found["final", "de", 2]["verdict"] is None and ("rank", "en", 2) not in found


def test_one_step_and_one_layer_have_a_last_score_alone():
    own, other = ([row for row in curve([0.1, 0.5, 0.9, top]) if row["step"] == 30] for top in (0.9, 0.8))
    assert [key[0] for key in compared(own, other)] == ["final", "mean_final"]


def test_the_table_keeps_the_settings_apart_and_that_of_the_study_refuses_it():
    own, other = curve([0.1, 0.5, 0.9, 0.95]), curve([0.1, 0.5, 0.9, 0.9])
    gathered = sensitivity.gather(
        [("own", planted.table(own))], OWN, [under(("none", "lbfgs"), own), under(OTHER, other)]
    )
    assert gathered.schema.equals(sensitivity_schema())
    settings = list(dict.fromkeys(zip(*(gathered[name].to_pylist() for name in ("scaling", "solver")), strict=True)))
    assert settings == [OWN, ("none", "lbfgs"), OTHER] and gathered.num_rows == 3 * len(own)
    with pytest.raises(InputError, match=r"columns of a table of scores: scaling \(string\), solver"):
        gathering.gather([under(OTHER, other)])


@pytest.mark.parametrize("fault", ["own", "two", "columns"])
def test_a_file_of_other_cells_is_refused(fault):
    rows = curve([0.1, 0.5, 0.9, 0.95])
    _, table = under(OWN if fault == "own" else OTHER, rows)
    if fault == "two":
        table = pyarrow.concat_tables([table, under(("none", "lbfgs"), rows)[1]])
    if fault == "columns":
        table = table.select(score_schema().names)
    with pytest.raises(InputError, match=r"cell\.parquet.*(of one setting|columns)"):
        sensitivity.gather([("own", planted.table(rows))], OWN, [("cell.parquet", table)])
