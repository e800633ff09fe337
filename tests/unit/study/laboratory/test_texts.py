"""Models whose texts are of other domains, a share, or reversed: their files, their settings, and what is refused."""

import json

import pytest
from configs import study

from polychron.errors import InputError
from polychron.study import consistency
from polychron.study.inputs import Inputs

TOY, MINI = "studies/toy.yaml", "studies/mini.yaml"
ALL = {"name": "toy", "provider": "pretrained", "final_layer": 2, "window": 64}
TWIN = {"world": {"twins": {"qtw": "qsa"}}}


class Wildcards:
    def __init__(self, **values):
        self.__dict__.update(values)


def with_model(pretraining, **more):
    own = {"languages": ["qsb", "qtw"], "seed": 5, **pretraining}
    return study(TOY, TWIN, {"models": [ALL, {**ALL, "name": "two", "pretraining": own}], **more})


def real(pretraining, **files):
    model = {**ALL, "name": "mini", "final_layer": 3, "window": 128}
    own = {"languages": ["en", "fr"], **pretraining}
    return study(MINI, {"models": [model, {**model, "name": "two", "pretraining": own}], "files": files})


TWO = Wildcards(model="two", language="qtw")


def test_the_texts_of_a_study_as_it_was_are_its_own():
    plain = study(TOY)
    assert plain.text_jobs == {} and plain.domain_texts == [] and plain.other_text_files == {}
    assert plain.prepared("toy", "qsa") is None and plain.half_of("toy", "qsa") is None
    assert not {"domains", "text", "order"} & {*plain.known_settings("toy")}


def test_languages_of_other_domains_have_a_text_of_their_half():
    made = with_model({"domains": "apart"})
    consistency.check(made)
    assert made.domain_texts == [("first", "qsb"), ("second", "qtw")] and made.other_text_files == {}
    inputs, folder = Inputs(made), "resources/toy/examples"
    assert inputs.own_text(TWO) == f"{folder}/apart/second/qtw.txt"
    assert inputs.pretraining_texts(TWO) == [f"{folder}/apart/first/qsb.txt", f"{folder}/apart/second/qtw.txt"]
    assert inputs.domain_text(TWO) == {"heldout": f"{folder}/heldout/qtw.parquet"}
    assert inputs.own_text(Wildcards(model="toy", language="qsb")) == f"{folder}/text/qsb.txt"
    world = made.domain_text("second", "qtw")
    assert (world["language"], world["half"], world["twins"]) == ("qtw", "second", {"qtw": "qsa"})
    assert made.domain_text("first", "qsb")["twins"] == {}  # so that a twin more makes no other text again
    assert made.text_jobs == {"write_domain_text": 2}
    assert "domains" not in made.training_arguments("two")
    plain = study(TOY, TWIN)
    assert json.dumps(plain.training_arguments("toy")) == json.dumps(made.training_arguments("toy"))


def test_without_a_world_the_second_language_has_another_source():
    made = real({"domains": "apart"}, other_text={"fr": "other/fr.txt.xz"})
    consistency.check(made)
    assert made.domain_texts == [("second", "fr")] and made.domain_text("second", "fr") is None
    assert "other/fr.txt.xz" in made.source_files
    inputs = Inputs(made)
    english, french = Wildcards(model="two", language="en"), Wildcards(model="two", language="fr")
    assert inputs.own_text(english) == "resources/mini/examples/text/en.txt"
    assert inputs.own_text(french) == "resources/mini/examples/apart/second/fr.txt"
    assert inputs.domain_text(french)["text"] == ["resources/mini/other/fr.txt.xz"]
    # the share is one of the study's texts
    less = real({"domains": "apart", "text": 0.25}, other_text={"fr": "other/fr.txt.xz"})
    assert less.prepared("two", "en")["share"] == 0.25 and less.prepared("two", "fr") is None


def test_a_share_and_an_order_are_prepared_for_the_model():
    made = with_model({"text": 0.25, "domains": "apart"})
    assert made.prepared("two", "qtw") == {"share": 0.25, "reverse": False, "seed": [5, 1]}
    assert made.text_jobs == {"write_domain_text": 2, "prepare_text": 2}
    inputs = Inputs(made)
    assert inputs.own_text(TWO) == "results/two/prepared/qtw.txt"
    assert inputs.preparation(TWO) == "resources/toy/examples/apart/second/qtw.txt"
    for order, expected in (("reversed", [True, True]), ("first_reversed", [True, None])):
        turned = with_model({"order": order})
        found = [turned.prepared("two", language) for language in ("qsb", "qtw")]
        assert [one and one["reverse"] for one in found] == expected
    second = with_model({"order": "second_reversed", "anchors": {}}, files={"dictionary": DICTIONARY})
    inputs = Inputs(second)
    assert inputs.own_text(TWO) == "results/two/switched/qtw.txt"
    assert inputs.switching(TWO)["text"] == "results/two/prepared/qtw.txt"
    assert inputs.switching(Wildcards(model="two", language="qsb"))["text"] == "resources/toy/examples/text/qsb.txt"


def test_pairs_of_sentences_are_a_corpus_more():
    made = with_model({"bitext": 50, "vocabularies": "union"})
    consistency.check(made)
    assert made.with_bitext == ["two"] and made.training_arguments("two")["bitext"] == 50
    assert "bitext" not in made.training_arguments("toy")
    assert made.text_jobs == {"select_translations": 1, "binarize_translations": 1}
    inputs, both = Inputs(made), Wildcards(model="two")
    assert inputs.corpus(both)[-2:] == [f"results/two/binarized/qsb-qtw/train.{ending}" for ending in ("bin", "idx")]
    models = [f"results/two/sentencepiece/{code}/sentencepiece.bpe.model" for code in ("qsb", "qtw")]
    assert inputs.cutters(both) == models
    assert inputs.cutters(Wildcards(model="toy")) == ["results/toy/sentencepiece/sentencepiece.bpe.model"]
    folder = "resources/toy/examples/heldout"
    assert inputs.bitext(both) == {"tests": [f"{folder}/qsb.parquet", f"{folder}/qtw.parquet"]}
    told = made.bitext_arguments("two")
    assert told["number"] == 50 and told["world"]["twins"] == {"qtw": "qsa"} and "text" not in told["world"]["sizes"]
    assert len(inputs.corpus(Wildcards(model="toy"))) == 12


def test_real_pairs_are_those_of_the_config_without_what_is_evaluated():
    entry = {"source": "translations/fr", "target": "translations/en"}
    made = real({"bitext": 100}, bitext={"fr/en": entry})
    consistency.check(made)
    assert made.bitext_files("two") == {"source": "translations/en", "target": "translations/fr"}
    assert {*entry.values()} <= {*made.source_files}
    tests = made.bitext_tests("two")
    assert {"treebank/en", "parallel/en", "bitext/en/fr", "inference_test/fr", "heldout/en"} <= {*tests}
    assert not [name for name in tests if not {"en", "fr"} & {*name.split("/")}]
    assert Inputs(made).bitext(Wildcards(model="two"))["source"] == ["resources/mini/translations/en"]


DICTIONARY = {"qsb/qtw": {"format": "tsv", "file": "dictionaries/qsb-qtw.tsv"}}


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            lambda: with_model({"domains": "apart", "languages": ["qsa", "qsb", "qpf"]}),
            r"domains of 'two' is apart: .*, and it has 3\. Next: name two languages",
        ),
        (
            lambda: with_model({"order": "second_reversed", "languages": ["qsa"]}),
            r"order of 'two' is second_reversed, and it is pretrained on qsa alone\. Next: write reversed",
        ),
        (
            lambda: real({"domains": "apart"}),
            r"domains of 'two' is apart, and files\.other_text has no text of 'fr'.*Next: add files\.other_text\.fr",
        ),
        (
            lambda: with_model({"bitext": 9, "languages": ["qsa", "qsb", "qpf"]}),
            r"bitext of 'two': .* two languages, and it has 3\. Next: name two languages, or set bitext: 0",
        ),
        (
            lambda: with_model({"bitext": 9, "vocabularies": "union", "separate": {"layers": 1}}),
            r"bitext of 'two': an example is in both languages.*\(separate\)\. Next: take separate out",
        ),
        (
            lambda: real({"bitext": 9}),
            r"bitext of 'two': files\.bitext has no sentences of en and fr\. Next: add files\.bitext\.en/fr",
        ),
        (lambda: with_model({"text": 0}), r"pretraining\.text: 0\.0 is less than or equal to the minimum"),
        (lambda: with_model({"ordr": "reversed"}), r"ordr: unknown key\. Did you mean 'order'"),
    ],
)
def test_texts_that_cannot_be_are_refused(made, message):
    with pytest.raises(InputError, match=message):
        consistency.check(made())
