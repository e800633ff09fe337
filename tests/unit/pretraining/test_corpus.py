"""The binary corpus: fairseq reads what SentencePiece wrote, nothing is lost, and no half-written file is left."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_pretraining import made

from polychron.errors import InputError
from polychron.pretraining import corpus, fairseq_process
from polychron.tokenization import vocabulary

WINDOW = 8


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "aa.txt"
    path.write_text("a\n\n   \nabc \u2603 bad\n" + "abc " * 40 + "\nfade\u2028gab\n", encoding="utf-8")
    return path


def model():
    return made() / "sentencepiece.bpe.model"


def test_examples_fit_the_window_and_hold_all_the_text(text, caplog):
    caplog.set_level("INFO", "polychron")
    examples = list(corpus.encode(text, model(), WINDOW))
    assert {1 <= len(example) <= WINDOW - 2 for example in examples} == {True}
    joined = "".join(piece for example in examples for piece in example).replace("▁", " ").split()
    assert joined == ["a", "abc", "<unk>", "bad"] + ["abc"] * 40 + ["fade", "gab"]
    assert "4 sentences" in caplog.text
    processor = vocabulary.load(model())
    cut = sum(len(processor.encode(line)) > WINDOW - 2 for line in vocabulary.lines(text))
    assert 1 <= cut < 4
    assert f"{cut} sentences longer than {WINDOW - 2} pieces were cut: {len(examples)} examples" in caplog.text


READ = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("launcher", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
from fairseq.data import Dictionary, TokenBlockDataset, data_utils
dictionary = Dictionary.load(sys.argv[2])
examples = data_utils.load_indexed_dataset(sys.argv[3], dictionary)
print(json.dumps({
    "examples": [[int(number) for number in example] for example in examples],
    "blocks": {
        mode: TokenBlockDataset(examples, examples.sizes, int(sys.argv[4]) - 1, 1, 2, mode).sizes.tolist()
        for mode in ("eos", "complete")
    },
}))
"""


def test_fairseq_reads_the_ids_of_sentencepiece_plus_one(text, tmp_path):
    """With ``<s>``, its blocks fit the window in every mode, so nothing is dropped."""
    folder = tmp_path / "bin/aa"
    corpus.binarize(text, model(), made() / "binarized/dict.txt", WINDOW, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["train.bin", "train.idx"]
    (tmp_path / "read.py").write_text(READ)
    run = subprocess.run(
        [
            *(sys.executable, "-P", tmp_path / "read.py", fairseq_process.LAUNCHER),
            *(made() / "binarized/dict.txt", folder / "train", str(WINDOW)),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(run.stdout.splitlines()[-1])
    processor = vocabulary.load(model())
    expected = []
    for line in vocabulary.lines(text):
        numbers = [number + 1 if number else 3 for number in processor.encode(line)]
        expected += [[*numbers[start : start + WINDOW - 2], 2] for start in range(0, len(numbers), WINDOW - 2)]
    assert found["examples"] == expected
    assert found["blocks"]["eos"] == [len(example) for example in expected]
    assert max(found["blocks"]["complete"]) == max(found["blocks"]["eos"]) == WINDOW - 1
    assert sum(found["blocks"]["complete"]) == sum(found["blocks"]["eos"])
    assert [len(example) for example in expected] == corpus.example_sizes(folder / "train.idx").tolist()


def test_what_a_corpus_holds_is_counted(text, tmp_path):
    """Each count by another way: the lines that are there, the pieces that SentencePiece cuts them into."""
    folder = tmp_path / "aa"
    corpus.binarize(text, model(), made() / "binarized/dict.txt", WINDOW, folder)
    found = corpus.count(text, folder / "train.idx")
    whole = ["a", "abc \u2603 bad", "abc " * 39 + "abc", "fade\u2028gab"]
    pieces = [len(pieces) for pieces in vocabulary.load(model()).encode(whole)]
    assert found == {
        "bytes": sum(len(line.encode()) + 1 for line in whole),
        "characters": sum(map(len, whole)),
        "lines": 4,
        "examples": sum(-(-number // (WINDOW - 2)) for number in pieces),
        "pieces": sum(pieces),
    }
    assert found["bytes"] > found["characters"] + found["lines"]


def test_lines_that_have_no_piece_are_no_fault(tmp_path):
    """Characters that nobody sees, alone in a line: such lines are in texts of the web."""
    unseen = ["\u200b", "\ufeff", "\x01", "\u200e"]
    assert not any(vocabulary.load(model()).encode(unseen))
    text, folder = tmp_path / "aa.txt", tmp_path / "aa"
    text.write_text("\n".join(["abc", *unseen, "fade"]) + "\n", encoding="utf-8")
    corpus.binarize(text, model(), made() / "binarized/dict.txt", WINDOW, folder)
    found = corpus.count(text, folder / "train.idx")
    assert (found["lines"], found["examples"]) == (6, 2)
    empty = tmp_path / "empty.idx"
    empty.write_bytes((folder / "train.idx").read_bytes()[:18] + struct.pack("<QQ", 0, 1))
    with pytest.raises(InputError, match=r"empty\.idx: no example, and the text .* has 6 lines"):
        corpus.count(text, empty)


def test_a_failure_leaves_nothing(text, tmp_path, monkeypatch):
    def fail(tool, command):
        raise fairseq_process.FairseqError("planted")

    monkeypatch.setattr(fairseq_process, "run", fail)
    with pytest.raises(fairseq_process.FairseqError, match="planted"):
        corpus.binarize(text, model(), made() / "binarized/dict.txt", WINDOW, tmp_path / "aa")
    assert not list((tmp_path / "aa").iterdir())


def test_an_example_too_few_is_an_error(text, tmp_path, monkeypatch):
    index = (made() / "binarized/aa/train.idx").read_bytes()

    def write_another(tool, command):
        out = Path(command[command.index("--destdir") + 1])
        out.mkdir()
        (out / "train.idx").write_bytes(index)

    monkeypatch.setattr(fairseq_process, "run", write_another)
    with pytest.raises(fairseq_process.FairseqError, match="wrote 70 examples of"):
        corpus.binarize(text, model(), made() / "binarized/dict.txt", WINDOW, tmp_path / "aa")
    assert not list((tmp_path / "aa").iterdir())


def test_a_broken_index_is_an_input_error(tmp_path):
    whole = (made() / "binarized/aa/train.idx").read_bytes()
    for content in (b"", whole[:20], whole[:100], b"x" * 300):
        (tmp_path / "train.idx").write_bytes(content)
        with pytest.raises(InputError, match=r"train\.idx: no index of a binary corpus"):
            corpus.example_sizes(tmp_path / "train.idx")
    assert corpus.example_sizes(made() / "binarized/aa/train.idx").dtype == np.int32
