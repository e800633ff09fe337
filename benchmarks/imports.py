"""How long each script of the workflow takes for its imports, and which heavy packages it loads.

    .bench/bin/python benchmarks/imports.py OUTPUT.json

Each script's import statements run in a new interpreter with bytecode present, after one run that warms the disk's
cache. Times are processor seconds, without the start of the interpreter (about 0.02 s).
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from pairing import ROOT, machine

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from polychron.storage import files

SCRIPTS = ROOT / "workflow" / "scripts"
HEAVY = ("torch", "transformers", "pandas", "scipy", "altair", "pyarrow", "sklearn")
REPORT = f"""
import sys
print(time.process_time() - begin, *(name for name in {HEAVY!r} if name in sys.modules))
"""


def imports(script: Path) -> str:
    """Return the import statements of a script, in their order."""
    body = ast.parse(script.read_text("utf-8")).body
    return "\n".join(ast.unparse(one) for one in body if isinstance(one, ast.Import | ast.ImportFrom))


def measured(statements: str) -> tuple[float, list[str]]:
    """Return the processor seconds, and the heavy packages that were imported."""
    program = f"import time\nbegin = time.process_time()\n{statements}\n{REPORT}"
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=True).stdout.split()
    return float(said[0]), said[1:]


def main(output: Path) -> None:
    """Measure all scripts, and list the slowest first; scripts with the same imports are measured once."""
    measured("import torch, transformers, altair, scipy.stats, pandas, pyarrow.parquet")
    scripts: dict[str, list[str]] = {}
    for script in sorted(SCRIPTS.glob("*.py")):
        scripts.setdefault(imports(script), []).append(script.stem)
    rows = []
    for statements, names in scripts.items():
        seconds, heavy = measured(statements)
        rows.append({"name": ", ".join(names), "seconds": seconds, "heavy": heavy})
    files.write_json(
        output, {"machine": machine(1), "rows": sorted(rows, key=lambda row: (-row["seconds"], row["name"]))}
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
