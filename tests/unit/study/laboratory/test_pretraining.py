"""Settings of pretraining that are a model's own, and those of the study for all others."""

import json

import pytest
from configs import merged, study

from polychron.errors import InputError
from polychron.study import consistency
from polychron.study.configuration.config import validated
from polychron.study.inputs import Inputs
from polychron.study.laboratory import pretraining

TOY = "studies/toy.yaml"
ALL = {"name": "toy", "provider": "pretrained", "final_layer": 2, "window": 64}


def with_models(*models, **overlay):
    return study(TOY, {"models": [ALL, *({**ALL, **model} for model in models)], **overlay})


ONE = {
    "name": "one",
    "pretraining": {"languages": ["qsb"], "seed": 7, "updates": 100, "layers": 2},
    "steps": [0, 50, 100],
}


@pytest.fixture(scope="module")
def two():
    return with_models(ONE)


class Wildcards:
    def __init__(self, **values):
        self.__dict__.update(values)


def test_a_model_has_the_settings_of_the_study_unless_it_has_its_own(two):
    told = two.config["pretraining"]
    assert two.pretraining_of("toy") == told
    assert two.pretraining_of("one") == {**told, **ONE["pretraining"]}
    assert two.pretraining_languages("one") == ["qsb"] and len(two.pretraining_languages("toy")) == 6
    assert two.chain("one") == [50, 100] and two.link_before("one", 100) == 50
    own_steps = with_models({"name": "one", "steps": [0, 500, 1000]})
    assert own_steps.chain("one") == [500, 1000] and own_steps.link_before("one", 1000) == 500
    own_chain = with_models({"name": "one", "pretraining": {"chain": [800]}})
    assert own_chain.link_before("one", 800) is None and own_chain.link_before("toy", 800) == 50


def test_the_texts_of_all_models_are_read():
    alone = with_models({"name": "one", "pretraining": {"languages": ["qpf"]}})
    fewer = {"pretraining": {"languages": ["qsa"]}, "bits": {"languages": ["qsa"]}}
    assert study(TOY, fewer).text_languages == ["qsa"]
    assert study(TOY, fewer, {"models": alone.config["models"]}).text_languages == ["qpf", "qsa"]


def test_a_model_reads_its_own_text_alone(two):
    inputs, one = Inputs(two), Wildcards(model="one", step="50")
    assert inputs.vocabulary_texts(one) == inputs.pretraining_texts(one) == ["resources/toy/examples/text/qsb.txt"]
    assert inputs.corpus(one) == [f"results/one/binarized/qsb/train.{ending}" for ending in ("bin", "idx")]
    assert inputs.counts(one) == ["results/one/binarized/qsb/counts.json"]
    assert len(inputs.corpus(Wildcards(model="toy"))) == 12


def test_without_settings_of_its_own_the_arguments_of_jobs_are_as_they_were(two):
    """The keys of the config that were in the specs of these jobs before models had settings of their own."""
    told = two.config["pretraining"]
    keys = "dimension dropout feedforward heads languages layers learning_rate mask_probability sample_break_mode"
    keys += " sampling_alpha seed sentences_per_batch updates warmup weight_decay"
    assert two.training_arguments("toy") == {key: told[key] for key in keys.split()}
    assert two.vocabulary_arguments("toy") == {
        key: told[key] for key in ("languages", "vocabulary", "character_coverage", "sampling_alpha", "seed")
    }
    assert "pretraining" not in two.entry_of("toy") and two.entry_of("one")["pretraining"] == ONE["pretraining"]
    assert two.vocabulary_arguments("one")["seed"] == two.training_arguments("one")["seed"] == 7


def test_a_key_that_was_added_later_is_in_the_arguments_only_if_it_is_used(two, monkeypatch):
    monkeypatch.setitem(pretraining.PLAIN, "heads", two.config["pretraining"]["heads"])
    assert "heads" not in two.training_arguments("toy")
    monkeypatch.setitem(pretraining.PLAIN, "heads", 1)
    assert two.training_arguments("toy")["heads"] == 2


def test_a_model_more_changes_no_argument_of_another(two):
    alone = study(TOY)
    for arguments in ("training_arguments", "vocabulary_arguments", "entry_of"):
        assert json.dumps(getattr(alone, arguments)("toy")) == json.dumps(getattr(two, arguments)("toy"))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            {"provider": "folder", "source": "./runs/{step}", "pretraining": {"seed": 2}},
            r"'one' has 'pretraining', which is for the provider 'pretrained' alone, and not for 'folder'.*Next: take",
        ),
        (
            {"pretraining": {"layers": 3}},
            r"pretraining\.layers of 'one': 3 layers would be pretrained, and the final_layer of 'one' is 2",
        ),
        ({"final_layer": 3}, r"^pretraining\.layers: 2 layers would be pretrained, and the final_layer of 'one' is 3"),
        (
            {"pretraining": {"heads": 3}},
            r"pretraining\.heads of 'one': 3 heads cannot share 64 dimensions equally.*Next: choose a dimension",
        ),
        (
            {"pretraining": {"dimension": 63}},
            r"pretraining\.dimension of 'one': 2 heads cannot share 63 dimensions",
        ),
        (
            {"pretraining": {"updates": 100}},
            r"steps: 4800 is beyond pretraining\.updates of 'one', 100.*Next: raise pretraining\.updates of 'one'",
        ),
    ],
)
def test_settings_that_fit_no_model_are_refused(model, message):
    consistency.check(with_models({"name": "one"}))
    with pytest.raises(InputError, match=message):
        consistency.check(with_models({"name": "one", **model}))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sed": 2}, r"models\.1\.pretraining\.sed: unknown key\. Did you mean 'seed'\?"),
        ({"seed": -1}, r"models\.1\.pretraining\.seed: -1 is less than the minimum"),
        ({}, r"models\.1\.pretraining: is empty"),
    ],
)
def test_settings_are_checked_by_the_schema_of_pretraining(settings, message):
    models = [ALL, {**ALL, "name": "one", "pretraining": settings}]
    with pytest.raises(InputError, match=message):
        validated(merged(TOY, {"models": models}))
