"""Numbers of the paper's model are not compared with those of another."""

from dataclasses import replace

import agreeing
import pytest
from agreeing import CLAIMS, judged

from polychron.audit import claims

BASE = {"num_hidden_layers": 12, "hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
BASE |= {"model_type": "xlm-roberta", "vocab_size": 250_002, "max_position_embeddings": 514}
TINY = BASE | {"num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 256, "vocab_size": 1000}
LARGE = BASE | {"num_hidden_layers": 24, "hidden_size": 1024, "intermediate_size": 4096}


def with_model(evidence, told):
    return replace(evidence, config=agreeing.config() | {"checkpoint": told}, cache={})


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (TINY, "the study's has 0.2"),
        (LARGE, "the study's has 560 million"),
        (BASE | {"model_type": "bert"}, "the study's is of the kind bert"),
    ],
)
def test_numbers_of_the_papers_model_are_not_compared_with_those_of_another(told, words, agreeing_evidence):
    other = with_model(agreeing_evidence, told)
    for name in ("setup.layers", "F1.POS.min", "s42.step98.POS", "s51.explayer_max.XNLI", "T3.inlang.POS.replica"):
        found = judged(name, other)
        assert found.verdict == "not comparable" and words in found.detail
    assert judged("F1.POS.min", other).measured == judged("F1.POS.min", agreeing_evidence).measured


def test_relations_and_settings_of_probes_are_compared_in_any_model(agreeing_evidence):
    tiny = with_model(agreeing_evidence, TINY)
    for name in ("s32.order_langs", "s41.q1", "setup.probe_batch", "T4.perf.pretrain.BPC", "T3.inlang.POS.base"):
        assert judged(name, tiny).verdict == "holds"
    tiny.config["probing"]["batch"] = 64
    assert judged("setup.probe_batch", tiny).verdict == "fails"


def test_a_model_of_the_papers_size_with_another_number_fails(agreeing_evidence):
    other = with_model(agreeing_evidence, BASE | {"num_hidden_layers": 11})
    assert judged("setup.models", other).verdict == "fails"
    other.config["model"] = {**other.config["model"], "final_layer": 11}
    assert judged("setup.layers", other).verdict == "fails"


def test_languages_of_the_paper_that_a_study_has_none_of(agreeing_evidence):
    config = agreeing.config()
    for key in ("treebank_languages", "inference_languages"):
        config["probing"][key] = ["qsa", "qsb"]
    config["probing"]["layerwise"] = [{"task": "xnli", "languages": ["qsa"]}]
    config["alignment"]["pairs"] = []
    other = replace(agreeing_evidence, config=config)
    found = {name: judged(name, other) for name in ("s51.langs_xnli", "s5.simalign_pairs")}
    assert {one.verdict for one in found.values()} == {"not comparable"}
    assert found["s5.simalign_pairs"].detail == "the study aligns no words"
    config["probing"]["inference_languages"] = ["en", "de"]
    config["probing"]["layerwise"] = [{"task": "xnli", "languages": ["en"]}]
    assert judged("s51.langs_xnli", replace(agreeing_evidence, config=config)).verdict == "fails"


def test_base_with_other_layers_is_not_base(agreeing_evidence):
    six = replace(agreeing_evidence, reference=replace(agreeing.reference(), final=6))
    assert judged("T3.inlang.POS.base", six).verdict == "not comparable"
    assert "the second model has 6" in judged("T3.inlang.POS.base", six).detail


def test_claims_that_are_tied_to_a_model_are_those_with_its_numbers():
    tied = {one.tied_to for one in CLAIMS.values()}
    assert tied == {"", "model", "original", "languages"}
    units = {one.unit for one in CLAIMS.values() if one.tied_to == "model"}
    assert {"% accuracy", "steps", "layers", "points", "parameters", "GiB"} <= units
    loose = [one for one in CLAIMS.values() if not one.tied_to and one.needs in ("scores", "layers")]
    assert not {one.unit for one in loose} & {"% accuracy", "steps", "layers", "points", "bits per character"}


def test_an_unknown_tie_is_refused(tmp_path):
    path = tmp_path / "claims.yaml"
    text = claims.FILE.read_text(encoding="utf-8").replace("tied_to: model", "tied_to: modell", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(claims.InputError, match="'modell', expected one of model, original, languages"):
        claims.load(path)
