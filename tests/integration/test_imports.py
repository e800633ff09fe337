"""Scripts that only read scores, draw and write tables start without torch."""

import subprocess
import sys

import pytest

PROGRAM = """
import ast, pathlib, sys
for name in sys.argv[1:]:
    body = ast.parse(pathlib.Path(name).read_text("utf-8")).body
    imports = [one for one in body if isinstance(one, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), name, "exec"))
print(sorted({"torch", "transformers", "fairseq", "sklearn"} & {*sys.modules}))
"""


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("draw_figure_* write_table_* audit_claims gather_scores trace_trajectories correlate_factors", "[]"),
        ("transfer_probe score_baseline tabulate_* plan_study", "[]"),
        ("train_probe", "['torch']"),
    ],
)
def test_what_scripts_import(root, which, expected):
    scripts = root / "workflow" / "scripts"
    names = [str(file) for one in which.split() for file in sorted(scripts.glob(f"{one}.py"))]
    command = [sys.executable, "-c", PROGRAM, *names]
    said = subprocess.run(command, cwd=scripts, capture_output=True, text=True, check=True).stdout
    assert len(names) >= len(which.split()) and said.strip() == expected
