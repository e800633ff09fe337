"""Control tasks: what their labels are, and that nothing but learning by heart helps with them."""

import numpy as np
import pyarrow
import pytest
from cells import fit, pieces_of, planted, treebank

from polychron.errors import InputError
from polychron.probing import controls
from polychron.probing.tasks import arc_classification, arc_prediction, token_labels
from polychron.probing.tasks.base import Examples

SEEDS = (0, 1, 2)


def made(task, sentences=200):
    table = treebank(sentences)
    return task.examples([table], [pieces_of(table)]), table


@pytest.mark.parametrize("task", [token_labels.Task("pos"), arc_classification.Task("arcs")])
def test_each_word_form_has_one_label_in_all_splits(task):
    splits, table = made(task)
    labels = controls.labels("word_types", splits, [table], SEEDS)
    forms = np.array(table["form"].to_pylist())
    for place in range(len(SEEDS)):
        of_form: dict[str, set[int]] = {}
        for split, one in splits.items():
            for form, label in zip(forms[one.first], labels[split][place], strict=True):
                of_form.setdefault(form, set()).add(int(label))
        assert max(map(len, of_form.values())) == 1
        assert len({*map(tuple, of_form.values())}) > 1
    assert (labels["train"][0] != labels["train"][1]).any()


def test_labels_of_word_forms_have_the_frequencies_of_the_train_split():
    """Ten thousand forms, a quarter of whose tokens are verbs."""
    number = 10_000
    table = pyarrow.table({"form": [f"w{place}" for place in range(number)]})
    label = (np.arange(number) % 4 == 0).astype(int)
    one = Examples(0, np.arange(number), None, label, ("NOUN", "VERB"), 0)
    found = controls.labels("word_types", {"train": one, "dev": one, "test": one}, [table], [7])["test"]
    assert abs(found.mean() - 0.25) < 0.015  # a standard error of 0.0043
    again = controls.labels("word_types", {"train": one, "dev": one, "test": one}, [table], [7])["test"]
    assert (found == again).all()


def test_shuffled_labels_are_those_of_train_and_dev_in_another_order():
    splits, table = made(token_labels.Task("pos"))
    labels = controls.labels("shuffled_labels", splits, [table], SEEDS)
    for split, one in splits.items():
        names = np.array(one.labels)[one.label]
        classes = np.unique(np.array(splits["train"].labels)[splits["train"].label])
        for row in labels[split]:
            assert sorted(classes[row]) == sorted(names)
            assert (split == "test") == (classes[row] == names).all()


def test_sentences_have_no_control_of_word_types():
    splits, _ = made(token_labels.Task("pos"))
    with pytest.raises(InputError, match=r"no control of word types.*Next: take word_types out of probing.controls"):
        controls.labels("word_types", splits, [pyarrow.table({"premise": ["a"]})], SEEDS)


def of_types(types, dimension, seed=0):
    """Return tokens of so many word types whose vectors are those of their type, and the table of forms."""
    draw = np.random.default_rng(seed)
    type_of = draw.integers(0, types, 3000)
    vectors = draw.normal(size=(types, dimension)).astype(np.float32)[type_of]
    table = pyarrow.table({"form": [f"w{place}" for place in type_of]})
    label = draw.integers(0, 3, types)[type_of]
    rows = np.split(np.arange(3000), [1500, 2000])
    splits = {
        split: Examples(0, part, None, label[part], ("a", "b", "c"), 0)
        for split, part in zip(("train", "dev", "test"), rows, strict=True)
    }
    return splits, [vectors], table


def scored(control, splits, vectors, table):
    labels = controls.labels(control, splits, [table], SEEDS)
    fitted = fit(splits, vectors, seeds=SEEDS, labels=labels, epochs=60, patience=60, learning_rate=0.05)
    rows = list(controls.scores(control, fitted, splits["test"], labels["test"], vectors))
    assert [(row["split"], row["metric"], row["seed"]) for row in rows] == [
        ("test", controls.METRICS[control], seed) for seed in SEEDS
    ]
    assert {row["examples"] for row in rows} == {1000}
    return np.mean([row["value"] for row in rows])


def test_a_probe_with_room_for_every_word_form_learns_them_by_heart_and_a_small_one_does_not():
    """With 64 dimensions a probe separates 40 types in any way; with 2 it cannot."""
    assert scored("word_types", *of_types(40, 64)) > 0.98
    assert scored("word_types", *of_types(40, 2)) < 0.75


def test_shuffled_labels_are_scored_at_the_majority():
    """What can be learned with labels is gone without them: test accuracy stays at the most frequent label's share."""
    splits, vectors = planted(4000, 16, 4, pairs=False, noise=0.1)
    merged = {
        split: Examples(one.dataset, one.first, one.second, np.minimum(one.label, 2) // 2, one.labels[:2], 0)
        for split, one in splits.items()
    }
    share = np.bincount(merged["test"].label).max() / len(merged["test"])
    table = pyarrow.table({"form": ["w"] * len(vectors[0])})
    labels = controls.labels("shuffled_labels", merged, [table], SEEDS)
    fitted = fit(merged, vectors, seeds=SEEDS, labels=labels)
    rows = controls.scores("shuffled_labels", fitted, merged["test"], labels["test"], vectors)
    assert np.mean([row["value"] for row in rows]) < share + 0.03
    alone = fit(merged, vectors, seeds=SEEDS[2:], labels={split: rows[2:] for split, rows in labels.items()})
    assert alone.weight[0].tobytes() == fitted.weight[2].tobytes()


def test_the_control_of_a_seeds_own_pairs_labels_their_first_words():
    table = treebank(60)
    task = arc_prediction.Task("arcs", negatives="distance_matched", negatives_per_seed=True)
    splits = task.examples([table], [pieces_of(table)], seeds=SEEDS)
    labels = controls.labels("word_types", splits, [table], SEEDS)
    forms = np.array(table["form"].to_pylist())
    for place in range(len(SEEDS)):
        of_form: dict[str, set[int]] = {}
        for split, one in splits.items():
            assert labels[split].shape == (len(SEEDS), len(one))
            for form, label in zip(forms[one.of_seed(place).first], labels[split][place], strict=True):
                of_form.setdefault(form, set()).add(int(label))
        assert max(map(len, of_form.values())) == 1
