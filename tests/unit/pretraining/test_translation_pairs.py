"""Pairs of sentences are examples with ``</s>`` between the sides, in fairseq's corpus too."""

import numpy as np
import pyarrow
import pytest
from script import Files, run
from small_pretraining import made

from polychron.errors import InputError
from polychron.pretraining import corpus, translation_pairs
from polychron.storage import files
from polychron.tokenization import vocabulary


def test_an_example_is_both_sentences_with_a_border(tmp_path, caplog):
    caplog.set_level("INFO", "polychron")
    model, dictionary = made() / "sentencepiece.bpe.model", made() / "binarized/dict.txt"
    processor = vocabulary.load(model)
    pairs = [("abc bad", "где"), ("☃", "жег\x85где"), ("abc " * 30, "где"), ("\u200b", "где")]
    found = list(translation_pairs.encode(pairs, [model, model], 16))
    pieces = [[processor.encode(side.replace("\x85", " "), out_type=str) for side in pair] for pair in pairs[:2]]
    assert found[0] == [*pieces[0][0], "</s>", *pieces[0][1]]
    assert found[1] == ["▁", "<unk>", "</s>", *pieces[1][1]]
    assert "4 pairs of sentences, 1 of them longer than the window of 16 pieces, 1 without pieces" in caplog.text
    prefixed = next(translation_pairs.encode(pairs[1:2], [model, model], 16, ("aa:", "bb:")))
    assert prefixed == ["aa:▁", "<unk>", "</s>", *(f"bb:{piece}" for piece in pieces[1][1])]

    table = pyarrow.table(dict(zip(("source", "target"), zip(*pairs, strict=True), strict=True)))
    files.write_table(tmp_path / "pairs.parquet", table)
    given = Files(pairs=tmp_path / "pairs.parquet", models=[model], vocabulary=dictionary)
    told = {"window": 16, "languages": ["aa", "bb"], "vocabularies": "joint"}
    outputs = Files(*(tmp_path / f"aa-bb/train.{ending}" for ending in ("bin", "idx")))
    run("binarize_translations", given, outputs, tmp_path / "log.txt", **told)
    sizes = corpus.example_sizes(tmp_path / "aa-bb/train.idx")
    assert sizes.tolist() == [len(example) + 1 for example in found]
    ids = np.fromfile(tmp_path / "aa-bb/train.bin", "<u2")
    entries = [line.rsplit(" ", 1)[0] for line in dictionary.read_text(encoding="utf-8").splitlines()]
    names = ["<s>", "<pad>", "</s>", "<unk>", *entries]
    assert [names[number] for number in ids] == [piece for example in found for piece in [*example, "</s>"]]


def test_pairs_that_fit_no_window_are_an_input_error():
    model = made() / "sentencepiece.bpe.model"
    with pytest.raises(InputError, match=r"none of 2 pairs of sentences fits the window of 8 pieces.*bitext: 0"):
        list(translation_pairs.encode([("abc " * 9, "abc")] * 2, [model, model], 8))


def test_evaluation_sentences_are_not_selected(tmp_path):
    """By their language: what is evaluated in one may be written in the other."""
    pairs = [("one", "eins"), ("two things", "zwei"), ("drei", "three"), ("four", "vier"), ("five", "fünf")]
    for side, lines in zip(("source", "target"), zip(*pairs, strict=True), strict=True):
        (tmp_path / side).write_text("\n".join(lines) + "\n", encoding="utf-8")
    heldout = pyarrow.table({"sentence": ["one", "nothing"]})
    treebank = pyarrow.table(
        {
            "split": ["train", "test", "test"],
            "sentence": pyarrow.array([0, 1, 1], pyarrow.int32()),
            "form": ["four", "two", "things"],
        }
    )
    bitext = pyarrow.table({"source": [["drei"]], "target": [["fünf"]]})
    tests = {"heldout/en": heldout, "treebank/en": treebank, "bitext/de/en": bitext}
    for number, table in enumerate(tests.values()):
        files.write_table(tmp_path / f"{number}.parquet", table)
    given = Files(
        tests=[tmp_path / f"{number}.parquet" for number in range(3)],
        source=[tmp_path / "source"],
        target=[tmp_path / "target"],
    )
    told = {"languages": ["en", "de"], "world": None, "tests": [*tests]}
    run("select_translations", given, Files(tmp_path / "out.parquet"), tmp_path / "log.txt", number=3, **told)
    found = files.read_table(tmp_path / "out.parquet").to_pylist()
    # "drei" is an evaluation sentence of German, and is on the English side here; that of "four" is of a training split
    assert [row["source"] for row in found] == ["drei", "four", "five"]
    assert "2 of 5 left out" in (tmp_path / "log.txt").read_text()
    with pytest.raises(SystemExit):
        run("select_translations", given, Files(tmp_path / "out.parquet"), tmp_path / "log.txt", number=4, **told)
    said = (tmp_path / "log.txt").read_text()
    assert "3 pairs of sentences that no evaluation uses, and pretraining.bitext asks for 4. Next: set" in said
