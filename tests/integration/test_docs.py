"""Pages agree with the code: paths, modules, commands and targets exist, the picture is the rules', the site builds."""

import csv
import importlib
import io
import itertools
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml
from forked import STARTER
from place import ROOT

GALLERY = [f"docs/gallery/{path.name}" for path in sorted((ROOT / "docs/gallery").glob("*.md"))]
"""Pages below the page of the gallery."""

PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
PAGES += GALLERY
FOLDERS = ("benchmarks", "docs", "envs", "profiles", "rules", "studies", "tests", "workflow")
PLACEHOLDER = re.compile(r"[A-Z]{2,}|NN|-N\.|[…{}*$]")
"""What a name has that stands for others: tests/unit/PACKAGE, figure-NN.rst, tabulate_…"""

CODE = re.compile(r"^```\w*\n(.*?)^```|^ {4,}(\S.*?)$|`([^`\n]+)`", re.DOTALL | re.MULTILINE)
"""Blocks, lines that are set in by four spaces or more (in lists by more), and words."""

COMMAND = re.compile(r"(?:\.venv/bin/)?snakemake\s+[^#\n]*-[^#\n]*")
PROGRAMS = ("make", "docker", "git", "pip", "hf", "conda", "bash", "apt", "python", "ruff", "snakefmt", "uv")
OTHER = re.compile(
    rf"(?:[A-Z_]+=\S* )*(?:\.\w+/bin/)?(?:{'|'.join(PROGRAMS)}) [^#\n]+|make|[A-Z_]+=\S* snakemake [^#\n]+"
)
MADE = ("docs/_build", "docs/api")


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def code(page):
    """List what a page sets as code: blocks and words."""
    return [next(filter(None, match)) for match in CODE.findall(read(page))]


def commands(page):
    """List the commands of Snakemake on a page, with a study in place of an ellipsis."""
    found = [line.strip().removeprefix(".venv/bin/") for text in code(page) for line in COMMAND.findall(text)]
    return [line.replace("…", "--configfile studies/toy.yaml -c all") for line in found]


def others(page):
    """List the commands of other programs on a page: lines of code that are nothing else."""
    lines = [line.split("  #")[0].strip() for text in code(page) for line in text.splitlines()]
    return [line.removeprefix(".venv/bin/") for line in lines if OTHER.fullmatch(line)]


REAL = "it needs a network, and changes this machine"
NOT_RUN = {
    "make": "what it calls is tested: the environment in test_environment, the toy study in tests/workflow",
    "make study": "as make",
    "make FAIRSEQ=no environment": "a dry run of it is",
    "make TORCH=cu126": "a dry run of it is; the build itself needs a network",
    "make WHEELS=FOLDER": "as make",
    "make test": "it runs these tests",
    "make check": "hours; it runs tests of its own",
    "make torture": "an hour; it runs tests of its own",
    "make lab": "an hour; a smaller laboratory is run",
    "make bench": "it measures, on an idle machine",
    "make docs": "its parts are: config.md, the picture and the site",
    ".bench/bin/python benchmarks/gpu.py": "it needs a GPU; without one its message is tested",
    ".bench/bin/python benchmarks/gpu.py peers:pos cells": "it needs a GPU",
    "python benchmarks/precision.py mine.yaml --folder FOLDER": "it needs a finished study; its parts are tested",
    ".uv/bin/uv lock": "it needs a network; the lock is compared with pyproject.toml",
    "uv sync --no-group pretraining": "it needs a network; the groups are tested",
    "TORCH=cu126 snakemake --sdm conda --conda-create-envs-only": "there is no conda here",
    "docker build -f envs/Dockerfile --build-arg TORCH=cu126 -t polychron:cu126 .": "there is no docker here",
    "apt install g++": REAL,
    "apt install slurmctld slurmd slurm-client munge": REAL,
    "pip config set global.find-links FOLDER": "it changes the settings of pip",
    "hf auth login": "it needs an account",
    "hf download ORGANISATION/NAME --revision …": "it needs a network",
    "git push origin v0.1.0": "it publishes",
    'git tag --annotate v0.1.0 --message "polychron 0.1.0"': "it publishes",
    "git submodule add": "it needs a repository of yours",
    "git ls-files": "a word of a sentence",
}
"""Commands of the pages that no test runs, and why."""

FAMILIES = "tests/integration/test_model_families.py"
RUN = {
    "pip install .": "tests/integration/test_installed.py",
    "PYTHONPATH=workflow/scripts .venv/bin/python -m polychron.publishing.gallery compare docs/gallery/NAME results": (
        "tests/unit/publishing/test_gallery.py"
    ),
    "PYTHONPATH=workflow/scripts .venv/bin/python -m polychron.publishing.gallery store results/publish/NAME "
    "docs/gallery/NAME": "tests/workflow/test_gallery.py",
    "PYTHONPATH=workflow/scripts .venv/bin/python tests/support/families.py": FAMILIES,
    "PYTHONPATH=workflow/scripts .venv/bin/python tests/support/originals.py FOLDER": (
        "tests/integration/test_laboratory_studies.py"
    ),
    "python docs/notebook.py": "tests/workflow/test_notebook.py",
    "ruff check . && .venv/bin/ruff format .": "tests/integration/test_architecture.py",
    "snakefmt rules Snakefile": "tests/integration/test_architecture.py",
    "python -m pytest -m check tests/integration/test_model_families.py": FAMILIES,
    "python -m pytest tests/integration": "tests/integration/test_docs.py",
    "python -m pytest tests/slurm": "tests/slurm/test_slurm_faults.py",
    "python -m pytest tests/unit/stats workflow/scripts/polychron/stats": "tests/unit/stats/test_correlation.py",
    "python -m pytest tests/workflow/test_blast_radius.py": "tests/workflow/test_blast_radius.py",
}
"""Commands that a test runs, or what is behind them, and its file."""

ALL = sorted({(page, command) for page in PAGES for command in commands(page)})


@pytest.mark.parametrize("page", PAGES)
def test_paths_that_a_page_names_exist(page):
    words = {word.split("::")[0].strip(",;:()").rstrip("/") for text in code(page) for word in text.split()}
    paths = {word for word in words if word.startswith(tuple(f"{folder}/" for folder in FOLDERS))}
    named = {word for word in words if re.fullmatch(r"[\w-]+\.(py|smk|toml|lock)|\w+\.md", word)}
    there = {path.name for path in ROOT.glob("*")} | {
        path.name for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()
    }
    places = ROOT, ROOT / "workflow/scripts/polychron"  # in the tree, packages are named from the library's folder
    paths = [path for path in paths if not (PLACEHOLDER.search(path) or path.startswith(MADE))]
    lost = [path for path in paths if not any((place / path).exists() for place in places)]
    lost += [name for name in named - there if not PLACEHOLDER.search(name)]
    assert not lost, f"{page} names {sorted(lost)}"


def test_the_check_of_paths_sees_them():
    words = [word for text in code("docs/adding.md") for word in text.split()]
    assert "rules/figures.smk" in words and "workflow/data/claims.yaml" in words


@pytest.mark.parametrize("page", PAGES)
def test_modules_that_a_page_names_exist(page):
    for name in {name for text in code(page) for name in re.findall(r"(?<!/)\bpolychron(?:\.\w+)+", text)}:
        module, _, attribute = name.rpartition(".")
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            assert hasattr(importlib.import_module(module), attribute), f"{page} names {name}"


def test_the_tree_shows_every_package_and_every_rule_file():
    page = read("docs/architecture.md")
    library = ROOT / "workflow/scripts/polychron"
    tree = page.split("workflow/scripts/polychron/\n")[1].split("```")[0]
    shown = set(re.findall(r"^  (\S+)/ ", tree, re.MULTILINE))
    packages = {str(path.parent.relative_to(library)) for path in library.rglob("__init__.py")} - {"."}
    assert shown == packages
    assert {path.name for path in (ROOT / "rules").glob("*.smk")} == set(re.findall(r"`rules/(\w+\.smk)`", page))


def test_the_floors_are_those_that_imports_are_held_to():
    page = read("docs/architecture.md").split("## Floors")[1].split("```")[1]
    shown = [set(line.split()[1:]) for line in page.strip().splitlines()]
    floors = runpy.run_path(str(ROOT / "tests/integration/test_architecture.py"))["FLOORS"]
    assert shown[::-1] == [floor - {""} for floor in floors]


def test_the_glossary_is_in_order():
    rows = read("docs/architecture.md").split("## Glossary")[1]
    terms = re.findall(r"^\| ([a-z ]+) \|", rows, re.MULTILINE)[1:]
    assert terms == sorted(terms) and len(terms) > 25


def test_targets_of_make_exist():
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    named = {
        name for page in PAGES for text in code(page) for name in re.findall(r"^make ([a-z]+)\b", text, re.MULTILINE)
    }
    assert named >= {"test", "docs", "check", "bench"} and named <= targets


def parsed(command):
    from snakemake.cli import get_argument_parser

    return get_argument_parser().parse_args(shlex.split(command)[1:])


@pytest.mark.parametrize(("page", "command"), ALL, ids=lambda value: value.replace("/", "-"))
def test_snakemake_understands_each_command(page, command):
    """Above all, an option takes no target for one more of its values: `--configfile FILE all` would."""
    asked = parsed(command)
    for path in asked.configfile or []:
        assert str(path).endswith(".yaml") or str(path) == "FILE", f"{path} is taken for a config file"
        assert Path(path).is_absolute() or (ROOT / path).exists() or str(path) in ("FILE", "mine.yaml")
    for target in asked.targets:
        assert target.startswith("results/") or re.search(rf"^rule {target}:", RULES, re.MULTILINE), target
    for profile in asked.profile or []:
        assert (ROOT / profile / "config.yaml").is_file()


def test_commands_that_no_test_runs_are_those_that_are_known():
    found = {command for page in PAGES for command in others(page)}
    assert found == {*NOT_RUN} | {*RUN} and not {*NOT_RUN} & {*RUN}
    assert all(NOT_RUN.values()) and [path for path in RUN.values() if not (ROOT / path).is_file()] == []


NUMBERS = {10: "ten", 11: "eleven", 12: "twelve"}


@pytest.mark.parametrize("page", ["docs/targets.md", "docs/laboratory.md", "Makefile"])
def test_pages_say_how_many_variants_the_laboratory_has(page):
    number = len(yaml.safe_load(read("studies/lab.yaml"))["lab"]["variants"])
    assert re.findall(r"\b(\w+) variants of (?:pretraining|one pair)", read(page)) == [NUMBERS[number]]


def test_commands_in_lists_are_collected():
    assert "snakemake --configfile studies/own.yaml --config mirror=FOLDER -- plan" in commands("docs/own_model.md")
    assert "snakemake --configfile studies/mini.yaml -- plan" in commands("docs/air_gapped.md")
    assert "snakemake --configfile studies/toy.yaml -c all -- data" in commands("docs/entities.md")


RULES = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")))


def test_each_target_says_what_it_is():
    """As `snakemake --list-target-rules` prints them: of rules with a name, those whose output has no wildcards."""
    parts = ["scores", "figures", "tables", "audit", "findings"]
    targets = ["all", *parts, "data", "plan", "resolve", "reproduce", "crate", "publish"]
    silent = [name for name in targets if not re.search(rf'^rule {name}:\n    "[a-z].+"$', RULES, re.MULTILINE)]
    assert silent == []


def dry_run(given, folder, more=()):
    """Plan what is asked for, in an empty folder; return what Snakemake said."""
    place = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder), "--dry-run", "--quiet", "all"]
    done = STARTER.run([*place, *more, *given], cwd=ROOT)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    return said


HERE = sorted(
    {command.removesuffix(" -n") for _, command in ALL if re.search(r"studies/(toy|own|mini|eighteen)\.yaml", command)}
)


@pytest.mark.parametrize("command", HERE)
def test_commands_on_studies_of_one_machine_run(command, tmp_path):
    """With a dry run, in an empty folder; a mirror is one more."""
    (tmp_path / "mirror").mkdir()
    command = command.replace("mirror=FOLDER", f"mirror={tmp_path / 'mirror'}")
    dry_run(shlex.split(command)[1:], tmp_path)


def overlay(page, name):
    """Return the study that a page writes out, as a file's text: the block of YAML after the file's name."""
    return re.search(rf"`{name}`.*?```yaml\n(.*?)```", read(page), re.DOTALL)[1]


def test_the_study_that_the_readme_writes_out_can_be_run(tmp_path):
    text = overlay("README.md", "mine.yaml")
    assert len(text.splitlines()) < 10
    for language, split in itertools.product(("de", "fi"), ("train", "dev", "test")):
        (tmp_path / "my").mkdir(exist_ok=True)
        (tmp_path / f"my/{language}-{split}.conllu").write_text("1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n\n")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    said = dry_run(["--configfile", str(tmp_path / "mine.yaml"), "-c", "1", "--", "scores"], tmp_path)
    assert re.search(r"train_probe +12\b", said)  # 2 languages, 2 layers, 3 steps
    assert not re.search(r"measure_bits|align_words|retrieve", said)  # what the paper has besides is switched off
    with pytest.raises(AssertionError, match="treebank_language"):
        (tmp_path / "mine.yaml").write_text(text.replace("treebank_languages", "treebank_language"), encoding="utf-8")
        dry_run(["--configfile", str(tmp_path / "mine.yaml"), "-c", "1", "--", "scores"], tmp_path)


def test_the_change_of_the_tutorial_is_one(tmp_path):
    (tmp_path / "more.yaml").write_text(overlay("docs/tutorial.md", "more.yaml"), encoding="utf-8")
    dry_run(["--configfile", str(ROOT / "studies/toy.yaml"), str(tmp_path / "more.yaml"), "-c", "1"], tmp_path)


def test_the_readme_is_a_page_and_leads_to_all_others():
    text = read("README.md")
    assert len(text.split()) <= 900
    linked = set(re.findall(r"\]\(((?:docs/)?\w+\.md)", text))
    assert linked == set(PAGES) - {"README.md", "docs/index.md", *GALLERY} and "](docs/notebook.ipynb)" in text


def test_the_site_has_each_page_once():
    listed = re.findall(r"^/?(\w+)$", read("docs/index.md"), re.MULTILINE)
    notebooks = [path.name for path in (ROOT / "docs").glob("*.ipynb")]
    pages = [page for page in (*PAGES, *notebooks) if page != "docs/index.md" and page not in GALLERY]
    assert sorted(listed) == sorted(Path(page).stem for page in pages)
    below = re.findall(r"^(gallery/\w+)$", read("docs/gallery.md"), re.MULTILINE)
    assert [f"docs/{name}.md" for name in below] == GALLERY


def test_no_message_or_comment_puts_a_target_behind_an_option_that_takes_it():
    """`--configfile FILE all` takes `all` for a second file, and `--config KEY=VALUE all` for a second value."""
    endings = (".py", ".smk", ".yaml", ".rst", ".html", ".md", ".json", ".tsv")
    texts = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in endings]
    texts += [path for path in ROOT.glob("*") if path.is_file()]
    targets = "|".join(re.findall(r"^rule (\w+):", RULES, re.MULTILINE))
    swallowed = re.compile(
        r"--configfiles? +(?:\S+\.yaml|\.\.\.|[A-Z]+)(?: +\S+\.yaml)* +[a-z]\w*(?![\w./-]*\.yaml|\w*` would take)"
        rf"|--config(?: +\w+=[^\s`,)]+)+ +(?:{targets})\b"
    )
    for command in ("--configfile mine.yaml all", "--configfile FILE figures", "--config mirror=FOLDER by_hand=x all"):
        assert swallowed.search(f"snakemake {command}")
    for command in (
        "--configfile mine.yaml more.yaml -c 2 all",
        "--configfile studies/mine.yaml studies/more.yaml -c 2 all",
        "--configfile studies/mine.yaml studies/mine-too.yaml -c 2 all",
        "--configfile FILE -- all",
        "--config mirror=X -- all",
    ):
        assert not swallowed.search(f"snakemake {command}")
    found = {}
    for path in texts:
        name = path.relative_to(ROOT).as_posix()
        match = swallowed.search(path.read_text("utf-8", errors="replace"))
        if match and not name.startswith(MADE) and path.name != Path(__file__).name:
            found[name] = match[0]
    assert not found


def test_the_gallery_says_how_many_claims_have_each_verdict():
    rows = list(csv.DictReader(io.StringIO(read("docs/gallery/eighteen/eighteen/audit/claims.csv"))))
    found = Counter(row["verdict"] for row in rows)
    text = " ".join(read("docs/gallery/eighteen.md").split("## The claims")[1].split("## ")[0].split())
    told = {"claims": len(rows), "were not run": found["not run"], "are not comparable": found["not comparable"]}
    told |= {"are consistent": found["consistent"], "is inconsistent": found["inconsistent"]}
    told |= {"hold": found["holds"], "fail": found["fails"]}
    assert [words for words, number in told.items() if f"{number} {words}" not in text] == []


def test_the_picture_is_that_of_the_rules():
    drawn = runpy.run_path(str(ROOT / "docs/dag.py"))["picture"]()
    assert drawn == read("docs/dag.svg"), "docs/dag.svg is out of step with the rules: make docs"


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "-c", "docs"]
    done = subprocess.run(
        [*command, "-d", str(tmp_path / "trees"), ".", str(tmp_path / "site")], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-4000:]
    page = (tmp_path / "site/docs/api/stats.html").read_text(encoding="utf-8")
    assert "polychron.stats.dyadic" in page and "Parameters" in page


def test_one_version_is_named_everywhere_and_the_change_log_begins_with_it():
    project = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    cited = yaml.safe_load(read("CITATION.cff"))["version"]
    locked = {one["name"]: one["version"] for one in tomllib.loads(read("uv.lock"))["package"]}["polychron-probing"]
    assert re.search(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)[1] == project == cited == locked


def test_actions_run_what_continuous_integration_runs():
    steps = yaml.safe_load(read(".github/workflows/tests.yml"))["jobs"]["tests"]["steps"]
    asked = [step["run"] for step in steps if "run" in step]
    assert asked == [".ci/run"] and os.access(ROOT / ".ci/run", os.X_OK)
    usage = yaml.safe_load(read(".snakemake-workflow-catalog.yml"))["usage"]
    triggers = " ".join(yaml.safe_load(read("profiles/default/config.yaml"))["rerun-triggers"])
    assert usage["mandatory-flags"][
        "flags"
    ] == f"--rerun-triggers {triggers}" and f"--rerun-triggers {triggers}" in read("docs/module.md")
    # conda was not tried: what says so here and there goes together
    assert usage["software-stack-deployment"]["conda"] is False and "a conda\ninstallation" in read("docs/costs.md")
    assert all("not supported" in read(page) for page in ("docs/module.md", "config/README.md"))
    assert usage["report"] and (ROOT / "config/README.md").is_file() and (ROOT / "workflow/Snakefile").is_file()
