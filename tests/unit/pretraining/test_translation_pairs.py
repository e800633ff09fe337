"""Pairs of sentences are examples with ``</s>`` between the sides, in fairseq's corpus too."""

import numpy as np
from small_pretraining import made

from polychron.pretraining import corpus, translation_pairs
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

    corpus.write(found, dictionary, tmp_path / "aa-bb")
    sizes = corpus.example_sizes(tmp_path / "aa-bb/train.idx")
    assert sizes.tolist() == [len(example) + 1 for example in found]
    ids = np.fromfile(tmp_path / "aa-bb/train.bin", "<u2")
    entries = [line.rsplit(" ", 1)[0] for line in dictionary.read_text(encoding="utf-8").splitlines()]
    names = ["<s>", "<pad>", "</s>", "<unk>", *entries]
    assert [names[number] for number in ids] == [piece for example in found for piece in [*example, "</s>"]]
