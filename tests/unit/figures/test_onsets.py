"""Figures 2 and 16: the planted onset is what is drawn, with the grid and the seeds around it."""

import planted
from drawn import SHARES, few, pos, svg, values

from polychron.analysis import trajectories, uncertainty
from polychron.figures import onsets
from polychron.figures.drawing.steps import Steps


def test_onsets_beyond_the_cut_become_arrows(paper):
    figure = onsets.onsets(paper, ["pos"], 12, SHARES, 200_000)
    late = [
        row for row in trajectories.select(paper, quantity=[f"onset_{x:g}" for x in SHARES], task="pos", split="test")
    ]
    beyond = sum(row["value"] > 200_000 for row in late)
    assert any(f"{beyond} of {3 * 44} points are" in paragraph for paragraph in figure.caption)
    steps = Steps({row["step"] for row in trajectories.select(paper, quantity="score", task="pos", split="test")})
    drawn = [row for row in values(figure) if "early" in row]
    last = steps.place(200_000)
    assert {row["step"] > 200_000 for row in drawn} == {True, False}
    assert all((last < row["x"] < last + 0.5) is (row["step"] > 200_000) for row in drawn)
    assert not any("Arrows" in paragraph for paragraph in onsets.onsets(paper, ["pos"], 12, SHARES, None).caption)


def test_every_step_beyond_the_cut_is_written():
    """The first language passes the cut at two steps with two shares, the second at one step with both."""
    study = few(pos([0.1, 0.2, 0.4, 0.46, 0.5], "aa"), pos([0.1, 0.2, 0.3, 0.3, 0.5], "bb"))
    figure = onsets.onsets(study, ["pos"], 2, [0.9, 0.98], 150)
    assert {row["language"]: row["text"] for row in values(figure) if "text" in row} == {"aa": "200, 400", "bb": "400"}
    assert "200, 400" in svg(figure)
    said = " ".join(figure.caption)
    assert "4 of 4 points are beyond the end of the axis, 150 steps; their steps are beside them, in the order" in said
    one = onsets.onsets(study, ["pos"], 2, [0.95, 0.98], 150)
    assert {row["language"]: row["text"] for row in values(one) if "text" in row} == {"aa": "400", "bb": "400"}
    alone = onsets.onsets(few(pos([0.1, 0.2, 0.4, 0.46, 0.5], "aa")), ["pos"], 2, [0.98], 150)
    assert "1 of 1 points is beyond the end of the axis, 150 steps; the step is written beside it." in alone.caption[-1]


def test_an_onset_that_the_untrained_model_has_is_marked():
    figure = onsets.onsets(few(pos([0.79, 0.5, 0.8])), ["pos"], 2, SHARES)
    assert {row["early"] for row in values(figure) if "early" in row} == {True}
    assert "Open points" in figure.caption[-1]


def test_each_task_has_its_panel_and_a_missing_one_is_left_out():
    study = few(pos([0.3, 0.5, 0.5, 0.5, 0.5]), pos([0.3, 0.4, 0.4, 0.4, 0.5], task="xnli"))
    figure = onsets.onsets(study, ["pos", "xnli", "arc_prediction"], 2, SHARES)
    assert [panel["title"] for panel in figure.chart.to_dict()["hconcat"]] == ["POS tagging", "XNLI"]
    assert "XNLI: en reaches 90% by 400 steps" in figure.caption[1]
    assert figure.caption[-1] == "Without a score, and not shown: Arc prediction."
    steps = (0, 10, 100, 200, 4000)
    wide = few(pos([0.3, *[0.5] * 4], steps=steps), pos([*[0.3] * 4, 0.5], task="xnli", steps=steps))
    found = onsets.onsets(wide, ["pos", "xnli"], 2, SHARES)
    for panel in found.chart.to_dict()["hconcat"]:
        axes = [layer["encoding"]["x"].get("axis", {}).get("values") for layer in panel["vconcat"][1]["layer"]]
        assert [0, 1, 2, 3, 4] in axes
    reached = [(row["step"], row["by then"]) for row in values(found) if row.get("share") == "98%" and "by then" in row]
    assert reached == [(name, int(name != "0")) for name in ("0", "10", "100", "200", "4k")] + [
        (name, int(name == "4k")) for name in ("0", "10", "100", "200", "4k")
    ]
    assert "Nothing to draw: none of its tasks" in onsets.onsets(study, [], 2, SHARES).caption[0]


def test_onsets_can_show_the_spread_of_the_seeds():
    """A run that is later than the others widens the interval of its language, and of no other."""
    steps = (50, 100, 200, 400)
    runs = {"aa": [[0.3, 0.5, 0.5, 0.5], [0.3, 0.3, 0.5, 0.5]], "bb": [[0.3, 0.5, 0.5, 0.5]] * 2}
    place = dict(task="pos", layer=2, split="test", metric="accuracy", steps=steps)
    made = [
        planted.rows(run, source=language, target=language, seeds=(seed,), **place)
        for language, some in runs.items()
        for seed, run in enumerate(some)
    ]
    scores = planted.table([row for rows in made for row in rows])
    study, spreads = trajectories.study(scores, SHARES, "minmax"), uncertainty.study(scores, SHARES)
    plain, wide = onsets.onsets(study, ["pos"], 2, [0.9]), onsets.onsets(study, ["pos"], 2, [0.9], None, spreads)
    ends = {row["language"]: (row["low"], row["high"]) for row in values(wide) if "low" in row}
    assert ends == {"aa": (50, 200), "bb": (50, 100)}
    assert not any("low" in row for row in values(plain))
    assert any(said.startswith("Thin lines, of 2 points: 95% intervals") for said in wide.caption)
    single = planted.table([row for row in scores.to_pylist() if row["seed"] == 0])
    alone = onsets.onsets(study, ["pos"], 2, [0.9], None, uncertainty.study(single, SHARES))
    assert "No intervals over seeds: no curve has two runs or more." in alone.caption
