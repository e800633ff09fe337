"""Studies in which one fact is the opposite of what the paper says, for each measure of the audit.

`agreeing` is the study in which the paper is right; a reversal changes one fact of it. Every claim must hold in the
first and fail in the second, or the other way round where it contradicts the paper's own numbers (`WRONG`).
"""

import functools
import math
from dataclasses import replace
from types import ModuleType

import agreeing
from agreeing import CLAIMS, PAPER, at

from polychron.audit import claims
from polychron.audit.claims import Claim
from polychron.audit.evidence import PROBING, TREEBANK, Evidence, Found
from polychron.audit.readings import DEFAULTS

WRONG = {
    "setup.langs_total": "59 = 44 + 15 counts 13 languages twice",
    "B.q3": "the paper's own Table 4 contradicts it",
}
"""Claims that cannot hold where the paper's other numbers do."""

REVERSALS = {}
"""For each measure, the function that reverses its fact: it changes a world and returns the evidence of it."""


def reverses(*measures):
    """Register a function as the one that reverses the fact behind these measures."""

    def register(function):
        assert not {*measures} & {*REVERSALS}
        REVERSALS.update(dict.fromkeys(measures, function))
        return function

    return register


@functools.cache
def evidence_against(measure: str) -> Evidence:
    """Return the evidence of the study in which the fact behind a measure is reversed."""
    return _evidence_of(REVERSALS[measure])


@functools.cache
def _evidence_of(reversal) -> Evidence:
    return reversal(agreeing.world())


def claims_about(subject: ModuleType) -> list[str]:
    """Return the ids of the claims that a module of measures is about."""
    return [name for name, claim in CLAIMS.items() if claim.measure in subject.MEASURES]


def holds(claim: Claim, evidence: Evidence) -> bool:
    """Whether a claim agrees with the evidence; its measure must be computable."""
    verdict, _ = claims.decide(claim, claims.measured(claim, evidence))
    return verdict in ("holds", "consistent")


def scaled(curves, factor):
    return replace(curves, values={place: values * factor for place, values in curves.values.items()})


def pairwise(table, change):
    """Change the values of pairs of different languages."""
    return {pair: change(*pair, value) if pair[0] != pair[1] else value for pair, value in table.items()}


@reverses("extreme_best", "average")
def every_score_is_another(world):
    curves = world.curves()
    values = {place: curve * (2.0 if place[0] == "bits" else 0.8) for place, curve in curves.values.items()}
    return agreeing.evidence(world, study=replace(curves, values=values), reference=scaled(agreeing.reference(), 0.8))


@reverses("replica_worse", "replica_better")
def base_is_the_other_one(world):
    curves = agreeing.reference()
    values = {
        place: value * (0.9 if place[-1] == (place[0] == "bits") else 1.1) for place, value in curves.values.items()
    }
    return agreeing.evidence(world, reference=replace(curves, values=values))


@reverses(
    "latest_onset", "share_later", "onset_gap", "languages_in_order", "tasks_in_order", "mean_onset", "pairs_in_order",
    "means_in_order", "later_across", "best_with_onset",
)  # fmt: skip
def acquisition_runs_backwards(world):
    late = {"pos": 900_000, "arc_prediction": 1_100_000, "arc_classification": 50_000, "xnli": 10_000}
    for task, step in late.items():
        world.at98[task] = dict.fromkeys(world.at98[task], at(step))
        across = {"pos": 450_000, "arc_prediction": 650_000, "arc_classification": 100_000, "xnli": 50_000}
        world.at98_across[task] = dict.fromkeys(world.at98_across[task], at(across[task]))
        top = max(world.at95_across[task].values())
        world.at95_across[task] = {pair: top - place for pair, place in world.at95_across[task].items()}
    return agreeing.evidence(world)


@reverses("improves_throughout")
def bits_rise_again(world):
    world.bits_loss = 0.02
    return agreeing.evidence(world)


@reverses("forgetting_uncorrelated", "forgetting_larger")
def the_same_languages_forget(world):
    for task in PROBING:
        names = sorted(world.loss[task])
        world.loss[task] = {one: 0.001 * (1 + place) * world.best[task][one] for place, one in enumerate(names)}
    for task, size in (("pos", 0.1), ("arc_classification", 0.1), ("arc_prediction", 10)):
        world.loss_across[task] = {pair: size * loss for pair, loss in world.loss_across[task].items()}
    return agreeing.evidence(world)


@reverses("forgetting_found", "forgetting_varies")
def nobody_forgets_or_all_alike(world):
    for task in PROBING:
        world.loss[task] = dict.fromkeys(world.loss[task], 0.0)
        world.loss_across[task] = dict.fromkeys(world.loss_across[task], 0.01)
    return agreeing.evidence(world)


@reverses("best_with_forgetting")
def the_best_forget_most(world):
    for task in PROBING:
        own, best = world.loss_across[task], world.best_across[task]
        world.loss_across[task] = {pair: 0.3 * best[pair] ** 3 if pair[0] != pair[1] else 0 for pair in own}
    return agreeing.evidence(world)


@reverses("better_on_english")
def english_is_hard(world):
    table = world.best_across["xnli"]
    world.best_across["xnli"] = pairwise(table, lambda a, b, value: value - 0.1 * (b == "en"))
    return agreeing.evidence(world)


@reverses("diagonal_best")
def languages_fail_on_themselves(world):
    for task in PROBING:
        table = world.best_across[task]
        world.best_across[task] = {pair: value - 0.4 * (pair[0] == pair[1]) for pair, value in table.items()}
    return agreeing.evidence(world)


@reverses("arc_prediction_easiest")
def arc_prediction_does_not_transfer(world):
    table = world.best_across["arc_prediction"]
    world.best_across["arc_prediction"] = pairwise(table, lambda a, b, value: value - 0.4)
    return agreeing.evidence(world)


@reverses("good_sources", "isolated")
def english_and_japanese_change_places(world):
    for task in TREEBANK:
        table = world.best_across[task]
        world.best_across[task] = pairwise(
            table, lambda a, b, value: value - 0.2 * (a == "en") + 0.2 * (a == "ja") + 0.2 * (b == "ja")
        )
    return agreeing.evidence(world)


@reverses("target_over_source", "asymmetry_signs", "hardest_targets")
def sources_and_targets_change_places(world):
    for task in PROBING:
        table = world.best_across[task]
        world.best_across[task] = {(a, b): table[b, a] for a, b in table}
    return agreeing.evidence(world)


@reverses("asymmetry_alike")
def arabic_differs_by_task(world):
    table = world.best_across["pos"]
    world.best_across["pos"] = pairwise(table, lambda a, b, value: value - 0.2 * (a == "ar") + 0.2 * (b == "ar"))
    return agreeing.evidence(world)


@reverses("asymmetric")
def transfer_is_symmetric(world):
    for task in PROBING:
        table = world.best_across[task]
        world.best_across[task] = {(a, b): (table[a, b] + table[b, a]) / 2 for a, b in table}
    return agreeing.evidence(world)


@reverses("fall", "fall_of", "low_layers_worse")
def layers_are_upside_down(world):
    world.mirrored = True
    return agreeing.evidence(world)


@reverses("internal_gain", "last_layer_beaten")
def the_last_layer_is_the_best(world):
    world.raised = 0.3
    return agreeing.evidence(world)


@reverses("correlation", "data_matter", "similarity_helps", "similarity_significant")
def correlations_have_the_other_sign(world):
    rows = [{**row, "rho": row["rho"] - math.copysign(0.5, row["rho"]) * (2 if abs(row["rho"]) > 0.5 else 1)}
            for row in agreeing.correlations()]  # fmt: skip
    return agreeing.evidence(world, correlations=[agreeing.precise(row) for row in rows])


@reverses("similarity_speeds")
def similar_languages_are_faster(world):
    rows = agreeing.correlations()
    for row in rows:
        if (row["table"], row["task"], row["quantity"], row["factor"]) == (4, "bits", "onset", "distance"):
            row["rho"] *= -1
    return agreeing.evidence(world, correlations=rows)


@reverses("no_cause_of_forgetting", "weaker_factors")
def forgetting_has_a_cause(world):
    rows = [{**row, "rho": 0.9 if row["quantity"] == "forgetting" else row["rho"]} for row in agreeing.correlations()]
    return agreeing.evidence(world, correlations=rows)


@reverses(
    "setting",
    "epochs",
    "size",
    "count",
    "architecture",
    "parameters",
    "pair_dimension",
    "layerwise_languages",
    "layer_stride",
    "alignment_targets",
)
def the_config_is_another(world):
    def other(value):
        if isinstance(value, dict):
            return {name: other(part) for name, part in value.items()}
        if isinstance(value, list):
            return [*map(other, value[1:])] if value and isinstance(value[0], dict) else value[1:]
        return value * 2 if isinstance(value, (int, float)) else value

    config = other(agreeing.config())
    for entry in config["probing"]["layerwise"]:
        entry["transfer"] = [0, 3, 6]
    return agreeing.evidence(world, config=config)


@reverses("fact", "pretraining_size")
def the_facts_are_others(world):
    return agreeing.evidence(
        world, facts={"gpus": Found(8), "probe_minutes": Found(60), "sizes": {"xh": 1.0, "gd": 1.0, "en": 30.0}}
    )


@reverses("design", "alignment_method", "probe_dimensions")
def the_design_is_another(world):
    design = {"probe_layers": 2, "pair_vectors": 2, "alignment": "argmax/subword"}
    return agreeing.evidence(world, design=design)


@reverses(
    "cited", "entries", "list_lengths", "transfer_languages", "transfer_list", "shared_languages", "shared_pairs",
    "characters_per_piece", "counted_twice",
)  # fmt: skip
def the_lists_are_shorter(world):
    paper = {
        name: [code for code in codes if code not in ("ar", "cs")] for name, codes in PAPER.items() if name != "cited"
    }
    cited = {"batch": 4096, "sampling_alpha": 0.5, "block": 512, "perplexity": 20.0}
    return agreeing.evidence(world, paper={**paper, "cited": cited})


@reverses("languages_covered")
def no_language_is_in_both_lists(world):
    return agreeing.evidence(world, paper=PAPER | {"inference": [f"x{code}" for code in PAPER["inference"]]})


@reverses(
    "schedule", "largest_falls", "mean_falls", "largest_swing", "stars_inconsistent", "rows_alike", "means_in_ranges",
    "positions_seen",
)  # fmt: skip
def the_numbers_are_others(world):
    others = {
        "setup.updates": 1_450_000, "C.explayer.ArcClass.ja": 1.0, "F1.XNLI.max": 80.0, "T3.inlang.POS.replica": 99.0,
        "T5.asym.trg.POS": -0.2, "T4.perf.taskdata.BPC": -0.1,
    }  # fmt: skip
    known = CLAIMS | {name: replace(CLAIMS[name], value=value) for name, value in others.items()}
    known |= {"T5.perf.src.POS": replace(CLAIMS["T5.perf.src.POS"], stars="**")}
    return Evidence(known, PAPER, DEFAULTS)
