"""The workflow as a module of another one: it is planned, and runs jobs, with the config that it is given."""

import subprocess

import pytest
import yaml
from forked import STARTER
from place import ROOT

from studies import TOY

OUTER = """
import yaml

with open("study.yaml") as file:
    study = yaml.safe_load(file)


module polychron:
    snakefile: SNAKEFILE
    config: study


use rule * from polychron


rule mine:
    input:
        rules.bundle_javascript.output,
        "results/toy/figures/figure-04.html",
    output:
        "mine.txt",
    shell:
        "wc -c < {input[0]} > {output}"
"""


@pytest.fixture
def outer(tmp_path):
    """Return a function that runs the other workflow, which has the toy study with some changes."""

    def run(*arguments, prefix="", **changes):
        study = yaml.safe_load((ROOT / "studies/toy.yaml").read_text()) | changes
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
        text = OUTER.replace("SNAKEFILE", repr(str(ROOT / "Snakefile")))
        if prefix:
            text = text.replace("from polychron", f"from polychron as {prefix}*").replace("rules.", f"rules.{prefix}")
        (tmp_path / "Snakefile").write_text(text)
        done = STARTER.run(["--cores", "1", *arguments], cwd=tmp_path)
        return done.returncode, done.stdout + done.stderr

    return run


def test_another_workflow_plans_with_it_and_runs_its_jobs(outer, tmp_path):
    code, said = outer("--dry-run", "--quiet", "rules", "--", "mine.txt")
    assert code == 0 and "mine " in said and "train_probe " in said and "draw_figure_04 " in said, said[-2000:]
    code, said = outer("--", "resources/toy/vega.js")
    assert code == 0 and (tmp_path / "resources/toy/vega.js").stat().st_size > 100_000, said[-2000:]


def test_rules_can_have_other_names_in_it(outer, tmp_path):
    code, said = outer("--dry-run", "--quiet", "rules", "--", "mine.txt", prefix="polychron_")
    assert code == 0 and "mine " in said and "Traceback" not in said, said[-2000:]
    assert "polychron_train_probe " in said and "polychron_draw_figure_04 " in said and " train_probe " not in said
    code, said = outer("--", "resources/toy/vega.js", prefix="polychron_")
    assert code == 0 and (tmp_path / "resources/toy/vega.js").is_file(), said[-2000:]


DEPLOYED = """
configfile: "config/config.yaml"


# declare the repository as a module
module polychron:
    snakefile:
        SOURCE
    config:
        config


# use all rules from it
use rule * from polychron
"""


@pytest.fixture
def deployed(tmp_path):
    """Return a function that plans in a folder as snakedeploy leaves it, with another source of the module."""

    def run(source):
        for name, content in {
            "workflow/Snakefile": DEPLOYED.replace("SOURCE", source),
            "config/config.yaml": "",
        }.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content or (ROOT / "studies/toy.yaml").read_text())
        done = STARTER.run(["--cores", "1", "--dry-run", "--quiet", "rules", "--", "scores"], cwd=tmp_path)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize("path", ["workflow/Snakefile", "Snakefile"])
def test_what_snakedeploy_writes_stops_with_one_message(deployed, tmp_path, path):
    """Of all hosts of Snakemake, gitfile() needs no network."""
    repository = tmp_path / "repository"
    for name in ("Snakefile", "workflow/Snakefile", "rules/common.smk"):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_bytes((ROOT / name).read_bytes())
    me = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*me, "commit", "-q", "-m", "all"], ["tag", "v0.1.0"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    code, said = deployed(f'gitfile("{repository}", path="{path}", tag="v0.1.0")')
    assert code == 1 and f"polychron cannot be read from git+file://{repository}" in said, said[-2000:]
    assert "Next: clone the repository" in said and "write the path of its Snakefile" in said
    assert "Traceback" not in said and "rules/common.smk" not in said


def test_what_snakedeploy_writes_works_with_a_path(deployed):
    code, said = deployed(repr(str(ROOT / "workflow/Snakefile")))
    assert code == 0 and "train_probe " in said, said[-2000:]


def test_a_fault_of_the_config_that_it_gives_is_told(outer):
    code, said = outer("--dry-run", "--", "mine.txt", stepz=[1])
    assert code == 1 and "stepz" in said and "Did you mean 'steps'" in said and "Traceback" not in said


def test_it_is_the_study_of_the_same_config_by_itself(outer, snakemake, tmp_path):
    """Values that the other workflow does not give are those of config.yaml: the same specs, nothing to run again."""
    assert outer("--", "resources/toy/vega.js")[0] == 0
    done = snakemake(tmp_path, *TOY, "--cores", "1", "--dry-run", "--", "resources/toy/vega.js")
    assert done.returncode == 0 and "Nothing to be done" in done.stdout + done.stderr


def test_the_snakefile_of_the_standard_layout_is_the_same_workflow(tmp_path):
    words = ["--directory", str(tmp_path), *TOY, "--cores", "1", "--dry-run", "--quiet", "rules", "--", "all"]
    said = []
    for file in ("Snakefile", "workflow/Snakefile"):
        done = STARTER.run(["--snakefile", str(ROOT / file), *words], cwd=ROOT)
        assert done.returncode == 0, done.stderr[-2000:]
        said.append((done.stdout + done.stderr).split("Job stats:")[1].split("Reasons:")[0])
    assert said[0] == said[1] and "train_probe" in said[0]
