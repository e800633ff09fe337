"""Spans of named entities: sequences that are repaired, F1 as seqeval has it, and scores of probes."""

import itertools

import numpy as np
import pytest

from polychron.probing import spans
from polychron.probing.probes import Probe
from polychron.probing.tasks.base import Examples

LABELS = ("B-LOC", "B-ORG", "B-PER", "I-LOC", "I-ORG", "I-PER", "O")

REPAIRED = {
    "": "",
    "O O": "O O",
    "B-PER": "B-PER",
    "B-PER I-PER O": "B-PER I-PER O",
    "B-PER B-PER": "B-PER B-PER",
    "I-PER": "B-PER",
    "O I-PER O": "O B-PER O",
    "I-PER I-PER": "B-PER I-PER",
    "I-PER I-LOC": "B-LOC I-LOC",
    "B-PER I-LOC": "B-LOC I-LOC",
    "B-PER I-LOC I-ORG": "B-ORG I-ORG I-ORG",
    "B-PER I-LOC B-LOC I-LOC O I-ORG": "B-LOC I-LOC B-LOC I-LOC O B-ORG",
}


@pytest.mark.parametrize("labels", REPAIRED)
def test_labels_are_repaired(labels):
    made = spans.repair(labels.split())
    assert made == REPAIRED[labels].split()
    assert spans.repair(made) == made and spans.spans(made) == spans.spans(labels.split())


def allowed(labels):
    """Whether IOB2 allows a sequence."""
    pairs = itertools.pairwise(["O", *labels])
    return all(not label.startswith("I") or before[1:] == label[1:] for before, label in pairs)


def test_every_short_sequence_is_repaired_and_allowed_ones_stay():
    for labels in itertools.chain.from_iterable(itertools.product(LABELS, repeat=length) for length in (1, 2, 3, 4)):
        made = spans.repair(labels)
        assert allowed(made)
        assert (made == [*labels]) == allowed(labels)
        assert [label == "O" for label in made] == [label == "O" for label in labels]


def noisy(seed):
    """Return random labels of 30 sentences of 9 words, and the same with three of ten drawn again."""
    draw = np.random.default_rng(seed)
    names = ["O", *(f"{place}-{kind}" for kind in ("PER", "LOC", "ORG") for place in "BI")]
    gold = [[names[code] for code in draw.integers(7, size=9)] for _ in range(30)]
    return gold, [[label if draw.random() < 0.7 else names[draw.integers(7)] for label in words] for words in gold]


def test_f1_is_that_of_seqeval():
    """seqeval 1.2.2 gives 0.5902777777777778 for the repaired labels, and 0.7223587223587223 for those as they are."""
    found = spans.compare(*noisy(3))
    assert found == (85, 142, 146) and found.f1 == pytest.approx(0.5902777777777778, abs=1e-15)


def test_a_name_is_right_in_boundaries_and_kind_or_wrong():
    gold = [["B-PER", "I-PER", "O", "B-LOC", "O"]]
    assert spans.compare(gold, gold).f1 == 1
    for wrong in ("B-PER O O B-LOC O", "B-PER I-PER I-PER B-LOC O", "B-ORG I-ORG O B-LOC O", "B-PER B-PER O B-LOC O"):
        assert spans.compare(gold, [wrong.split()]).right == 1, wrong
    assert spans.compare(gold, [["O"] * 5]) == (0, 0, 2) and spans.compare(gold, [["O"] * 5]).f1 == 0
    assert np.isnan(spans.compare([["O"]], [["O"]]).f1)


def test_scores_of_probes_by_sentence():
    """Vectors spell the labels that are predicted; a probe of zeros says O everywhere."""
    gold = ["B-PER", "I-PER", "O", "B-PER", "B-LOC"]
    said = ["B-PER", "I-PER", "O", "I-PER", "B-ORG"]
    vectors = np.eye(len(LABELS), dtype=np.float16)[[LABELS.index(label) for label in said]]
    weight = np.stack([np.eye(len(LABELS), dtype=np.float32), np.zeros((len(LABELS),) * 2, np.float32)])
    bias = np.zeros((2, len(LABELS)), np.float32)
    bias[1, LABELS.index("O")] = 1
    probe = Probe(weight, bias, LABELS, (0, 7), (1, 1))
    examples = Examples(0, np.arange(5), None, np.array([LABELS.index(label) for label in gold]), LABELS, 0)
    rows = [*spans.scores(probe, [vectors], examples, np.array([0, 0, 0, 1, 1]), "test")]
    assert [row["value"] for row in rows] == [pytest.approx(2 * 2 / (3 + 3)), 0]
    assert {(row["split"], row["metric"], row["examples"]) for row in rows} == {("test", "span_f1", 3)}
    assert [row["seed"] for row in rows] == [0, 7]
    two = Examples(0, np.array([0, 1]), None, np.array([LABELS.index("B-PER")] * 2), LABELS, 0)
    apart, together = (next(spans.scores(probe, [vectors], two, np.array(at), "test")) for at in ([0, 1], [0, 0]))
    assert (apart["value"], together["value"]) == (1, 0), "B-PER I-PER is one name in a sentence, and two in two"
