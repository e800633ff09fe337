"""What a model reads: sentences as they are, and pairs as a tokenizer would write them."""

import numpy as np
import pytest
from tiny import sentences
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from polychron.finetuning import sequences

TEMPLATES = {
    "xlmr": ["<s>", "$A", "</s>", "</s>", "$B", "</s>"],
    "bert": ["<s>:0", "$A:0", "</s>:0", "$B:1", "</s>:1"],
}


def tokenizer(kind):
    """Return a tokenizer whose pieces are words of numbers, their ids."""
    vocabulary = {"<s>": 0, "</s>": 2, "a": 1} | {str(number): number for number in range(3, 90)}
    made = Tokenizer(models.WordLevel(vocabulary, "a"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    single = ["<s>", "$A", "</s>"]
    made.post_processor = processors.TemplateProcessing(
        single=single, pair=TEMPLATES[kind], special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return made


@pytest.mark.parametrize("kind", TEMPLATES)
@pytest.mark.parametrize("limit", [9, 10, 64])
def test_pairs_are_those_of_the_tokenizer(tmp_path, kind, limit):
    made = tokenizer(kind)
    made.enable_truncation(64)  # a file may say what is cut and filled
    made.enable_padding(length=5)
    made.save(str(tmp_path / "tokenizer.json"))
    pieces = sentences([4, 9, 5, 7, 11, 3], seed=1)
    first, second = (side.ravel() for side in np.mgrid[:6, :6])
    template = sequences.template_of(tmp_path / "tokenizer.json")
    found, cut = sequences.of_pairs(pieces, first, second, template, limit)
    made.no_padding()
    made.enable_truncation(limit, strategy="longest_first")
    texts = [
        " ".join(map(str, pieces.ids[start + 1 : stop - 1]))
        for start, stop in zip(pieces.sentence_offsets, pieces.sentence_offsets[1:], strict=False)
    ]
    longer = 0
    for place, (one, other) in enumerate(zip(first, second, strict=True)):
        expected = made.encode(texts[one], texts[other])
        part = slice(*found.offsets[place : place + 2])
        assert found.ids[part].tolist() == expected.ids
        kinds = [0] * len(expected.ids) if found.kinds is None else found.kinds[part].tolist()
        assert kinds == expected.type_ids
        longer += bool(expected.overflowing)
    assert cut == longer and (found.kinds is None) == (kind == "xlmr")


def test_inputs_are_padded_on_the_right():
    pieces = sentences([4, 6, 3], seed=2)
    found = sequences.of_sentences(pieces, np.array([0, 2, 1]))
    got = found.pad(np.array([1, 2]), 77, "cpu")
    assert got["input_ids"].tolist() == [[*pieces.ids[10:13], 77, 77, 77], [*pieces.ids[4:10]]]
    assert got["attention_mask"].tolist() == [[1, 1, 1, 0, 0, 0], [1] * 6]
    assert "token_type_ids" not in got and found.lengths.tolist() == [4, 3, 6]
