"""The subword vocabulary: XLM-R's layout, the same bytes every time, and no vocabulary that the text cannot fill."""

import io
import re

import numpy as np
import pytest
import sentencepiece
from small_pretraining import write_text

from polychron.errors import InputError
from polychron.tokenization import vocabulary


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    return {
        "aa": write_text(folder / "aa.txt", 1, 300, "abcdefg"),
        "bb": write_text(folder / "bb.txt", 2, 60, "гдежзик"),
    }


ARGUMENTS = {"size": 80, "character_coverage": 1.0, "alpha": 0.7, "seed": 1}


def test_the_layout_is_that_of_xlm_r(texts):
    model = vocabulary.train(texts, **ARGUMENTS)
    processor = vocabulary.load(model)
    assert [processor.id_to_piece(number) for number in range(3)] == ["<unk>", "<s>", "</s>"]
    assert (processor.get_piece_size(), processor.pad_id()) == (80, -1)
    entries = vocabulary.dictionary(model).splitlines()
    assert entries == [f"{processor.id_to_piece(number)} 1" for number in range(3, 80)]


@pytest.mark.parametrize("sentences", [1000, 200], ids=["all", "sampled"])
def test_the_same_text_gives_the_same_bytes(texts, sentences):
    first = vocabulary.train(texts, **ARGUMENTS, sentences=sentences)
    again = vocabulary.train(dict(reversed(texts.items())), **ARGUMENTS, sentences=sentences)
    assert first == again
    other = vocabulary.train(texts, **{**ARGUMENTS, "seed": 2}, sentences=sentences)
    assert (first == other) == (sentences == 1000)  # the seed draws the sample, and nothing else


def test_small_languages_are_sampled_more_often():
    sizes = vocabulary.sample_sizes({"en": 1_000_000, "sw": 1_000}, alpha=0.7, total=10_000)
    assert sizes["sw"] / sizes["en"] == pytest.approx(0.001**0.7, rel=0.01)
    assert sum(sizes.values()) == pytest.approx(10_000, abs=1)
    assert vocabulary.sample_sizes({"en": 900, "sw": 100}, 0.7, 1000) == {"en": 900, "sw": 100}
    assert vocabulary.sample_sizes({"en": 10**6, "sw": 2}, 0.01, 1000)["sw"] == 2


def test_only_the_line_feed_ends_a_sentence(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("a\u2028b\x0bc\rd\n\n  \ne\n".encode())
    assert list(vocabulary.lines(path)) == ["a\u2028b\x0bc\rd", "e"]


@pytest.mark.parametrize("size", [10, 100_000], ids=["fewer than characters", "more than the text has"])
def test_a_size_that_the_text_cannot_fill_is_an_input_error(texts, size):
    with pytest.raises(InputError, match=rf"no vocabulary of {size} pieces can be made of 360 sentences") as caught:
        vocabulary.train(texts, **{**ARGUMENTS, "size": size})
    assert "pretraining.vocabulary" in caught.value.remedy


def test_a_language_without_text_is_an_input_error(tmp_path, texts):
    (tmp_path / "cc.txt").write_text("\n \n")
    with pytest.raises(InputError, match=r"cc\.txt: holds no text. Next: give text in cc"):
        vocabulary.train({**texts, "cc": tmp_path / "cc.txt"}, **ARGUMENTS)


@pytest.mark.parametrize("piece", ["<mask>", "a\x85b"])
def test_a_piece_that_fairseq_would_misread_is_an_input_error(texts, piece):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=vocabulary.lines(texts["aa"]),
        model_writer=model,
        vocab_size=40,
        user_defined_symbols=[piece],
        minloglevel=2,
    )
    with pytest.raises(InputError, match=re.escape(f"the vocabulary has the piece {piece!r}, which fairseq would")):
        vocabulary.dictionary(model.getvalue())


def test_nothing_is_left_that_fairseq_would_take_for_a_space(tmp_path, texts):
    """What its reader of lines splits at, SentencePiece has turned into a space before, or we have."""
    processor = vocabulary.load(vocabulary.train(texts, **ARGUMENTS))
    spaces = [chr(code) for code in range(0x110000) if chr(code).isspace() and chr(code) != "\n"]
    assert len(spaces) > 20
    (tmp_path / "a.txt").write_text("\n".join(f"a{space}b" for space in spaces), encoding="utf-8", newline="\n")
    lines = list(vocabulary.lines(tmp_path / "a.txt"))
    assert len(lines) == len(spaces)
    found = {character for line in lines for character in processor.normalize(line)}
    assert {character for character in found if character.isspace()} <= {" "}
    assert {character for character in processor.normalize("a\x85b")} == {"▁", "a", "\x85", "b"}


def test_a_broken_model_is_an_input_error(tmp_path):
    path = tmp_path / "sentencepiece.bpe.model"
    path.write_bytes(np.random.default_rng(1).bytes(100))
    for broken in (path, path.read_bytes(), tmp_path / "none"):
        with pytest.raises(InputError, match="no SentencePiece model"):
            vocabulary.load(broken)
