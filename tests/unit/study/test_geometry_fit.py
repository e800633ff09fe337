"""The set that maps are fitted on: what is read, and what is refused."""

from types import SimpleNamespace

import pytest
from configs import study

from polychron.errors import InputError
from polychron.study import consistency
from polychron.study.inputs import Inputs

HERE = {"model": "toy", "set": "parallel", "layer": "1", "step": "50"}


def toy(**geometry):
    return study("studies/toy.yaml", {"geometry": geometry})


def read(one, **place):
    return Inputs(one).searched(SimpleNamespace(**{**HERE, **place}))


def test_the_states_and_sentences_of_the_other_set_are_read():
    one = toy(sets=["parallel", "inference_parallel"], fit="inference_parallel")
    consistency.check(one)
    assert one.fitting == {"fit": "inference_parallel"}
    found = read(one)
    assert [path.split("/")[3] for path in found["states"]] == ["parallel"] * 6
    assert [path.split("/")[3:] for path in found["fit_states"]] == [
        ["inference_parallel", code, "step-50.npy"] for code in one.compared_languages
    ]
    assert found["fit_parallel"] == "results/toy/parallel/inference_parallel.parquet"
    assert found["examples"][0].endswith("parallel/qoe.parquet")
    assert found["fit_examples"][0].endswith("inference_parallel/qoe.parquet")
    # of the set itself, the other half is learnt on
    assert read(one, set="inference_parallel").keys() == {"states"}


def test_without_it_nothing_else_is_read_or_said():
    one = toy()
    assert one.fitting == {} and read(one) == {"states": Inputs(one).states_at(SimpleNamespace(**HERE))}


def test_a_set_that_is_not_compared_or_lacks_a_language_is_refused():
    with pytest.raises(InputError, match=r"geometry\.fit: .*'inference_parallel', which is not among geometry\.sets"):
        consistency.check(toy(fit="inference_parallel"))
    some = {"sets": ["parallel", "inference_parallel"], "fit": "inference_parallel"}
    probing = {"inference_languages": ["qsa", "qsb", "qoe", "qpf"]}
    probing["transfer"] = {"inference_languages": ["qsa", "qsb", "qoe", "qpf"]}
    layerwise = [{"task": "xnli", "languages": ["qsa", "qoe"], "layers": [0, 1, 2]}]
    fewer = study("studies/toy.yaml", {"geometry": some, "probing": {**probing, "layerwise": layerwise}})
    with pytest.raises(InputError, match=r"'inference_parallel' has no sentences in qsc, qsd, .*geometry\.languages"):
        consistency.check(fewer)
