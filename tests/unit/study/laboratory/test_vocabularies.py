"""Models whose languages have something apart: what is asked of them, their jobs' settings, and what is refused."""

import pytest
from configs import study

from polychron.errors import InputError
from polychron.study import consistency
from polychron.study.inputs import Inputs

TOY = "studies/toy.yaml"
ALL = {"name": "toy", "provider": "pretrained", "final_layer": 2, "window": 64}
DICTIONARY = {"files": {"dictionary": {"qsa/qsb": {"format": "tsv", "file": "dictionaries/qsa-qsb.tsv"}}}}


def with_model(pretraining, **more):
    return study(
        TOY,
        {"models": [ALL, {**ALL, "name": "two", "pretraining": {"languages": ["qsb", "qsa"], **pretraining}}], **more},
    )


class Wildcards:
    def __init__(self, **values):
        self.__dict__.update(values)


TWO = Wildcards(model="two", language="qsa", step="50")


def test_the_study_as_it_was_has_one_vocabulary_and_the_same_arguments():
    plain = study(TOY)
    assert plain.switching_jobs == {} and plain.kind_of("toy") == "pretrained"
    assert plain.divided == plain.views == plain.switching_pairs == []
    assert plain.joint == plain.pretrained == plain.anchored == ["toy"]
    assert not {"vocabularies", "separate", "anchors"} & {*plain.training_arguments("toy")}
    assert "vocabularies" not in plain.vocabulary_arguments("toy")
    inputs = Inputs(plain)
    toy = Wildcards(model="toy", language="qsa", step="50")
    assert inputs.own_text(toy) == "resources/toy/examples/text/qsa.txt" and inputs.own_pieces(toy) == []
    assert len(inputs.corpora(toy)) == 12


def test_each_language_of_a_divided_model_has_its_share():
    made = with_model({"vocabularies": "union", "vocabulary": 601, "separate": {"layers": 1}})
    assert (made.divided, made.joint) == (["two"], ["toy"])
    assert made.share_arguments("two")["size"] == 300
    assert made.joined_as("two") == {"vocabularies": "union", "languages": ["qsa", "qsb"]}
    assert made.training_arguments("two")["separate"] == {"embeddings": False, "layers": 1}
    assert "vocabularies" not in made.training_arguments("two")
    inputs, folder = Inputs(made), "results/two/sentencepiece"
    models = [f"{folder}/{language}/sentencepiece.bpe.model" for language in ("qsa", "qsb")]
    assert inputs.language_models(TWO) == models
    assert inputs.own_pieces(TWO) == ["results/two/binarized/own.json"]
    assert Inputs(with_model({"vocabularies": "prefixed"})).own_pieces(TWO) == []


def test_a_view_of_separate_parts_is_proved_by_what_fairseq_loads():
    made = study(TOY, "studies/lab.yaml")
    assert all("fairseq_plugin" in name for name in made.proved_by("lab-qsa-qtw-sep_emb-1.qtw"))
    assert made.proved_by("lab-qsa-qtw-sep_emb-1.qtw") and made.proved_by("lab-qsa-qtw-no_anchors-1.qtw") == []


def test_words_are_replaced_in_both_texts_or_in_one():
    made = with_model({"anchors": {}, "seed": 5, "sentences_per_batch": 32}, **DICTIONARY)
    assert made.switched("two", "qsa") == {"source": "qsa", "target": "qsb", "inverse": False}
    assert made.switched("two", "qsb") == {"source": "qsa", "target": "qsb", "inverse": True}
    assert made.switched("toy", "qsa") is None
    expected = {"format": "tsv", "replace": 0.3, "at_most": 0.15, "block": 32, "seed": 5}
    assert made.switching_arguments("two", "qsb") == expected | {"inverse": True}
    assert "anchors" not in made.training_arguments("two")
    assert made.switching_pairs == [{"source": "qsa", "target": "qsb"}]
    assert made.switching_jobs == {"switch_text": 2, "synthesise_dictionary": 1}
    assert "dictionaries/qsa-qsb.tsv" in made.source_files
    inputs = Inputs(made)
    assert inputs.own_text(TWO) == "results/two/switched/qsa.txt"
    assert inputs.vocabulary_texts(TWO) == [f"results/two/switched/{language}.txt" for language in ("qsb", "qsa")]
    text, dictionary = inputs.switching(TWO).values()
    assert (text, dictionary) == ("resources/toy/examples/text/qsa.txt", ["resources/toy/dictionaries/qsa-qsb.tsv"])
    one = with_model({"anchors": {"directions": "qsb"}}, **DICTIONARY)
    assert one.switched("two", "qsa") is None and one.switched("two", "qsb")["inverse"]


@pytest.mark.parametrize(
    ("pretraining", "message"),
    [
        (
            {"vocabularies": "union", "languages": ["qsa"]},
            "vocabularies of 'two' is union, and it is pretrained on one",
        ),
        ({"separate": {"layers": 1}}, "separate of 'two': its languages have one vocabulary"),
        (
            {"vocabularies": "union", "separate": {"layers": 2}},
            r"layers of 'two' is 2, and it has 2 layers\. Next: .* 1 of",
        ),
        ({"anchors": {}, "languages": ["qsa", "qsb", "qpf"]}, "models of two languages, and it has 3"),
        ({"anchors": {"directions": "qpf"}}, r"directions of 'two' is 'qpf'\. Next: write both, qsa or qsb"),
        (
            {"anchors": {}, "languages": ["qsa", "qpf"]},
            r"has no dictionary of qsa and qpf\. Next: add files\.dictionary",
        ),
    ],
)
def test_what_cannot_be_apart_is_an_input_error(pretraining, message):
    with pytest.raises(InputError, match=message):
        consistency.check(with_model(pretraining, **DICTIONARY))


def test_nothing_separate_is_no_fault():
    consistency.check(with_model({"separate": {"layers": 0}}))
    consistency.check(with_model({"vocabularies": "prefixed", "separate": {"embeddings": True, "layers": 1}}))


def test_the_plan_has_the_jobs_of_a_divided_model():
    """Those of each language, of the join, and of a view's checkpoints, and none of a joint vocabulary."""
    from polychron.planning import costs, rates
    from polychron.study.axes import Axes

    made = with_model({"vocabularies": "union", "updates": 100}, steps=[0, 50])
    assert made.kind_of("two") == "divided" and made.kind_of("two.qsa") == "view"
    assert made.views == ["two.qsb", "two.qsa"]
    lines = costs.lines(
        Axes(made, rates.sizes(), {}, {"draw_figure": 0, "write_table": 0}).values, rates.sizes(), rates.rates()
    )
    jobs = {line.rule: line.jobs for line in lines}
    expected = {"train_language_sentencepiece": 2, "join_vocabularies": 1, "binarize_language_text": 2}
    expected |= {"make_member_tokenizer": 2, "export_view": 4, "train_sentencepiece": 1, "convert_checkpoint": 2}
    assert {rule: jobs[rule] for rule in expected} == expected
    assert not {"fetch_checkpoint", "fetch_tokenizer"} & {*jobs}
