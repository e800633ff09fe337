"""Tests that use one study run in one worker: no two of them run it at the same time."""

from workers import THE_TOY_STUDY, TOGETHER, astray, group


def test_a_module_that_uses_the_toy_study_outside_of_its_group_is_named():
    assert astray([("tests/workflow/test_toy.py::test_a", ["root", "toy"])]) == []
    assert astray([("tests/unit/study/test_study.py::test_a", ["toy"])]) == []  # a fixture of its own
    wrong = astray([("tests/workflow/test_else.py::test_a[1]", ["toy"]), ("tests/workflow/test_else.py::test_b", [])])
    assert len(wrong) == 1
    assert wrong[0].startswith("tests/workflow/test_else.py uses the fixture `toy`: list it under 'the toy study'")


def test_each_group_lists_modules_that_exist(root):
    assert THE_TOY_STUDY in TOGETHER
    names = {path.name for path in (root / "tests").rglob("test_*.py")}
    assert not [name for modules in TOGETHER.values() for name in modules if name not in names]


def test_tests_of_one_group_go_to_one_worker():
    assert group("tests/workflow/test_geometry.py::test_a") == group("tests/workflow/test_report.py::test_b[2]")
    assert group("tests/unit/stats/test_mrqap.py::test_a") == "tests/unit/stats/test_mrqap.py"
