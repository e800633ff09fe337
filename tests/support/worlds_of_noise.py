"""False worlds in which a sentence seems true by the noise of checkpoints, which all seeds have in common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from agreeing import CHANCE, FINAL, LANGUAGES, STEPS
from worlds import base, curved, false, redrawn
from worlds_of_layers import outer

from polychron.audit.evidence import TREEBANK

NUMBER = len(STEPS)
NOISY = ("pos", "arc_classification")


def stationary(size, seed, transfer):
    """Let the final layer stay at its best, with noise of a size for each task."""
    rng = np.random.default_rng(seed)

    def change(place, values):
        task, *_, layer, across = place
        if task == "bits" or layer != FINAL or across is not transfer:
            return values
        return values.max() + size(task) * rng.normal(size=NUMBER)

    return curved(change)


@false("s32.degradation_exists")
def nothing_is_forgotten_and_checkpoints_differ():
    """All languages stay at one level in all tasks; checkpoints have noise of 0.4 points, seeds of 0.03."""
    return stationary(lambda task: 0.004, 0, transfer=False)


@false("s42.forget_pos_arcclass", "s42.forget_varies")
def checkpoints_differ_more_in_two_tasks():
    """The same across languages, and noise is twice as large in POS tagging and arc classification."""
    return stationary(lambda task: 0.008 if task in NOISY else 0.004, 0, transfer=True)


@false("s42.forget_pos_arcclass", "s42.forget_varies")
def a_single_seed_and_noise():
    """The same, in a study with a single seed."""
    one = stationary(lambda task: 0.008 if task in NOISY else 0.004, 1, transfer=True)
    return replace(one, study=replace(one.study, errors={}, runs={}))


def learned_together(size, seed):
    """Let all tasks and pairs reach 98% of their level at step 25,000, with noise of a size for each curve."""
    rng = np.random.default_rng(seed)
    shape = 1 - 0.1 * np.exp(-STEPS / 15_000)

    def change(place, values):
        if place[0] == "bits" or place[3] != FINAL:
            return values
        return values.max() * shape + size(place[0], place[4]) * rng.normal(size=NUMBER)

    return curved(change)


@false("s32.early_order_task", "s42.order_mean")
def all_is_learned_at_once_and_xnli_is_noisy():
    """Noise is 0.6 points in XNLI, 0.2 points in arc classification and 0.1 points in the others."""
    sizes = {"xnli": 0.006, "arc_classification": 0.002}
    return learned_together(lambda task, across: sizes.get(task, 0.001), 0)


@false("s42.later_than_mono")
def all_is_learned_at_once_and_transfer_is_noisy():
    """Noise is 0.6 points across languages and 0.1 points in-language."""
    return learned_together(lambda task, across: 0.006 if across else 0.001, 1)


@false("s41.q6")
def directions_differ_by_noise_of_checkpoints():
    """Transfer is as good from a to b as from b to a; checkpoints have noise of 0.4 points, seeds of 0.02."""
    rng = np.random.default_rng(3)
    known = base().study.values

    def change(place, values):
        task, source, target, layer, across = place
        if not across or layer != FINAL:
            return values
        both = (known[task, source, target, FINAL, True] + known[task, target, source, FINAL, True]) / 2
        return both + 0.004 * rng.normal(size=NUMBER)

    return curved(change)


@false("s41.q2")
def arc_prediction_is_at_chance_across_languages():
    """Arc prediction has 51% across languages, where half is chance, and keeps 73 of 100 points; others keep fewer."""
    levels = {"pos": (0.95, 0.6), "arc_prediction": (0.7, 0.51), "arc_classification": (0.9, 0.55)}

    def change(world):
        for task in TREEBANK:
            own, others = levels[task]
            world.best_across[task] = {(a, b): own if a == b else others for a, b in world.best_across[task]}

    one = redrawn(change)
    chances = {(task, language): chance for task, chance in CHANCE.items() for language in LANGUAGES[task]}
    return replace(one, study=replace(one.study, chances=chances))


@false("s51.last_not_best")
def the_best_layer_is_a_lucky_one():
    """All layers are as good as the last one, and checkpoints have noise of 0.4 points."""
    rng = np.random.default_rng(2)
    return curved(
        lambda place, values: (values if place[3] == FINAL else outer(place)) + 0.004 * rng.normal(size=NUMBER)
    )
