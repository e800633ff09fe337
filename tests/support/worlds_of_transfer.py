"""False worlds of claims about transfer: how well, between which languages, when, and what is forgotten."""

from __future__ import annotations

import functools
import itertools
from dataclasses import replace

import numpy as np
from agreeing import STEPS, TRANSFER, at, related, shares
from worlds import curved, false, pairwise, redrawn

from polychron.audit.evidence import PROBING, TREEBANK

NUMBER = len(STEPS)


def better(change, tasks=PROBING):
    """Draw a world with other best scores of pairs of different languages."""

    def plant(world):
        for task in tasks:
            world.best_across[task] = pairwise(world.best_across[task], functools.partial(change, task))

    return redrawn(plant)


@false("s41.en_target", "s41.q1", "s41.q2", "s41.q3", "s41.q4", "s41.q5", "s41.q6", "s41.q7", "s41.q8", "s41.q9")
def equal_pairs():
    """Transfer is as good between any two languages as from a language to itself, in every task."""
    shape = np.linspace(0.6, 0.8, NUMBER)
    return curved(lambda place, values: shape if place[4] else values)


@false("s41.q1", "s41.q3", "s41.q4", "s41.q5", "s41.q6", "s41.q7", "s41.q8")
def pairs_differ_by_noise_alone():
    """The same, and the noise of the seeds is half a point."""
    rng = np.random.default_rng(1)
    shape = np.linspace(0.6, 0.8, NUMBER)
    return curved(lambda place, values: shape + 0.005 * rng.normal(size=NUMBER) if place[4] else values, noise=0.005)


@false("s41.en_target")
def english_is_hard():
    """All other sources are worse on English than on themselves, by 10 points or more."""
    return better(lambda task, a, b, value: value - 0.1 * (b == "en"), ["xnli"])


@false("s41.en_target")
def english_is_hard_for_four():
    """Ten of the 14 other sources do as well on English as on themselves."""
    return better(lambda task, a, b, value: value - 0.1 * (b == "en" and a in ("ar", "bg")), ["xnli"])


@false("s41.q1")
def languages_fail_on_themselves():
    """A probe is worst on its own language, in all tasks."""

    def change(world):
        for task in PROBING:
            table = world.best_across[task]
            world.best_across[task] = {pair: value - 0.4 * (pair[0] == pair[1]) for pair, value in table.items()}

    return redrawn(change)


@false("s41.q1")
def half_of_the_sources_do_best_elsewhere():
    """Of 69 rows 40 are better on some other language."""

    def change(world):
        rows = [(task, source) for task in PROBING for source in TRANSFER[task]]
        for task, source in rows[:40]:
            world.best_across[task][source, "en" if source != "en" else "de"] = 0.99

    return redrawn(change)


@false("s41.q2")
def arc_prediction_transfers_as_other_tasks_do():
    """In all three tasks 75 of 100 points of the diagonal are kept, in arc prediction 1 point more."""

    def change(world):
        for task in TREEBANK:
            kept = 0.76 if task == "arc_prediction" else 0.75
            table = world.best_across[task]
            world.best_across[task] = {(a, b): 0.9 if a == b else 0.9 * kept for a, b in table}

    return redrawn(change)


@false("s41.q2")
def arc_prediction_does_not_transfer():
    """Arc prediction keeps less across languages than the others."""
    return better(lambda task, a, b, value: value - 0.4, ["arc_prediction"])


@false("s41.q2")
def arc_classification_transfers_best():
    """Arc prediction keeps more across languages than POS tagging, and arc classification keeps more than both."""
    return better(lambda task, a, b, value: value + 0.22, ["arc_classification"])


@false("s41.q3")
def english_and_italian_transfer_badly():
    """English and Italian are the worst sources."""
    return better(lambda task, a, b, value: value - 0.2 * (a in ("en", "it")), TREEBANK)


@false("s41.q3")
def english_transfers_well_to_few_targets():
    """To six targets English is far the best source, so that its mean is high; to the others it is an average one."""
    few = ("de", "es", "fr", "it", "pt", "sv")
    return better(lambda task, a, b, value: min(value + (0.2 if b in few else -0.06) * (a == "en"), 0.99), TREEBANK)


@false("s41.q3")
def italian_is_an_average_source():
    """English transfers well, and Italian as most languages do."""
    return better(lambda task, a, b, value: value - 0.04 * (a == "it"), TREEBANK)


@false("s41.q4")
def japanese_is_as_other_languages():
    """Japanese is an average source and target."""
    return better(lambda task, a, b, value: value + 0.06 * ("ja" in (a, b)), TREEBANK)


@false("s41.q4")
def japanese_is_a_good_target():
    """Japanese does not transfer well to other languages, but others transfer to it as to any."""
    return better(lambda task, a, b, value: value + 0.06 * (b == "ja"), TREEBANK)


@false("s41.q4")
def japanese_is_bad_on_itself_too():
    """Japanese is isolated, and the worst in-language."""

    def change(world):
        for task in TREEBANK:
            world.best_across[task]["ja", "ja"] -= 0.1

    return redrawn(change)


@false("s41.q5", "s41.q7", "s41.q9")
def sources_and_targets_change_places():
    """What transfer from a to b has is that from b to a."""

    def change(world):
        for task in PROBING:
            table = world.best_across[task]
            world.best_across[task] = {(a, b): table[b, a] for a, b in table}

    return redrawn(change)


@false("s41.q5")
def rows_agree_as_columns_do():
    """In XNLI sources differ about as much as targets do."""
    rng = np.random.default_rng(2)
    names = TRANSFER["xnli"]
    source, target = (dict(zip(names, rng.permutation(np.linspace(-0.03, 0.03, 15)), strict=True)) for _ in range(2))
    return better(lambda task, a, b, value: 0.55 + source[a] + target[b], ["xnli"])


@false("s41.q9")
def swahili_is_an_easy_target():
    """Arabic and Chinese are the hardest targets of XNLI."""
    return better(lambda task, a, b, value: value + 0.04 * (b == "sw") - 0.04 * (b == "zh"), ["xnli"])


@false("s41.q6", "s41.q7", "s41.q8")
def no_asymmetry():
    """Transfer from a to b is as good as from b to a."""

    def change(world):
        for task in PROBING:
            table = world.best_across[task]
            world.best_across[task] = {(a, b): (table[a, b] + table[b, a]) / 2 for a, b in table}

    return redrawn(change)


@false("s41.q6")
def one_task_is_symmetric():
    """Transfer is asymmetric in all tasks but POS tagging."""

    def change(world):
        table = world.best_across["pos"]
        world.best_across["pos"] = {(a, b): (table[a, b] + table[b, a]) / 2 for a, b in table}

    return redrawn(change)


def turned(language, by):
    """Add to a language as a source, and take off it as a target, in some tasks."""
    return better(lambda task, a, b, value: value + by.get(task, 0) * ((a == language) - (b == language)), [*by])


@false("s41.q7")
def korean_is_the_same_in_all_tasks():
    """Korean is worse as a source than as a target in arc prediction too."""
    return turned("ko", {"arc_prediction": -0.06})


@false("s41.q8")
def arabic_differs_by_task():
    """Arabic is the better source in arc prediction and arc classification, and the worse one in POS tagging."""
    return turned("ar", {"pos": -0.1})


@false("s41.q8")
def arabic_differs_in_degree():
    """Arabic is the better source in all three tasks, by 4 points in two and by 34 in POS tagging."""
    return turned("ar", {"pos": 0.15})


@false("s41.q8")
def arabic_is_asymmetric_in_one_task_alone():
    """Arabic is the better source in POS tagging; in the others its two directions differ by nothing but luck."""
    return turned("ar", {"arc_prediction": -0.019, "arc_classification": -0.019})


@false("s42.step98.*", "s42.pairs_in_order", "s42.order_mean")
def transfer_runs_backwards():
    """XNLI is transferred first and arc prediction last."""

    def change(world):
        late = {"pos": 450_000, "arc_prediction": 650_000, "arc_classification": 100_000, "xnli": 50_000}
        world.at98_across = {task: dict.fromkeys(world.at98_across[task], at(step)) for task, step in late.items()}

    return redrawn(change)


@false("s42.pairs_in_order")
def all_pairs_are_in_order():
    """Every pair transfers arc prediction and POS tagging first, then arc classification, then XNLI."""

    def change(world):
        late = {"pos": 50_000, "arc_prediction": 50_000, "arc_classification": 150_000, "xnli": 350_000}
        world.at98_across = {task: dict.fromkeys(world.at98_across[task], at(step)) for task, step in late.items()}

    return redrawn(change)


@false("s42.later_than_mono")
def transfer_comes_at_once():
    """Transfer is there at the second checkpoint, before in-language performance, in all pairs alike."""

    def change(world):
        world.at98_across = {task: dict.fromkeys(table, 1) for task, table in world.at98_across.items()}
        world.at95_across = {task: dict.fromkeys(table, 0) for task, table in world.at95_across.items()}

    return redrawn(change)


@false("s42.later_than_mono")
def xnli_is_transferred_at_once():
    """Transfer is later than in-language performance in all tasks but XNLI."""

    def change(world):
        world.at98_across["xnli"] = dict.fromkeys(world.at98_across["xnli"], at(50_000))
        world.at95_across["xnli"] = dict.fromkeys(world.at95_across["xnli"], 0)

    return redrawn(change)


@false("s42.later_than_mono")
def transfer_is_late_and_does_not_vary():
    """All pairs transfer at step 400,000 sharp."""

    def change(world):
        world.at98_across = {task: dict.fromkeys(table, at(400_000)) for task, table in world.at98_across.items()}

    return redrawn(change)


@false("s42.forget_pos_arcclass", "s42.forget_varies", "B2.perf_vs_forget.max")
def one_common_loss():
    """Every pair loses one point from its best score to the last one, in all tasks; the noise is a fifth of a point."""
    rng = np.random.default_rng(3)

    def change(place, values):
        if not place[4]:
            return values
        return np.append(values[:-1], values.max() - 0.01) + 0.002 * rng.normal(size=NUMBER)

    return curved(change, noise=0.002)


def lost(sizes):
    """Draw a world where tasks lose other amounts, by a factor."""

    def change(world):
        for task, size in sizes.items():
            world.loss_across[task] = {pair: size * loss for pair, loss in world.loss_across[task].items()}

    return redrawn(change)


@false("s42.forget_pos_arcclass")
def two_tasks_are_noisier():
    """Nothing is forgotten, but scores of POS tagging and arc classification have twice the noise of the others."""
    rng = np.random.default_rng(9)

    def change(place, values):
        size = 0.004 if place[0] in ("pos", "arc_classification") else 0.002
        return values.max() + size * rng.normal(size=NUMBER) if place[4] else values

    one = curved(change)
    errors = {place: 0 * values + (0.004 if place[0] in ("pos", "arc_classification") else 0.002)
              for place, values in one.study.values.items()}  # fmt: skip
    return replace(one, study=replace(one.study, errors=errors))


@false("s42.forget_pos_arcclass")
def xnli_is_forgotten_most():
    """POS tagging and arc classification lose more than arc prediction, and XNLI loses five times as much as now."""
    return lost({"xnli": 5})


@false("s42.forget_pos_arcclass")
def arc_prediction_is_forgotten_most():
    """Arc prediction loses ten times as much as now."""
    return lost({"arc_prediction": 10})


@false("s42.forget_pos_arcclass")
def pos_tagging_is_not_forgotten():
    """Arc classification is forgotten, and POS tagging is not."""
    return lost({"pos": 0})


@false("B2.perf_vs_step95.*")
def the_best_pairs_are_the_slowest():
    """The better a pair, the later it reaches 95% of its best."""

    def change(world):
        for task in PROBING:
            early = world.at95_across[task]
            top = max(early.values())
            world.at95_across[task] = {pair: top - place for pair, place in early.items()}

    return redrawn(change)


@false("B2.perf_vs_step95.*", "B2.perf_vs_forget.max")
def best_scores_go_with_nothing():
    """Onsets and losses are drawn without regard to the best score."""

    def change(world):
        rng = np.random.default_rng(4)
        for task, facts in itertools.product(PROBING, (world.at95_across, world.loss_across)):
            pairs = [pair for pair in facts[task] if pair[0] != pair[1]]
            drawn = dict(zip(pairs, rng.permutation([facts[task][pair] for pair in pairs]).tolist(), strict=True))
            facts[task] = {**facts[task], **drawn}

    return redrawn(change)


@false("B2.perf_vs_forget.*")
def the_best_pairs_forget_most():
    """The better a pair, the larger the share that it tends to forget."""

    def change(world):
        rng = np.random.default_rng(6)
        for task, table in world.best_across.items():
            pairs = [pair for pair in table if pair[0] != pair[1]]
            tops = np.array([table[pair] for pair in pairs])
            losses = 0.05 * shares(related(tops, 0.6, rng)) * tops
            world.loss_across[task] = {(a, a): 0 for a, _ in table} | dict(zip(pairs, losses, strict=True))

    return redrawn(change)
