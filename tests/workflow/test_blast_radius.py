"""What a change reruns: exactly the jobs that depend on it, with features stored and with features computed inline.

Each change is made to a finished study, and the jobs that Snakemake would run are compared with those that `lineage`
expects, which knows only the config and the change. Some of the changes are then run: the jobs that ran are those that
were listed, and no other score has different bytes or another time.
"""

import lzma
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest
from lineage import ENTRIES, Job, code_of, job, lineage, stale, wanted
from rerun import STUDY, Place, jobs, plans

from polychron.storage.files import checksum

pytestmark = pytest.mark.slow

MODES = {"stored": STUDY["features"]["store"], "inline": []}
SCORES = job("trace_trajectories", model="own")


@dataclass(frozen=True)
class Change:
    """A change to a study, its files, or the checkout.

    `make` makes the change at a place and returns the facts that it changes. With `checkout`, it changes a copy of the
    checkout.
    """

    make: Callable[[Place], Iterable[tuple] | None]
    checkout: bool = False
    arguments: tuple[str, ...] = ()
    packages: dict[str, str] | None = None


def less(path: str) -> Callable[[Place], set[tuple]]:
    """Remove the last sentence or line of a source file."""

    def make(place: Place) -> set[tuple]:
        end = b"\n\n" if path.endswith(".conllu") else b"\n"
        place.write(path, place.read(path).rstrip(b"\n").rpartition(end)[0] + end)
        return {("file", path)}

    return make


def one_language_of_a_shared_file(place: Place) -> set[tuple]:
    header, *lines = place.read("data/test.tsv").decode().splitlines()
    column = header.split("\t").index("language")
    mine = [line for line in lines if line.split("\t")[column] == "qoe"]
    lines.remove(mine[-1])
    place.write("data/test.tsv", "\n".join([header, *lines]).encode() + b"\n")
    return {("rows", "test", "qoe")}


def shorter_text(place: Place) -> set[tuple]:
    lines = lzma.decompress(place.read("data/qoe.txt.xz")).splitlines(keepends=True)
    place.write("data/qoe.txt.xz", lzma.compress(b"".join(lines[:-1])))
    return {("file", "data/qoe.txt.xz")}


def setting(edit: Callable[[dict], object]) -> Change:
    """Change the study's config, and no file."""
    return Change(lambda place: edit(place.study) and None)


def steps(*steps: int) -> Change:
    return setting(lambda study: study.update(steps=list(steps)))


def probing(**values) -> Change:
    return setting(lambda study: study["probing"].update(values))


def of_languages(languages: list[str]) -> Change:
    def edit(study: dict) -> None:
        study["probing"].update(
            treebank_languages=languages,
            inference_languages=languages,
            transfer={"treebank_languages": languages, "inference_languages": languages},
        )
        study["bits"]["languages"] = languages

    return setting(edit)


def another_checkpoint(step: int) -> Change:
    def make(place: Place) -> set[tuple]:
        place.write(f"given/step-{step}/model.safetensors", place.read("given/step-4/model.safetensors"))
        return {("checkpoint", step)}

    return Change(make)


def touched(path: str, *facts: tuple, **options) -> Change:
    def make(place: Place) -> set[tuple]:
        place.write(path, place.read(path))
        return set(facts)

    return Change(make, **options)


FUTURE = "from __future__ import annotations"


def module(name: str, old: str = FUTURE, new: str = f"{FUTURE}\n\nADDED = 1", *, of: str | None = None) -> Change:
    """Edit a module of the library, or add a line to it; the importers of `of` are rerun, none if it is None."""

    def make(place: Place) -> set[tuple]:
        scripts = place.checkout / "workflow/scripts"
        place.edit(f"workflow/scripts/polychron/{name.replace('.', '/')}.py", old, new)
        return code_of(scripts, module=of) if of else set()

    return Change(make, checkout=True)


def both(*changes: Change) -> Change:
    """Make several changes at once."""
    return Change(
        lambda place: {fact for change in changes for fact in change.make(place) or ()},
        checkout=any(change.checkout for change in changes),
    )


def script_of_all_figures(place: Place) -> set[tuple]:
    place.edit("workflow/scripts/draw_figure.py", "import importlib\n", "import importlib\n\nADDED = 1\n")
    return {("code", "draw_figure", entry) for entry in ENTRIES["draw_figure"]}


def template(name: str, old: str) -> Change:
    """Add a comment to a template of pages."""

    def make(place: Place) -> set[tuple]:
        place.edit(f"workflow/templates/{name}", old, f"{old}{{# more #}}")
        return {("template", name)}

    return Change(make, checkout=True)


def package(name: str, imported: str) -> Change:
    return Change(
        lambda place: code_of(place.checkout / "workflow/scripts", package=imported), packages={name: "999.0"}
    )


LONGER = [*STUDY["probing"]["layerwise"], {"task": "arc_classification", "languages": ["qsa"], "layers": [1]}]
DEEPER = [{"task": "pos", "languages": ["qsa"], "layers": [1, 2, 3]}]
FARTHER = {"treebank_languages": ["qsa", "qoe", "qpf"], "inference_languages": ["qsa", "qoe"]}
CHANGES = {
    "nothing": Change(lambda place: None),
    "a treebank's train file": Change(less("data/qsa-train.conllu")),
    "a treebank's test file": Change(less("data/qoe-test.conllu")),
    "a parallel test file": Change(less("data/qoe-parallel.conllu")),
    "one language in a file of all languages": Change(one_language_of_a_shared_file),
    "a gold alignment": Change(less("data/qsa-qoe.links")),
    "a text": Change(shorter_text),
    "a source touched but equal": touched("data/qsa-train.conllu"),
    "a step at the end": steps(1, 3, 4),
    "a step in the middle": steps(1, 2, 3),
    "a step before the first": steps(0, 1, 3),
    "the first step taken out": steps(3),
    "an inner layer": probing(layerwise=DEEPER),
    "an inner layer of another task": probing(layerwise=LONGER),
    "a language added": of_languages(["qsa", "qoe", "qpf"]),
    "a language taken out": of_languages(["qsa"]),
    "a target of transfer": probing(transfer=FARTHER),
    "a pair of alignment": setting(lambda study: study["alignment"]["pairs"].append(["qsa", "qpf"])),
    "a seed": probing(seeds=[0, 1, 2]),
    "epochs": probing(epochs=3),
    "a figure's module": module("figures.transfer_matrices", of="figures.transfer_matrices"),
    "the script of all figures": Change(script_of_all_figures, checkout=True),
    "the template of tables": template("table.html", "</table>"),
    "the template of all pages": template("base.html", "</style>"),
    "the module behind word alignment": module("intrinsic.word_alignment", of="intrinsic.word_alignment"),
    "the module that reads inference": module("data.xnli", '"contradictory"', '"contradicts"', of="data.xnli"),
    "a comment and a docstring in it": module("intrinsic.word_alignment", '"""', '"""A word more. '),
    "how messages are logged": module("workflow.logs", "%(levelname)s", "[%(levelname)s]"),
    "a caption": Change(lambda place: place.edit("workflow/report/figure-08.rst", "\n", " more\n"), checkout=True),
    "the profile": Change(lambda place: None, arguments=("--profile", "slurm-v100")),
    "another number of cores": Change(lambda place: None, arguments=("--cores", "1", "--scheduler", "ilp")),
    "a checkpoint replaced": another_checkpoint(3),
    "the first checkpoint replaced": another_checkpoint(1),
    "a checkpoint touched but equal": touched("given/step-3/model.safetensors"),
    "checkpoints taken away once converted": Change(lambda place: shutil.rmtree(place.folder / "given")),
    "converted weights touched but equal": touched("results/own/checkpoints/step-3/model.safetensors"),
    "large converted weights touched but equal": touched(
        "results/own/checkpoints/step-3/model.safetensors",
        ("weights", 3),
        arguments=("--max-checksum-file-size", "1000"),
    ),
    "the version of a package": package("conllu", "conllu"),
    "a step and epochs": both(steps(1, 3, 4), probing(epochs=3)),
    "a drawing and the training": both(
        module("figures.chart", of="figures.chart"),
        module("probing.training", of="probing.training"),
    ),
}


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
def listed(bases, root, tmp_path_factory) -> dict[tuple[str, str], tuple[set[Job], set[Job]]]:
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
            calls[f"{mode} {name}"] = place.arguments(*change.arguments, "--", "all"), path
    said = plans(calls, folder / "said", root)
    return {(mode, name): (jobs(said[f"{mode} {name}"]), expected[mode, name]) for mode, name in expected}


def scores(place: Place) -> dict[str, str]:
    """Return the checksum of every table of scores."""
    results = place.folder / "results/own"
    kinds = ("probes", "controls", "transfer", "bits", "alignment", "baselines")
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
        "train_control": f"controls/{cell}",
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
        *("nothing", "a source touched but equal", "a comment and a docstring in it", "how messages are logged"),
        *("a caption", "the profile", "another number of cores", "a checkpoint touched but equal"),
        *("checkpoints taken away once converted", "converted weights touched but equal"),
    ]
    assert [name for name in CHANGES if not rules(name)] == nothing
    assert rules("a figure's module") == {"draw_figure_04", "draw_figure_05"}
    assert rules("the script of all figures") == {f"draw_figure_{number:02d}" for number in range(1, 18)}
    tables = {"examine_data", *(f"write_table_{number}" for number in range(1, 7))}
    assert rules("the template of tables") == tables
    assert rules("the template of all pages") == {*tables, "audit_claims", "compare_checkpoints"}
    for name in ("a target of transfer", "a language taken out", "a gold alignment", "a parallel test file"):
        assert not {"train_probe", "train_control"} & rules(name), name
    assert {cell["language"] for cell in cells("a treebank's train file")} == {"qsa"}
    assert {cell["task"] for cell in cells("a treebank's test file")} == {"pos", "arc_classification"}
    assert {cell["language"] for cell in cells("a language added")} == {"qpf"}
    assert {cell["step"] for cell in cells("a step in the middle")} == {"2"}
    assert {cell["step"] for cell in cells("a step before the first")} == {"0"}
    assert {cell["step"] for cell in cells("the first checkpoint replaced")} == {"1"}
    assert {cell["layer"] for cell in cells("an inner layer")} == {"2"}
    assert len(cells("a seed")) == len(cells("epochs")) == len(cells("a step and epochs")) * 2 // 3 == 14
    assert "align_words" in rules("the module behind word alignment")
    assert {cell["task"] for cell in cells("the module that reads inference")} == {"xnli"}


RUN = [
    ("stored", "a treebank's train file"),
    ("stored", "a gold alignment"),
    ("stored", "a step in the middle"),
    ("inline", "a target of transfer"),
    ("inline", "one language in a file of all languages"),
    ("stored", "a figure's module"),
]


@pytest.mark.parametrize(("mode", "name"), RUN, ids=[f"{mode}-{name}" for mode, name in RUN])
def test_a_run_does_what_was_listed_and_no_other_score_changes(bases, listed, tmp_path, mode, name):
    """Run up to the trajectories, to save time; what is drawn from them is listed with all changes."""
    place, _ = edited(CHANGES[name], bases[mode], tmp_path / "changed", links=False)
    before, times = scores(place), {path: os.stat(place.folder / "results/own" / path) for path in scores(place)}
    after = lineage(place.study)
    drawn = name == "a figure's module"
    awaited = wanted(after, SCORES) | checks(after, place.study["steps"])
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
    assert "cannot be told" in place.run("--dry-run", "all"), "a warning, without the metadata"


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
