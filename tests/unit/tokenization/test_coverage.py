import pyarrow

from polychron.tokenization import coverage, pieces


def test_a_sentence_is_whole_if_no_word_is_cut_and_one_has_pieces():
    statuses = [[0, 0], [0, 1], [0, 2], [2, 2], []]
    rows = [
        {"pieces": [0, 7, 8, 2], "first": [1] * len(one), "stop": [2] * len(one), "status": one, "characters": 5}
        for one in statuses
    ]
    schema = pyarrow.schema(
        [
            *((name, pyarrow.list_(pyarrow.int32())) for name in ("pieces", "first", "stop")),
            ("status", pyarrow.list_(pyarrow.int8())),
            ("characters", pyarrow.int32()),
        ]
    )
    words = pieces.from_table(pyarrow.Table.from_pylist(rows, schema=schema))
    assert coverage.whole(words).tolist() == [True, False, True, False, False]
