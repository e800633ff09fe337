"""Captions of all figures with scores of probes say which are below a planted baseline."""

import pytest
from drawn import SHARES, against_order

from polychron.figures import (
    best_scores,
    captions,
    expected_layers,
    layers,
    onsets,
    relative_scores,
    transfer_dynamics,
    transfer_matrices,
)

ARCS = ["arc_prediction"]
INSIDE = "in 1 of 2 languages the best score{} is below distance (bb), in all 2 languages below distance with UPOS"
ACROSS = "in 1 of 2 pairs the best score{} is below distance (aa → bb), in all 2 pairs below distance with UPOS"

FIGURES = {
    "01": (lambda **given: best_scores.best_scores(tasks=ARCS, layer=2, **given), INSIDE, ""),
    "02": (lambda **given: onsets.onsets(tasks=ARCS, layer=2, onset=SHARES, **given), INSIDE, ""),
    "03": (lambda **given: relative_scores.over_time(tasks=ARCS, layer=2, **given), INSIDE, ""),
    "04": (lambda **given: transfer_matrices.transfer(tasks=ARCS, layer=2, **given), ACROSS, ""),
    "05": (lambda **given: transfer_matrices.asymmetry(tasks=ARCS, layer=2, **given), ACROSS, ""),
    "06": (lambda **given: transfer_dynamics.onsets(tasks=ARCS, layer=2, share=0.98, **given), ACROSS, ""),
    "07": (lambda **given: transfer_dynamics.changes(tasks=ARCS, layer=2, **given), ACROSS, ""),
    "08": (
        lambda **given: layers.in_language(tasks=ARCS, examples=[["arc_prediction", "aa", "aa"]], others=True, **given),
        "in 1 of 1 language the best score{} is below distance (bb), in 1 of 1 language below distance with UPOS (bb)",
        " of all layers",
    ),
    "09": (
        lambda **given: layers.across(tasks=ARCS, examples=[["arc_prediction", "bb", "aa"]], others=False, **given),
        "in 1 of 1 pair the best score{} is below distance with UPOS (bb → aa), in none below distance",
        " of all layers",
    ),
    "11": (lambda **given: expected_layers.in_language(tasks=ARCS, **given), INSIDE, ""),
    "17": (
        lambda **given: relative_scores.over_time(tasks=ARCS, layer=2, source="aa", **given),
        "in 1 of 1 pair the best score{} is below distance (aa → bb), in 1 of 1 pair below distance with UPOS",
        "",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return against_order()


@pytest.mark.parametrize("number", FIGURES)
def test_figures_say_where_scores_are_below_a_baseline(study, number):
    draw, said, what = FIGURES[number]
    traced, scores = study
    caption = draw(trajectories=traced, scores=scores).caption
    assert any(paragraph.startswith("Arc prediction: " + said.format(what)) for paragraph in caption), caption
    bare = draw(trajectories=traced).caption
    assert not any("is below" in paragraph for paragraph in bare)


def test_the_best_of_all_layers_is_compared(study):
    traced, scores = study
    assert captions.against(None, traced, ARCS) == []
    assert captions.against(scores, traced, ARCS) == captions.against(scores, traced, ARCS, layer=2)
    assert captions.against(scores, traced, ["pos"]) == []
