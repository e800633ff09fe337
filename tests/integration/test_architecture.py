"""The structure of the library: imports between packages go one way, and files and folders are small."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from place import ROOT

from polychron import paths

REGISTRY = "probing.tasks.registry"
"""The tasks as plain data, which much may read that may import nothing else of their package."""

ALLOWED = {
    "": set(),
    "stats": set(),
    "storage": set(),
    "tokenization": {"storage"},
    "data": {"storage"},
    "models": {"storage"},
    "pretraining": {"storage", "tokenization"},
    "probing": {"tokenization"},
    "reporting": {REGISTRY, "storage"},
    "provenance": {"storage"},
    "workflow": {"provenance", "storage"},
    "analysis": {"data", REGISTRY, "stats", "storage", "tokenization"},
    "checkpoints": {"data", "models", "pretraining", "storage"},
    "features": {"models", "storage", "tokenization"},
    "finetuning": {"features", "geometry", "models", "probing", "storage", "tokenization"},
    "geometry": {"data", "probing", "stats", "storage"},
    "planning": {"models", REGISTRY, "reporting"},
    "publishing": {"data", "provenance", "storage"},
    "audit": {"analysis", "models", REGISTRY, "reporting", "stats"},
    "checks": {"checkpoints", "data", "models", "probing", "reporting", "storage", "tokenization"},
    "explorer": {REGISTRY, "reporting"},
    "figures": {"analysis", "data", REGISTRY, "reporting", "stats", "storage"},
    "tables": {"analysis", REGISTRY, "reporting", "stats"},
    "intrinsic": {"features", "models", "tokenization"},
    "synthetic": set(),
    "notebook": {"figures", "provenance", "storage"},
    # for the rules alone
    "study": {
        "checkpoints",
        "checks.geometry",
        "checks.laboratory",
        "data",
        "finetuning.recipes",
        "planning",
        REGISTRY,
        "provenance",
        "storage",
        "synthetic",
        "workflow",
    },
}
"""The packages, or modules, that each package may import, besides its own and those of the library's root."""

FLOORS = [
    {"", "stats", "synthetic"},
    {"storage", "tokenization"},
    {"data", "models", "pretraining", "probing", "provenance", "reporting", "workflow"},
    {"analysis", "checkpoints", "features", "geometry", "planning", "publishing", "finetuning"},
    {"audit", "checks", "explorer", "figures", "tables", "intrinsic"},
    {"notebook", "study"},
]
"""From the ground up; imports go down, or along a floor without a circle."""

NOT_OF_SCRIPTS = {
    "notebook",  # for people alone
    "study",
    *(f"workflow.{name}" for name in ("snakemake_internals", "snakemake_metadata", "repeated_pretraining", "metadata")),
    *(
        f"workflow.{name}"
        for name in ("locks", "passes", "slurm", "progress", "quiet", "shared_scripts", "stopping", "targets")
    ),
}
"""What no script reaches."""


def modules(library: Path = paths.LIBRARY) -> dict[str, Path]:
    """Return the library's modules by their dotted names, ``__init__`` files left out."""
    files = (file for file in library.rglob("*.py") if file.stem != "__init__")
    return {".".join(file.relative_to(library).with_suffix("").parts): file for file in files}


def package_of(module: str) -> str:
    return module.split(".")[0] if "." in module else ""


def imports(file: Path) -> set[str]:
    """Return the dotted names that a file imports from the library, without its own name in front."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("polychron.") for name in found if name.startswith("polychron.")}


def climbing(found: dict[str, Path]) -> list[str]:
    """List the imports between packages that are not allowed."""
    known = {package_of(name) for name in found}
    wrong = []
    for module, file in found.items():
        here = package_of(module)
        for name in imports(file):
            there = name.split(".")[0] if name.split(".")[0] in known else ""
            if there not in ("", here) and not any(f"{name}.".startswith(f"{one}.") for one in ALLOWED[here]):
                wrong.append(f"{module} imports {name}")
    return sorted(wrong)


def test_imports_go_one_way_between_packages():
    assert climbing(modules()) == []


def test_an_import_that_climbs_is_found(tmp_path):
    (tmp_path / "stats").mkdir()
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/chart.py").write_text("from polychron import paths\n")
    (tmp_path / "stats/means.py").write_text("def f():\n    from polychron.figures import chart\n")
    assert climbing(modules(tmp_path)) == ["stats.means imports figures.chart"]


def test_what_is_allowed_goes_down_and_in_no_circle():
    floor = {package: height for height, packages in enumerate(FLOORS) for package in packages}
    assert set(floor) == set(ALLOWED) == {package_of(name) for name in modules()}
    packages = {here: {there.split(".")[0] for there in allowed} for here, allowed in ALLOWED.items()}
    assert all(floor[there] <= floor[here] for here, allowed in packages.items() for there in allowed)
    seen: set[str] = set()
    while ready := {package for package, allowed in packages.items() if package not in seen and allowed <= seen}:
        seen |= ready
    assert seen == set(ALLOWED), f"a circle among {set(ALLOWED) - seen}"


def test_what_is_for_rules_or_people_alone_is_reached_by_no_script():
    from lineage import reached

    for script in paths.SCRIPTS.glob("*.py"):
        found, packages = reached(paths.SCRIPTS, script.stem)
        wrong = {name for name in found if name in NOT_OF_SCRIPTS or name.split(".")[0] in NOT_OF_SCRIPTS}
        assert not wrong, f"{script.name} reaches {wrong}"
        assert "fairseq" not in packages, f"{script.name} needs fairseq, which runs in processes of its own"


def test_neither_rules_nor_scripts_import_what_is_for_notebooks():
    """An edit of it reruns nothing, and the import of the library does not pay for it."""
    files = [*(ROOT / "rules").glob("*.smk"), ROOT / "Snakefile", *paths.SCRIPTS.glob("*.py")]
    assert not [file.name for file in files if "polychron.notebook" in file.read_text(encoding="utf-8")]
    program = "import sys, polychron; print(sorted({'altair', 'pandas', 'polychron.notebook'} & {*sys.modules}))"
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=paths.SCRIPTS, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_the_library_hands_out_one_name_when_it_is_asked_for():
    """Its own `__init__` is in the fingerprint of every script but for this function, so it has nothing else."""
    body = ast.parse((paths.LIBRARY / "__init__.py").read_text(encoding="utf-8")).body
    assert ast.get_docstring(ast.Module(body, [])) and [getattr(one, "name", "") for one in body[1:]] == ["__getattr__"]
    imported = [node for node in ast.walk(body[1]) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [alias.name for node in imported for alias in node.names] == ["importlib"]


def test_init_files_say_what_a_package_is_and_nothing_else():
    folders = {file.parent for file in modules().values()} - {paths.LIBRARY}
    for folder in folders:
        body = ast.parse((folder / "__init__.py").read_text(encoding="utf-8")).body
        assert len(body) == 1 and ast.get_docstring(ast.Module(body, [])), folder
        assert len(ast.get_docstring(ast.Module(body, [])).split()) < 80, folder


def test_a_folder_has_at_most_15_modules_and_a_module_400_lines():
    found = modules()
    folders = [file.parent for file in found.values()]
    assert {str(folder) for folder in folders if folders.count(folder) > 15} == set()
    lines = {name: len(file.read_text(encoding="utf-8").splitlines()) for name, file in found.items()}
    assert {name: number for name, number in lines.items() if number > 400} == {}
    tests = {str(file): len(file.read_text().splitlines()) for file in (ROOT / "tests").rglob("*.py")}
    assert {name: number for name, number in tests.items() if number > 400} == {}


def test_tests_mirror_the_packages():
    """The path of a test below tests/unit names the module that it tests."""
    unit, found = ROOT / "tests/unit", modules()
    lost = []
    for file in sorted(unit.rglob("test_*.py")):
        name = ".".join((*file.relative_to(unit).parent.parts, file.stem.removeprefix("test_")))
        if not any(name == module or name.startswith(f"{module}_") for module in found):
            lost.append(str(file.relative_to(ROOT)))
    assert lost == []


# the rules


def outside_of_rules(text: str) -> list[str]:
    """List the lines of a rules file that are in no rule, blank ones and comments left out."""
    found, within = [], None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if not line.strip():
            continue
        if within is not None and indent <= within:
            within = None
        if within is None and re.match(r"\s*((use )?rule\b|localrules:|wildcard_constraints:)", line):
            within = indent
        elif within is None and not line.lstrip().startswith("#"):
            found.append(line)
    return found


def test_rules_hold_rules():
    lines = {file.name: len(outside_of_rules(file.read_text())) for file in (ROOT / "rules").glob("*.smk")}
    assert sum(lines.values()) < 500, lines


def test_paths_of_own_files_are_inputs_by_functions():
    """The report shows what is written as an input, and of a function only that it is one."""
    for file in (ROOT / "rules").glob("*.smk"):
        assert "study.resource(config" not in file.read_text(), file


def test_lines_outside_of_rules_are_counted():
    text = "import re\n\n# a comment\nrule a:\n    input:\n        1,\n\n\ndef f():\n    return 1\n"
    assert outside_of_rules(text) == ["import re", "def f():", "    return 1"]


PRIVATE = re.compile(
    r"\bworkflow\.(?!basedir\b|current_basedir\b|smk\b|rst\b)\w+|\bsys\.argv\b|snakemake\.(?:iocontainers|dag|workflow)\b"
)


def test_snakemakes_private_state_is_touched_in_one_module():
    """`rules` and the Snakefile use documented names only; `snakemake_internals` has the rest."""
    for file in [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")]:
        text = re.sub(r"polychron\.workflow[\w.]*|\"[^\"\n]*\"|#.*", "", file.read_text())
        assert not PRIVATE.findall(text), f"{file.name}: {PRIVATE.findall(text)}"


def test_a_private_name_is_found():
    assert PRIVATE.findall("workflow.dag.forcefiles") and PRIVATE.findall('"plan" in sys.argv')
    assert not PRIVATE.findall("workflow.basedir")


def run(*command: str) -> subprocess.CompletedProcess:
    program = Path(sys.executable).parent / command[0]
    return subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("study", ["toy", "mini"])
def test_snakemake_finds_nothing_to_lint(study):
    done = run("snakemake", "--configfile", f"studies/{study}.yaml", "--lint")
    assert done.returncode == 0 and "Congratulations" in done.stdout + done.stderr, done.stdout + done.stderr


def test_rules_are_formatted():
    done = run("snakefmt", "--check", "Snakefile", "rules")
    assert done.returncode == 0, done.stderr


def test_code_is_formatted():
    for command in (("ruff", "check", "--quiet", "."), ("ruff", "format", "--check", "--quiet", ".")):
        done = run(*command)
        assert done.returncode == 0, done.stdout
