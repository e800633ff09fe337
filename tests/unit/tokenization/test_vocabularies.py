"""One vocabulary of several languages: each reads its text as its own SentencePiece model does."""

import json
import string

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from small_pretraining import write_text
from tokenizers import Tokenizer

from polychron.errors import InputError
from polychron.tokenization import tokenizer, vocabularies, vocabulary

LETTERS = {"aa": "abcdefg12", "bb": "гдежзик12", "cc": "abcdxyz12"}
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
ARGUMENTS = {"character_coverage": 1.0, "alpha": 0.7, "seed": 1}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a SentencePiece model a language, and the models."""
    folder = tmp_path_factory.mktemp("vocabularies")
    texts = {
        language: write_text(folder / f"{language}.txt", number, 400, letters)
        for number, (language, letters) in enumerate(LETTERS.items())
    }
    models = vocabularies.train(texts, size=120, **ARGUMENTS)
    for language, model in models.items():
        (folder / f"{language}.model").write_bytes(model)
    return folder, models


@pytest.fixture(scope="module", params=vocabularies.KINDS)
def joined(trained, request):
    """The joined vocabulary, and the tokenizer of each language."""
    folder, models = trained
    made = vocabularies.join(models, request.param)
    return made, {
        name: Tokenizer.from_str(vocabularies.member(folder / f"{name}.model", made, name)) for name in models
    }


def pieces_of(model):
    return [line.rsplit(" ", 1)[0] for line in vocabulary.dictionary(model).splitlines()]


def test_each_language_has_its_share_and_the_same_bytes_again(trained):
    folder, models = trained
    assert [vocabulary.load(model).get_piece_size() for model in models.values()] == [40, 40, 40]
    again = vocabularies.train({name: folder / f"{name}.txt" for name in reversed(models)}, size=120, **ARGUMENTS)
    assert again == models
    assert models["aa"] == vocabulary.train({"aa": folder / "aa.txt"}, size=40, **ARGUMENTS, hard=False)


def test_a_text_that_yields_fewer_pieces_than_its_share_gets_these(trained, tmp_path, caplog):
    folder, _ = trained
    (tmp_path / "dd.txt").write_text("ab ba ab ba\nab ab\n" * 20, encoding="utf-8")
    with pytest.raises(InputError, match="no vocabulary of 60 pieces"):
        vocabulary.train({"dd": tmp_path / "dd.txt"}, size=60, **ARGUMENTS)
    models = vocabularies.train({"aa": folder / "aa.txt", "dd": tmp_path / "dd.txt"}, size=120, **ARGUMENTS)
    found = vocabulary.load(models["dd"]).get_piece_size()
    assert 3 < found < 60
    assert f"dd: its text yields {found} pieces, fewer than its share of 60" in caplog.text
    assert vocabularies.join(models, "union").size <= 4 + 57 + found - 3 + 1


def test_the_union_has_each_string_once_and_the_prefixed_each_pair(trained):
    _, models = trained
    pieces = {name: pieces_of(model) for name, model in models.items()}
    union, prefixed = (vocabularies.join(models, kind) for kind in vocabularies.KINDS)
    assert sorted(union.entries) == sorted(set().union(*pieces.values()))
    for name, own in pieces.items():
        assert [union.entries[number - 4] for number in union.numbers[name][3:]] == own
        assert [prefixed.entries[number - 4] for number in prefixed.numbers[name][3:]] == [f"{name}:{p}" for p in own]
    assert union.size == 5 + len(set().union(*pieces.values())) < prefixed.size == 5 + 3 * 37
    common = set(union.own("aa")) & set(union.own("bb"))
    assert {union.entries[number - 4] for number in common} == set(pieces["aa"]) & set(pieces["bb"]) >= {"1", "2"}
    assert not set(prefixed.own("aa")) & set(prefixed.own("bb"))
    assert union.dictionary().splitlines() == [f"{entry} 1" for entry in union.entries]


def test_a_tokenizer_has_its_own_pieces_at_their_ids_and_fillers_elsewhere(trained, joined):
    made, tokenizers = joined
    for name, model in trained[1].items():
        table = [piece for piece, _ in json.loads(tokenizers[name].to_str())["model"]["vocab"]]
        assert (table[:4], table[-1], len(table)) == ([*SPECIAL], "<mask>", made.size)
        assert tokenizers[name].get_vocab_size() == made.size == len(set(table))
        assert [table[number] for number in made.numbers[name][3:]] == pieces_of(model)
        others = np.setdiff1d(np.arange(4, made.size - 1), made.own(name))
        assert len(others)
        assert all(table[number] == f"\ue000{name} {made.entries[number - 4]}" for number in others)


TEXTS = some.text(some.sampled_from("abcdefgxyzгдежзик12 ▁\ue000:ａ①ﬁ\u3000\t☃猫" + string.punctuation), max_size=40)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS | TEXTS.map(lambda text: f"\ue000bb {text} \ue000aa▁"))
def test_each_text_is_cut_as_the_language_alone_cuts_it(trained, joined, text):
    folder, models = trained
    made, tokenizers = joined
    for name in models:
        processor, numbers = vocabulary.load(folder / f"{name}.model"), made.numbers[name]
        theirs = [int(numbers[number]) for number in processor.encode(text)]
        encoding = tokenizers[name].encode(text)
        assert (encoding.ids[0], encoding.ids[-1]) == (0, 2)
        if encoding.ids[1:-1] != theirs:  # two ways to cut it have the same score
            table = [score for _, score in json.loads(tokenizers[name].to_str())["model"]["vocab"]]
            scores = [sum(table[number] for number in ids) for ids in (encoding.ids[1:-1], theirs)]
            assert scores[0] == pytest.approx(scores[1], abs=1e-3), (name, text)
            assert [number for number in encoding.ids[1:-1] if number == 3] == [n for n in theirs if n == 3]


def test_a_filler_is_no_piece_of_a_text_even_where_the_text_spells_it(trained, joined):
    made, tokenizers = joined
    table = [piece for piece, _ in json.loads(tokenizers["aa"].to_str())["model"]["vocab"]]
    fillers = [piece for piece in table if piece.startswith("\ue000")]
    used = {number for filler in fillers for number in tokenizers["aa"].encode(f"{filler}{filler}").ids}
    assert used <= {0, 2, 3, *made.own("aa")}


def test_the_tokenizer_of_one_language_is_that_of_its_model(trained):
    folder, models = trained
    alone = vocabularies.join({"aa": models["aa"]}, "union")
    (folder / "dict.txt").write_text(alone.dictionary(), encoding="utf-8")
    assert vocabularies.member(folder / "aa.model", alone, "aa") == tokenizer.build(
        folder / "aa.model", folder / "dict.txt"
    )


def test_another_model_than_that_of_the_vocabulary_is_an_input_error(trained, tmp_path):
    folder, models = trained
    made = vocabularies.join(models, "union")
    with pytest.raises(InputError, match=r"bb\.model: its 37 pieces are not the 37 of aa in the vocabulary"):
        vocabularies.member(folder / "bb.model", made, "aa")
    (tmp_path / "odd.model").write_bytes(b"\xff" * 10)
    with pytest.raises(InputError, match=r"odd\.model: no SentencePiece model"):
        vocabularies.member(tmp_path / "odd.model", made, "aa")
    with pytest.raises(InputError, match="no kind of vocabulary 'joint'"):
        vocabularies.join(models, "joint")
