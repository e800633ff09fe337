"""Sentence pairs of two datasets, by the rows of their sentences."""

from cells import inference, labels_of, sentence_pieces

from polychron.probing.tasks import nli


def test_sentence_pairs_of_two_datasets():
    rows = [
        ("train", "a b", "c", "entailment"),
        ("train", "c", "a b", "neutral"),
        ("train", "d", "d", "contradiction"),
        ("dev", "a b", "d", "neutral"),
    ]
    train = inference(rows)
    test = inference([("test", "x", "c", "contradiction"), ("test", "c", "y", "entailment")])
    vocabulary = {}
    pieces = [sentence_pieces(train, vocabulary), sentence_pieces(test, vocabulary)]
    made = nli.Task("xnli").examples([train, test], pieces)
    assert {split: one.dataset for split, one in made.items()} == {"train": 0, "dev": 0, "test": 1}
    assert made["train"].first.tolist() == [0, 1, 2] and made["train"].second.tolist() == [1, 0, 2]
    assert made["dev"].first.tolist() == [0] and made["dev"].second.tolist() == [2]
    assert made["test"].first.tolist() == [0, 1] and made["test"].second.tolist() == [1, 2]
    assert labels_of(made["test"]) == ["contradiction", "entailment"]
    assert len({one.labels for one in made.values()}) == 1
