"""The audit in a study where the paper is right: every claim holds, and fails once the fact behind it is reversed."""

import copy
import math
from dataclasses import replace

import agreeing
import numpy as np
import pytest
from agreeing import CLAIMS, PAPER, STEPS, at

from polychron.audit import claims, measurement, readings
from polychron.audit.curves import BY_SENTENCE
from polychron.audit.evidence import PROBING, TREEBANK, Evidence, Found, Missing
from polychron.audit.readings import DEFAULTS
from polychron.errors import InputError
from polychron.storage.scores import score_schema

WRONG = {
    "setup.langs_total": "59 = 44 + 15 counts 13 languages twice",
    "B.q3": "the paper's own Table 4 contradicts it",
}
"""What cannot hold where the paper's numbers do."""

REVERSALS = {}


def reverses(*measures):
    """Name the measures whose planted fact a function reverses: it takes a world and gives evidence."""

    def register(function):
        assert not {*measures} & {*REVERSALS}
        REVERSALS.update(dict.fromkeys(measures, function))
        return function

    return register


@pytest.fixture(scope="module")
def world():
    return agreeing.world()


@pytest.fixture(scope="module")
def agreeing_evidence(world):
    return agreeing.evidence(world)


@pytest.fixture(scope="module")
def reversed_evidence(world):
    made = {}

    def make(measure):
        function = REVERSALS[measure]
        if function not in made:
            made[function] = function(copy.deepcopy(world))
        return made[function]

    return make


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


@reverses("worsened")
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
    for row in rows:
        row["rho"] = max(-0.99, min(0.99, row["rho"]))
    return agreeing.evidence(world, correlations=rows)


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
            return [*map(other, value[1:])] if isinstance(value[0], dict) else value[1:]
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


@reverses("design", "probe_dimensions")
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


def holds(claim, evidence):
    return claims.agrees(claim, claims.measured(claim, evidence).value)


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_holds_where_the_paper_is_right_and_turns_with_its_fact(name, agreeing_evidence, reversed_evidence):
    claim = CLAIMS[name]
    right = name not in WRONG
    assert holds(claim, agreeing_evidence) == right
    found = claims.measured(claim, reversed_evidence(claim.measure))
    assert claims.agrees(claim, found.value) != right, found


def test_every_measure_is_reversed():
    assert {claim.measure for claim in CLAIMS.values()} == {*REVERSALS}


def test_every_measure_has_a_worked_example():
    bare = [name for name, function in measurement.MEASURES.items() if ">>>" not in (function.__doc__ or "")]
    assert not bare


# what runs today


@pytest.fixture(scope="module")
def today():
    return {one.claim.id: one for one in claims.audit(CLAIMS, agreeing.BARE)}


def test_the_static_claims_run_today(today):
    static = [one for one in today.values() if one.claim.needs == "paper"]
    assert len(CLAIMS) == 242 and len(static) == 37
    assert {one.claim.id for one in static if one.verdict != "holds"} == {"setup.langs_total"}


def test_the_findings_of_the_readings_are_reproduced(today):
    assert today["setup.langs_total"].measured == 46
    assert today["setup.langs_total"].closest == "languages summed"
    assert "13 languages twice" in today["setup.langs_total"].detail
    assert today["static.stars_T4"].differing == {"default": 0, "sample without_english": 2}
    assert today["static.stars_T5"].differing == {"default": 2, "sample with_diagonal": 3, "sample unordered": 22}
    assert "asym.src.XNLI" in today["static.stars_T5"].detail and "asym.trg.XNLI" in today["static.stars_T5"].detail
    assert today["static.shared9"].readings["average with_diagonal"] == [9, 81, 17]
    assert "2.49 (bg), 2.25 (en)" in today["static.explayer_bound"].detail
    assert today["B.q3"].paper.startswith("no: bits per character -0.385")
    others = [one.paper for name, one in today.items() if one.paper and name != "B.q3"]
    assert len(others) == 8 and all(said.startswith("yes") for said in others)


def test_the_swing_of_the_expected_layer_is_found_by_search_too():
    """Random accuracies within the bounds never swing E by more than the bound."""
    bound = claims.measured(CLAIMS["static.explayer_bound"], agreeing.BARE).value
    rng = np.random.default_rng(0)
    corners = np.where(rng.random((20_000, 13)) < rng.random((20_000, 1)), 0.629, 0.333)
    thresholds = np.where(np.arange(13) >= np.arange(13)[:, None], 0.629, 0.333)
    weights = np.vstack([corners, thresholds, thresholds[:, ::-1]])
    expected = weights @ np.arange(13) / weights.sum(axis=1)
    assert expected.max() - expected.min() == pytest.approx(bound)


def test_what_needs_a_model_says_what_it_needs(today):
    for one in today.values():
        if one.verdict == "not run":
            assert one.detail.startswith("needs ") and one.measured is None
    assert claims.counts(today.values())["not run"] == 242 - 37 - 2


# missing pieces


def without(evidence, keep):
    study = evidence.study
    return replace(
        evidence,
        study=replace(study, values={place: one for place, one in study.values.items() if keep(place)}),
        cache={},
    )


def judged(name, evidence):
    return claims.judge(CLAIMS[name], evidence)


def test_languages_that_are_missing_are_named(agreeing_evidence):
    found = judged("F1.POS.min", without(agreeing_evidence, lambda place: place[1] != "ga"))
    assert found.verdict == "not run"
    assert found.detail == "needs in-language scores of POS tagging in 1 of 44 languages: ga"
    found = judged("s42.step98.XNLI", without(agreeing_evidence, lambda place: place[1:3] != ("ar", "sw")))
    assert found.detail == "needs scores of XNLI across languages in 1 of 225 pairs: ar to sw"


def test_checkpoints_that_are_missing_are_named(agreeing_evidence):
    study = agreeing_evidence.study
    short = replace(study, steps=study.steps[:-1], values={place: one[:-1] for place, one in study.values.items()})
    found = judged("F1.POS.min", replace(agreeing_evidence, study=short, cache={}))
    assert found.detail == "needs 1 of the paper's 39 checkpoints: steps 1500000"


def test_further_checkpoints_and_languages_make_no_difference(agreeing_evidence):
    study = agreeing_evidence.study
    longer = {place: np.append(values, 0.99) for place, values in study.values.items()}
    longer["pos", "xx", "xx", 12, False] = np.full(len(STEPS) + 1, 0.1)
    more = replace(study, steps=np.append(study.steps, 1_600_000), values=longer)
    found = replace(agreeing_evidence, study=more, cache={})
    assert judged("F1.POS.min", found).measured == judged("F1.POS.min", agreeing_evidence).measured


def test_a_score_that_is_no_number_is_no_failure(agreeing_evidence):
    study = agreeing_evidence.study
    place = ("pos", "af", "af", 12, False)
    holed = {**study.values, place: np.where(STEPS == 5000, np.nan, study.values[place])}
    found = judged("F1.POS.max", replace(agreeing_evidence, study=replace(study, values=holed), cache={}))
    assert (found.verdict, found.detail) == ("not run", "needs 1 of 1716 scores that are no finite numbers")


@pytest.mark.parametrize("runs", [0, 1])
def test_forgetting_is_not_found_in_a_single_run(agreeing_evidence, runs):
    study = agreeing_evidence.study
    few = {key: one[:runs] for key, one in study.runs.items()}
    found = judged("s32.degradation_exists", replace(agreeing_evidence, study=replace(study, runs=few), cache={}))
    assert found.verdict == "not run" and "two or more runs" in found.detail


def test_scores_that_are_all_equal_are_judged_without_an_error(agreeing_evidence):
    study = agreeing_evidence.study
    flat = replace(study, values={place: np.full(len(STEPS), 0.5) for place in study.values}, runs={})
    verdicts = claims.audit(CLAIMS, replace(agreeing_evidence, study=flat, cache={}))
    found = {one.claim.id: one for one in verdicts}
    assert found["C.explayer.ArcClass.ja"].verdict == "not run"
    assert found["s32.forget_uncorrelated"].verdict == "not run"
    assert found["B2.perf_vs_step95.POS"].verdict == "not run"
    assert found["s42.step98.POS"].measured == 5000


def test_correlations_over_other_languages_are_not_the_papers(agreeing_evidence):
    rows = agreeing.correlations()
    rows[0]["n"] = 6
    found = judged("T4.perf.pretrain.BPC", replace(agreeing_evidence, correlations=rows))
    assert found.detail == "needs the paper's 94 languages of bits per character: the study has 6"
    absent = judged("T4.perf.pretrain.BPC", replace(agreeing_evidence, correlations=rows[1:]))
    assert absent.verdict == "not run"


def test_a_config_that_does_not_say(agreeing_evidence):
    config = agreeing.config()
    del config["pretraining"]["heads"]
    found = judged("setup.models", replace(agreeing_evidence, config=config))
    assert found.verdict == "not run" and "pretraining.heads" in found.detail


def test_facts_that_are_not_there_are_named(agreeing_evidence):
    bare = replace(agreeing_evidence, facts={})
    for name, words in (("setup.gpus_pretrain", "number of GPUs"), ("setup.probe_time_max", "time of a probe")):
        found = judged(name, bare)
        assert found.verdict == "not run" and words in found.detail


def test_a_checkpoint_says_what_the_config_does_not(agreeing_evidence):
    """A model that was not pretrained here: its own config.json is the evidence."""
    told = {"num_hidden_layers": 12, "hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
    told |= {"model_type": "xlm-roberta", "vocab_size": 250_002, "max_position_embeddings": 514}
    config = agreeing.config() | {"pretraining": None, "checkpoint": told}
    named = ("setup.models", "setup.dim", "setup.params", "setup.pair_feature")
    assert {judged(name, replace(agreeing_evidence, config=config)).verdict for name in named} == {"holds"}
    assert judged("setup.updates", replace(agreeing_evidence, config=config)).verdict == "not run"
    config["checkpoint"] = told | {"hidden_size": 1024, "model_type": "bert"}
    found = {name: judged(name, replace(agreeing_evidence, config=config)) for name in named}
    assert [one.verdict for one in found.values()] == ["fails", "fails", "not run", "fails"]
    assert "kind bert" in found["setup.params"].detail and found["setup.pair_feature"].measured == 3072


def test_the_parameters_of_xlmr_base_are_counted(agreeing_evidence):
    found = judged("setup.params", agreeing_evidence)
    assert found.verdict == "holds" and found.measured == 278_295_186 - 768


# readings


def test_the_reading_that_comes_closest_is_named(world):
    """Onsets before the checkpoint that is reported are one checkpoint earlier: a study read so comes nearest so."""
    claim = replace(CLAIMS["s32.arcpred_all98"], comparison="equal", value=15_000, readings=("A21", "A22"))
    found = claims.judge(claim, agreeing.evidence(world))
    assert found.measured == 20_000 and found.verdict == "fails"
    assert found.readings[found.closest] == 15_000 and "onset before" in found.closest


def test_what_arithmetic_can_settle_has_its_readings():
    """The open points A20 to A33 that touch a claim."""
    known = {one.point for one in readings.READINGS.values()}
    named = {point for claim in CLAIMS.values() for point in claim.readings}
    assert {point for point in named if 20 <= int(point[1:]) <= 33} <= known
    assert {f"A{number}" for number in range(20, 34)} <= known


def test_bits_are_read_as_of_the_text_of_sentences_and_in_nats(agreeing_evidence):
    study = agreeing_evidence.study
    of_sentences = {
        (BY_SENTENCE, *place[1:]): 1.1 * values for place, values in study.values.items() if place[0] == "bits"
    }
    both = replace(agreeing_evidence, study=replace(study, values=study.values | of_sentences), cache={})
    found = judged("F1.BPC.min", both).readings
    assert found == pytest.approx({"default": 0.36, "bits sentences": 0.396, "bits nats": 0.36 * math.log(2)})
    assert set(judged("F1.BPC.min", agreeing_evidence).readings) == {"default", "bits nats"}
    said = judged("F1.BPC.min", agreeing_evidence.under({"bits": "sentences"}))
    assert said.detail.startswith("needs in-language scores of bits per character of single sentences in 94 of 94")


def test_onsets_are_read_at_other_shares(world, agreeing_evidence):
    found = judged("s42.step98.POS", agreeing_evidence)
    at95 = [STEPS[place] for (a, b), place in world.at95_across["pos"].items() if a != b]
    assert found.readings["onset_share 95%"] == pytest.approx(np.mean(at95))
    assert found.readings["onset_share 98%"] == found.measured


def test_a_similarity_turns_the_sign_of_a_distance(agreeing_evidence):
    factors = agreeing.facts_of(score_schema().empty_table())
    claim = CLAIMS["T4.perf.langsim.XNLI"]
    known = replace(agreeing_evidence, factors=factors)
    distance, similarity = (
        claims.measured(claim, known.under({"distance": choice})).value for choice in ("distance", "similarity")
    )
    assert similarity == -distance != 0


def test_each_reading_of_the_expected_layer_is_computed(agreeing_evidence):
    found = judged("C.explayer.XNLI.bg", agreeing_evidence)
    assert found.closest == "default"
    raw = found.readings["expected_layer raw"]
    assert abs(raw) < 2.04 < found.measured


def test_claims_that_hold_are_counted_for_each_reading(today):
    count = [
        claims.held(today.values(), "sample", option, "ordered") for option in readings.READINGS["sample"].alternatives
    ]
    assert count == [(2, 2), (1, 2), (1, 2), (1, 2)]


def test_a_default_can_be_chosen(agreeing_evidence):
    chosen = agreeing_evidence.under({"order": "strict"})
    ties, strict = (claims.measured(CLAIMS["s42.pairs_in_order"], one).value for one in (agreeing_evidence, chosen))
    assert strict <= ties
    assert next(iter(readings.combinations(["A42"], chosen.reading))) == {"order": "strict"}


def test_readings_are_those_of_the_schema(root):
    import yaml

    schema = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())
    known = schema["properties"]["analysis"]["properties"]
    for name, one in readings.READINGS.items():
        enum = known[name] if name == "expected_layer" else known["readings"]["properties"][name]
        assert enum["enum"] == [*one.alternatives]
    config = yaml.safe_load((root / "config.yaml").read_text())["analysis"]
    assert config["readings"] | {"expected_layer": config["expected_layer"]} == DEFAULTS


# the file of claims


def written(tmp_path, **changes):
    import yaml

    entry = {"id": "x", "section": "1", "kind": "result", "statement": "s", "value": 1, "comparison": "equal"}
    entry |= {"needs": "paper", "measure": "languages_covered"} | changes
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"paper": {}, "claims": [{k: v for k, v in entry.items() if v is not None}]}))
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "rumour"}, "'rumour', expected one of setup"),
        ({"measure": "guess"}, "no measure is called 'guess'"),
        ({"comparison": "within"}, "a tolerance belongs"),
        ({"toleranse": 1}, "unknown field 'toleranse'"),
        ({"statement": None}, "statement"),
    ],
)
def test_a_faulty_file_of_claims_is_refused(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        claims.load(written(tmp_path, **changes))


def test_the_pieces_fit_together():
    for claim in CLAIMS.values():
        assert all(point[0] == "A" and 1 <= int(point[1:]) <= 45 for point in claim.readings)
        assert all(item.partition("-")[0] in ("figure", "table") for item in claim.items)
    assert issubclass(Missing, Exception)
