"""Scripts start without torch where they train nothing, and without pandas where they write no table.

So do the modules of the library that are named to them.
"""

import importlib
import subprocess
import sys

import pytest
from registry import functions, modules

from polychron.probing.tasks.registry import TASKS

KINDS = {"figures": "draw_figure", "tables": "write_table"}
PROGRAM = """
import ast, importlib, pathlib, sys
for name in sys.argv[1:]:
    body = ast.parse(pathlib.Path(name).read_text("utf-8")).body
    imports = [one for one in body if isinstance(one, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), name, "exec"))
for name in MODULES:
    importlib.import_module(name)
print(sorted({"torch", "transformers", "fairseq", "sklearn", "pandas"} & {*sys.modules}))
"""


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("write_table", "['pandas']"),
        ("draw_figure audit_claims gather_scores trace_trajectories correlate_factors explain_transfer", "[]"),
        ("transfer_probe transfer_centred score_baseline tabulate_* describe_* plan_study", "[]"),
        ("train_probe", "['torch']"),
        ("extract_features estimate_intervals", "['torch']"),
    ],
)
def test_what_scripts_import(root, which, expected):
    scripts = root / "workflow" / "scripts"
    names = [str(file) for one in which.split() for file in sorted(scripts.glob(f"{one}.py"))]
    entered = [module for kind, script in KINDS.items() if script in which.split() for module in modules(kind)]
    if "transfer_probe" in which.split():
        entered += [name for task in TASKS.values() for name in (task.entry, *task.baselines)]
    program = PROGRAM.replace("MODULES", repr(entered))
    command = [sys.executable, "-c", program, *names]
    said = subprocess.run(command, cwd=scripts, capture_output=True, text=True, check=True).stdout
    assert len(names) >= len(which.split()) and said.strip() == expected


def test_what_rules_name_to_scripts_is_there():
    found = {kind: functions(kind) for kind in KINDS}
    assert [*found["figures"]] == [f"{number:02d}" for number in range(1, 31)]
    assert [*found["tables"]] == [str(number) for number in range(1, 11)]
    for kind in KINDS:
        for function in found[kind].values():
            module, _, name = function.rpartition(".")
            assert callable(getattr(importlib.import_module(module), name)), function
