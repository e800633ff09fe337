"""All tables: their files can be read, whatever is missing, and take seconds at the size of the paper."""

import time

import planted
import pyarrow
import pytest
from tabled import check_files, facts, related, scores, tables_of

from polychron.tables import transfer_factors


@pytest.fixture(scope="module")
def made():
    return tables_of(scores())


@pytest.mark.parametrize("number", range(1, 8))
def test_files_of_each_table(made, number, tmp_path):
    check_files(made[number - 1], tmp_path)


def test_files_of_table_8(tmp_path):
    check_files(transfer_factors.alone_and_together(related(scores()), 0.95), tmp_path)


MISSING = {
    "one language": dict(codes=["en"]),
    "two languages": dict(codes=["de", "en"]),
    "no transfer": dict(transfer=False),
    "one seed": dict(seeds=(0,)),
    "another task": dict(task="xnli"),
}


@pytest.mark.parametrize("case", [*MISSING, "nothing", "one step", "all equal"])
def test_what_is_missing_is_said(case, tmp_path):
    if case == "nothing":
        table = scores().slice(0, 0)
    elif case == "one step":
        full = scores()
        table = full.filter(pyarrow.compute.is_in(full["step"].fill_null(-1), pyarrow.array([40, -1])))
    elif case == "all equal":
        full = scores()
        table = full.set_column(9, "value", pyarrow.array([0.5] * full.num_rows))
    else:
        table = scores(**MISSING[case])
    eighth = transfer_factors.alone_and_together(related(table), 0.95)
    for place, one in enumerate([*tables_of(table), eighth]):
        (tmp_path / str(place)).mkdir()
        check_files(one, tmp_path / str(place))
        empty = [row for row in one.records if row.get("rho", 0) is None]
        if one.number in (4, 5) and empty:
            assert f"{len(empty)} of {len(one.records)} have no coefficient" in " ".join(one.caption)
            assert all(row["note"] for row in empty)
        if case == "nothing":
            assert one.caption[0].startswith("Nothing to show")


@pytest.mark.slow
def test_the_study_of_the_paper_in_seconds():
    table = planted.paper()
    start = time.process_time()
    made = tables_of(table, facts(sizes={}), permutations=9999, layer=12)
    spent = time.process_time() - start
    print(f"{table.num_rows} scores: {spent:.1f} s")
    assert spent < 60
    assert min(len(one.rows) for one in made[:3]) >= 5
    assert len(made[4].records) > 60
