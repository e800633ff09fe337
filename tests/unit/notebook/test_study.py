"""A finished study, opened: the rows that are asked for, and what is said of what is not there."""

import math

import pytest
from finished import finished, rows

import polychron
from polychron.errors import InputError
from polychron.storage import files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "results/toy"
    finished(folder)
    return folder


@pytest.fixture
def study(folder):
    return polychron.Study(folder)


def test_all_scores_are_those_of_the_file(study):
    frame, expected = study.scores(), rows()
    assert len(frame) == len(expected) and list(frame.columns) == list(expected[0])
    for column in ("task", "target", "step", "seed", "value"):
        found = [None if missing else value for value, missing in zip(frame[column], frame[column].isna(), strict=True)]
        assert found == [row[column] for row in expected]


@pytest.mark.parametrize(
    "where", [{"task": "pos"}, {"target": ["ja"], "layer": 2, "seed": 0}, {"layer": range(1), "seed": [0, 1]}]
)
def test_rows_that_are_asked_for(study, where):
    wanted = {column: [value] if isinstance(value, str | int) else list(value) for column, value in where.items()}
    expected = [row["value"] for row in rows() if all(row[column] in values for column, values in wanted.items())]
    assert 0 < len(expected) < len(rows())
    assert study.scores(**where)["value"].tolist() == expected


def test_a_missing_value_can_be_asked_for(study):
    without = study.scores(seed=None)
    assert len(without) and without["seed"].isna().all()
    assert len(study.scores(seed=[None, 0])) == len(without) + len(study.scores(seed=0))


def test_integers_stay_integers_where_some_are_missing(study):
    assert {str(study.scores()[name].dtype) for name in ("layer", "step", "seed", "examples")} == {"Int32", "Int64"}


def test_other_tables_are_read_by_name(study):
    assert study.tables == ["scores", "trajectories"]
    best = study.trajectories(quantity="best", task="pos", split="test", layer=2, target="en")
    assert len(best) == 1 and math.isclose(best["value"].item(), 0.9) and best["step"].item() == 200
    assert study.table("trajectories").equals(study.trajectories())


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda study: study.scores(taks="pos"), "no column 'taks'. Next: take one of model, task,"),
        (lambda study: study.scores(task="poss"), "no row has task='poss'. Next: take one of 'bits', 'pos'"),
        (lambda study: study.scores(layer=[2, 77]), "no row has layer=77. Next: take one of 0, 2"),
        (lambda study: study.scores(layer="2"), "no row has layer='2'"),
        (lambda study: study.table("../scores"), "no table '../scores'. Next: take one of scores, trajectories"),
        (lambda study: study.geometry(), "the study has no geometry. Next: run it with studies/geometry.yaml"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(study, ask, said):
    with pytest.raises(InputError) as error:
        ask(study)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nowhere", "no such folder. Next: give the folder of a model, such as results/toy"),
        ("results", "scores.parquet is missing. Next: open one of its folders: toy"),
        ("results/toy/figures", "scores.parquet is missing. Next: run the study to its end"),
    ],
)
def test_a_folder_that_is_no_finished_study_is_refused(folder, where, said):
    with pytest.raises(InputError) as error:
        polychron.Study(folder.parent.parent / where)
    assert said in str(error.value)


def test_a_damaged_table_is_named(tmp_path):
    (tmp_path / "scores.parquet").write_bytes(b"PAR1 damaged")
    with pytest.raises(InputError, match=r"scores\.parquet: no readable Parquet table"):
        polychron.Study(tmp_path).scores()


def test_nothing_is_written(folder, study):
    before = {path: (path.stat().st_mtime_ns, files.checksum(path)) for path in folder.rglob("*") if path.is_file()}
    study.scores()
    study.figures.titles()
    assert study.figures[4] and study.figures.caption(4)
    after = {path: (path.stat().st_mtime_ns, files.checksum(path)) for path in folder.rglob("*") if path.is_file()}
    assert after == before


def test_it_says_what_it_is(study, folder):
    assert repr(study) == f"Study({str(folder)!r}): scores, trajectories; 2 figures"
    assert study.name == "toy"


def test_polychron_has_this_one_name():
    with pytest.raises(AttributeError, match="no attribute 'Studies'"):
        polychron.Studies  # noqa: B018
