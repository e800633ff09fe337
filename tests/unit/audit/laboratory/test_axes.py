"""Claims on sizes, amounts of text, stacked heads and distances: worlds in which they are true, and false."""

import laboratories
import pyarrow.compute as pc
import pytest

from polychron.audit.laboratory import judging, stacked
from polychron.audit.laboratory.results import Results
from polychron.audit.literature import statements
from polychron.audit.literature.measures import MEASURES

SEEDS = (1, 2, 3, 4)
USUAL = {"layers": 4, "heads": 4, "dimension": 64, "feedforward": 256, "window": 64, "text": 1.0}
VARIANTS = {
    "default": {},
    **{"layers_1": {"layers": 1}, "layers_2": {"layers": 2}, "heads_1": {"heads": 1}, "heads_2": {"heads": 2}},
    **{f"width_{width}": {"dimension": width, "feedforward": 4 * width} for width in (32, 128)},
    **{"short": {"window": 16}, "little": {"text": 0.25}, "short_little": {"window": 16, "text": 0.25}},
}
SETTINGS = {name: {**USUAL, **told} for name, told in VARIANTS.items()}
CLAIMS = {
    name: claim
    for paper in statements.PAPERS
    for name, claim in statements.load(statements.file_of(paper), MEASURES).items()
}


def verdict(claim, table, roles=("default",), settings=None, distances=None):
    def distance(one, other):
        return (distances or {}).get(f"{one}/{other}", float("nan"))

    results = Results(table, {role: role for role in roles}, settings, distance)
    return judging.judge(CLAIMS[claim], results, judging.SIZES, judging.GRID)


def of_sizes(claim, losses, inside=None, sizes=None, settings=SETTINGS):
    """Judge a claim by variants that lose some of transfer, and have some scores in the language itself."""
    shape = {"seeds": SEEDS, "steps": (50,), "noise": 0.002, "between": 0.01, "sizes": sizes}
    table = laboratories.table(**shape, **{name: losses.get(name, 0.0) for name in VARIANTS if name != "default"})
    own = {"split": "test", "layer": 2}
    scores = [("a/b", name, own, (inside or {}).get(name, 0.8)) for name in VARIANTS]
    return verdict(claim, laboratories.with_scores(table, scores), settings=settings)


DEEP = {"layers_1": 0.3, "layers_2": 0.15}
WIDE = {"width_32": 0.2, "width_128": -0.05}
BY_SIZE = {
    "primer.s4.capacity": (({}, {"width_32": 0.7, "width_128": 0.85}), ({}, {"width_32": 0.85, "width_128": 0.75})),
    "primer.s4.more_data": (({}, {"little": 0.7}), ({}, {"little": 0.85})),
    "primer.s5.size_1000k": (({"little": 0.1},), ({"little": -0.1},)),
    "primer.s5.depth": ((DEEP,), ({**DEEP, "heads_1": 0.2},)),
    "primer.s5.single_head": (({"heads_1": 0.02},), ({"heads_1": 0.3},)),
    "primer.s5.parameters": (({**DEEP, "width_32": 0.03},), ({"layers_1": 0.05, **WIDE},)),
    "primer.s5.over": (({"width_32": -0.1, "width_128": 0.1},), (WIDE,)),
    "primer.s5.context_small": (
        ({"short": 0.1, "short_little": 0.1, "little": 0.2},),
        ({"short": 0.1, "short_little": 0.2, "little": 0.1},),
    ),
}


@pytest.mark.parametrize("claim", BY_SIZE)
def test_claims_on_sizes_hold_where_they_are_true_and_fail_where_they_are_false(claim):
    true, false = BY_SIZE[claim]
    assert of_sizes(claim, *true).verdict == "holds", of_sizes(claim, *true)
    assert of_sizes(claim, *false).verdict == "fails", of_sizes(claim, *false)


def test_depths_are_compared_at_as_many_parameters():
    larger = of_sizes("primer.s5.depth", DEEP, sizes={"layers_1": 2, "layers_2": 2})
    assert larger.verdict == "not run" and "as many parameters" in larger.detail
    wide = {name: {**told, "dimension": 100} for name, told in SETTINGS.items() if name.startswith("layers")}
    told = {name: told for name, told in SETTINGS.items() if "layers" in name or "default" in name or "heads" in name}
    both = {**told, "heads_1": wide["layers_1"], "heads_2": wide["layers_2"]}
    found = of_sizes("primer.s5.depth", DEEP, sizes={"layers_1": 2, "layers_2": 2}, settings=both)
    assert "3 numbers of heads" in found.detail  # the wider ones are taken for the depths
    # and widths that change parameters less than layers do say nothing about parameters
    deeper = of_sizes("primer.s5.parameters", DEEP, sizes={"layers_1": 2})
    assert deeper.verdict == "not run" and "by as large a factor" in deeper.detail


@pytest.mark.parametrize(
    ("claim", "lacking", "said"),
    [
        ("primer.s4.capacity", "width_32", "3 widths"),
        ("primer.s5.single_head", "heads_1", "a variant of one head"),
        ("primer.s5.depth", "heads_1", "3 numbers of heads"),
        ("primer.s5.size_1000k", "little", "amounts of text"),
        ("primer.s5.context_small", "short_little", "a window of 16 and the text of little"),
    ],
)
def test_a_variant_that_a_claim_on_sizes_lacks_is_named(claim, lacking, said):
    found = of_sizes(claim, DEEP, settings={name: told for name, told in SETTINGS.items() if name != lacking})
    assert found.verdict == "not run" and said in found.detail


def test_a_little_less_text_is_not_little():
    settings = {**SETTINGS, "little": {**USUAL, "text": 0.5}}
    assert "4 times the text" in of_sizes("primer.s5.size_1000k", {}, settings=settings).detail


HEADS = {
    "wu.text.context_align": ({0: 0.5, 2: 0.7, 4: 0.5}, {0: 0.2, 2: 0.1, 4: 0.2}),
    "wu.text.context_middle": ({0: 0.5, 2: 0.7, 4: 0.5}, {0: 0.5, 2: 0.4, 4: 0.6}),
    "wu.text.context_align_parsing": ({0: 0.5, 2: 0.9, 4: 0.5}, {0: 0.5, 2: 0.7, 4: 0.5}),
    "primer.s5.explicit": ({0: 0.5, 2: 0.9, 4: 0.5}, {0: 0.5, 2: 0.7, 4: 0.5}),
}
"""The scores of stacked heads by layer where claims are true, and where they are false. One model has 0.8, and two
without a map have 0.3."""


def of_heads(claim, parses, names=None, seeds=SEEDS):
    shape = {"pairs": ("en/fr",), "seeds": seeds, "layers": (0, 4), "steps": (50,), "tasks": (), "noise": 0.002}
    scores = []
    for task, metric, levels in (("parsing", "las", parses), ("entities", "span_f1", names or parses)):
        place = {"task": f"{task}_tuned", "metric": metric, "layer": 4}
        scores += [("en/fr", "default", place, 0.8), ("en/fr", "mono", place, 0.3)]
        stack = {**place, "task": f"{task}_stacked_tuned"}
        scores += [("en/fr", "mono", {**stack, "layer": layer}, value) for layer, value in levels.items()]
    table = laboratories.with_scores(laboratories.table(**shape, mono=0.5), scores, seeds)
    return verdict(claim, table, ("default", "mono"))


@pytest.mark.parametrize("claim", HEADS)
def test_claims_on_stacked_heads_hold_where_they_are_true_and_fail_where_they_are_false(claim):
    true, false = HEADS[claim]
    assert of_heads(claim, true).verdict == "holds", of_heads(claim, true)
    assert of_heads(claim, false).verdict == "fails", of_heads(claim, false)


def test_the_gap_of_names_is_compared_with_that_of_parses():
    small, large = {0: 0.5, 2: 0.7, 4: 0.5}, {0: 0.4, 2: 0.5, 4: 0.4}
    assert of_heads("wu.text.context_ner_gap", small, large).verdict == "holds"
    assert of_heads("wu.text.context_ner_gap", large, small).verdict == "fails"


def test_the_best_of_many_equal_layers_is_no_better():
    """All layers have 0.8: the best of three between is not above the better one of two by being chosen."""
    level = dict.fromkeys(range(5), 0.8)
    assert of_heads("wu.text.context_middle", level).verdict == "undecided"
    assert of_heads("primer.s5.explicit", level).verdict == "undecided"
    assert stacked.best_elsewhere({0: {1: 0.5}}) == {}


def test_stacked_heads_are_no_transfer_of_an_ensemble_as_a_whole():
    table = of_heads_table()
    results = Results(table, {"default": "default", "mono": "mono"})
    assert {task for task, _ in results.transfers()} == {"pos", "pos_tuned"}
    assert {task for task, _ in results.stacked()} == {"pos_stacked_tuned"}
    without = table.filter(pc.not_equal(table["task"], "pos_stacked_tuned"))
    found = verdict("primer.s5.explicit", without, ("default", "mono"))
    assert found.verdict == "not run" and "finetuning.stacked" in found.detail


def of_heads_table():
    shape = {"pairs": ("a/b",), "seeds": SEEDS, "steps": (50,), "noise": 0.002}
    places = [{"task": "pos_tuned", "layer": 2}, {"task": "pos_stacked_tuned"}]
    scores = [("a/b", variant, place, 0.5) for variant in ("default", "mono") for place in places]
    return laboratories.with_scores(laboratories.table(**shape, mono=0.5), scores)


LAYERS = (0, 1, 2, 3, 4)
EARLY, LATE = (0.2, 0.8, 0.8, 0.8, 0.8), (0.2, 0.2, 0.3, 0.5, 0.8)


def of_profiles(claim, worse, better):
    """Judge a claim on expected layers: by layer, the scores of one variant and of the other."""
    role = "mono" if claim == "primer.s7.pos_earlier" else "bitext"
    shape = {"seeds": SEEDS, "steps": (50,), "noise": 0.002, "tasks": (), "layers": (0, 4)}
    table = laboratories.table(**shape, **{role: 0.0})
    table = table.filter(pc.not_equal(table["task"], "retrieval"))
    place = {"split": "test"} if role == "mono" else {"task": "retrieval", "metric": "p_at_1.cosine"}
    profiles = {"default": worse, role: better}
    scores = [
        ("a/b", variant, {**place, "layer": layer, "states": states}, value)
        for variant, profile in profiles.items()
        for layer, value in zip(LAYERS, profile, strict=True)
        for states in ("raw", "centred")
    ]
    return verdict(claim, laboratories.with_scores(table, scores), ("default", role))


@pytest.mark.parametrize("claim", ["primer.s7.pos_earlier", "primer.s7.objective"])
def test_expected_layers_of_two_variants_are_compared(claim):
    assert of_profiles(claim, EARLY, LATE).verdict == "holds"
    assert of_profiles(claim, LATE, EARLY).verdict == "fails"


PAIRS = ("a/b", "a/c", "a/d", "a/e")
DISTANCES = dict(zip(PAIRS, (0.1, 0.3, 0.5, 0.7), strict=True))


def of_pairs(claim, rises, pairs=PAIRS, distances=DISTANCES):
    """Judge a claim on the pairs' distances: whether gains of anchors rise with them, and what two models share."""
    table = laboratories.table(pairs=("a/b",), seeds=SEEDS, steps=(50,), tasks=(), layers=(0, 4))
    table = table.filter(pc.equal(table["task"], "none"))
    scores = []
    for place, pair in enumerate(pairs):
        far = 0.1 * (place if rises else -place)
        alike = {"task": "similarity", "metric": "cka_debiased"}
        found = {"task": "retrieval", "metric": "p_at_1.cosine"}
        for layer in (0, 4):
            scores += [(pair, "default", {"layer": layer}, 0.4), (pair, "extra_anchors", {"layer": layer}, 0.5 + far)]
            scores += [
                (pair, "default", {**alike, "layer": layer}, 0.9),
                (pair, "mono", {**alike, "layer": layer}, 0.4 - far),
            ]
            scores += [(pair, "default", {**found, "layer": layer}, 0.9)]
            scores += [(pair, "mono", {**found, "layer": layer, "states": "mapped"}, 0.4 - far)]
    roles = ("default", "extra_anchors", "mono")
    return verdict(claim, laboratories.with_scores(table, scores), roles, distances=distances)


BY_DISTANCE = {"wu.text.anchors_distant_lab": True, "wu.text.closer_more": True, "wu.text.cka_gap": False}
"""Whether a claim is true where gains rise with distance, and what two models share falls."""


@pytest.mark.parametrize("claim", BY_DISTANCE)
def test_claims_on_distances_hold_where_they_are_true_and_fail_where_they_are_false(claim):
    assert of_pairs(claim, BY_DISTANCE[claim]).verdict == "holds", of_pairs(claim, BY_DISTANCE[claim])
    assert of_pairs(claim, not BY_DISTANCE[claim]).verdict == "fails"


def test_three_pairs_are_shown_and_decide_nothing():
    """One order of three pairs in six is as good by chance."""
    three = of_pairs("wu.text.anchors_distant_lab", True, PAIRS[:3])
    assert three.verdict == "undecided" and three.measured == 1 and "over 3 pairs (p 0.17)" in three.detail
    two = of_pairs("wu.text.anchors_distant_lab", True, PAIRS, dict(list(DISTANCES.items())[:2]))
    assert two.verdict == "not run" and "3 pairs of known and different syntactic distance" in two.detail


def of_bits(better):
    shape = {"seeds": SEEDS, "steps": (50,), "noise": 0.002, "tasks": ()}
    bits = {"task": "bits", "metric": "bits_per_character", "split": "heldout", "layer": 2}
    levels = zip((10, 30, 50), (2.0, 1.5, 1.4 if better else 1.6), strict=True)
    scores = [("a/b", "default", {**bits, "step": step}, value) for step, value in levels]
    return verdict("wu.setup.best_by_dev", laboratories.with_scores(laboratories.table(**shape), scores))


def test_the_step_that_is_judged_is_the_best_on_held_out_sentences_or_not():
    assert of_bits(True).verdict == "holds" and of_bits(False).verdict == "fails"


def test_words_are_found_better_in_higher_layers_or_not():
    plain = laboratories.table(seeds=SEEDS, pairs=("a/b", "a/c"), steps=(50,), mono=0.3)
    found = {"task": "word_retrieval", "metric": "p_at_1.csls", "states": "mapped", "split": "dictionary"}

    def judged(*values):
        places = [(pair, layer) for pair in ("a/b", "a/c") for layer in range(len(values))]
        words = [(pair, "mono", {**found, "layer": layer}, values[layer]) for pair, layer in places]
        table = laboratories.with_scores(plain, words, SEEDS, noise=0)
        return verdict("wu.text.word_layers", table, ("default", "mono")).verdict

    # of the embeddings, which have no context, nothing is asked
    assert judged(0.9, 0.1, 0.2, 0.3, 0.5) == "holds" and judged(0.0, 0.5, 0.3, 0.2, 0.1) == "fails"
    assert judged(0.9, 0.2, 0.2, 0.2, 0.2) == judged(0.1, 0.2, 0.3) == "not run"


def test_languages_that_are_alike_by_chance_are_not_similar():
    shape = {"seeds": SEEDS, "steps": (50,), "noise": 0.002, "mono": 0.3}
    for shuffled, expected in ((0.01, "holds"), (0.4, "fails")):
        table = laboratories.table(**shape, shuffled=shuffled)
        assert verdict("wu.text.mono_similar", table, ("default", "mono")).verdict == expected
    without = table.filter(pc.not_equal(table["metric"], "cka_debiased_p"))
    found = verdict("wu.text.mono_similar", without, ("default", "mono"))
    assert found.verdict == "not run" and "geometry.permutations" in found.detail


def test_table_one_of_fewer_seeds_is_shown_and_undecided():
    told = {"pairs": ("en/fr",), "seeds": (1,), "steps": (50,), "layers": (8,), "tasks": ("xnli_tuned",)}
    found = verdict(
        "wu.tab1.no_anchors.xnli.fr", laboratories.table(**told, no_anchors=0.02), ("default", "no_anchors")
    )
    assert found.verdict == "undecided" and found.low is None and "fewer than 3 seeds" in found.detail
    assert 60 < found.measured < 100


def test_every_claim_that_has_worlds_of_its_own_is_tried_here():
    tried = {*BY_SIZE, *HEADS, *BY_DISTANCE, "wu.text.context_ner_gap", "wu.setup.best_by_dev"}
    tried |= {"primer.s7.pos_earlier", "primer.s7.objective", "wu.text.word_layers"}
    assert tried == laboratories.BESIDE
