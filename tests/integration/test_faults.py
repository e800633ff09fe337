"""The page of faults agrees with the tests."""

import ast
import re

NO_FAULT = {
    "tests/workflow/test_worlds.py",
    *(
        f"tests/unit/{module}.py"
        for module in ("analysis/test_joint", "analysis/test_layers", "checkpoints/test_views")
    ),
    "tests/unit/audit/test_claims_of_direction.py",
    "tests/unit/stats/test_mrqap.py",
}
"""Files of long tests that attack nothing."""


def defined_in(path):
    """Return the names of the tests of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_test_that_is_named_exists_and_every_fault_has_one(root):
    page = (root / "docs/faults.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    assert len(named) > 40
    lost = [f"{file}::{test}" for file, test in named if test not in defined_in(root / file)]
    assert not lost, f"docs/faults.md names tests that are not there: {lost}"
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| fault |")]
    assert all("::test_" in row or row.endswith("| the same |") for row in rows)
    assert len(rows) > 60 and all(len(row.split(" | ")) == 3 for row in rows), "a fault, what happens, and its tests"
    missing = {test for test in defined_in(root / "tests/slurm/test_slurm_faults.py") if test not in page}
    assert not missing, f"docs/faults.md lacks {missing}"


def checked_in(path):
    """Return the names of the tests of a module that have the marker `check`, by themselves or all of them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    mark = "pytest.mark.check"
    whole = any(isinstance(node, ast.Assign) and mark in ast.unparse(node) for node in tree.body)
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return {test.name for test in tests if whole or mark in map(ast.unparse, test.decorator_list)}


def test_every_fuzzer_and_every_loop_of_kills_is_on_the_page(root):
    """They are all tests in long forms, with the marker `check`, which `make torture` runs."""
    page = (root / "docs/faults.md").read_text(encoding="utf-8")
    files = {str(path.relative_to(root)): checked_in(path) for path in (root / "tests").rglob("test_*.py")}
    found = {f"{file}::{test}" for file, tests in files.items() if file not in NO_FAULT for test in tests}
    assert len(found) >= 3
    missing = {test for test in found if f"`{test}`" not in page}
    assert not missing, f"docs/faults.md lacks {missing}"
    recipe = re.search(r"^torture:.*\n((?:\t.*\n)+)", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1]
    asked = re.findall(r"\btests/[\w/.]+", recipe)
    left_out = {test for test in found if not any(test.startswith((f"{path}/", f"{path}::")) for path in asked)}
    assert not left_out, f"make torture does not run {left_out}"
