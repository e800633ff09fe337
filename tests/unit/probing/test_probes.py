"""Scores of kept weights: on the cell's own splits, on other languages, from a file."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from cells import pieces_of, planted, treebank

from polychron.errors import InputError
from polychron.probing import probes
from polychron.probing.gpu import prediction, uploads
from polychron.probing.probes import Probe
from polychron.probing.tasks import arc_classification, arc_prediction, base, nli, token_labels
from polychron.probing.tasks.base import Examples
from polychron.storage import files

POS = token_labels.Task("pos")


def told(rows, **wanted):
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def knowing(labels, classes, seeds=(0, 1)):
    """Return vectors that spell each word's label, and a probe that reads them."""
    vectors = np.zeros((len(labels), len(classes)), np.float16)
    for row, label in enumerate(labels):
        if label in classes:
            vectors[row, classes.index(label)] = 1
    weight = np.stack([np.eye(len(classes), dtype=np.float32)] * len(seeds))
    bias = np.zeros((len(seeds), len(classes)), np.float32)
    return vectors, Probe(weight, bias, tuple(classes), tuple(seeds), (1,) * len(seeds))


def words(labels, names=None):
    names = tuple(sorted(set(labels))) if names is None else names
    code = np.array([names.index(label) for label in labels])
    return Examples(0, np.arange(len(labels)), None, code, names, 0)


def test_inputs_of_pairs():
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(9, 4)).astype(np.float16)
    first, second = draw.integers(9, size=(2, 20))
    one, other = vectors[first].astype(np.float32), vectors[second].astype(np.float32)
    found = probes.inputs(vectors, first, second)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.concatenate([one, other, one * other], axis=1))
    np.testing.assert_array_equal(probes.inputs(vectors, first, None), one)


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("number", [3, probes.ROWS, probes.ROWS + 1])
def test_predictions_are_the_argmax(pairs, number):
    draw = np.random.default_rng(1)
    vectors = draw.normal(size=(50, 6)).astype(np.float16)
    first, second = draw.integers(50, size=(2, number))
    second = second if pairs else None
    examples = Examples(0, first, second, np.zeros(number, np.int64), ("a", "b", "c"), 0)
    weight = draw.normal(size=(2, 18 if pairs else 6, 3)).astype(np.float32)
    bias = draw.normal(size=(2, 3)).astype(np.float32)
    fitted = Probe(weight, bias, ("a", "b", "c"), (0, 1), (1, 1))
    seen = probes.inputs(vectors, first, second).astype(np.float64)
    expected = np.stack([(seen @ weight[seed] + bias[seed]).argmax(axis=1) for seed in (0, 1)])
    np.testing.assert_array_equal(probes.predict(fitted, vectors, examples), expected)


def test_transfer_counts_unseen_labels_as_errors():
    """Source knows a and b; the target has c too, which no prediction can be: errors, and their share is reported."""
    labels = ["a"] * 5 + ["c"] * 3 + ["b"] * 2
    vectors, fitted = knowing(labels, ["a", "b"])
    rows = probes.transfer_scores(POS, fitted, words(labels), [vectors])
    assert [row["value"] for row in told(rows, metric="accuracy")] == [0.7, 0.7]
    assert told(rows, metric="unseen") == [
        {"split": "parallel", "metric": "unseen", "seed": None, "value": pytest.approx(0.3), "examples": 10}
    ]
    assert {row["split"] for row in rows} == {"parallel"}


def test_transfer_compares_labels_not_their_numbers():
    """Source and target number their labels differently, and the source has labels that the target lacks."""
    labels = ["b", "d", "d", "b", "c"]
    vectors, fitted = knowing(labels, ["a", "b", "c", "d"])
    rows = probes.transfer_scores(POS, fitted, words(labels), [vectors])
    assert [row["value"] for row in told(rows, metric="accuracy")] == [1.0, 1.0]
    vectors, fitted = knowing(["a"] * 5, ["a", "b", "c", "d"])  # predicts what the target never has
    rows = probes.transfer_scores(POS, fitted, words(labels), [vectors])
    assert [row["value"] for row in told(rows, metric="accuracy")] == [0.0, 0.0]


def test_transfer_of_tags_with_a_colon():
    """A colon is a tag of the Penn Treebank; what follows one is a subtype in relations alone."""
    labels = [":", "NN", ":"]
    vectors, fitted = knowing(labels, [":", "NN"])
    rows = probes.transfer_scores(token_labels.Task("tags", column="xpos"), fitted, words(labels), [vectors])
    assert [row["value"] for row in told(rows, metric="accuracy")] == [1.0, 1.0]


def test_transfer_of_whole_relations_is_by_their_universal_part():
    full = ["nsubj:pass", "nsubj", "obj", "nsubj:pass"]
    vectors, fitted = knowing(full, ["nsubj", "nsubj:pass", "obj"])
    examples = words(["nsubj", "nsubj", "obj", "obj"])
    rows = probes.transfer_scores(arc_classification.Task("arcs"), fitted, examples, [vectors])
    assert [row["value"] for row in told(rows, metric="accuracy")] == [0.75, 0.75]
    assert told(rows, metric="unseen")[0]["value"] == 0


def test_unseen_is_asked_of_tags_and_relations_alone():
    vectors, fitted = knowing(["a", "b"], ["a", "b"])
    for task in (arc_prediction.Task("arc_prediction"), nli.Task("xnli")):
        assert not told(probes.transfer_scores(task, fitted, words(["a", "b"]), [vectors]), metric="unseen")


def test_rows_of_a_cell():
    table = treebank(200)
    made = POS.examples([table], [pieces_of(table, range(380, 400))])
    tags = table["upos"].to_pylist()
    vectors, fitted = knowing(tags, sorted(set(tags)))
    wrong = replace(fitted, bias=fitted.bias.copy())
    wrong.bias[1, 0] = 5  # the second seed says ADJ throughout
    rows = probes.cell_scores(POS, wrong, made, [vectors], [table])
    share = {split: float(np.mean(np.array(one.labels)[one.label] == "ADJ")) for split, one in made.items()}
    for split in ("dev", "test"):
        found = told(rows, split=split, metric="accuracy")
        assert [row["seed"] for row in found] == [0, 1]
        assert [row["value"] for row in found] == [1.0, pytest.approx(share[split])]
        assert {row["examples"] for row in found} == {len(made[split])}
    chosen = token_labels.ambiguous(base.forms(table), made["train"], made["test"])
    found = told(rows, metric="accuracy_ambiguous")
    assert [row["examples"] for row in found] == [chosen.sum()] * 2 and found[0]["value"] == 1
    found = told(rows, metric="kept_epoch")
    assert [(row["split"], row["seed"], row["value"]) for row in found] == [("train", 0, 1), ("train", 1, 1)]
    excluded = told(rows, metric="excluded")
    assert [(row["split"], row["seed"], row["value"]) for row in excluded] == [("test", None, made["test"].excluded)]
    assert excluded[0]["examples"] == len(made["test"]) + made["test"].excluded


def test_weights_go_to_a_file_and_back(tmp_path):
    _, fitted = knowing(["a"], ["a", "ß", "日本"])
    facts = fitted.metadata(task="pos", layer=3, step=100)
    files.write_tensors(tmp_path / "one.safetensors", fitted.tensors(), facts)
    files.write_tensors(tmp_path / "two.safetensors", fitted.tensors(), facts)
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()
    tensors, metadata = files.read_tensors(tmp_path / "one.safetensors")
    again = probes.from_file(tensors, metadata)
    np.testing.assert_array_equal(again.weight, fitted.weight)
    assert (again.classes, again.seeds, again.kept_epochs) == (fitted.classes, fitted.seeds, fitted.kept_epochs)
    assert json.loads(metadata["layer"]) == 3


@pytest.mark.parametrize("missing", ["classes", "seeds", "kept_epochs"])
def test_a_file_that_holds_no_probe(missing):
    _, fitted = knowing(["a"], ["a", "b"])
    facts = {name: value for name, value in fitted.metadata().items() if name != missing}
    with pytest.raises(InputError, match="no weights of a probe"):
        probes.from_file(fitted.tensors(), facts)


def test_a_file_whose_shapes_do_not_fit():
    _, fitted = knowing(["a"], ["a", "b"])
    with pytest.raises(InputError, match="for 2 seeds and 2 classes"):
        probes.from_file({"weight": fitted.weight, "bias": fitted.bias[:, :1]}, fitted.metadata())


def test_vectors_of_another_dimension():
    vectors, fitted = knowing(["a", "b"], ["a", "b"])
    with pytest.raises(InputError, match="a probe of 2 dimensions for inputs of 4"):
        probes.predict(fitted, np.tile(vectors, 2), words(["a", "b"]))


def test_vectors_that_are_not_finite():
    splits, vectors = planted(100, 3, 2, pairs=False)
    vectors[0][splits["test"].first[4]] = np.nan
    fitted = Probe(np.zeros((1, 3, 2), np.float32), np.zeros((1, 2), np.float32), ("a", "b"), (0,), (1,))
    with pytest.raises(InputError, match=f"the features of word {splits['test'].first[4]} are not finite"):
        probes.predict(fitted, vectors[0], splits["test"])


PAIR = Examples(0, np.array([0, 1]), np.array([1, 2]), np.zeros(2, np.int64), ("a", "b"), 0)
"""Two examples of three words."""


def refused(vectors, examples=PAIR):
    """Return what is said of inputs of a probe that are refused: the same, from an array and from a tensor."""
    width = vectors.shape[1] * (1 if examples.second is None else 3)
    fitted = Probe(np.zeros((1, width, 2), np.float32), np.zeros((1, 2), np.float32), ("a", "b"), (0,), (1,))
    said = set()
    for given in (vectors, uploads.copied(vectors, "cpu")):
        with np.errstate(over="ignore"), pytest.raises(InputError) as caught:
            prediction.predict(fitted, given, examples)
        said.add(str(caught.value))
    return said


@pytest.mark.parametrize("word", [0, 2])
def test_the_word_whose_features_are_not_finite_is_named_with_their_numbers(word):
    """Also where it is the second of a pair, and its infinite product with the first is not what is wrong."""
    vectors = np.ones((3, 4), np.float16)
    vectors[word, :3] = np.inf, -np.inf, np.nan
    (said,) = refused(vectors)
    known = f"the features of word {word} are not finite: of 4 numbers in float16, 2 infinite and 1 NaN. "
    assert said.startswith(known + "Next: delete the features, if they are stored, and run the same command again")
    # what their cause is, is said where they are computed
    assert "pretraining loss" not in said


def test_finite_features_whose_products_are_too_large_are_not_called_infinite():
    vectors = np.ones((3, 4), np.float32)
    vectors[1:, 2] = 3e19, -4e19
    (said,) = refused(vectors)
    known = "the input of a probe for words 1 and 2 is not finite, though the features are: their numbers are as large "
    assert said.startswith(f"{known}as 4e+19, and products of them are beyond float32. Next: look at the pretraining")


def test_a_moved_vector_beyond_float32():
    """Centred vectors are float64 before they are the input of a probe."""
    alone = Examples(0, np.array([0]), None, np.zeros(1, np.int64), ("a", "b"), 0)
    (said,) = refused(np.array([[1.0, 1e39]]), alone)
    assert "the input of a probe for word 0 is not finite, though the features are" in said
    assert "as large as 1e+39, and that is beyond float32" in said


def test_transfer_starts_without_torch(root):
    """Two thousand transfer jobs of half a second, not of two."""
    code = (
        "import sys; from polychron.features import extraction; from polychron.probing import probes;"
        "from polychron.probing.tasks import base; from polychron.tokenization import pieces;"
        "from polychron.workflow import jobs;"
        "print(sorted({'torch', 'pandas', 'scipy', 'transformers'} & {*sys.modules}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=root / "workflow/scripts", capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
