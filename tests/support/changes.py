"""Changes to a finished study, its files or the checkout, each with the facts that it changes."""

import base64
import json
import lzma
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lineage import ENTRIES, code_of, job
from rerun import STUDY, Place


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


def with_an_older_time(path: str, make: Callable[[Place], set[tuple]]) -> Callable[[Place], set[tuple]]:
    """Make a change to a file, which gets an older time than it had, as by ``cp -p`` from elsewhere."""

    def older(place: Place) -> set[tuple]:
        facts = make(place)
        os.utime(place.folder / path, (1_500_000_000, 1_500_000_000))
        return facts

    return older


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


def source(study: dict, path: str) -> None:
    study["models"][0].update(source=path)


def probing(**values) -> Change:
    return setting(lambda study: study["probing"].update(values))


def sensitivity(**values) -> Change:
    """Ask for other cells or settings of the sensitivity analysis."""
    return probing(sensitivity=STUDY["probing"]["sensitivity"] | values)


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
    return {("code", "draw_figure", *entries) for entries in ENTRIES["draw_figure"]}


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


CELL = "results/own/probes/pos/qsa/layer-3/step-1"
THE_CELL = job("train_probe", task="pos", language="qsa", layer=3, step=1, model="own")


def lost(*outputs: str, content: bytes | None = None) -> Callable[[Place], None]:
    """Take away what Snakemake notes of some outputs, of all if none is named, or replace it by other bytes."""

    def make(place: Place) -> None:
        notes = place.folder / ".snakemake/metadata"
        for note in [path for path in notes.rglob("*") if path.is_file()]:
            name = "".join(part.removeprefix("@") for part in note.relative_to(notes).parts)
            if not outputs or base64.urlsafe_b64decode(name).decode() in outputs:
                note.unlink()
                if content is not None:
                    note.write_bytes(content)

    return make


def of_another_study(place: Place) -> set[tuple]:
    """Put a cell of a study with other epochs in the place of one, with its record and an older time."""
    record = json.loads(place.read(f"{CELL}.parquet.provenance.json"))
    record["spec"]["epochs"] += 1
    place.write(f"{CELL}.parquet.provenance.json", json.dumps(record).encode())
    for ending in ("parquet", "safetensors"):
        place.write(f"{CELL}.{ending}", place.read(f"{CELL}.{ending}"))
        os.utime(place.folder / f"{CELL}.{ending}", (1_500_000_000, 1_500_000_000))
    return {THE_CELL}


def of_other_pieces(place: Place) -> set[tuple]:
    """The same with a cell that was trained on other pieces, and without metadata."""
    record = json.loads(place.read(f"{CELL}.parquet.provenance.json"))
    record["inputs"]["results/own/pieces/treebank/qsa.parquet"] = "0" * 64
    place.write(f"{CELL}.parquet.provenance.json", json.dumps(record).encode())
    lost()(place)
    return {THE_CELL}


def without_a_record(place: Place) -> set[tuple]:
    """Neither metadata nor the record can be read after a power failure."""
    place.write(f"{CELL}.parquet.provenance.json", b"")
    lost(f"{CELL}.parquet", content=bytes(900))(place)
    return {THE_CELL}


NUMBER = {"number": {"column": "feats", "attribute": "Number"}}
LONGER = [*STUDY["probing"]["layerwise"], {"task": "arc_classification", "languages": ["qsa"], "layers": [1]}]
DEEPER = [{"task": "pos", "languages": ["qsa"], "layers": [1, 2, 3]}]
FARTHER = {"treebank_languages": ["qsa", "qoe", "qpf"], "inference_languages": ["qsa", "qoe"]}
TURNED = {"treebank_languages": ["qoe", "qsa"], "inference_languages": ["qoe", "qsa"]}
CHANGES = {
    "nothing": Change(lambda place: None),
    "a treebank's train file": Change(less("data/qsa-train.conllu")),
    "a treebank's test file": Change(less("data/qoe-test.conllu")),
    "a parallel test file": Change(less("data/qoe-parallel.conllu")),
    "one language in a file of all languages": Change(one_language_of_a_shared_file),
    "the same file with an older time": Change(with_an_older_time("data/test.tsv", one_language_of_a_shared_file)),
    "an older treebank's dev file": Change(with_an_older_time("data/qoe-dev.conllu", less("data/qoe-dev.conllu"))),
    "a gold alignment": Change(less("data/qsa-qoe.links")),
    "a text": Change(shorter_text),
    "the table of sizes": Change(less("data/sizes.csv")),
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
    "epochs, with the metadata of one cell lost": both(
        Change(lost(f"{CELL}.parquet", f"{CELL}.safetensors", content=b"")), probing(epochs=3)
    ),
    "a cell of another study": Change(of_another_study),
    "a cell of other pieces": Change(of_other_pieces),
    "a cell without metadata or record": Change(without_a_record),
    "a layer of the sensitivity analysis": sensitivity(layers=[1, 3]),
    "a scaling of the sensitivity analysis": sensitivity(scaling=["none", "standard"]),
    "no sensitivity analysis": probing(sensitivity=None),
    "seeds in another order": probing(seeds=[1, 0]),
    "targets of transfer in another order": probing(transfer=TURNED),
    "the precision of word vectors": setting(lambda study: study["features"].update(precision="float16")),
    "the precision that is the default": setting(lambda study: study["features"].update(precision="float32")),
    "shares of onsets in another order": setting(lambda study: study["analysis"].update(onset=[0.98, 0.9, 0.95])),
    "layers of alignment in another order": setting(lambda study: study["alignment"].update(layers=[3, 0])),
    "steps in another order": steps(3, 1),
    "tasks in another order": probing(tasks=STUDY["probing"]["tasks"][::-1]),
    "the path of checkpoints in another spelling": setting(lambda study: source(study, "./given/.//step-{step}/")),
    "the path of checkpoints from the root": Change(
        lambda place: source(place.study, f"{place.folder}/given/step-{{step}}")
    ),
    "a whole number with a point": probing(epochs=2.0),
    "a figure's module": module("figures.transfer_matrices", of="figures.transfer_matrices"),
    "the script of all figures": Change(script_of_all_figures, checkout=True),
    "the template of tables": template("table.html", "</table>"),
    "the template of all pages": template("base.html", "</style>"),
    "a task of token labels": probing(tasks=[*STUDY["probing"]["tasks"], "number"], token_labels=NUMBER),
    "a task of token labels that is not asked": probing(token_labels=NUMBER),
    "the module of arcs": module("probing.tasks.arcs", of="probing.tasks.arcs"),
    "the module of token labels": module("probing.tasks.token_labels", of="probing.tasks.token_labels"),
    "the module of inference": module("probing.tasks.nli", of="probing.tasks.nli"),
    "the module of a baseline": module("probing.baselines.hypothesis_only", of="probing.baselines.hypothesis_only"),
    "the registry of tasks": module("probing.tasks.registry", of="probing.tasks.registry"),
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
