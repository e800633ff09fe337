"""What all tasks on treebanks have in common: words beyond the window, empty splits, tables that do not fit."""

import numpy as np
import pyarrow
import pytest
from cells import labels_of, one_piece_each, pieces_of, treebank

from polychron.errors import InputError
from polychron.probing.tasks import arc_classification, arc_prediction, base, token_labels

TASKS = {"pos": token_labels, "arc_prediction": arc_prediction, "arc_classification": arc_classification}


@pytest.fixture(scope="module")
def table():
    return treebank(300)


@pytest.fixture(params=TASKS)
def task(request):
    return TASKS[request.param].Task(request.param)


def test_words_beyond_the_window_are_left_out_and_counted(table, task):
    """No example of any split touches such a word, and excluded + kept is what there would be without a window."""
    beyond = set(np.random.default_rng(2).choice(table.num_rows, 60, replace=False).tolist())
    long = task.examples([table], [pieces_of(table)])
    cut = task.examples([table], [pieces_of(table, beyond)])
    assert {*cut} == {*long} == {"train", "dev", "test"}
    for split in cut:
        examples = cut[split]
        touched = set(examples.first) | set(() if examples.second is None else examples.second)
        assert not touched & beyond
        assert examples.excluded > 0
        assert len(examples) + examples.excluded == len(long[split])
        if task.name == "arc_prediction":
            assert np.mean(labels_of(examples) == np.array(arc_prediction.ARC)) == 0.5


def test_an_empty_split(task):
    table = treebank(20, splits=("train", "test"))
    with pytest.raises(InputError, match=f"^de.parquet: {task.name}: the split 'dev' has no examples"):
        task.examples([table], [pieces_of(table)], file="de.parquet")


def test_a_split_that_is_wholly_beyond_the_window(table):
    beyond = np.flatnonzero(np.array(table["split"].to_pylist()) == "dev")
    with pytest.raises(InputError, match="the split 'dev' has no examples"):
        token_labels.Task("pos").examples([table], [pieces_of(table, beyond)])


def test_a_table_and_pieces_that_do_not_fit(table, task):
    with pytest.raises(InputError, match=f"{task.name}: {table.num_rows} rows of examples, .* has 3"):
        task.examples([table], [one_piece_each([1, 2])])


def test_the_test_split_is_what_probes_are_transferred_to(table, task):
    targets, test = task.targets(table, pieces_of(table)), task.examples([table], [pieces_of(table)])["test"]
    assert targets.labels == test.labels and targets.excluded == test.excluded
    assert targets.first.tolist() == test.first.tolist() and targets.label.tolist() == test.label.tolist()


def test_a_task_is_loaded_by_the_name_of_its_module(table):
    loaded = base.load("polychron.probing.tasks.arc_prediction", "arcs", {"data_seed": 3})
    same = arc_prediction.Task("arcs", data_seed=3)
    assert loaded == same and isinstance(loaded, base.Task)


def test_forms_have_a_number_each(table):
    forms, said = base.forms(table), table["form"].to_pylist()
    assert len(set(zip(forms.tolist(), said, strict=True))) == len(set(said)) == len(set(forms.tolist()))


def test_slices_and_chunks_of_tables(table, task):
    whole = task.examples([table], [pieces_of(table)])
    chunked = pyarrow.concat_tables([table.slice(0, 100), table.slice(100)])
    again = task.examples([chunked], [pieces_of(chunked)])
    assert {*again} == {*whole} == {"train", "dev", "test"}
    for split in whole:
        assert np.array_equal(whole[split].first, again[split].first)
        assert np.array_equal(whole[split].label, again[split].label)
        assert whole[split].second is again[split].second or np.array_equal(whole[split].second, again[split].second)
