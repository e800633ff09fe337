"""False worlds of claims about what is learned in-language: how well, when, and what is forgotten."""

from __future__ import annotations

from dataclasses import replace

import agreeing
import numpy as np
from agreeing import LANGUAGES, STEPS, at
from worlds import base, curved, false, redrawn, without

from polychron.audit.evidence import PROBING, shared_languages_of

NUMBER = len(STEPS)


def best(task, values):
    return values.min() if task == "bits" else values.max()


@false("F1.*", "T3.*.replica")
def every_score_is_worse():
    """The model is a tenth worse in all languages, and has 40% more bits."""
    return curved(lambda place, values: values * (1.4 if place[0] == "bits" else 0.9))


@false("T3.*.base")
def base_is_better():
    """XLM-R base has a tenth fewer bits, and scores that are a tenth higher."""
    known = base().reference
    values = {place: values * (0.9 if place[0] == "bits" else 1.1) for place, values in known.values.items()}
    return without(reference=replace(known, values=values))


@false(
    "s32.xnli_majority_after", "s32.order_langs", "s32.bpc_monotone", "s32.degradation_exists", "s32.early_order_task",
    "s42.step98.*", "s42.pairs_in_order", "s42.later_than_mono", "s42.order_mean", "s42.forget_varies",
    "s42.forget_pos_arcclass", "s51.explayer_max.*", "C.explayer.*", "s52.explayer.*",
)  # fmt: skip
def flat_curves():
    """Nothing is learned after the first checkpoint: every score stays as it is, but for noise."""
    rng = np.random.default_rng(0)

    def flat(place, values):
        noise = 0 if place[0] == "bits" else 0.0002 * rng.normal(size=NUMBER)
        return np.full(NUMBER, best(place[0], values)) + noise

    return curved(flat)


@false("s32.arcpred_all98")
def arc_prediction_is_late_in_one_language():
    """Irish needs 25,000 steps, all others no more than 20,000."""
    return redrawn(lambda world: world.at98["arc_prediction"].update(ga=at(25_000)))


@false("s32.xnli_majority_after")
def xnli_is_early_in_eight_of_fifteen_languages():
    """Eight languages have learned XNLI by step 100,000."""
    early = dict.fromkeys(LANGUAGES["xnli"][:8], at(100_000))
    return redrawn(lambda world: world.at98["xnli"].update(early))


@false("s32.pos_arc_within")
def pos_tagging_is_two_checkpoints_later():
    """In most languages POS tagging is learned two checkpoints after arc prediction."""
    later = dict.fromkeys(LANGUAGES["pos"][3:], at(30_000))
    return redrawn(lambda world: world.at98["pos"].update(later))


@false("s32.order_langs")
def four_languages_learn_xnli_first():
    """Four of the 13 shared languages learn XNLI before arc classification."""
    first = dict.fromkeys(shared_languages_of(base())[:4], at(25_000))
    return redrawn(lambda world: world.at98["xnli"].update(first))


@false("s32.early_order_task", "s32.order_langs")
def semantics_before_syntax():
    """XNLI is learned first, then arc classification, then POS tagging and arc prediction."""

    def change(world):
        late = {"pos": 150_000, "arc_prediction": 150_000, "arc_classification": 30_000, "xnli": 15_000}
        world.at98 = {task: dict.fromkeys(LANGUAGES[task], at(step)) for task, step in late.items()}

    return redrawn(change)


@false("s32.early_order_task", "s42.order_mean", "s42.pairs_in_order")
def equal_tasks():
    """All tasks are learned at one time, in-language and across languages."""

    def change(world):
        world.at98 = {task: dict.fromkeys(LANGUAGES[task], at(50_000)) for task in PROBING}
        world.at98_across = {task: dict.fromkeys(table, at(200_000)) for task, table in world.at98_across.items()}

    return redrawn(change)


@false("s32.early_order_task", "s42.later_than_mono")
def tasks_differ_by_luck():
    """Each language and pair learns each task at some step up to 500,000; the means are in order by luck."""
    rng = np.random.default_rng(8)

    def change(world):
        for task, late in zip(("pos", "arc_prediction", "arc_classification", "xnli"), (0, 0, 1, 2), strict=True):
            world.at98[task] = {one: int(rng.integers(late, 15 + late)) for one in LANGUAGES[task]}
            world.at98_across[task] = {pair: int(rng.integers(1, 17)) for pair in world.at98_across[task]}

    return redrawn(change)


@false("s32.bpc_monotone")
def bits_of_one_language_rise_again():
    """At the last checkpoint Xhosa has 2% more bits than before."""
    last = np.where(np.arange(NUMBER) == NUMBER - 1, 1.02, 1)
    return curved(lambda place, values: values * last if place[:2] == ("bits", "xh") else values)


@false("s32.bpc_monotone")
def bits_jump_in_the_middle():
    """All languages improve to the end, but at step 500,000 they are as bad as at first."""
    return curved(lambda place, values: np.where(STEPS == 500_000, values[0], values) if place[0] == "bits" else values)


@false("s32.bpc_monotone")
def bits_stop_improving():
    """Bits improve up to step 500,000 and stay the same from then on."""
    stop = np.minimum(np.arange(NUMBER), at(500_000))
    return curved(lambda place, values: values[stop] if place[0] == "bits" else values)


@false("s32.bpc_monotone")
def bits_do_not_improve_in_the_first_third():
    """Bits stay the same up to step 300,000 and improve from then on."""
    start = np.maximum(np.arange(NUMBER), at(300_000))
    return curved(lambda place, values: values[start] if place[0] == "bits" else values)


def forgetting(world, ranks):
    """Plant losses that are larger for higher numbers of a task and language."""
    for task in PROBING:
        for number, one in enumerate(LANGUAGES[task]):
            world.loss[task][one] = 0.0005 * (1 + ranks(task, number, one)) * world.best[task][one]


@false("s32.forget_uncorrelated")
def the_same_languages_forget():
    """In each task, a language later in the alphabet forgets more."""
    order = {one: number for number, one in enumerate(sorted({*LANGUAGES["pos"], *LANGUAGES["xnli"]}))}
    return redrawn(lambda world: forgetting(world, lambda task, number, one: order[one]))


@false("s32.forget_uncorrelated")
def the_same_languages_tend_to_forget():
    """A weak common tendency: coefficients of about 0.25 between any two tasks, none of them significant."""
    rng = np.random.default_rng(30)
    common = dict(zip(sorted({*LANGUAGES["pos"], *LANGUAGES["xnli"]}), rng.normal(size=46), strict=True))
    drawn = {(task, one): 0.6 * common[one] + 0.8 * rng.normal() for task in PROBING for one in LANGUAGES[task]}
    return redrawn(lambda world: forgetting(world, lambda task, number, one: 10 * (4 + drawn[task, one])))


@false("s32.bpc_monotone")
def one_language_stops_early():
    """All languages improve to the end but Swahili, which is at its best from step 700,000 on."""
    stop = np.minimum(np.arange(NUMBER), at(700_000))
    return curved(lambda place, values: values[stop] if place[:2] == ("bits", "sw") else values)


@false("s32.degradation_exists")
def one_task_is_not_forgotten():
    """All languages are at their best at the end in XNLI, and forget the other tasks."""
    return redrawn(lambda world: world.loss.update(xnli=dict.fromkeys(LANGUAGES["xnli"], 0.0)))


def against(factor, tasks=("bits", "pos", "xnli"), transfer=False):
    """Set XLM-R base's scores at a factor of the study's last ones."""
    known = base()
    values = {
        place: known.study.values[place][-1:] * (factor if place[0] in tasks and place[4] is transfer else 1)
        for place in known.reference.values
    }
    return without(reference=agreeing.Curves(STEPS[-1:], values, agreeing.FINAL))


@false("A3.*")
def the_replica_is_the_original():
    """Both models have the same scores."""
    return against(1)


@false("A3.inlang_worse")
def the_replica_is_much_worse():
    """The replica has a third more bits than now, and a quarter less accuracy."""
    return curved(lambda place, values: values * (1.33 if place[0] == "bits" else 0.75))


@false("A3.inlang_worse")
def the_replica_is_better_at_pos_tagging():
    """The replica is slightly worse in bits and XNLI, and better in POS tagging."""
    known = base().reference
    values = {
        place: values * (0.95 if place[0] == "pos" else 1) if not place[4] else values
        for place, values in known.values.items()
    }
    return without(reference=replace(known, values=values))


@false("A3.xnli_x_better")
def the_replica_is_worse_across_languages():
    """XLM-R base is 2% better than the replica in XNLI across languages."""
    return against(1.02, tasks=("xnli",), transfer=True)
