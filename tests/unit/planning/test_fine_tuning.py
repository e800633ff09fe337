"""The plan of fine-tuning: a job for each step and seed, and hours that follow from epochs and pieces."""

import pytest
from configs import study

from polychron.planning import costs, rates
from polychron.study.axes import Axes


def planned(*overlays, sizes=None):
    known = rates.sizes()
    made = study(*overlays)
    return {line.rule: line for line in costs.lines(Axes(made, known, {}, {}).values, known, rates.rates())}


def test_the_toy_study_has_a_line_of_27_jobs_in_a_few_minutes():
    before, after = planned("studies/toy.yaml"), planned("studies/toy.yaml", "studies/finetuned.yaml")
    assert "fine_tune" not in before and after["fine_tune"].jobs == 27
    assert {name: line for name, line in after.items() if name != "fine_tune"} == before
    assert 60 < 3600 * after["fine_tune"].core_hours < 720 and after["fine_tune"].gpu_hours == 0


def test_hours_grow_with_epochs_alone():
    tuned = ["studies/toy.yaml", "studies/finetuned.yaml"]
    hours = [planned(*tuned, {"finetuning": {"epochs": epochs}})["fine_tune"].core_hours for epochs in (10, 20, 30)]
    assert hours[1] - hours[0] == pytest.approx(hours[2] - hours[1]) and hours[0] > 0
    more = planned(*tuned, {"finetuning": {"epochs": 10, "seeds": [0, 1, 2, 3]}})["fine_tune"]
    assert more.core_hours == pytest.approx(hours[0] * 4 / 3) and more.jobs == 36


def test_the_paper_takes_some_sixty_hours_of_a_gpu():
    """XNLI of a base model: 4.5e16 operations, by hand; 8 steps and 3 seeds of it at the rate of an encoder."""
    line, xnli = (
        planned("studies/finetuned.yaml", *more)["fine_tune"] for more in ((), [{"finetuning": {"tasks": ["xnli"]}}])
    )
    by_hand = 24 * 4.5e4 * rates.rates()["encode"].gpu / 3600
    assert xnli.jobs == 24 and by_hand < xnli.gpu_hours < 2 * by_hand
    assert line.jobs == 72 and xnli.gpu_hours < line.gpu_hours and 55 < line.gpu_hours < 70


def test_a_grid_has_a_job_for_each_point_and_one_that_selects():
    """XNLI: 18 points of 200 epochs of 20,000 pairs, by hand 10.2 passes over 392,702 in place of 5."""
    xnli = {"finetuning": {"tasks": ["xnli"], "seeds": [0], "steps": [5000]}}
    one, grid = (planned(xnli, {"finetuning": {"recipe": recipe}}) for recipe in ("xtreme", "wu"))
    assert one["fine_tune"].jobs == 1 and "select_settings" not in one
    assert grid["fine_tune"].jobs == 18 and grid["select_settings"].jobs == 1
    assert grid["fine_tune"].gpu_hours / one["fine_tune"].gpu_hours == pytest.approx(18 * 10.2 / 5, rel=0.1)
