"""Each word gets its own pieces, in every script; what is beyond the window or invisible is marked."""

import numpy as np
import pyarrow
import pytest
import zoo
from script import Files, left_in, run
from tiny import tokenizer as train

from polychron.errors import InputError
from polychron.storage import files
from polychron.tokenization import pieces
from polychron.tokenization.pieces import BEYOND, EMPTY, KEPT
from polychron.tokenization.segmentation import load, mask_of, segment

TEXT = [
    "the cat sat on the mat and looked at the other cat",
    "der Hund schläft auf dem Sofa, und die Katze schläft auch",
    "собака спит на диване, кошка спит на стуле",
    "कुत्ता सोफे पर सो रहा है और बिल्ली कुर्सी पर",
    "犬がソファで寝ている。猫も寝ている。",
    "الكلب ينام على الأريكة والقطة تنام على الكرسي",
] * 20
WINDOW, SIZE = 64, 105


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tokenizer")


@pytest.fixture(scope="module")
def sentencepiece(folder):
    return train(folder, TEXT, SIZE)


@pytest.fixture(scope="module")
def tokenizer(folder, sentencepiece):
    return load(folder / "tokenizer.json")


def pieces_of(found, tokenizer):
    """Spell the pieces of each word."""
    start = found.sentence_offsets[found.word_sentence]
    spans = zip(start + found.first, start + found.stop, strict=True)
    return [[tokenizer.id_to_token(int(piece)) for piece in found.ids[slice(*span)]] for span in spans]


def test_words_have_the_pieces_that_transformers_gives_them(folder, tokenizer):
    from transformers import AutoTokenizer

    reference = AutoTokenizer.from_pretrained(folder)
    sentences = [[*line.split(), "ﬁne", "10 000", "\u200b", "…", "a</s>b"] for line in TEXT[:6]]
    found = segment(sentences, tokenizer, WINDOW)
    for number, words in enumerate(sentences):
        expected = reference(words, is_split_into_words=True)
        start, stop = found.sentence_offsets[number : number + 2]
        assert found.ids[start:stop].tolist() == expected["input_ids"]
        for word in range(len(words)):
            places = [place for place, of in enumerate(expected.word_ids()) if of == word]
            row = found.word_offsets[number] + word
            assert list(range(found.first[row], found.stop[row])) == places


def test_a_word_owns_its_lone_space_and_its_inner_spaces(tokenizer):
    found = segment([["ö", "10 000"]], tokenizer, WINDOW)
    own = pieces_of(found, tokenizer)
    assert own[0][0] == "▁" and len(own[0]) > 1
    assert "".join(own[1]).count("▁") == 2


def test_an_invisible_word_has_no_pieces(tokenizer):
    found = segment([["cat", "\u200b", "sat"], ["\u200b"]], tokenizer, WINDOW)
    assert found.status.tolist() == [KEPT, EMPTY, KEPT, EMPTY]
    assert found.first[1] == found.stop[1] == 0
    assert found.lengths.tolist()[1] == 2


@pytest.mark.parametrize("window", [3, 5, 6, 7, 8, 40])
def test_a_word_that_loses_a_piece_lies_beyond_the_window(tokenizer, window):
    words = ["the", "schläft", "cat", "schläft"]
    full = segment([words], tokenizer, 1000)
    found = segment([words], tokenizer, window)
    inside = full.stop < window
    assert found.lengths[0] <= window
    assert found.status.tolist() == np.where(inside, KEPT, BEYOND).tolist()
    assert np.array_equal(found.first[inside], full.first[inside])
    assert not found.first[~inside].any() and not found.stop[~inside].any()
    assert found.ids[-1] == 2 and np.array_equal(found.ids[:-1], full.ids[: len(found.ids) - 1])


def test_a_whole_sentence_is_kept_as_far_as_the_window_reaches(tokenizer, caplog):
    with caplog.at_level("INFO", logger="polychron"):
        found = segment([[TEXT[0]], ["cat"]], tokenizer, 8, whole=True)
    assert found.status.tolist() == [KEPT, KEPT]
    assert found.first.tolist() == [1, 1]
    assert found.stop.tolist() == [7, found.lengths[1] - 1]
    assert "1 sentences longer than the window" in caplog.text


def test_characters_are_those_that_sentencepiece_normalises_to(tokenizer, sentencepiece):
    lines = [*TEXT[:6], "  two  spaces ", "ﬁne … ㍿", "\u200b", "日本 語", "𐍈𐍈 unknown 𐍈"]
    found = segment([[line] for line in lines], tokenizer, 1000, whole=True)
    expected = [len(sentencepiece.Normalize(line).removeprefix("▁")) for line in lines]
    assert found.characters.tolist() == expected


def test_characters_of_a_cut_sentence_are_those_of_the_pieces_kept(tokenizer):
    found = segment([[TEXT[0]]], tokenizer, 7, whole=True)
    own = [tokenizer.id_to_token(int(piece)) for piece in found.ids[1:-1]]
    assert found.characters.tolist() == [len("".join(own)) - 1]


def test_the_facts_of_the_vocabulary(tokenizer):
    found = segment([["cat"]], tokenizer, WINDOW)
    assert (found.mask, found.vocabulary, found.special) == (SIZE + 1, SIZE + 2, (0, 1, 2, 3))
    assert pieces.from_table(pieces.to_table(found)).mask == found.mask


def byte_fallback():
    """A Unigram model of the letters of English, which writes other characters as their bytes."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    letters = [
        ("<unk>", 0.0),
        ("▁", -2.0),
        *((letter, -3.0) for letter in "abcdefghijklmnopqrstuvwxyz"),
        ("▁the", -2.5),
    ]
    made = Tokenizer(models.Unigram([*letters, *((f"<0x{byte:02X}>", -9.0) for byte in range(256))], 0, True))
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return made


def test_bytes_in_place_of_characters_are_not_counted_as_they_are_written():
    made = byte_fallback()
    lines = ["the cat", "the Ж cat", "猫 und 猫", "𐍈𐍈"]
    found = segment([[line] for line in lines], made, 1000, whole=True)
    assert "<0xD0>" in made.encode(lines[1]).tokens
    assert found.characters.tolist() == [len(line) for line in lines]
    words = segment([line.split() for line in lines], made, 1000)
    assert words.characters.tolist() == found.characters.tolist()
    # of characters beyond the window none is counted, and the first half of a character counts it
    unseen = segment([["the ЖЖЖЖ"], ["Ж" * 200]], made, 5, whole=True)
    assert unseen.characters.tolist() == [len("the ЖЖ"), 2]


def across_spaces():
    """Byte-level BPE whose pieces cross spaces, of a text in which single words are frequent too."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    lines = ["it is so", "so it is", "is it", "the cat is so so", "it", "so"]
    made.train_from_iterator(lines * 20, trainer)
    return made


def test_where_pieces_cross_spaces_each_word_is_cut_with_its_space():
    made = across_spaces()
    assert len(made.encode("it is so").tokens) < 3
    found = segment([["it", "is", "so"], ["so", "it", "is"]], made, 100)
    assert ["".join(own) for own in pieces_of(found, made)] == ["it", "Ġis", "Ġso", "so", "Ġit", "Ġis"]
    assert found.characters.tolist() == [8, 8]


def test_a_tokenizer_that_runs_words_together_is_refused():
    from tokenizers import decoders, normalizers

    made = across_spaces()
    made.normalizer = normalizers.Strip()  # takes the space from each word that is given by itself
    said = r"cuts the text 'it is so' into \[.*\], and its words one by one into \['it', '"
    with pytest.raises(InputError, match=said):
        segment([["it", "is"]], made, 100)
    made.decoder = decoders.Sequence([])
    with pytest.raises(InputError, match="which pieces belong to which word is unknown"):
        segment([["it", "is"]], made, 100)


def test_merges_that_are_dropped_at_random_are_not(tmp_path, caplog):
    made = across_spaces()
    made.model.dropout = 0.5
    made.save(str(tmp_path / "tokenizer.json"))
    words = [["so", "it", "is", "so"]] * 50
    with caplog.at_level("WARNING", logger="polychron"):
        read = load(tmp_path / "tokenizer.json")
    assert "dropout 0.5" in caplog.text
    found = segment(words, read, 100)
    assert len({tuple(row) for row in np.split(found.ids, 50)}) == 1
    assert np.array_equal(found.ids, segment(words, across_spaces(), 100).ids)


def test_a_window_without_room(tokenizer):
    with pytest.raises(InputError, match="a window of 2 pieces is too short"):
        segment([["cat"]], tokenizer, 2)


def test_a_broken_tokenizer(folder, tmp_path, sentencepiece):
    broken = tmp_path / "tokenizer.json"
    broken.write_text((folder / "tokenizer.json").read_text()[:1000])
    with pytest.raises(InputError, match=r"tokenizer.json: no readable tokenizer"):
        load(broken)


def test_a_long_line_takes_bounded_time(tokenizer):
    found = segment([["犬" * 200_000], ["ab" * 100_000]], tokenizer, WINDOW, whole=True)
    assert found.lengths.tolist() == [WINDOW, WINDOW]


@pytest.mark.parametrize(
    ("kind", "columns", "words"),
    [
        ("treebank", {"sentence": pyarrow.array([0, 0, 1], pyarrow.int32()), "form": ["cat", "sat", "mat"]}, [2, 1]),
        ("bitext", {"source": [["cat", "sat"]], "target": [["Hund"]]}, [2, 1]),
        ("inference", {"premise": ["the cat sat", "the mat"], "hypothesis": ["the mat"] * 2}, [1, 1]),
        ("heldout", {"sentence": ["the cat sat", "the mat"]}, [1, 1]),
    ],
)
def test_the_script(folder, sentencepiece, tmp_path, kind, columns, words):
    files.write_table(tmp_path / "examples.parquet", pyarrow.table(columns))
    places = {"tokenizer": folder / "tokenizer.json", "config": folder / "tokenizer_config.json"}
    given = Files(examples=tmp_path / "examples.parquet", **places)
    for name in ("one.parquet", "two.parquet"):
        run("tokenize_examples", given, Files([tmp_path / name]), tmp_path / "log", kind=kind, window=WINDOW)
    found = pieces.from_table(files.read_table(tmp_path / "one.parquet"))
    assert np.diff(found.word_offsets).tolist() == words and not found.status.any()
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert "2 sentences" in (tmp_path / "log").read_text()


def test_the_script_leaves_nothing_of_a_broken_tokenizer(tmp_path, capsys):
    files.write_table(tmp_path / "examples.parquet", pyarrow.table({"sentence": ["a"]}))
    (tmp_path / "tokenizer.json").write_text("{")
    before = left_in(tmp_path)
    given = Files(examples=tmp_path / "examples.parquet", tokenizer=tmp_path / "tokenizer.json")
    with pytest.raises(SystemExit):
        run("tokenize_examples", given, Files([tmp_path / "made"]), tmp_path / "log", kind="heldout", window=WINDOW)
    assert "tokenizer.json: no readable tokenizer" in capsys.readouterr().err
    assert left_in(tmp_path) == sorted([*before, "log"])


def test_the_mask_is_the_one_that_the_config_names():
    tokenizer = zoo.tokenizer("bert")
    named = mask_of({"mask_token": {"content": "[UNK]", "special": True}})
    assert segment([["the"]], tokenizer, 8, mask=named).mask == tokenizer.token_to_id("[UNK]")
    assert segment([["the"]], tokenizer, 8).mask == tokenizer.token_to_id("[MASK]")
    assert segment([["the"]], tokenizer, 8, mask="absent").mask == tokenizer.token_to_id("[MASK]")
