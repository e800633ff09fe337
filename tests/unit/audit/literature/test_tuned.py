"""Claims about fine-tuned models: worlds in which they are true, false, and not measured."""

import itertools
import math

import pyarrow
import pytest

from polychron.analysis.pairs import forgetting
from polychron.audit.evidence import Missing
from polychron.audit.literature import statements, tuned
from polychron.audit.literature.measures import MEASURES
from polychron.audit.literature.results import Results
from polychron.storage.scores import score_schema

CLAIMS = statements.load(statements.file_of("doddapaneni2021"), MEASURES)
FORGETS, VARIES = "primer.s5.finetune_forgets", "primer.s9.variance"
LANGUAGES = "abcde"


def judged(claim, **results):
    return statements.judge(CLAIMS[claim], Results(printed=CLAIMS, **results), MEASURES)


def geometry(lost, noise=0.0, lines=("raw", "centred"), between=0.0, trainings=(("a", 0), ("a", 1), ("a", 2))):
    """Return what fine-tuned models find and the model before.

    `lost` says how much less at a layer, and `between` how much trainings differ in that, each in all pairs alike.
    """
    rows, place = [], 0
    for kind in lines:
        for layer in (0, 1, 2):
            for source in LANGUAGES:
                for target in LANGUAGES:
                    for fold in (0, 1) if source != target else ():
                        place += 1
                        value = 0.6 + 0.05 * math.sin(place)
                        row = {"model": "m", "task": "retrieval", "source": source, "target": target, "layer": layer}
                        row |= {"step": 50, "seed": fold, "split": "parallel", "examples": 50}
                        row |= {"metric": f"p_at_1.{kind}.cosine", "value": value}
                        rows.append((row, value - lost(kind, layer) + noise * math.cos(7 * place)))
    before = pyarrow.Table.from_pylist([row for row, _ in rows], schema=score_schema())
    after = []
    for place, (source, seed) in enumerate(trainings):
        moved = [row | {"value": value + between * math.cos(5 * place)} for row, value in rows]
        told = {"task": "pos", "source": source, "seed": seed}
        after.append((told, pyarrow.Table.from_pylist(moved, schema=score_schema())))
    # a training on all sources together, after which nothing is lost, is left out
    after.append(({"task": "pos", "source": "joint", "seed": 0}, before))
    return tuned.of_forgetting(forgetting.beside(before, after), "parallel")


def test_alignment_that_falls_everywhere_is_forgotten():
    found = judged(FORGETS, forgotten=geometry(lambda kind, layer: 0.1 + 0.1 * layer))
    assert found.verdict == "holds" and found.measured == pytest.approx(0.1)
    assert "least 0.100" in found.detail and "most 0.300" in found.detail


def test_alignment_that_grows_at_one_layer_is_not():
    """The mean over layers falls, and the claim is about every layer."""
    found = judged(FORGETS, forgotten=geometry(lambda kind, layer: -0.1 if layer == 2 else 0.3))
    assert found.verdict == "fails" and found.measured == pytest.approx(-0.1)


def test_a_loss_within_its_noise_is_undecided():
    found = judged(FORGETS, forgotten=geometry(lambda kind, layer: 0.0, noise=0.2))
    assert found.verdict == "undecided" and found.low < 0 < found.high


def test_pairs_of_one_training_are_no_further_trainings():
    """All thirty pairs lose as much, but trainings differ by more than what is lost."""
    given = geometry(lambda kind, layer: 0.1, between=0.2)
    found = judged(FORGETS, forgotten=given)
    assert found.verdict == "undecided" and "3 trainings" in found.detail
    # two sources of three seeds are six trainings; three sources are three
    for sources, groups in (("ab", "6 trainings"), ("abc", "3 sources")):
        told = [(source, seed) for source in sources for seed in range(3)]
        assert groups in judged(FORGETS, forgotten=geometry(lambda kind, layer: 0.1, trainings=told)).detail
    alone = judged(FORGETS, forgotten=geometry(lambda kind, layer: 0.1, trainings=[("a", 0)]))
    assert alone.verdict == "not run" and "3 trainings" in alone.detail


def test_without_what_is_compared_it_is_not_run():
    for given in ({}, geometry(lambda kind, layer: 0.1, lines=("raw",))):
        found = judged(FORGETS, forgotten=given)
        assert found.verdict == "not run" and "finetuning.keep" in found.detail


def scores(spread, seeds=3, own=0.01, sources=("a", "b")):
    """Return scores of `seeds` whose standard deviation is `own` in the source and `spread` in each target."""
    shifts = [-1.0, 0.0, 1.0][:seeds]
    rows = []
    for step, source, target in itertools.product((0, 50), sources, LANGUAGES):
        deviation = own if target == source else spread * (1 + 0.1 * (target > "c"))
        for seed, shift in enumerate(shifts):
            row = {"model": "m", "task": "pos_tuned", "source": source, "target": target, "layer": 2, "step": step}
            row |= {"split": "test" if target == source else "parallel", "metric": "accuracy", "examples": 100}
            rows.append(row | {"seed": seed, "value": 0.7 + (deviation if step else 0.2) * shift})
    return tuned.of_scores(pyarrow.Table.from_pylist(rows, schema=score_schema()))


def test_scores_that_vary_more_in_other_languages_are_found_at_the_last_step():
    assert scores(0.05)["pos", "a", "b"] == pytest.approx([0.65, 0.7, 0.75])
    found = judged(VARIES, tuned=scores(0.05))
    assert found.verdict == "holds" and found.measured == pytest.approx(5 * 1.05)
    assert judged(VARIES, tuned=scores(0.005)).verdict == "fails"


def test_scores_without_a_value_or_a_seed_and_later_dev_scores_are_passed_over():
    """Scores from elsewhere may lack all three."""
    row = {"model": "m", "task": "pos_tuned", "source": "a", "target": "b", "layer": 2, "step": 50}
    row |= {"split": "parallel", "metric": "accuracy", "seed": 0, "value": 0.7, "examples": 100}
    more = [row | {"target": "c", "value": None}, row | {"seed": None}, row | {"target": "d", "seed": None}]
    more += [row | {"target": "a", "split": "dev", "step": 90}]
    found = tuned.of_scores(pyarrow.Table.from_pylist([row, *more], schema=score_schema()))
    assert found == {("pos", "a", "b"): [0.7]}


def test_targets_of_one_source_are_no_further_sources():
    """Four targets of a source have the same trainings: their number makes nothing surer."""
    given = scores(0.05, sources=("a",)) | {
        key: [0.7 + (value - 0.7) / 20 for value in values] if key[1] != key[2] else values
        for key, values in scores(0.05, sources=("b",)).items()
    }
    found = judged(VARIES, tuned=given)
    assert found.verdict == "undecided" and "2 of tasks and sources" in found.detail
    alone = judged(VARIES, tuned=scores(0.05, sources=("a",)))
    assert alone.verdict == "not run" and "two tasks or sources" in alone.detail


def test_two_seeds_and_scores_that_do_not_vary_have_no_spread():
    for given in (scores(0.05, seeds=2), scores(0.05, own=0.0), {}):
        found = judged(VARIES, tuned=given)
        assert found.verdict == "not run" and "3 seeds" in found.detail
    with pytest.raises(Missing, match="3 seeds"):
        tuned.spread_of_zero_shot(Results())


def test_claims_about_other_ways_to_fine_tune_are_not_run():
    for name in ("primer.s5.continual", "primer.s8.target_tuning"):
        assert judged(name, tuned=scores(0.05)).detail == f"needs {statements.ELSEWHERE['finetuning']}"
