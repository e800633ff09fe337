"""Measures of claims of other papers find what is planted in the results of a study, and not its opposite."""

import dataclasses
import functools
import itertools

import numpy as np
import pytest

from polychron.audit.evidence import Missing
from polychron.audit.literature import geometry, setup, transfer
from polychron.audit.literature.results import Results

LANGUAGES = ("ca", "es", "fr", "ru", "ja", "ko", "tr", "vi")
FAMILY = dict(zip(LANGUAGES, "rrrrjjja", strict=True))
SCRIPT = dict(zip(LANGUAGES, "lllcjhll", strict=True))
ORDERS = dict(zip(LANGUAGES, ("SVO", "SVO", "SVO", "SVO", "SOV", "SOV", "SOV", "SVO"), strict=True))
SIZES = dict(zip(LANGUAGES, (8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0), strict=True))
PAIRS = [*itertools.permutations(LANGUAGES, 2)]
LAYERS, STEPS = range(13), (0, 1000)


def rng(*place):
    return np.random.default_rng([sum(map(ord, str(part))) for part in place]).uniform(-0.01, 0.01)


def similar(a, b):
    return FAMILY[a] == FAMILY[b]


@functools.cache
def planted(sign=1.0):
    """Results in which the claims hold; with the sign -1 those of direction fail."""
    values = {}

    def put(task, metric, value):
        for layer, step in itertools.product(LAYERS, STEPS):
            values[task, metric, layer, step] = {pair: value(pair, layer, step) + rng(*pair, layer) for pair in PAIRS}

    middle = {layer: 1 - abs(layer - 6) / 6 if sign > 0 else abs(layer - 6) / 6 for layer in LAYERS}

    def near(pair):
        return 0.2 * similar(*pair)

    put("similarity", "cka_debiased", lambda pair, layer, step: 0.5 + sign * (near(pair) - layer / 40))
    put("similarity", "pwcca", lambda pair, layer, step: 0.5 - sign * layer / 40)
    put("retrieval", "p_at_1.raw.cosine", lambda pair, layer, step: 0.3 - sign * 0.1)
    grown = {0: 0.0, 1000: sign}
    put("retrieval", "p_at_1.centred.cosine", lambda pair, layer, step: 0.3 + 0.2 * grown[step] + 0.1 * middle[layer])
    put("retrieval", "p_at_1.centred.euclidean", lambda pair, layer, step: 0.5 + 0.3 * middle[layer])
    put("retrieval", "p_at_1.mapped.cosine", lambda pair, layer, step: 0.6 + near(pair) - layer / 40)
    put("word_retrieval", "p_at_1.mapped.csls", lambda pair, layer, step: 0.3 + sign * layer / 40)
    for layer, step in itertools.product(LAYERS, STEPS):
        told = {"accuracy": 0.95, "accuracy.centred": 0.2 if sign > 0 else 0.9, "majority": 1 / 8}
        for metric, value in told.items():
            values["identity", metric, layer, step] = {("*", "*"): value}
    scores = {}
    lost = {"pos": 0.2, "arc_prediction": 0.25, "arc_classification": 0.4, "xnli": 0.8}
    for task, loss in lost.items():
        for a in LANGUAGES:
            scores[task, a, a, None, "test", "majority"] = 0.3
            inside = 0.85 + (0.02 * sign if ORDERS[a] == "SVO" else 0) + 0.008 * sign * SIZES[a] + rng(task, a)
            scores[task, a, a, 12, "test", "accuracy"] = inside
            for b in LANGUAGES:
                kept = 0.9 - (0 if a == b else sign * loss * (0.9 - 0.3))
                if a != b:
                    kept += sign * (0.05 * similar(a, b) + 0.05 * (ORDERS[a] == ORDERS[b])) + rng(task, a, b)
                    kept += (0.02 * SIZES[b] if task == "xnli" else 0.002 * SIZES[b]) * sign
                scores[task, a, b, 12, "parallel", "accuracy"] = kept
    gain = 0.1 * sign
    put("pos", "accuracy.centred", lambda pair, layer, step: scores["pos", *pair, 12, "parallel", "accuracy"] + gain)
    for layer in LAYERS:
        inner = middle[layer]
        last = scores["arc_prediction", "fr", "fr", 12, "test", "accuracy"]
        scores["arc_prediction", "fr", "fr", layer, "test", "accuracy"] = last + 0.1 * (inner - middle[12])
        scores["structural", "es", "es", layer, "test", "uuas"] = 0.5 + 0.1 * inner
        for method in ("", ".argmax", ".match"):
            best = 0.6 + 0.1 * inner + (sign * 0.02 if not method else 0)
            scores["alignment", "fr", "es", layer, "test", f"f1{method}"] = best
    best = max(scores["arc_prediction", "fr", "fr", layer, "test", "accuracy"] for layer in LAYERS)
    scores["arc_prediction", "fr", "fr", None, "test", "accuracy.mixture"] = best + 0.02 * sign
    factors = {
        "same_family": {pair: float(similar(*pair)) for pair in PAIRS},
        "same_script": {(a, b): float(SCRIPT[a] == SCRIPT[b]) for a, b in PAIRS},
        "piece_overlap": {pair: 0.5 * similar(*pair) + 0.2 * (ORDERS[pair[0]] == ORDERS[pair[1]]) for pair in PAIRS},
    }
    return Results(
        final=12,
        scores=scores,
        geometry=values,
        factors=factors,
        distances=lambda a, b: 1 - 0.6 * similar(a, b),
        sizes=SIZES,
        orders=ORDERS,
        permutations=199,
    )


ARGUMENTS = {
    "size_gap": {"share": 0.3},
    "relative_losses_in_order": {"tasks": ["pos", "arc_classification", "xnli"]},
    "order_gap_of_transfer": {"task": "pos"},
    "transfer_between_scripts": {"task": "pos"},
    "transfer_with_target_size": {"first": "xnli", "others": ["pos", "arc_prediction", "arc_classification"]},
    "peak_layers_of_translation": {"first": 5, "last": 8, "of": 12},
    "identity_after_centring": {"raw": 0.9, "share": 0.5},
}
TRUE = (
    *("relative_losses_in_order", "alignment_best_inside", "iterative_aligns_best"),
    *("trees_best_inside", "peak_layers_of_translation", "identity_after_centring", "retrieval_best_inside"),
)
POSITIVE = (
    *(
        "size_gap",
        "transfer_with_target_size",
        "least_transfer_gap",
        "order_gap_of_parsing",
        "order_gap_of_transfer",
        "transfer_with_overlap",
    ),
    *("gain_of_centring", "growth_of_retrieval", "fall_of_pwcca", "similarity_within_families"),
    *("gain_of_centred_transfer", "word_retrieval_by_layer", "early_minus_late_similarity", "gain_of_mixture"),
)
ALL = {**geometry.MEASURES, **transfer.MEASURES}


def measured(name, sign):
    return ALL[name](planted(sign), **ARGUMENTS.get(name, {}))


@pytest.mark.parametrize("name", TRUE)
def test_what_is_planted_is_found_true_and_its_opposite_is_not(name):
    assert measured(name, 1.0).value is True
    assert measured(name, -1.0).value is False


@pytest.mark.parametrize("name", POSITIVE)
def test_a_planted_difference_has_its_sign(name):
    assert measured(name, 1.0).value > 0.005
    assert measured(name, -1.0).value < -0.005


def test_planted_values_are_found_again():
    one = planted()
    assert geometry.raw_retrieval(one).value == pytest.approx(0.2, abs=0.01)
    assert geometry.gain_of_centring(one).value == pytest.approx(0.3, abs=0.01)
    assert geometry.growth_of_retrieval(one).value == pytest.approx(0.2, abs=0.01)
    assert geometry.fall_of_pwcca(one).value == pytest.approx(0.3, abs=0.01)
    assert geometry.similarity_within_families(one).value == pytest.approx(0.2, abs=0.01)
    assert geometry.peak_of_translation(one, ["fr", "es"]).value == pytest.approx(80, abs=2)
    assert geometry.best_layer_of_mapped_retrieval(one).value < 0.2
    assert geometry.similarity_follows_retrieval(one).value > 0.9
    assert geometry.most_similar_layers(one).value is True
    assert geometry.most_similar_layers(planted(-1.0)).value is False
    assert (
        transfer.transfer_with_distance(one).value < -0.3 and transfer.transfer_with_distance(planted(-1.0)).value > 0
    )
    found = transfer.transfer_between_scripts(one, "pos")
    assert found.low < found.value < found.high and found.detail.endswith("of 36 pairs")


def test_a_tree_of_similarity_agrees_with_families_only_where_it_does():
    assert geometry.cophenetic_p(planted()).value < 0.05
    one = planted()
    shuffled = dict(zip(LANGUAGES, np.random.default_rng(3).permutation(LANGUAGES), strict=True))
    kin = {(a, b): one.factors["same_family"][shuffled[a], shuffled[b]] for a, b in PAIRS}
    assert geometry.cophenetic_p(dataclasses.replace(one, factors={"same_family": kin})).value > 0.05


def test_a_tree_that_joins_different_families_first_does_not_mirror_them():
    one = planted()
    apart = {(a, b): 1.0 - same for (a, b), same in one.factors["same_family"].items()}
    turned = dataclasses.replace(one, factors={"same_family": apart})
    found = geometry.cophenetic_p(turned)
    assert "rho -" in found.detail and found.value > 0.9


@pytest.mark.parametrize("layers", [range(1, 13), range(12)])
def test_of_some_layers_alone_nothing_is_said_of_the_depth(layers):
    one = planted()
    of_some = {key: values for key, values in one.geometry.items() if key[2] in layers}
    scores = {key: value for key, value in one.scores.items() if key[3] is None or key[3] in layers}
    some = dataclasses.replace(one, geometry=of_some, scores=scores)
    asked = [geometry.fall_of_pwcca, geometry.retrieval_best_inside, geometry.best_layer_of_mapped_retrieval]
    asked += [functools.partial(geometry.peak_layers_of_translation, first=5, last=8, of=12)]
    asked += [transfer.trees_best_inside]
    asked += [] if 12 in layers else [geometry.raw_retrieval, transfer.alignment_best_inside]
    for measure in asked:
        with pytest.raises(Missing, match="layer"):
            measure(some)


def test_an_untrained_model_alone_does_not_grow():
    one = planted()
    first = {key: values for key, values in one.geometry.items() if key[3] == 0}
    with pytest.raises(Missing, match="trained model"):
        geometry.growth_of_retrieval(dataclasses.replace(one, geometry=first))


def test_a_coefficient_that_the_test_does_not_reject_has_zero_in_its_interval():
    one = planted()
    three = {"ca", "es", "ja"}
    kept = {key: value for key, value in one.scores.items() if {*key[1:3]} <= three and key[0] == "pos"}
    found = transfer.transfer_with_overlap(dataclasses.replace(one, scores=kept))
    assert found.value > 0 and found.low == 0 and found.high >= found.value
    assert transfer.transfer_with_overlap(one).low > 0


def test_structural_probes_are_preferred_where_enough_languages_have_them():
    one = planted()
    assert transfer.order_gap_of_parsing(one).detail.startswith("arc prediction: SVO")
    trees = {
        ("structural", code, code, 12, "test", "uuas"): (0.7 if ORDERS[code] == "SVO" else 0.5) + rng(code)
        for code in LANGUAGES
    }
    found = transfer.order_gap_of_parsing(dataclasses.replace(one, scores=one.scores | trees))
    # 2 of the 56 choices of 3 of 8 languages are as far apart
    assert found.value == pytest.approx(0.2, abs=0.02) and found.detail.startswith("UUAS: SVO")
    assert found.detail.endswith("p 0.036")


def test_transfer_between_orders_has_the_noise_of_the_languages():
    """Of the choices of three SOV languages, the planted one has the largest gap; an arbitrary one is undecided."""
    one = planted()
    found = transfer.order_gap_of_transfer(one, "pos")
    assert found.low is found.high is None and found.detail.endswith("p 0.020")
    groups = {(a, b): [] for a in ("SVO", "SOV") for b in ("SVO", "SOV")}
    for (source, target), value in one.transfer("pos").items():
        if source != target:
            groups[ORDERS[source], ORDERS[target]].append(value)
    gap = sum(np.mean(of) * (1 if a == b else -1) for (a, b), of in groups.items()) / 2
    assert found.value == pytest.approx(gap) and gap > 0.05
    mixed = dict(zip(LANGUAGES, ("SOV", "SVO", "SVO", "SOV", "SVO", "SOV", "SVO", "SVO"), strict=True))
    found = transfer.order_gap_of_transfer(dataclasses.replace(one, orders=mixed), "pos")
    assert found.low <= 0 <= found.high and found.low <= found.value <= found.high


def test_two_languages_of_each_order_decide_nothing():
    """Of three ways to divide four languages, the given one cannot be rarer than one in three."""
    one = planted()
    four = [*[code for code in LANGUAGES if ORDERS[code] == "SVO"][:2]]
    four += [code for code in LANGUAGES if ORDERS[code] == "SOV"][:2]
    kept = {key: value for key, value in one.scores.items() if {*key[1:3]} <= {*four}}
    found = transfer.order_gap_of_transfer(dataclasses.replace(one, scores=kept), "pos")
    assert found.value > 0 and found.low == 0 and "p 0.333" in found.detail


def test_families_that_permuted_languages_equal_leave_0_in_the_interval():
    found = geometry.similarity_within_families(planted())
    assert found.low is found.high is None and found.value > 0
    one = planted()
    shuffled = dict(zip(LANGUAGES, np.random.default_rng(3).permutation(LANGUAGES), strict=True))
    kin = {(a, b): one.factors["same_family"][shuffled[a], shuffled[b]] for a, b in PAIRS}
    found = geometry.similarity_within_families(dataclasses.replace(one, factors={"same_family": kin}))
    assert found.low <= 0 <= found.high and found.low <= found.value <= found.high


def test_related_languages_are_nearer():
    one = planted()
    found = geometry.relatedness(one)
    assert found.value > 0.3 and found.detail.count("p 0.0") == 2
    with pytest.raises(Missing, match="distances"):
        geometry.relatedness(dataclasses.replace(one, distances=None))


@pytest.mark.parametrize("name", sorted(ALL))
def test_without_results_each_measure_says_what_is_missing(name):
    arguments = ARGUMENTS.get(name, {"pair": ["en", "de"]} if name == "peak_of_translation" else {})
    with pytest.raises(Missing):
        ALL[name](Results(distances=lambda a, b: 0.5), **arguments)


def test_few_languages_have_no_size_gap_and_equal_ones_no_correlation():
    one = planted()
    with pytest.raises(Missing, match="7 languages or more"):
        transfer.size_gap(dataclasses.replace(one, sizes={"ca": 1.0, "es": 2.0, "fr": 3.0}), share=0.3)
    with pytest.raises(Missing, match="distances of pairs that differ"):
        transfer.transfer_with_distance(dataclasses.replace(one, distances=lambda a, b: 0.5))


def shuffled(known):
    """Give each language what another one has."""
    names = sorted(known)
    return dict(zip(names, (known[one] for one in np.random.default_rng(5).permutation(names)), strict=True))


def test_what_permuted_languages_do_as_well_leaves_0_in_the_interval():
    """Of orders and sizes that have nothing to do with the scores, nothing is said; of planted ones, something."""
    one = planted()
    known = {a: 0.8 + 0.1 * (ORDERS[a] == "SVO") + 0.002 * SIZES[a] for a in LANGUAGES}
    inside = {("arc_prediction", a, a, 12, "test", "accuracy"): value for a, value in known.items()}
    one = dataclasses.replace(one, scores=one.scores | inside)
    of_order = {"order_gap_of_parsing": "orders", "order_gap_of_transfer": "orders"}
    for name, key in {**of_order, "transfer_with_target_size": "sizes"}.items():
        found = ALL[name](one, **ARGUMENTS.get(name, {}))
        assert found.value > 0 and (found.low is None or found.low > 0), name
        other = dataclasses.replace(one, **{key: shuffled(getattr(one, key))})
        found = ALL[name](other, **ARGUMENTS.get(name, {}))
        assert found.low <= 0 <= found.high, name


def test_few_languages_of_an_order_show_nothing_however_large_the_difference():
    """Two languages of four have an order by chance in a third of permutations."""
    few = {language: order for language, order in ORDERS.items() if order == "SOV"}
    few = dict([*few.items()][:2]) | dict([(name, order) for name, order in ORDERS.items() if order == "SVO"][:2])
    one = dataclasses.replace(planted(), orders=few)
    for name in ("order_gap_of_parsing", "order_gap_of_transfer"):
        found = ALL[name](one, **ARGUMENTS.get(name, {}))
        assert found.value > 0 and found.low <= 0 <= found.high, name


@pytest.mark.parametrize("name", ["best_layer_of_mapped_retrieval", "peak_layers_of_translation", "fall_of_pwcca"])
def test_without_a_pair_at_all_layers_nothing_is_measured(name):
    """The mean of no pair had its best layer at the embeddings."""
    one = planted()
    halves = [{*PAIRS[::2]}, {*PAIRS[1::2]}]
    cut = {
        key: {pair: value for pair, value in of.items() if key[0] == "identity" or pair in halves[key[2] > 0]}
        for key, of in one.geometry.items()
    }
    with pytest.raises(Missing, match="at all layers"):
        ALL[name](dataclasses.replace(one, geometry=cut), **ARGUMENTS.get(name, {}))


def test_similarity_and_retrieval_are_correlated_over_the_layers_of_both():
    """Without a layer, as where all states are the same, the others were beside their neighbours."""
    one, name = planted(), "similarity_follows_retrieval"
    without = {key: of for key, of in one.geometry.items() if key[:3] != ("similarity", "cka_debiased", 5)}
    neither = {key: of for key, of in without.items() if key[:3] != ("retrieval", "p_at_1.mapped.cosine", 5)}
    found, expected = (ALL[name](dataclasses.replace(one, geometry=of)) for of in (without, neither))
    assert found == expected
    apart = {key: of for key, of in without.items() if key[:3] != ("retrieval", "p_at_1.mapped.cosine", 6)}
    both = {key: of for key, of in neither.items() if key[2] != 6}
    found, expected = (ALL[name](dataclasses.replace(one, geometry=of)) for of in (apart, both))
    assert found == expected


def test_a_layer_is_not_the_best_by_a_tie_of_all():
    """Where all layers are alike, the first of them was the best."""
    one = planted()
    flat = {key: dict.fromkeys(of, 0.5) if key[0] != "identity" else of for key, of in one.geometry.items()}
    one = dataclasses.replace(one, geometry=flat)
    assert ALL["most_similar_layers"](one).value is False
    with pytest.raises(Missing, match="differs"):
        ALL["best_layer_of_mapped_retrieval"](one)


def test_settings_of_the_config_are_values_and_not_folders():
    told = Results(config={"pretraining": {"layers": 8}})
    assert setup.setting(told, "pretraining.layers").value == 8
    with pytest.raises(Missing, match="a number or a name"):
        setup.setting(told, "pretraining")
    with pytest.raises(Missing, match="lab"):
        setup.setting(told, "lab.anchors")
