"""Claims about the model, the config and the machines."""

from dataclasses import replace

import agreeing
from agreeing import judged


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
    assert {one.verdict for one in found.values()} == {"not comparable"}
    assert "kind bert" in found["setup.params"].detail and found["setup.pair_feature"].measured == 3072


def test_the_parameters_of_xlmr_base_are_counted(agreeing_evidence):
    found = judged("setup.params", agreeing_evidence)
    assert found.verdict == "holds" and found.measured == 278_295_186 - 768
