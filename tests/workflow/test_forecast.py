"""`snakemake plan`: from the config alone, it equals what Snakemake would run; a study too large does not start."""

import re
from collections import Counter

import pytest
import yaml

from polychron.planning import costs, rates, report
from polychron.storage import files

TOY = ["--configfile", "studies/toy.yaml"]
FEWER = {
    "two steps": ["--config", "steps=[5000, 1500000]"],
    "three steps": ["--config", "steps=[5000, 10000, 1500000]"],
}
FURTHER = "probing={structural: {languages: [en, cs], layers: [0, 12]}, mixture: [en]}"
OVERLAYS = {
    "toy": TOY,
    "small": [*TOY, "tests/workflow/small.yaml"],
    "mini": ["--configfile", "studies/mini.yaml"],
    "the paper at three steps": [*FEWER["three steps"], FURTHER],
    "the laboratory": [*TOY, "studies/lab.yaml", "--config", "lab={seeds: [1]}"],
    "the laboratory on real text": ["--configfile", "studies/mini.yaml", "studies/lab-real.yaml"],
    "the laboratory at the paper's size": ["--configfile", "studies/lab-paper.yaml"],
}
LARGE = [name for name in OVERLAYS if "laboratory" in name]


def jobs_of_a_dry_run(said: str) -> Counter:
    """Count the jobs that Snakemake lists by rule; figures are one rule, tables another, and targets are left out."""
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
    data = files.read_json(written)
    for line in data["lines"]:
        assert re.search(rf"^{line['rule']} +{line['jobs']:,} ", done.stdout, re.M)
    return data


@pytest.mark.parametrize(
    "study",
    [pytest.param(name, marks=pytest.mark.check if name in LARGE else ()) for name in OVERLAYS]
    + [pytest.param("the paper", marks=pytest.mark.check)],
)
def test_the_plan_counts_the_jobs_that_snakemake_lists(snakemake, tmp_path, study):
    options = OVERLAYS.get(study, [])
    data = planned(snakemake, tmp_path, *options)
    listed = snakemake(tmp_path, *options, "--dry-run", "--quiet", "rules", "--", "all")
    assert {line["rule"]: line["jobs"] for line in data["lines"]} == dict(jobs_of_a_dry_run(listed.stdout))


@pytest.fixture(scope="module")
def papers(snakemake, tmp_path_factory):
    """The plan of config.yaml as it is, at fewer steps, and in its smallest form: in half precision, nothing stored."""
    lean = ["--config", "features={store: []}", "checkpoints={precision: float16}"]
    return {
        name: planned(snakemake, tmp_path_factory.mktemp(name), *options)
        for name, options in (("configured", []), ("leanest", lean), *FEWER.items())
    }


def peak(data: dict) -> float:
    return sum(line["bytes"] + line["temporary"] for line in data["lines"])


@pytest.mark.parametrize(("name", "limit"), [("configured", 600e9), ("leanest", 40e9)])
def test_the_papers_study_fits_on_a_disk(papers, root, name, limit):
    """All that config.yaml asks for, downloads included; and a run may start."""
    data = papers[name]
    assert 0.8 * limit < peak(data) <= limit
    allowed = yaml.safe_load((root / "config.yaml").read_text())["plan"]["max_disk"]
    assert report.too_large([costs.Line(**line) for line in data["lines"]], allowed) is None
    assert report.too_large([costs.Line(**line) for line in data["lines"]], peak(data) / 1.01e9)


def test_what_the_papers_study_takes_is_what_its_files_are(papers):
    """Sums by hand: weights of 39 + 1 checkpoints, features of the words in the table of sizes, the archives."""
    lines = {line["rule"]: line for line in papers["configured"]["lines"]}
    sizes = rates.sizes()
    weights, vector = 278_295_186, 768 * 2
    assert lines["fetch_checkpoint"]["bytes"] == pytest.approx(40 * (4 * weights + 10.3e6), rel=1e-3)
    lean = {line["rule"]: line for line in papers["leanest"]["lines"]}
    assert lean["fetch_checkpoint"]["bytes"] == pytest.approx(40 * (2 * weights + 10.3e6), rel=1e-3)
    # what the hub's cache keeps of XLM-R base; originals are deleted before results take as much space as they did
    assert lines["fetch_checkpoint"]["temporary"] == 4 * weights
    study = papers["configured"]["study"]
    inline = {"treebank/ca", "treebank/cs", "treebank/la"}
    (treebanks, parallel) = (
        {
            name: sizes[part].number
            for name, parts in study["datasets"].items()
            for part in parts
            if name.startswith(kind)
        }
        for kind in ("treebank/", "parallel/")
    )
    assert len(treebanks) == 44 and len(parallel) == 18
    inner = {f"parallel/{language}" for language in ("cs", "en", "hi", "ja")}
    words = sum(number for name, number in treebanks.items() if name not in inline) + sum(parallel.values())
    words += 15 * sizes["xnli/test"].number
    # XLM-R base at the final layer; the replica at inner ones too: every other in transfer, XNLI's test at each
    inner = 6 * sum(parallel[name] for name in inner) + 12 * 4 * sizes["xnli/test"].number
    assert lines["extract_features"]["bytes"] == pytest.approx(((39 + 1) * words + 39 * inner) * vector, rel=1e-3)
    archives = 17_865_352 + 466_098_360 + sizes["file/ud/ud-treebanks-v2.9.tgz"].number
    assert archives < lines["fetch_source"]["bytes"] < 10 * archives
    assert "split_text" not in lines and lines["fetch_heldout"]["bytes"] < 94 * 1e6


def test_the_papers_grid_is_the_one_that_the_paper_counts(papers):
    """44 and 15 languages in four tasks, layers of four and four more, 39 steps; and one step of XLM-R base."""
    lines = {line["rule"]: line["jobs"] for line in papers["configured"]["lines"]}
    assert lines["train_probe"] == 39 * (44 * 3 + 15 + 2 * 4 * 12) + 44 + 15 == 9477 + 59
    assert lines["transfer_probe"] == 39 * (18 * 3 + 15 + 2 * 4 * 6) + 18 + 15 == 4563 + 33
    assert lines["measure_bits"] == 39 * 94 + 94 == 3666 + 94
    assert lines["align_words"] == 39 * 6 == 234


def test_every_further_step_of_the_papers_study_has_the_same_jobs(papers):
    """So the jobs that Snakemake lists at three steps stand for those at all 39."""
    two, three, all_steps = (
        {line["rule"]: line["jobs"] for line in papers[name]["lines"]} for name in (*FEWER, "configured")
    )
    assert all_steps == {rule: jobs + 37 * (three[rule] - jobs) for rule, jobs in two.items()}
    assert sum(all_steps.values()) > 25_000


def test_on_a_cluster_no_rule_of_many_jobs_submits_them_one_by_one(papers, root):
    """They are submitted in bundles, or run beside Snakemake if they fetch something: nodes may have no network."""
    import yte

    with open(root / "profiles/slurm-v100/config.yaml", encoding="utf-8") as file:
        groups = yte.process_yaml(file)["groups"]
    blocks = [
        block
        for path in (root / "rules").glob("*.smk")
        for block in re.findall(r"^ *localrules:\n((?: +\w+,\n)+)", path.read_text(), re.M)
    ]
    local = set(re.findall(r"\w+", "".join(blocks)))
    many = {line["rule"] for line in papers["configured"]["lines"] if line["jobs"] > 17}
    assert {rule for rule in many if rule.startswith(("fetch_", "resolve_"))} <= local
    assert many - local <= set(groups) and len(many - local) > 10


def test_a_study_beyond_the_disk_does_not_start(snakemake, tmp_path):
    small = tmp_path / "small.yaml"
    small.write_text("plan: {max_disk: 0.01}\n")
    done = snakemake(tmp_path, *TOY, str(small), "--cores", "1", "--", "all")
    assert done.returncode == 1
    assert "plan.max_disk allows 10.0 MB: a run does not start" in done.stderr
    assert "Error" not in done.stderr
    assert not (tmp_path / "results").exists()
    assert not (tmp_path / "resources").exists()
