"""Figures 3, 5 to 13 and 15 to 17: the planted order, sign, onset and layer are what is drawn and said."""

import itertools
import re

import planted
import pytest
import vl_convert
from drawn import FIGURES

from polychron.analysis import trajectories, uncertainty
from polychron.figures import chart, expected_layers, layers, onsets, relative_scores, swarms, transfer_matrices
from polychron.figures.transfer_dynamics import changes
from polychron.figures.transfer_dynamics import onsets as transfer_onsets

STEPS = (0, 50, 100, 200, 400)
SHARES = [0.9, 0.95, 0.98]


def few(*parts):
    return trajectories.study(planted.table(itertools.chain(*parts)), SHARES, "minmax")


def pos(values, source="en", target=None, task="pos", steps=STEPS, **more):
    return planted.rows(values, task=task, source=source, target=target or source, steps=steps, **more)


def transfer(values, source, target, **more):
    return pos(values, source, target, split="parallel", **more)


def values(figure):
    """All rows of data in a figure's specification, where each stands once."""
    return [row for rows in chart.specification(figure)["datasets"].values() for row in rows]


# relative performance over time: figures 3, 15 and 17

FORGETFUL = {"kept": [0.3, 0.4, 0.6, 0.7, 0.8], "some": [0.3, 0.6, 0.8, 0.8, 0.76], "most": [0.3, 0.8, 0.8, 0.7, 0.6]}


def test_what_loses_most_stands_on_top():
    study = few(*(pos(curve, language) for language, curve in FORGETFUL.items()))
    figure = relative_scores.over_time(study, ["pos"], 2)
    assert [line["language"] for line in figure.numbers] == ["most", "some", "kept"]
    assert [line["lost, of the best"] for line in figure.numbers] == ["25.00%", "5.00%", "0.00%"]
    assert "POS tagging: 10.0% lost in the mean of 3 languages, from 0.0% (kept) to 25.0% (most)" in figure.caption[1]
    assert "; 1 best at the last step" in figure.caption[1]
    spec = figure.chart.to_dict()
    rows = [part["encoding"]["y"]["sort"] for part in spec["concat"][0]["hconcat"][0]["layer"]]
    assert rows == [["most", "some", "kept"]] * 2


def test_cells_are_shares_of_the_best_and_the_untrained_model_has_none():
    figure = relative_scores.over_time(few(pos(FORGETFUL["some"])), ["pos"], 2)
    cells = {row["step"]: row["share"] for row in values(figure) if "share" in row}
    assert cells == pytest.approx({"50": 75, "100": 100, "200": 100, "400": 95})
    assert [row["step"] for row in values(figure) if "best" in row] == ["100"]
    assert "Shares below 80% have the darkest colour." in figure.caption


def test_transfer_from_one_source_has_its_targets_as_rows():
    study = few(
        transfer([0.1, 0.2, 0.4, 0.5, 0.4], "en", "de"),
        transfer([0.1, 0.2, 0.4, 0.5, 0.5], "en", "fr"),
        transfer([0.1, 0.2, 0.4, 0.5, 0.1], "en", "en"),
        transfer([0.1, 0.2, 0.4, 0.5, 0.1], "de", "en"),
    )
    figure = relative_scores.over_time(study, ["pos"], 2, "en")
    assert [line["language"] for line in figure.numbers] == ["de", "fr"]
    assert (
        "Nothing to draw: no scores of POS tagging from xx"
        in relative_scores.over_time(study, ["pos"], 2, "xx").caption[0]
    )


def test_a_language_without_a_last_score_stands_last():
    study = few(pos([0.3, 0.4, 0.5, 0.6, float("nan")], "cut"), pos(FORGETFUL["kept"], "kept"))
    figure = relative_scores.over_time(study, ["pos"], 2)
    assert [line["language"] for line in figure.numbers] == ["kept", "cut"]
    assert "(1 of 2 have a score at the last step)" in figure.caption[1]
    assert "Grey: 1 cell of 8 without a score." in figure.caption


# asymmetry: figure 5


def test_the_better_source_stands_on_top_with_positive_cells():
    tops = {("de", "en"): 0.5, ("en", "de"): 0.7, ("de", "fr"): 0.6, ("fr", "de"): 0.5, ("en", "fr"): 0.7}
    study = few(*(transfer([0.1, 0.2, 0.3, top, 0.3], *pair) for pair, top in tops.items()))
    figure = transfer_matrices.asymmetry(study, ["pos"], 2)
    cells = {(row["source"], row["target"]): row["value"] for row in values(figure) if "value" in row}
    assert cells == pytest.approx({("en", "de"): 20, ("de", "en"): -20, ("de", "fr"): 10, ("fr", "de"): -10})
    order = figure.chart.to_dict()["concat"][0]["layer"][0]["encoding"]["y"]["sort"]
    assert order == ["en", "de", "fr"]
    assert "15.0 points in the mean of 2 pairs, at most +20.0 points (en to de); best source en" in figure.caption[1]
    assert "Grey: 1 cell of pairs that lack a direction." in figure.caption


def test_nil_has_no_sign():
    study = few(
        *(transfer([0.1, 0.2, top], *pair, steps=(0, 1, 2)) for pair, top in ((("a", "b"), 0.5), (("b", "a"), 0.5001)))
    )
    drawn = vl_convert.vegalite_to_svg(chart.specification(transfer_matrices.asymmetry(study, ["pos"], 2)))
    assert drawn.count(">0.0<") == 2 and not re.search(r">[+−]0(\.0)?<", drawn)


def test_transfer_in_one_direction_has_no_asymmetry():
    study = few(transfer([0.1, 0.2, 0.3, 0.4, 0.5], "en", "de"), transfer([0.1, 0.2, 0.3, 0.4, 0.5], "en", "en"))
    assert (
        "no pair of languages has transfer in both directions"
        in transfer_matrices.asymmetry(study, ["pos"], 2).caption[0]
    )


# strips of pairs: figures 6 and 7


def test_sources_stand_in_order_of_the_mean_onset_of_their_pairs():
    study = few(
        transfer([0.1, 0.5, 0.5, 0.5, 0.5], "fast", "a"),
        transfer([0.1, 0.4, 0.5, 0.5, 0.5], "fast", "b"),
        transfer([0.1, 0.4, 0.4, 0.4, 0.5], "slow", "a"),
        transfer([0.1, 0.4, 0.4, 0.5, 0.5], "slow", "b"),
    )
    figure = transfer_onsets(study, ["pos"], 2, 0.98, 150)
    dots = {(row["source"], row["target"]): row["value"] for row in values(figure) if "target" in row}
    assert dots == {("fast", "a"): 50, ("fast", "b"): 100, ("slow", "a"): 400, ("slow", "b"): 200}
    means = {row["source"]: row["mean"] for row in values(figure) if "mean" in row}
    assert list(means.items()) == [("fast", 75), ("slow", 300)]
    assert figure.caption[1] == "POS tagging: by 188 steps in the mean of 4 pairs, 50% after 150."
    assert "Dotted line: 150 steps." in figure.caption[0]
    tips = {(row["source"], row["target"]): row["tip"] for row in values(figure) if "tip" in row}
    assert tips["slow", "a"] == "after 200, by 400"


def test_onsets_of_pairs_can_show_the_spread_of_the_seeds():
    """A source with a pair whose runs differ has the longer line; it is drawn from the means of its pairs' ends."""
    late = [0.1, 0.1, 0.5, 0.5]
    runs = {("aa", "b"): [[0.1, 0.5, 0.5, 0.5], late], ("aa", "c"): [late] * 2, ("bb", "a"): [late] * 2}
    scores = planted.table(
        row
        for pair, some in runs.items()
        for seed, run in enumerate(some)
        for row in transfer(run, *pair, steps=STEPS[1:], seeds=(seed,))
    )
    study, spreads = trajectories.study(scores, SHARES, "minmax"), uncertainty.study(scores, SHARES)
    plain, wide = transfer_onsets(study, ["pos"], 2, 0.9), transfer_onsets(study, ["pos"], 2, 0.9, None, spreads)
    ends = {row["source"]: (row["low"], row["high"]) for row in values(wide) if "low" in row}
    assert ends == {"aa": (75, 200), "bb": (100, 200)}
    assert not any("low" in row for row in values(plain))
    assert "95% intervals of 3 pairs, which add the spread" in wide.caption[-1]
    tips = {(row["source"], row["target"]): row["tip"] for row in values(wide) if "tip" in row}
    assert tips["aa", "b"] == "after 100, by 200; with other seeds after 50, by 200"
    single = planted.table(row for row in scores.to_pylist() if row["seed"] == 0)
    alone = transfer_onsets(study, ["pos"], 2, 0.9, None, uncertainty.study(single, SHARES))
    assert alone.caption[-1] == "No intervals over seeds: no curve has two runs or more."


def test_changes_are_never_positive_and_the_source_that_loses_least_stands_on_top():
    study = few(
        transfer([0.1, 0.4, 0.5, 0.5, 0.4], "loser", "a"),
        transfer([0.1, 0.4, 0.5, 0.5, 0.5], "loser", "b"),
        transfer([0.1, 0.4, 0.4, 0.5, 0.5], "keeper", "a"),
        transfer([0.9, 0.4, 0.4, 0.5, 0.1], "keeper", "keeper"),
    )
    figure = changes(study, ["pos"], 2)
    dots = {(row["source"], row["target"]): row["value"] for row in values(figure) if "target" in row}
    assert dots == pytest.approx({("loser", "a"): -10, ("loser", "b"): 0, ("keeper", "a"): 0})
    assert [row["source"] for row in values(figure) if "mean" in row] == ["keeper", "loser"]
    assert "−3.3 points in the mean of 3 pairs, −10.0 points (loser to a) at most; 2 best" in figure.caption[1]


def test_changes_can_be_cross_fitted():
    """Each of three runs is best at another step: the best mean is noise, and the runs left out lose nothing."""
    steps = STEPS[1:]
    table = planted.table(
        row | {"value": 0.5 + 0.03 * ((row["step"], row["seed"]) in ((50, 0), (100, 1), (200, 2)))}
        for row in transfer([0.5] * 4, "a", "b", steps=steps)
    )
    study, spreads = trajectories.study(table, SHARES, "minmax"), uncertainty.study(table, SHARES)
    plain, fitted = changes(study, ["pos"], 2), changes(study, ["pos"], 2, spreads)
    ((loss,), (left,)) = ([row["value"] for row in values(one) if "target" in row] for one in (plain, fitted))
    assert loss == pytest.approx(-1) and abs(left) < 1e-9
    assert "Cross-fitted: the best checkpoint is chosen on all runs but one" in fitted.caption[0]
    assert "some loss is to be expected everywhere" in plain.caption[0]
    alone = planted.table(row for row in table.to_pylist() if row["seed"] == 0)
    said = changes(trajectories.study(alone, SHARES, "minmax"), ["pos"], 2, uncertainty.study(alone, SHARES)).caption[0]
    assert said == "Nothing to draw: no transfer with two runs or more to cross-fit."


def test_points_that_would_cover_each_other_stand_in_lanes_of_their_own():
    assert swarms.beeswarm([0, 100, 200], 5, 0.3) == [0, 0, 0]
    lanes = swarms.beeswarm([50.0] * 17, 5, 0.3)
    assert len(set(lanes)) == 17 and max(map(abs, lanes)) < 1


# layers: figures 8 to 13


def layered(draw, layers=(0, 1, 2), early=2, late=1):
    """The best layer moves from `early` to `late`."""
    curves = {at: [0.3, 0.4, 0.4, 0.4, 0.4] for at in layers}
    curves[early] = [0.3, 0.6, 0.6, 0.5, 0.4]
    curves[late] = [0.3, 0.4, 0.4, 0.6, 0.7]
    return itertools.chain(*(draw(curve, layer=at) for at, curve in curves.items()))


@pytest.fixture(scope="module")
def stacks():
    inside = (layered(lambda curve, of=of, **at: pos(curve, of, **at)) for of in ("aa", "bb", "cc"))
    pairs = [("aa", "bb"), ("bb", "aa")]
    between = (layered(lambda curve, pair=pair, **at: transfer(curve, *pair, **at)) for pair in pairs)
    aligned = layered(
        lambda curve, **at: pos(curve, "aa", "cc", task="alignment", metric="f1", seeds=(None,), **at),
        layers=(0, 2, 4), early=4, late=2,
    )  # fmt: skip
    return few(*inside, *between, aligned)


ALL = ["pos", "alignment"]


def names(figure):
    return [line.get("pair") or line.get("language") for line in figure.numbers]


def test_examples_and_the_others_share_all_panels(stacks):
    examples = [["pos", "bb", "bb"], ["pos", "bb", "aa"], ["xnli", "aa", "aa"]]
    assert names(layers.in_language(stacks, ALL, examples, others=False)) == ["bb"]
    assert names(layers.in_language(stacks, ALL, examples, others=True)) == ["aa", "cc"]
    assert names(layers.across(stacks, ALL, examples, others=False)) == ["bb → aa"]
    assert names(layers.across(stacks, ALL, examples, others=True)) == ["aa → bb", "aa → cc"]
    assert ", mean of 3 runs (word alignment has one);" in layers.across(stacks, ALL, [], others=False).caption[0]
    assert "Shown: 2 of the 3 panels of this study." in layers.in_language(stacks, ALL, examples, others=True).caption


def test_a_study_without_the_examples_shows_the_first_of_each_task(stacks):
    assert names(layers.across(stacks, ALL, [["pos", "xx", "yy"]], others=False)) == ["aa → bb", "aa → cc"]
    only = few(layered(pos))
    assert (
        "the only panel of this study stands in the figure before" in layers.in_language(only, ALL, [], True).caption[0]
    )


def test_the_best_layer_is_marked_at_each_step(stacks):
    figure = layers.across(stacks, ["alignment"], [], others=False)
    best = [(row["step"], row["layer"]) for row in values(figure) if "layer" in row]
    assert [layer for step, layer in best if step == "50"].count(4) == 2  # its cell and its dot
    assert [layer for step, layer in best if step == "400"].count(2) == 2
    assert "F1 (%)" in str(figure.chart.to_dict())
    assert "Word alignment −2.00 layers (1 pair)" in figure.caption[1]
    assert "Word alignment +10.0 points" in figure.caption[2]


def test_the_expected_layer_falls_as_planted(stacks):
    figure = expected_layers.across(stacks, ["alignment"])
    line = {row["step"]: row["expected"] for row in values(figure) if "step" in row}
    assert line[50] == pytest.approx(4) and line[400] == pytest.approx(2)
    assert figure.numbers[0]["change"] == "−2.00"
    assert "Word alignment: −2.00 layers in 1 line." in figure.caption[1]
    assert names(expected_layers.in_language(stacks, ALL)) == ["aa", "bb", "cc"]
    assert names(expected_layers.across(stacks, ["pos"])) == ["aa → bb", "bb → aa"]
    assert "Nothing to draw: no task is probed" in expected_layers.in_language(few(pos([0.3] * 5)), ALL).caption[0]


# onsets of several tasks: figure 16


def test_each_task_has_its_panel_and_a_missing_one_is_left_out():
    study = few(pos([0.3, 0.5, 0.5, 0.5, 0.5]), pos([0.3, 0.4, 0.4, 0.4, 0.5], task="xnli"))
    figure = onsets.onsets(study, ["pos", "xnli", "arc_prediction"], 2, SHARES)
    assert [panel["title"] for panel in figure.chart.to_dict()["hconcat"]] == ["POS tagging", "XNLI"]
    assert "XNLI: en reaches 90% by 400 steps" in figure.caption[1]
    assert figure.caption[-1] == "Without a score, and not shown: Arc prediction."
    steps = (0, 10, 100, 200, 4000)
    wide = few(pos([0.3, *[0.5] * 4], steps=steps), pos([*[0.3] * 4, 0.5], task="xnli", steps=steps))
    for panel in onsets.onsets(wide, ["pos", "xnli"], 2, SHARES).chart.to_dict()["hconcat"]:
        assert panel["layer"][0]["encoding"]["x"]["axis"]["values"] == [10, 200, 4000]
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


# all of them


@pytest.fixture(scope="module")
def paper():
    return trajectories.study(planted.paper(), SHARES, "minmax")


def test_no_chart_holds_more_rows_than_it_draws(stacks):
    rows = values(layers.in_language(stacks, ALL, [], others=False))
    # cells, best layers and expected layers of the trained steps (all are alike at step 0), and the wall there
    assert len(rows) == 3 * 5 + 4 + 4 + 1
    rows = values(transfer_matrices.asymmetry(stacks, ["pos"], 2))
    assert len(rows) == 2 + 2  # both directions and the diagonal, which are drawn by four marks


DRAWN = re.compile(r'<g class="mark-(\w+) role-mark[^"]*"[^>]*>(.*?)</g>', re.S)


def drawn(svg):
    """Count the rows that a drawing shows: the points of its lines, and all other marks one by one."""
    total = 0
    for kind, inside in DRAWN.findall(svg):
        if kind in ("line", "area", "trail"):
            total += sum(len(re.findall("[A-Z]", path)) for path in re.findall(r' d="([^"]*)"', inside))
        else:
            total += len(re.findall("<(?:path|text|line) ", inside))
    return total


PAIRS = 3 * 18**2 + 15**2
ROWS = {"04": PAIRS, "05": PAIRS, "07": PAIRS, "13": 6 * 39 + 6, "14": 94 * 39 + 9}
"""Cells and pairs with diagonals; of figure 7 pairs without them and a mean for each source; lines with their ends."""


@pytest.mark.slow
@pytest.mark.parametrize("number", [f"{number:02d}" for number in range(1, 18)])
def test_at_the_papers_size_no_chart_holds_more_rows_than_it_draws(number, paper):
    figure = FIGURES[number](paper, 12)
    rows = len(values(figure))
    shown = drawn(vl_convert.vegalite_to_svg(chart.specification(figure)))
    print(f"figure {number}: {rows} rows, {shown} marks and points")
    assert 0 < rows <= shown
    assert rows == ROWS.get(number, rows)
