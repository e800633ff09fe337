"""Table 6: the planted onset and loss are found, with what chance shows beside them."""

import numpy as np
import planted
import pyarrow
import pytest
from tabled import SIZES, compared, related, scores, studied

from polychron.analysis import chance, trajectories, uncertainty
from polychron.tables import correlations, dynamics, further_factors, sensitivity, transfer_factors


def test_table_6_finds_the_planted_dynamics(made):
    inside = made[5].records[0]
    assert inside["onset"] == pytest.approx(15) and inside["onset_after"] == pytest.approx(5)
    assert inside["onset_by_dev"] == pytest.approx(15)
    loss = np.mean([0.01 * (1 + place) for place in range(12)])
    for name in ("forgetting", "cross_fitted_forgetting", "forgetting_by_dev"):
        assert inside[name] == pytest.approx(loss)
    # four checkpoints tell neither their noise nor a slope
    assert inside["clear"] is None and inside["forgetting_p"] is None and inside["forgetting_by_chance"] is not None


def table(losses, dev=True, late=()):
    rng, steps, rows = np.random.default_rng(0), list(range(10, 310, 10)), []
    for code, loss in losses.items():
        truth = 0.8 - 0.4 * np.exp(-np.arange(30) / 2) - np.linspace(0, loss, 30)
        values = truth + 0.004 * rng.normal(size=30) + 0.05 * (code in late) * (np.arange(30) > 27)
        for split in ("test", "dev") if dev and code not in late else ("test",):
            rows += planted.rows(values, task="pos", source=code, target=code, steps=steps, split=split)
    scores = planted.table(rows)
    spread = pyarrow.concat_tables([uncertainty.study(scores, [0.95]), chance.study(scores, [0.95])])
    return dynamics.dynamics(trajectories.study(scores, [0.95], "minmax"), spread, 2, 0.95)


def test_noise_of_checkpoints_is_not_forgetting():
    """Seeds agree on every lucky checkpoint: on seeds alone all is lost; the columns with chance say what is."""
    still, lost = (table(dict.fromkeys("abcdefghij", loss)).records[0] for loss in (0.0, 0.03))
    for record in (still, lost):
        assert record["forgetting_by_chance"] == pytest.approx(0.0085, abs=0.002)
        assert record["n"] == 10
    assert still["cross_fitted_forgetting_low"] > 0
    assert still["clear"] <= 0.1 and still["forgetting_p"] > 0.05 and still["fall_after_peak_low"] < 0
    assert lost["clear"] >= 0.9 and lost["forgetting_p"] == 0.001
    assert lost["fall_after_peak"] == pytest.approx(0.025, abs=0.008)


def test_the_honest_columns_come_first():
    found = table({"a": 0.0, "b": 0.0})
    assert found.head[3:6] == ["Onset by dev", "Fitted", "Paper"]
    assert found.head.index("Clear") < found.head.index("Best − last")
    cells = dict(zip(found.head, found.rows[0], strict=True))
    assert cells["By chance"].below[0].startswith("p = ")


def test_without_dev_the_columns_of_dev_are_dashes():
    found = table({"a": 0.0, "b": 0.0}, dev=False)
    cells = dict(zip(found.head, found.rows[0], strict=True))
    assert cells["Onset by dev"].text == cells["Loss by dev"].text == "–"
    assert cells["Slope"].text != "–"


def test_a_mean_of_fewer_curves_says_of_how_many():
    """One of three curves has no dev, and its best is too late for a slope."""
    found = table(dict.fromkeys("abc", 0.03), late="c")
    cells = dict(zip(found.head, found.rows[0], strict=True))
    for name in ("Onset by dev", "Loss by dev", "Slope"):
        assert cells[name].below[-1] == "n = 2"
    for name in ("Fitted", "Paper", "Best − last"):
        assert not any(line.startswith("n = ") for line in cells[name].below)
    assert cells["Clear"].text == "67%" and found.records[0]["fall_after_peak_n"] == 2


@pytest.mark.parametrize(("onset", "written"), [(0.995, "99.5%"), (0.95, "95%"), (0.29, "29%")])
def test_each_table_says_the_share_that_was_asked_for(onset, written):
    table = scores()
    found, more = studied(table, onset=onset), related(table)
    traced, spread = trajectories.study(table, [onset], "minmax"), uncertainty.study(table, [onset])
    factors = [
        correlations.correlations(found, SIZES, 4, onset),
        further_factors.correlations(found, SIZES, more, 5, onset, "ar"),
    ]
    for one in factors:
        assert f"Steps to {written}" in [row[0].text for row in one.rows]
    # rows of further factors are below those of the paper, of each quantity
    assert len(factors[1].rows) > len(correlations.correlations(found, SIZES, 5, onset).rows)
    assert dynamics.dynamics(traced, spread, 2, onset).title.startswith(f"Steps to {written} of the best score")
    settings = sensitivity.sensitivity(compared(table), onset, ["none", "adam"])
    assert f"Step to {written}" in [row[2].text for row in settings.rows]
    assert f"Steps to {written}: ρ alone" in transfer_factors.alone_and_together(more, onset).head
