"""Results of a study are looked up as the claims of other papers need them."""

import math

import pyarrow
import pyarrow.compute
import pytest

from polychron.audit.literature import results, setup
from polychron.audit.literature.results import Results
from polychron.storage.scores import score_schema


def row(**changes):
    known = {"model": "m", "task": "xnli", "source": "en", "target": "en", "layer": 2, "step": 800, "seed": 0}
    return known | {"split": "test", "metric": "accuracy", "value": 0.5, "examples": 100} | changes


def test_scores_and_geometry_are_looked_up_as_means():
    rows = [row(), row(seed=1, value=0.7), row(step=0, value=0.1), row(split="dev", examples=50)]
    rows += [row(split="train", metric="kept_epoch", value=3.0, examples=900)]
    rows += [row(layer=None, step=None, seed=None, metric="majority", value=0.4)]
    scores, counted = results.of_scores(pyarrow.Table.from_pylist(rows, schema=score_schema()), 800)
    assert scores["xnli", "en", "en", 2, "test", "accuracy"] == pytest.approx(0.6)
    assert scores["xnli", "en", "en", None, "test", "majority"] == 0.4
    assert setup.examples_of_xnli(Results(counted=counted)).value == [900, 50, 100, 1]
    halves = [row(task="retrieval", split="parallel", value=0.2, examples=100)]
    halves += [row(task="retrieval", split="parallel", value=0.5, examples=200, seed=1), row(split="other")]
    halves += [row(task="retrieval", split="parallel", value=math.nan, examples=100, target="fr")]
    found = results.of_geometry(pyarrow.Table.from_pylist(halves, schema=score_schema()), "parallel")
    assert found == {("retrieval", "accuracy", 2, 800): {("en", "en"): pytest.approx(0.4)}}


def test_the_last_step_is_the_last_one_that_is_scored():
    """A run that was cut off after its dev scores, and what is counted in training, say nothing of a step."""
    cut = [row(step=1600, split="dev"), row(step=1600, split="train", metric="kept_epoch", value=3.0)]
    cut += [row(step=1600, metric="excluded", value=0.0)]
    table = pyarrow.Table.from_pylist([row(), row(step=0), *cut], schema=score_schema())
    assert results.last_step(table) == 800
    assert results.last_step(table.filter(pyarrow.compute.field("step") == 1600)) is None


def test_words_and_centred_transfer_are_looked_up_whatever_the_set_is():
    rows = [
        row(task="pos", split="parallel", metric="accuracy.centred", value=0.8),
        row(task="identity", split="parallel", metric="accuracy.centred", value=0.3),
        row(task="word_retrieval", split="dictionary", metric="p_at_1.mapped.csls", value=0.4),
        row(task="word_retrieval", split="bitext", metric="p_at_1.mapped.csls", value=0.9),
        row(task="retrieval", split="parallel", value=0.1),
        row(task="retrieval", split="inference_parallel", value=0.2),
    ]
    table = pyarrow.Table.from_pylist(rows, schema=score_schema())
    found = {key[:2]: values["en", "en"] for key, values in results.of_geometry(table, "inference_parallel").items()}
    assert found == {
        ("pos", "accuracy.centred"): 0.8,
        ("word_retrieval", "p_at_1.mapped.csls"): 0.4,
        ("retrieval", "accuracy"): 0.2,
    }
