"""Planted faults in records and files, each found and named, and nothing else is."""

import math
from pathlib import Path

import pytest

from polychron.provenance import reproduction
from polychron.storage import files

SPEC = {"rule": "train_probe", "code": "abc", "packages": {"torch": "2.13.0"}, "seeds": [0, 1], "batch": 256}
NAMES = ("a.parquet", "a.safetensors", "in.npy")


def record(**changes):
    return {
        "spec": {**SPEC, **changes.pop("spec", {})},
        "outputs": {"a.parquet": "1" * 64, "a.safetensors": "2" * 64},
        "inputs": {"in.npy": "3" * 64},
        **changes,
    }


@pytest.fixture
def found():
    return dict(zip(NAMES, ("1" * 64, "2" * 64, "3" * 64), strict=True))


@pytest.fixture
def expected():
    return {name: reproduction.fingerprints(SPEC) for name in NAMES[:2]}


def verdicts(*arguments):
    return [(result.file, result.verdict, result.detail) for result in reproduction.examine(*arguments)]


def test_a_result_that_is_as_recorded_is_current(found, expected):
    assert verdicts([record()], expected, found) == [("a.parquet", "", "")]


def test_bytes_that_changed_are_named_with_both_checksums(found, expected):
    found["a.safetensors"] = "9" * 64
    ((file, verdict, detail),) = verdicts([record()], expected, found)
    assert (file, verdict) == ("a.parquet", "damaged")
    assert "a.safetensors" in detail
    assert "9" * 12 in detail
    assert "2" * 12 in detail


def test_a_missing_output_is_damage_and_a_missing_input_is_not(found, expected):
    assert verdicts([record()], expected, found | {"a.parquet": None}) == [
        ("a.parquet", "damaged", "a.parquet is missing")
    ]
    assert verdicts([record()], expected, found | {"in.npy": None}) == [("a.parquet", "", "")]


def test_an_input_that_was_replaced_is_named(found, expected):
    found["in.npy"] = "8" * 64
    ((_, verdict, detail),) = verdicts([record()], expected, found)
    assert verdict == "other data"
    assert detail.startswith("in.npy ")


@pytest.mark.parametrize(
    ("changed", "verdict", "detail"),
    [
        ({"code": "abd"}, "other code", ""),
        ({"packages": {"torch": "2.12.0"}}, "other packages", ""),
        ({"batch": 64}, "other values", "batch"),
        ({"seeds": [0]}, "other values", "seeds"),
        ({"stale": 1}, "other values", "stale"),
    ],
)
def test_what_a_result_was_made_by_is_compared_with_what_is_asked_for_now(found, expected, changed, verdict, detail):
    assert verdicts([record(spec=changed)], expected, found) == [("a.parquet", verdict, detail)]


def test_several_faults_of_one_result_are_all_told_and_counted_once(found, expected):
    found["a.parquet"] = "9" * 64
    results = reproduction.examine([record(spec={"code": "x", "batch": 1})], expected, found)
    assert {result.verdict for result in results} == {"damaged", "other code", "other values"}
    head, *_, total = reproduction.rows(results)
    assert dict(zip(head, total, strict=True)) | {"not repeated": "-"} == {
        "made by": "in all",
        "results": "1",
        "current": "-",
        "damaged": "1",
        "not repeated": "-",
        "unrecorded": "-",
        "other data": "-",
        "other code": "1",
        "other packages": "-",
        "other values": "1",
    }


def test_a_file_without_a_record_is_told_and_one_that_the_study_no_longer_asks_for_is_not(found, expected):
    assert verdicts([], expected, {}) == [("a.parquet", "unrecorded", ""), ("a.safetensors", "unrecorded", "")]
    assert verdicts([record()], {}, found) == []


def test_a_result_whose_record_cannot_be_read_is_told_with_the_reason(found, expected):
    unreadable = {"a.parquet": "is empty", "no longer.parquet": "is empty"}
    results = reproduction.examine([], expected, found, unreadable)
    assert [result[:1] + result[2:] for result in results] == [
        ("a.parquet", "unrecorded", "is empty"),
        ("a.safetensors", "unrecorded", ""),
    ]


def test_checksums_of_missing_files_are_none(tmp_path):
    (tmp_path / "a").write_text("a")
    names = [str(tmp_path / name) for name in ("a", "b")]
    assert reproduction.checksums(names, lambda path: Path(path).read_text(), 2) == {names[0]: "a", names[1]: None}


def test_a_cell_can_be_repeated_from_what_it_read_and_from_nothing_else(tmp_path):
    names = [str(tmp_path / name) for name in ("in.npy", "out.parquet")]
    made = record(inputs={names[0]: "3"}, outputs={names[1]: "1"})
    for contents, possible in ((("3", "1"), True), (("4", "1"), False), (("3", "2"), False), (("3", None), False)):
        for name, content in zip(names, contents, strict=True):
            Path(name).unlink(missing_ok=True) if content is None else Path(name).write_text(content)
        assert reproduction.repeatable(made, lambda path: Path(path).read_text()) is possible


def test_differences_of_scores():
    one = [{"metric": "accuracy", "seed": seed, "value": value} for seed, value in ((0, 0.5), (1, math.nan))]
    assert reproduction.difference(one, one[::-1]) == 0
    assert reproduction.difference(one, [one[0] | {"value": 0.25}, one[1]]) == 0.25
    assert reproduction.difference(one, [one[0], one[1] | {"value": 0.5}]) == math.inf
    assert reproduction.difference(one, one[:1]) == math.inf
    assert reproduction.difference(one, [*one, {"metric": "kept_epoch", "seed": 0, "value": 3.0}]) == 0


@pytest.mark.parametrize(
    ("cell", "stale", "fault"),
    [
        (reproduction.Again("a", True, 0.0, True), [], False),
        (reproduction.Again("a", False, 0.001, True), [], True),  # this machine gives the same bytes
        (reproduction.Again("a", False, 0.001, True), ["a"], False),  # but not if it is known to be stale
        (reproduction.Again("a", False, 0.001, False), [], False),  # nor another machine's
        (reproduction.Again("a", False, 0.1, False), [], True),
        (reproduction.Again("a", False, 0.1, True), ["a"], True),
    ],
)
def test_which_cells_were_not_reproduced(cell, stale, fault):
    assert bool(reproduction.faults_of([cell], stale, 0.02)) is fault
    (line, *_) = reproduction.told([cell], 2, [], 0.02)
    assert line.startswith("Cells trained again from their inputs: 1 of 2 drawn")


def test_removed_files_take_their_empty_folders_along(tmp_path):
    kept, gone = tmp_path / "kept/a", tmp_path / "gone/deeper/b"
    for path in (kept, gone, tmp_path / "kept/c"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    reproduction.remove(kept, gone)
    assert [path.name for path in sorted(tmp_path.rglob("*"))] == ["kept", "c"]


def test_cells_are_drawn_by_a_seed_among_those_that_can_be_repeated(tmp_path):
    cells = [{"cell": number} for number in range(20)]
    for number in range(0, 20, 2):
        (tmp_path / f"{number}.in").write_text(str(number))
        sums = {str(tmp_path / f"{number}.in"): files.checksum(tmp_path / f"{number}.in")}
        files.write_json(tmp_path / f"{number}.json", {"inputs": sums, "outputs": {}})
    (tmp_path / "4.in").write_text("another input")
    (tmp_path / "6.json").write_bytes(b"")
    (tmp_path / "8.json").unlink()

    def drawn(number, seed):
        record_of = lambda cell: tmp_path / f"{cell['cell']}.json"  # noqa: E731
        found = reproduction.draw(cells, record_of, files.read_json, files.checksum, number=number, seed=seed)
        return [cell["cell"] for cell in found]

    assert sorted(drawn(99, 0)) == [number for number in range(0, 20, 2) if number not in (4, 6, 8)]
    assert drawn(3, 0) == drawn(99, 0)[:3] == drawn(3, 0)
    assert drawn(9, 0) != drawn(9, 1)


def test_a_file_that_would_be_copied_from_another_one_now_is_told():
    (result,) = reproduction.of_other_files([("resources/a", "fetch_source", "mirror/a")])
    assert (result.file, result.verdict) == ("resources/a", "other data")
    assert "mirror/a is another file now" in reproduction.told([], 0, [result], 0.0)[-1]
