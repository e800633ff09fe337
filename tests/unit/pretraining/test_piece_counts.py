"""Pieces of a binary corpus are counted as they are in the text; anchors of real corpora."""

import collections
import shutil

import numpy as np
import pytest
from small_pretraining import SETTINGS, made, write_text

from polychron.errors import InputError
from polychron.pretraining import corpus, piece_counts
from polychron.tokenization import anchors, vocabularies, vocabulary


def test_counts_are_those_of_the_text():
    entries = (made() / "binarized/dict.txt").read_text(encoding="utf-8").splitlines()
    processor = vocabulary.load(made() / "sentencepiece.bpe.model")
    lines = (made() / "text/aa.txt").read_text(encoding="utf-8").splitlines()
    expected = collections.Counter(number + 1 for line in lines for number in processor.encode(line))
    found = piece_counts.count(made() / "binarized/aa/train.idx", 5 + len(entries))
    assert found[2] == len(lines)  # </s>
    assert {number: found[number] for number in range(3, len(found)) if found[number]} == dict(expected)


@pytest.mark.parametrize("kind", vocabularies.KINDS)
def test_a_union_has_anchors_and_a_prefixed_vocabulary_has_none(tmp_path, kind):
    texts = {
        "aa": write_text(tmp_path / "aa.txt", 1, 60, "abcd12"),
        "bb": write_text(tmp_path / "bb.txt", 2, 60, "где12"),
    }
    models = vocabularies.train(texts, size=80, character_coverage=1.0, alpha=0.7, seed=1)
    joined = vocabularies.join(models, kind)
    (tmp_path / "dict.txt").write_text(joined.dictionary(), encoding="utf-8")
    counts = {}
    for language, text in texts.items():
        (tmp_path / f"{language}.model").write_bytes(models[language])
        folder = tmp_path / "binarized" / language
        given = (text, tmp_path / f"{language}.model", tmp_path / "dict.txt", SETTINGS["window"], folder)
        corpus.binarize(*given, prefix=joined.prefix(language))
        counts[language] = piece_counts.count(folder / "train.idx", joined.size)
        processor = vocabulary.load(models[language])
        lines = text.read_text(encoding="utf-8").splitlines()
        ids = [joined.numbers[language][number] for line in lines for number in processor.encode(line)]
        assert np.array_equal(np.bincount(ids, minlength=joined.size)[4:], counts[language][4:])
    found = anchors.measure(*counts.values())
    if kind == "prefixed":
        assert found == {"anchor_types": 0.0, "anchor_tokens": [0.0, 0.0]}
    else:
        assert found["anchor_types"] > 0 and min(found["anchor_tokens"]) > 0


def test_a_damaged_corpus_is_an_input_error(tmp_path):
    folder = tmp_path / "aa"
    shutil.copytree(made() / "binarized/aa", folder)
    with pytest.raises(InputError, match=r"train\.bin: has the id \d+, and the vocabulary has 10"):
        piece_counts.count(folder / "train.idx", 10)
    data = (folder / "train.bin").read_bytes()
    (folder / "train.bin").write_bytes(data[:-2])
    with pytest.raises(InputError, match=r"train\.bin: its index .* says that it has \d+ pieces"):
        piece_counts.count(folder / "train.idx", 100)
