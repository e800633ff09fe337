"""`snakemake plan`: from the config alone, equal to what Snakemake would run, and a study too large does not start."""

import re
from collections import Counter

import pytest

from polychron import outlook, plan, rate, store

TOY = ["--configfile", "studies/toy.yaml"]
OVERLAYS = {"toy": TOY, "small": [*TOY, "tests/workflow/small.yaml"], "mini": ["--configfile", "studies/mini.yaml"]}


def jobs_of_a_dry_run(said: str) -> Counter:
    """Count the jobs that Snakemake lists, figures and tables together, without its targets."""
    listed = said.split("Job stats:")[1].split("total")[0]
    jobs = Counter()
    for rule, number in re.findall(r"^(\w+) +(\d+)$", listed, re.M):
        jobs[re.sub(r"^(draw_figure|write_table)_\d+$", r"\1", rule)] += int(number)
    del jobs["all"]
    return jobs


def planned(snakemake, folder, *options: str) -> dict:
    done = snakemake(folder, *options, "--", "plan")
    assert done.returncode == 0, done.stderr[-4000:]
    (written,) = folder.glob("results/plan/*.json")
    assert written.with_suffix(".html").read_text().startswith("<!DOCTYPE html>")
    data = store.read_json(written)
    for line in data["lines"]:
        assert re.search(rf"^{line['rule']} +{line['jobs']:,} ", done.stdout, re.M)
    return data


@pytest.mark.parametrize("study", ["toy", "small", "mini", pytest.param("paper", marks=pytest.mark.slow)])
def test_the_plan_counts_the_jobs_that_snakemake_lists(snakemake, tmp_path, study):
    options = OVERLAYS.get(study, [])
    data = planned(snakemake, tmp_path, *options)
    listed = snakemake(tmp_path, *options, "--dry-run", "--quiet", "rules", "--", "all")
    assert {line["rule"]: line["jobs"] for line in data["lines"]} == dict(jobs_of_a_dry_run(listed.stdout))


@pytest.fixture(scope="module")
def papers(snakemake, tmp_path_factory):
    """The paper's study with its features as configured, and with none stored."""
    found = {}
    for name, options in (("configured", []), ("leanest", ["--config", "features={store: []}"])):
        found[name] = planned(snakemake, tmp_path_factory.mktemp(name), *options)["study"]
    return found


@pytest.mark.parametrize(("name", "limit"), [("configured", 600e9), ("leanest", 40e9)])
def test_the_papers_study_fits_on_a_disk(papers, name, limit):
    """With published checkpoints in half precision, and the beginnings of the texts: without pretraining."""
    study = papers[name]
    study["models"] = [model | {"pretrained": False, "bytes": 2} for model in study["models"]]
    study["texts"] = {}
    everything = outlook.total(plan.lines(study, rate.sizes(), rate.rates()))
    assert limit / 2 < everything.bytes + everything.temporary <= limit


def test_the_papers_grid_is_the_one_that_the_paper_counts(papers):
    """44 and 15 languages in four tasks, layers of four and four more, 39 steps; and one step of XLM-R base."""
    lines = {line.rule: line.jobs for line in plan.lines(papers["configured"], rate.sizes(), rate.rates())}
    assert lines["train_probe"] == 39 * (44 * 3 + 15 + 2 * 4 * 12) + 44 + 15 == 9477 + 59
    assert lines["transfer_probe"] == 39 * (18 * 3 + 15 + 2 * 4 * 6) + 18 + 15 == 4563 + 33
    assert lines["measure_bits"] == 39 * 94 + 94 == 3666 + 94
    assert lines["align_words"] == 39 * 6 == 234


def test_a_study_beyond_the_disk_does_not_start(snakemake, tmp_path):
    small = tmp_path / "small.yaml"
    small.write_text("plan: {max_disk: 0.01}\n")
    done = snakemake(tmp_path, *TOY, str(small), "--cores", "1", "--", "all")
    assert done.returncode == 1
    assert "plan.max_disk allows 10.0 MB: a run does not start" in done.stderr
    assert "Error" not in done.stderr
    assert not (tmp_path / "results").exists()
    assert not (tmp_path / "resources").exists()
