"""Examples as a model is trained on them: which piece is asked, heads within the sentence, what is left out."""

from dataclasses import replace

import numpy as np
import pytest
from cells import lookup, one_piece_each, treebank
from tiny import sentences

from polychron.errors import InputError
from polychron.finetuning import splits
from polychron.finetuning.sequences import Template
from polychron.probing.tasks import nli, token_labels
from polychron.probing.tasks.base import Examples
from polychron.tokenization.pieces import BEYOND


def banked(number=30):
    table = treebank(number, seed=3)
    counts = np.bincount(table["sentence"].to_numpy())
    return table, one_piece_each(counts)


def test_words_are_asked_at_their_first_piece():
    pieces = sentences([9, 12, 7], seed=1, words=4)
    words = np.flatnonzero(pieces.word_sentence != 1)
    examples = Examples(0, words[1:], None, np.arange(len(words) - 1) % 2, ("a", "b"), 5)
    found = splits.of_words(examples, pieces)
    assert len(found.inputs) == 2 and found.excluded == 5 and found.labels == ("a", "b")
    for place, word in enumerate(words[1:]):
        start = pieces.sentence_offsets[pieces.word_sentence[word]]
        row = found.of[place]
        assert (
            found.inputs.ids[found.inputs.offsets[row] + found.place[place]] == pieces.ids[start + pieces.first[word]]
        )
    assert np.array_equal(np.diff(found.offsets), [3, 4])


def test_trees_are_those_of_the_treebank():
    table, pieces = banked()
    rows, _ = lookup(table)
    found = splits.of_trees(table, pieces, "dev")
    here = [row for row in rows if row["split"] == "dev"]
    assert len(found) == len(here) and found.excluded == 0
    start = found.offsets[found.of]
    for place, row in enumerate(here):
        assert found.labels[found.label[place]] == row["deprel"].partition(":")[0]
        assert found.punctuation[place] == (row["upos"] == "PUNCT")
        assert found.head[place] == row["head"]  # words are numbered without gaps here
        assert place - start[place] + 1 == row["index"] == found.place[place]


def test_heads_are_found_by_id_where_numbers_have_gaps():
    table, pieces = banked(3)
    gapped = table.set_column(3, "index", [[2 * index for index in table["index"].to_pylist()]])
    gapped = gapped.cast(table.schema) if gapped.schema != table.schema else gapped
    gapped = gapped.set_column(6, "head", [[2 * head for head in table["head"].to_pylist()]])
    for split in ("train", "dev", "test"):
        assert np.array_equal(splits.of_trees(gapped, pieces, split).head, splits.of_trees(table, pieces, split).head)


def test_a_sentence_with_a_word_beyond_the_window_has_no_tree():
    table, pieces = banked()
    counts = np.diff(pieces.word_offsets)
    sentence = next(place for place in range(10) if counts[place] > 2)
    status = pieces.status.copy()
    status[pieces.word_offsets[sentence] + 1] = BEYOND
    found, whole = (splits.of_trees(table, one, "train") for one in (replace(pieces, status=status), pieces))
    assert len(whole) - len(found) == found.excluded == counts[sentence]
    with pytest.raises(InputError, match=r"no sentence of the split 'dev'"):
        splits.of_trees(table, replace(pieces, status=np.full_like(status, BEYOND)), "dev")


def test_long_sentences_are_left_out_of_training():
    table, pieces = banked()
    whole = splits.of_trees(table, pieces, "train")
    short = whole.within(7)
    kept = whole.inputs.lengths <= 7
    assert 0 < kept.sum() < len(kept) and whole.within(99) is whole
    assert short.inputs.lengths.tolist() == whole.inputs.lengths[kept].tolist()
    asked = kept[whole.of]
    for name in ("place", "label", "head", "punctuation"):
        assert np.array_equal(getattr(short, name), getattr(whole, name)[asked])
    last = np.flatnonzero(kept)[-1]
    last = slice(*whole.inputs.offsets[last : last + 2])
    assert np.array_equal(short.inputs.ids[short.inputs.offsets[-2] :], whole.inputs.ids[last])
    with pytest.raises(InputError, match="all 10 sentences of train have more than 2 pieces"):
        whole.within(2)


def test_labels_that_training_lacks_come_after_its_classes():
    table, pieces = banked()
    task = token_labels.Task("pos")
    found = splits.of_words(task.examples([table], [pieces])["test"], pieces)
    coded = found.recoded(("VERB", "X"))
    assert coded.labels[:2] == ("VERB", "X") and set(coded.labels[2:]) == {*found.labels} - {"VERB"}
    assert [coded.labels[code] for code in coded.label] == [found.labels[code] for code in found.label]


def test_pairs_are_asked_at_the_first_piece_of_all():
    import pyarrow

    columns = {"split": ["test"] * 3, "premise": ["a", "b", "a"], "hypothesis": ["b", "c", "c"]}
    table = pyarrow.table(columns | {"label": ["neutral", "entailment", "neutral"]})
    pieces = one_piece_each([1, 1, 1])
    examples = nli.Task("xnli").targets(table, pieces)
    found = splits.of_pairs(examples, pieces, Template((0,), (2, 2), (2,)), 64)
    assert [found.labels[code] for code in found.label] == ["neutral", "entailment", "neutral"]
    assert found.inputs.ids.tolist() == [0, 4, 2, 2, 4, 2] * 3 and found.place.tolist() == [0, 0, 0]


def test_joined_splits_are_those_of_a_table_of_both():
    (one, pieces), (other, _) = banked(12), (treebank(12, seed=3), None)
    parts = [splits.of_trees(table, pieces, split) for table, split in ((one, "train"), (other, "dev"))]
    found = splits.joined(parts)
    assert len(found) == len(parts[0]) + len(parts[1]) and len(found.inputs) == sum(len(part.inputs) for part in parts)
    half = len(parts[0])
    for place, row in ((3, parts[0]), (half + 3, parts[1])):
        own = place % half if place >= half else place
        assert found.labels[found.label[place]] == row.labels[row.label[own]]
        start, mine = found.inputs.offsets[found.of[place]], row.inputs.offsets[row.of[own]]
        assert found.inputs.ids[start + found.place[place]] == row.inputs.ids[mine + row.place[own]]
        assert found.head[place] == row.head[own] and found.punctuation[place] == row.punctuation[own]
    assert splits.joined(parts[:1]) is parts[0]
