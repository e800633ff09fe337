"""The page of faults agrees with the tests."""

import ast
import re


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
    missing = {test for test in defined_in(root / "tests/slurm/test_slurm_faults.py") if test not in page}
    assert not missing, f"docs/faults.md lacks {missing}"
