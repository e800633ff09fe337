"""A small finished study whose sources are all files of its own, and what Snakemake would rerun in it.

It has two languages and a third to add, checkpoints of random numbers, and a handful of sentences. Its scores mean
nothing, but they depend on all that real ones depend on.
"""

import copy
import lzma
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tiny
import yaml
from forked import STARTER
from lineage import Job, job
from place import ROOT

from polychron.synthetic import world

LANGUAGES = ("qsa", "qoe", "qpf")
STEPS = (0, 1, 2, 3, 4)
FILES = {
    "text": "data/{language}.txt.xz",
    "treebank": {code: f"data/{code}-{{split}}.conllu" for code in LANGUAGES},
    "parallel": {code: f"data/{code}-parallel.conllu" for code in LANGUAGES},
    "inference": {
        "train": {"file": "data/train-{language}.tsv", "format": "xnli-mt"},
        "dev": {"file": "data/dev.tsv", "format": "xnli"},
        "test": {"file": "data/test.tsv", "format": "xnli"},
    },
    "alignment": {
        f"qsa/{code}": {
            "format": "naacl",
            **{part: f"data/qsa-{code}.{part}" for part in ("source", "target", "links")},
        }
        for code in ("qoe", "qpf")
    },
    "distances": "data/distances.tsv",
    "sizes": "data/sizes.csv",
}
SENTENCES = {"text": 600, "treebank": [30, 15, 15], "parallel": 15, "inference": [30, 15, 15], "alignment": 8}
STUDY = {
    "study": "own",
    "models": [
        {"name": "own", "provider": "folder", "source": "given/step-{step}", "final_layer": 3, "window": tiny.WINDOW}
    ],
    "steps": [1, 3],
    "files": FILES,
    "features": {"store": ["treebank", "parallel", "inference", "inference_test"]},
    "probing": {
        "tasks": ["pos", "arc_classification", "xnli"],
        "treebank_languages": ["qsa", "qoe"],
        "inference_languages": ["qsa", "qoe"],
        "transfer": {"treebank_languages": ["qsa", "qoe"], "inference_languages": ["qsa", "qoe"]},
        "layers": [3],
        "layerwise": [{"task": "pos", "languages": ["qsa"], "layers": [1, 3]}],
        "seeds": [0, 1],
        "epochs": 2,
        "controls": ["shuffled_labels", "word_types"],
        "description_length": True,
        "sensitivity": {"solver": ["lbfgs"], "tasks": ["pos"], "languages": ["qsa"], "layers": [3], "steps": [3]},
    },
    "bits": {"languages": ["qsa", "qoe"], "sentences": 20},
    "alignment": {"pairs": [["qsa", "qoe"]], "layers": [0, 3]},
    "analysis": {"reference": "qsa"},
}


def own(files):
    """Return the paths of files as those of a user's own files."""
    if isinstance(files, dict):
        return {name: value if name == "format" else own(value) for name, value in files.items()}
    return f"./{files}"


def numbered(treebank: bytes) -> bytes:
    """Write the number of nouns and verbs into FEATS, by the length of their forms: the world writes none."""
    lines = []
    for line in treebank.decode().split("\n"):
        row = line.split("\t")
        if len(row) == 10 and row[0].isdigit() and row[3] in ("NOUN", "VERB"):
            row[5] = "Number=Plur" if len(row[1]) % 2 else "Number=Sing"
        lines.append("\t".join(row))
    return "\n".join(lines).encode()


class Place:
    """A folder with a study, and the checkout that runs it."""

    def __init__(self, folder: Path, checkout: Path) -> None:
        self.folder, self.checkout = folder, checkout
        self.study = copy.deepcopy(STUDY)

    def fill(self) -> None:
        """Write the study's sources."""
        for path, content in world.files(1, tiny.WINDOW, FILES, SENTENCES):
            self.write(path, numbered(content) if path.endswith(".conllu") else content)
        lines = []
        for code in LANGUAGES:
            lines += lzma.decompress(self.read(f"data/{code}.txt.xz")).decode().splitlines()[:60]
        tokenizer = self.folder / "tokenizer"
        tokenizer.mkdir()
        pieces = tiny.tokenizer(tokenizer, lines, 200).get_piece_size()
        for step in STEPS:
            folder = self.folder / f"given/step-{step}"
            tiny.checkpoint(folder, seed=step, vocab_size=pieces + 2)
            for name in ("tokenizer.json", "tokenizer_config.json"):
                shutil.copyfile(tokenizer / name, folder / name)
        shutil.rmtree(tokenizer)

    def read(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()

    def write(self, path: str, content: bytes) -> None:
        """Replace a file; if it was a link, its target stays as it is."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_bytes(content)

    def edit(self, path: str, old: str, new: str) -> None:
        """Edit a file of the checkout."""
        text = (self.checkout / path).read_text()
        assert text.count(old) >= 1, f"{old!r} is not in {path}"
        (self.checkout / path).unlink()
        (self.checkout / path).write_text(text.replace(old, new, 1))

    def copy(self, folder: Path, *, checkout: bool = False, links: bool = True) -> "Place":
        """Copy the study with its times, as links if it is not run, and copy the checkout if that is edited."""
        folder.mkdir(parents=True)
        subprocess.run(["cp", "-al" if links else "-a", str(self.folder), str(folder / "study")], check=True)
        for name in ("lock", "holder"):
            (folder / f"study/.snakemake/polychron.{name}").unlink(missing_ok=True)
        made = Place(folder / "study", self.checkout)
        made.study = copy.deepcopy(self.study)
        if checkout:
            made.checkout = folder / "checkout"
            made.checkout.mkdir()
            for name in ("Snakefile", "config.yaml", "rules", "workflow", "profiles", "slurm-v100", "envs"):
                subprocess.run(["cp", "-a", str(self.checkout / name), str(made.checkout / name)], check=True)
        return made

    def arguments(self, *further: str) -> list[str]:
        """Return the arguments of a call of Snakemake."""
        overlay = self.folder / "study.yaml"
        overlay.unlink(missing_ok=True)
        overlay.write_text(yaml.safe_dump(self.study | {"files": own(self.study["files"])}))
        paths = ["--snakefile", str(self.checkout / "Snakefile"), "--directory", str(self.folder)]
        return [*paths, "--configfile", str(overlay), "--cores", "2", "--scheduler", "greedy", *further]

    def run(self, *further: str) -> str:
        """Run Snakemake, and return its output."""
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = self.start(*further, env=environment)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout + done.stderr

    def start(self, *further: str, **options) -> subprocess.CompletedProcess:
        """Run Snakemake, and return the finished process; the options are those of `Starter.run`."""
        options["library"] = self.checkout == ROOT
        return STARTER.run(self.arguments(*further), cwd=self.checkout, **options)


def plans(calls: dict[str, tuple[Place, tuple[str, ...], list[str]]]) -> dict[str, str]:
    """Ask Snakemake many times what it would run, with arguments and folders of packages; return its outputs."""

    def ask(place: Place, arguments: tuple[str, ...], path: list[str]) -> str:
        done = place.start("--dry-run", *arguments, "--", "all", path=path)
        return done.stdout + done.stderr

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(calls, pool.map(lambda call: ask(*call), calls.values()), strict=True))


def jobs(said: str) -> set[Job]:
    """Return the jobs in the output of a run, dry or not: each rule with its wildcards, without targets."""
    found = []
    for rule, facts in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", said, re.MULTILINE):
        wildcards = re.search(r"^    wildcards: (.*)$", facts, re.MULTILINE)
        pairs = wildcards[1].split(", ") if wildcards else []
        found.append(job(rule, **dict(pair.split("=", 1) for pair in pairs)))
    found = [made for made in found if made.rule not in ("all", "scores")]
    counts = re.search(r"^total +(\d+)$", said, re.MULTILINE)
    assert counts or "Nothing to be done" in said, said[-4000:]
    assert len(found) == len(set(found))
    targets = len(re.findall(r"^(?:all|scores) +1$", said.split("\ntotal ")[0], re.MULTILINE))
    assert len(found) == (int(counts[1]) - targets if counts else 0), "as many jobs are listed as are counted"
    return set(found)
