"""What a change reruns: exactly the jobs that depend on it, with features stored and with features computed inline.

Each change is made to a finished study, and the jobs that Snakemake would run are compared with those that `lineage`
expects, which knows only the config and the change. Some of the changes are then run: the jobs that ran are those that
were listed, and no other score has different bytes or another time.
"""

import os
import shutil
import subprocess

import pytest
from changes import CHANGES, Change
from lineage import Job, job, lineage, stale, wanted
from rerun import STUDY, Place, jobs, plans

from polychron.storage.files import checksum

pytestmark = pytest.mark.slow

MODES = {"stored": STUDY["features"]["store"], "inline": []}
SCORES = [job("trace_trajectories", model="own"), job("gather_sensitivity", model="own")]


def edited(change: Change, base: Place, folder, *, links: bool) -> tuple[Place, set[tuple]]:
    """Make a change to a copy of a study; return the place and the changed facts."""
    place = base.copy(folder, checkout=change.checkout, links=links)
    return place, set(change.make(place) or ())


@pytest.fixture(scope="session")
def stored(root, tmp_path_factory) -> Place:
    """The finished study, with stored features."""
    place = Place(tmp_path_factory.mktemp("rerun"), root)
    place.fill()
    place.run("all")
    return place


@pytest.fixture(scope="session")
def bases(stored, tmp_path_factory) -> dict[str, Place]:
    """The finished study, with stored and with inline features; the scores are the same."""
    inline = stored.copy(tmp_path_factory.mktemp("inline") / "copy", links=False)
    shutil.rmtree(inline.folder / "results/own/features")
    inline.study["features"]["store"] = []
    inline.run("scores")
    assert scores(inline) == scores(stored)
    return {"stored": stored, "inline": inline}


@pytest.fixture(scope="session")
def listed(bases, tmp_path_factory) -> dict[tuple[str, str], tuple[set[Job], set[Job]]]:
    """The jobs that Snakemake lists and those that are expected, for each change in each mode."""
    folder = tmp_path_factory.mktemp("changes")
    expected, calls = {}, {}
    for mode, base in bases.items():
        for number, (name, change) in enumerate(CHANGES.items()):
            place, facts = edited(change, base, folder / f"{mode}-{number}", links=True)
            expected[mode, name] = stale(lineage(base.study), lineage(place.study), facts)
            path = []
            if change.packages:
                path = [str(folder / f"{mode}-{number}/packages")]
                for package, version in change.packages.items():
                    record = folder / f"{mode}-{number}/packages/{package}-{version}.dist-info/METADATA"
                    record.parent.mkdir(parents=True)
                    record.write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
            calls[f"{mode} {name}"] = place, change.arguments, path
    said = plans(calls)
    return {(mode, name): (jobs(said[f"{mode} {name}"]), expected[mode, name]) for mode, name in expected}


def scores(place: Place) -> dict[str, str]:
    """Return the checksum of every table of scores."""
    results = place.folder / "results/own"
    kinds = (
        "probes",
        "controls",
        "description_length",
        "sensitivity/*-*",
        "transfer",
        "bits",
        "alignment",
        "baselines",
    )
    return {
        str(path.relative_to(results)): checksum(path)
        for kind in kinds
        for path in results.glob(f"{kind}/**/*.parquet")
    }


def table_of(made: Job) -> str | None:
    """Return the name of the table of scores that a job writes."""
    facts = dict(made.wildcards)
    cell = "{task}/{language}/layer-{layer}/step-{step}.parquet"
    pattern = {
        "train_probe": f"probes/{cell}",
        "train_control": f"controls/{{control}}/{cell}",
        "measure_description_length": f"description_length/{cell}",
        "train_alternative": f"sensitivity/{{scaling}}-{{solver}}/{cell}",
        "transfer_probe": f"transfer/{cell}",
        "measure_bits": "bits/{language}/step-{step}.parquet",
        "align_words": "alignment/{source}/{target}/step-{step}.parquet",
        "score_baseline": "baselines/{task}/{language}.parquet",
    }.get(made.rule)
    return pattern and pattern.format(**facts)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_reruns_what_depends_on_it_and_no_more(listed, mode, name):
    found, expected = listed[mode, name]
    assert found == expected, (
        f"not listed: {sorted(map(str, expected - found))}; too many: {sorted(map(str, found - expected))}"
    )


@pytest.mark.parametrize("mode", MODES)
def test_what_the_expectations_say_themselves(listed, mode):
    """What is promised to users, in words: a check of the expectations themselves."""

    def rules(name: str) -> set[str]:
        return {made.rule for made in listed[mode, name][1]}

    def cells(name: str, rule: str = "train_probe") -> list[dict[str, str]]:
        return [dict(made.wildcards) for made in listed[mode, name][1] if made.rule == rule]

    nothing = [
        *("nothing", "a source touched but equal", "no sensitivity analysis", "seeds in another order"),
        *("targets of transfer in another order", "the precision that is the default"),
        *("shares of onsets in another order", "layers of alignment in another order", "steps in another order"),
        *("tasks in another order", "the path of checkpoints in another spelling"),
        *("the path of checkpoints from the root", "a whole number with a point"),
        *("a comment and a docstring in it", "how messages are logged"),
        *("a caption", "the profile", "another number of cores", "a checkpoint touched but equal"),
        *("checkpoints taken away once converted", "converted weights touched but equal"),
    ]
    assert [name for name in CHANGES if not rules(name)] == nothing
    sized = {"tabulate_sizes", "correlate_factors", "draw_figure_14", "write_table_4", "write_table_5", "audit_claims"}
    sized |= {"build_explorer"}
    assert rules("the table of sizes") == sized
    assert rules("a figure's module") == {"draw_figure_04", "draw_figure_05"}
    assert rules("the script of all figures") == {f"draw_figure_{number:02d}" for number in range(1, 18)}
    tables = {"examine_data", *(f"write_table_{number}" for number in range(1, 8))}
    assert rules("the template of tables") == tables
    pages = {*tables, "audit_claims", "build_explorer", "compare_checkpoints", "summarise_study"}
    assert rules("the template of all pages") == pages
    for name in ("a target of transfer", "a language taken out", "a gold alignment", "a parallel test file"):
        assert not {"train_probe", "train_control", "measure_description_length"} & rules(name), name
    assert {cell["language"] for cell in cells("a treebank's train file")} == {"qsa"}
    assert {cell["task"] for cell in cells("a treebank's test file")} == {"pos", "arc_classification"}
    assert {cell["language"] for cell in cells("a language added")} == {"qpf"}
    assert {cell["step"] for cell in cells("a step in the middle")} == {"2"}
    assert {cell["step"] for cell in cells("a step before the first")} == {"0"}
    assert {cell["step"] for cell in cells("the first checkpoint replaced")} == {"1"}
    assert {cell["layer"] for cell in cells("an inner layer")} == {"2"}
    assert len(cells("a seed")) == len(cells("epochs")) == len(cells("a step and epochs")) * 2 // 3 == 14
    after = {"gather_sensitivity", "compare_settings", "write_table_7"}
    for name in ("a layer of the sensitivity analysis", "a scaling of the sensitivity analysis"):
        assert rules(name) == {"train_alternative", *after}
    assert [cell["layer"] for cell in cells("a layer of the sensitivity analysis", "train_alternative")] == ["1"]
    assert not after & rules("an inner layer") and not cells("epochs", "train_alternative")
    assert "align_words" in rules("the module behind word alignment")
    assert {cell["task"] for cell in cells("the module that reads inference")} == {"xnli"}
    assert rules("a task of token labels that is not asked") == {"audit_claims"}
    of_a_task = (
        "train_probe",
        "train_control",
        "measure_description_length",
        "tabulate_targets",
        "transfer_probe",
        "score_baseline",
    )
    for name, tasks in {
        "a task of token labels": {"number"},
        "the module of arcs": {"arc_classification"},
        "the module of token labels": {"pos"},
        "the module of inference": {"xnli"},
    }.items():
        for rule in of_a_task:
            assert {cell["task"] for cell in cells(name, rule)} == tasks, (name, rule)
        assert "extract_features" not in rules(name)
    assert not {"train_probe", "transfer_probe"} & rules("the module of a baseline")
    assert {cell["task"] for cell in cells("the module of a baseline", "score_baseline")} == {"xnli"}
    assert rules("the registry of tasks") and not {*of_a_task, "gather_scores"} & rules("the registry of tasks")


RUN = [
    ("stored", "a treebank's train file"),
    ("stored", "a gold alignment"),
    ("stored", "a step in the middle"),
    ("inline", "a target of transfer"),
    ("inline", "one language in a file of all languages"),
    ("stored", "a figure's module"),
    ("stored", "a task of token labels"),
]


@pytest.mark.parametrize(("mode", "name"), RUN, ids=[f"{mode}-{name}" for mode, name in RUN])
def test_a_run_does_what_was_listed_and_no_other_score_changes(bases, listed, tmp_path, mode, name):
    """Run up to the trajectories, to save time; what is drawn from them is listed with all changes."""
    place, _ = edited(CHANGES[name], bases[mode], tmp_path / "changed", links=False)
    before, times = scores(place), {path: os.stat(place.folder / "results/own" / path) for path in scores(place)}
    after = lineage(place.study)
    drawn = name == "a figure's module"
    awaited = wanted(after, *SCORES) | checks(after, place.study["steps"])
    expected = listed[mode, name][0] & (set(after) if drawn else awaited)
    ran = jobs(place.run("all" if drawn else "scores"))
    assert ran == expected
    inside = {table_of(made) for made in ran} - {None}
    for path, digest in scores(place).items():
        if path not in inside:
            assert digest == before[path], path
            assert (place.folder / "results/own" / path).stat().st_mtime_ns == times[path].st_mtime_ns, path
    assert set(scores(place)) == set(before) | inside


def test_a_fresh_clone_with_results_copied_over_runs_nothing(bases, root, tmp_path):
    """Every file of the checkout is new, as in a clone by git; results and .snakemake/metadata keep their times."""
    place = bases["stored"].copy(tmp_path / "copied", checkout=True, links=False)
    for file in place.checkout.rglob("*"):
        os.utime(file, follow_symlinks=False)
    for folder in place.folder.iterdir():
        if folder.name in ("results", "resources", "data", "given"):
            shutil.move(folder, place.checkout / folder.name)
    (place.checkout / ".snakemake").mkdir()
    shutil.move(place.folder / ".snakemake/metadata", place.checkout / ".snakemake/metadata")
    place.folder = place.checkout
    assert jobs(place.run("--dry-run", "all")) == set()
    subprocess.run(["rm", "-r", str(place.checkout / ".snakemake/metadata")], check=True)
    assert jobs(place.run("--dry-run", "all")) == set(), "without them, the records beside the results are looked at"


def test_a_single_figure_takes_what_it_needs_and_no_more(bases, root, tmp_path):
    """From nothing: what it depends on. From a finished study: itself."""
    figure, drawn = "results/own/figures/figure-08.html", job("draw_figure_08", model="own")
    empty = Place(tmp_path / "empty", root)
    for name in ("data", "given"):
        shutil.copytree(bases["stored"].folder / name, empty.folder / name)
    whole = lineage(empty.study)
    found = jobs(empty.run("--dry-run", "--", figure))
    assert found == wanted(whole, drawn) | checks(whole, empty.study["steps"])
    assert {made.rule for made in found if made.rule.startswith(("draw_", "write_"))} == {"draw_figure_08"}

    finished = bases["stored"].copy(tmp_path / "finished", links=False)
    old = finished.read(figure)
    (finished.folder / figure).unlink()
    assert jobs(finished.run("--", figure)) == {drawn}
    assert finished.read(figure) == old


def checks(whole, steps) -> set[Job]:
    """Return the examination of the checkpoints, on which no number depends and for which every number waits."""
    admitted = {job("admit_checkpoint", place=f"own/checkpoints/step-{step}") for step in steps}
    return {*admitted, job("fetch_tokenizer", model="own")} | wanted(
        whole, job("compare_checkpoints", model="own"), *admitted
    )
