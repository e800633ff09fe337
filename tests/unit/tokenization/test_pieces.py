"""The arrays of pieces survive the way into a table and back, and a table that does not fit together is refused."""

import numpy as np
import pyarrow
import pytest
from tiny import sentences

from polychron.errors import InputError
from polychron.storage import files
from polychron.tokenization.pieces import from_table, to_table

ARRAYS = ("ids", "sentence_offsets", "first", "stop", "status", "word_sentence", "word_offsets", "characters")


@pytest.fixture
def pieces():
    return sentences([5, 3, 20, 9], words=4, mask=89, vocabulary=90, special=(0, 1, 2, 3))


def test_there_and_back(pieces, tmp_path):
    files.write_table(tmp_path / "pieces.parquet", to_table(pieces))
    found = from_table(files.read_table(tmp_path / "pieces.parquet"))
    for name in ARRAYS:
        assert np.array_equal(getattr(found, name), getattr(pieces, name)), name
    assert (found.mask, found.vocabulary, found.special) == (89, 90, (0, 1, 2, 3))
    dtypes = ("int32", "int64", "int32", "int32", "int8", "int32", "int64", "int32")
    assert [getattr(found, name).dtype.name for name in ARRAYS] == list(dtypes)


def test_the_table_has_the_agreed_columns(pieces):
    table = to_table(pieces)
    assert {field.name: str(field.type) for field in table.schema} == {
        "pieces": "list<item: int32>",
        "first": "list<item: int32>",
        "stop": "list<item: int32>",
        "status": "list<item: int8>",
        "characters": "int32",
    }
    assert [len(row["status"]) for row in table.to_pylist()] == np.diff(pieces.word_offsets).tolist()


def test_slices_and_chunks(pieces):
    table = to_table(pieces)
    part = from_table(pyarrow.concat_tables([table.slice(1, 1), table.slice(2, 2)]))
    assert np.array_equal(part.ids, pieces.ids[5:])
    assert np.array_equal(part.first, pieces.first[pieces.word_offsets[1] :])
    assert part.word_sentence[0] == 0 and part.sentence_offsets[0] == part.word_offsets[0] == 0


def test_an_empty_table(pieces):
    empty = from_table(to_table(pieces).slice(0, 0))
    assert len(empty.lengths) == len(empty.status) == 0
    assert len(from_table(to_table(pieces).schema.empty_table()).lengths) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [({"stop": [6]}, "beyond its sentence"), ({"first": [4]}, "beyond"), ({"status": [0, 0]}, "differ in length")],
)
def test_a_table_that_does_not_fit_together(change, message):
    row = {"pieces": [0, 5, 6, 2], "first": [1], "stop": [3], "status": [0], "characters": 4}
    from_table(pyarrow.Table.from_pylist([row]))
    with pytest.raises(InputError, match=message):
        from_table(pyarrow.Table.from_pylist([{**row, **change}]))
