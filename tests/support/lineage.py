"""What each job of a study depends on, derived from its config alone: the reference that the workflow is compared with.

Nothing here is read from a run or from the rules. A job depends on other jobs and on facts: a file, the rows of a
language in a file, the code of a rule, a value of the config.
"""

import ast
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

FIGURES = {
    "01": "best_scores",
    "02": "onsets",
    "03": "relative_scores",
    "04": "transfer_matrices",
    "05": "transfer_matrices",
    "06": "transfer_dynamics",
    "07": "transfer_dynamics",
    "08": "layers",
    "09": "layers",
    "10": "layers",
    "11": "expected_layers",
    "12": "layers",
    "13": "expected_layers",
    "14": "bits_per_character",
    "15": "relative_scores",
    "16": "onsets",
    "17": "relative_scores",
}
SPREAD = ("05", "08", "09", "10", "11", "12", "13", "14")
"""The figures that always show intervals."""
TABLES = (
    *("tasks_and_languages", "tasks_and_languages", "final_scores"),
    *(
        "correlations",
        "correlations",
        "dynamics",
        "sensitivity",
        "transfer_factors",
        "further_factors",
        "published_models",
    ),
)
MORPHOLOGY = ("morphology", "word_majority")
TASKS = {
    "pos": ("token_labels", "word_majority"),
    "arc_prediction": ("arc_prediction", "distance"),
    "arc_classification": ("arc_classification", "pair_majority", "distance"),
    "xnli": ("nli", "hypothesis_only"),
}
"""The module of each task, and those of its baselines; any other task is an attribute of FEATS."""
INFERENCE = ("xnli",)
TRAINING = ("train_probe", "train_control", "measure_description_length", "train_alternative")
"""The scripts that train probes, by the module that the rules name to them."""
SOLVERS = {"adam": "training", "lbfgs": "logistic_regression"}


def entries_of(script: str, task: str, solver: str = "adam") -> tuple[str, ...]:
    """Return the modules that a rule names to the script of a task."""
    module, *baseline = TASKS.get(task, MORPHOLOGY)
    known = [f"polychron.probing.baselines.{name}" for name in baseline if script == "score_baseline"]
    known += [f"polychron.probing.{SOLVERS[solver]}"] if script in TRAINING else []
    return (f"polychron.probing.tasks.{module}", *known)


ENTRIES = {
    "draw_figure": {(f"polychron.figures.{module}",) for module in FIGURES.values()},
    "write_table": {(f"polychron.tables.{module}",) for module in TABLES},
    **{
        script: {
            entries_of(script, task, solver)
            for task in TASKS
            for solver in (SOLVERS if script == "train_alternative" else ("adam",))
        }
        for script in (*TRAINING, "tabulate_targets", "transfer_probe", "score_baseline")
    },
}
"""By script, the modules that its rules name to it, those of one job together."""
PAGES = {
    "audit_claims": ("claims.html", "base.html", "style.css"),
    "audit_laboratory": ("laboratory.html", "base.html", "style.css"),
    "audit_literature": ("literature.html", "base.html", "style.css"),
    "build_explorer": ("explorer.html", "explorer.js", "base.html", "style.css"),
    "check_geometry": ("checks.html", "column.html", "base.html", "style.css"),
    "check_laboratory": ("checks.html", "column.html", "base.html", "style.css"),
    "check_study": ("checks.html", "column.html", "base.html", "style.css"),
    "compare_checkpoints": ("checkpoints.html", "column.html", "base.html", "style.css"),
    "examine_data": ("table.html", "base.html", "style.css"),
    "summarise_study": ("summary.html", "column.html", "base.html", "style.css"),
    "reproduce": ("plan.html", "base.html", "style.css"),
    "write_table": ("table.html", "base.html", "style.css"),
}
"""By script, the templates of its page."""


class Job(NamedTuple):
    """A rule and its wildcards."""

    rule: str
    wildcards: frozenset[tuple[str, str]]

    def __repr__(self) -> str:
        return f"{self.rule}({', '.join(f'{name}={value}' for name, value in sorted(self.wildcards))})"


Lineage = dict[Job, frozenset]


def job(rule: str, **wildcards) -> Job:
    return Job(rule, frozenset((name, str(value)) for name, value in wildcards.items()))


class _Study:
    """Collects the jobs of a study, each with what it depends on."""

    def __init__(self, study: dict) -> None:
        self.jobs: Lineage = {}
        self.study, self.probing, self.files = study, study["probing"], study["files"]
        self.model = study["models"][0]["name"]
        self.steps = sorted(study["steps"])
        self.precision = ("precision", study["features"].get("precision", "float32"))
        self.compared: list[Job] = []

    def add(self, rule: str, *needs, code: str | None = None, enters: Iterable[str] = (), **wildcards) -> Job:
        """Add a job: of the script `code`, the rule's own name where it is not given, on the modules `enters`."""
        made = job(rule, **wildcards)
        script = code or rule
        templates = {("template", name) for name in PAGES.get(script, ())}
        self.jobs[made] = frozenset({("code", script, *enters), *templates, *needs})
        return made

    def ask(self, rule: str, *needs, task: str, code: str | None = None, **wildcards) -> Job:
        """Add a job of a task: it hangs on the task's modules, and on what the config says of it."""
        said = ("labels", str(self.probing.get("token_labels", {}).get(task)))
        enters = entries_of(code or rule, task, wildcards.get("solver", "adam"))
        return self.add(rule, *needs, said, code=code, enters=enters, task=task, **wildcards)

    def examples(self, kind: str, language: str) -> Job:
        if kind in ("treebank", "parallel"):
            pattern = self.files[kind][language]
            files = {("file", pattern.format(split=split)) for split in ("train", "dev", "test")}
            return self.add("tabulate_treebank", *files, kind=kind, language=language)
        if kind == "bitext":
            source, target = language.split("/")
            files = [("file", self.files["alignment"][language][part]) for part in ("source", "target", "links")]
            return self.add("tabulate_bitext", *files, source=source, target=target)
        if kind == "heldout":
            return self.add("split_text", ("file", self.files["text"].format(language=language)), language=language)
        rows = [("rows", split, language) for split in {"inference": ["train", "dev"]}.get(kind, ["test"])]
        return self.add("tabulate_inference", *rows, kind=kind, language=language)

    def pieces(self, kind: str, language: str) -> Job:
        """Tokenize a dataset. The tokenizer is kept once it is made: no change of steps tokenizes texts again."""
        return self.add(
            "tokenize_examples", self.examples(kind, language), dataset=f"{kind}/{language}", model=self.model
        )

    def weights(self, step: int) -> tuple:
        """Return what a reader of the weights of a step depends on: the job that makes them, and the file itself."""
        resolved = job("resolve_checkpoint", model=self.model, step=step)
        return self.add("fetch_checkpoint", resolved, model=self.model, step=step), ("weights", step)

    def vectors(self, kind: str, language: str, layer: int, step: int) -> tuple:
        """Return what word vectors depend on, whether they are stored or computed in the job that reads them."""
        everywhere = kind != "treebank" or layer in self.probing["layers"]
        if everywhere and kind in self.study["features"]["store"]:
            dataset = f"{kind}/{language}"
            wildcards = {"dataset": dataset, "layer": layer, "step": step, "model": self.model}
            read = [*self.weights(step), self.pieces(kind, language), self.precision]
            return (self.add("extract_features", *read, **wildcards),)
        return (*self.weights(step), self.pieces(kind, language), self.precision, ("computed", kind))

    def languages(self, task: str) -> list[str]:
        return self.probing["inference_languages" if task in INFERENCE else "treebank_languages"]

    def targets(self, task: str) -> list[str]:
        kind = "inference" if task in INFERENCE else "treebank"
        return sorted(self.probing["transfer"][f"{kind}_languages"])

    def layers(self, task: str, language: str) -> list[int]:
        further = [
            layer
            for entry in self.probing["layerwise"]
            if entry["task"] == task and language in entry["languages"]
            for layer in entry["layers"]
        ]
        return sorted({*self.probing["layers"], *further})

    def cell(self, task: str, language: str, layer: int, step: int) -> list[Job]:
        """A cell, its control at the last step, and its transfer at the layers that all tasks have."""
        kinds = ["inference", "inference_test"] if task in INFERENCE else ["treebank"]
        read = {need for kind in kinds for need in self.vectors(kind, language, layer, step)}
        read |= {self.examples(kind, language) for kind in kinds} | {self.pieces(kind, language) for kind in kinds}
        settings = [("seeds", str(sorted(self.probing["seeds"]))), ("epochs", str(int(self.probing["epochs"])))]
        cell = {"task": task, "language": language, "layer": layer, "step": step, "model": self.model}
        made = [self.ask("train_probe", *read, *settings, **cell)]
        self.sensitivity(made[0], read, cell)
        if step == self.steps[-1] and layer == max(self.probing["layers"]):
            for control in self.probing["controls"]:
                if control != "word_types" or task not in INFERENCE:
                    made.append(self.ask("train_control", *read, *settings, control=control, **cell))
            if self.probing["description_length"]:
                made.append(self.ask("measure_description_length", *read, *settings, **cell))
        if layer in self.probing["layers"] and language in self.targets(task):
            to = "inference_test" if task in INFERENCE else "parallel"
            cut = self.ask(
                "tabulate_targets",
                ("targets", str(self.targets(task))),
                *(self.examples(to, target) for target in self.targets(task)),
                *(self.pieces(to, target) for target in self.targets(task)),
                task=task,
                model=self.model,
            )
            scored = {need for target in self.targets(task) for need in self.vectors(to, target, layer, step)}
            made.append(self.ask("transfer_probe", made[0], cut, *scored, ("targets", str(self.targets(task))), **cell))
        return made

    def sensitivity(self, own: Job, read: set, cell: dict) -> None:
        """The cell under other settings, where it is in the slice: Adam reads epochs, both read seeds."""
        asked = self.probing.get("sensitivity")
        slices = {"tasks": "task", "languages": "language", "layers": "layer", "steps": "step"}
        if not asked or any(cell[name] not in asked.get(key, [cell[name]]) for key, name in slices.items()):
            return
        self.compared.append(own)
        for scaling in asked.get("scaling", ["none"]):
            for solver in asked.get("solver", ["adam"]):
                if (scaling, solver) != ("none", "adam"):
                    settings = {"seeds": sorted(self.probing["seeds"]), "epochs": int(self.probing["epochs"])}
                    facts = {
                        (key, str(value)) for key, value in settings.items() if (key, solver) != ("epochs", "lbfgs")
                    }
                    made = self.ask("train_alternative", *read, *facts, scaling=scaling, solver=solver, **cell)
                    self.compared.append(made)

    def scores(self) -> list[Job]:
        """Every job whose scores are gathered."""
        model, made = self.model, []
        for task in self.probing["tasks"]:
            for language in self.languages(task):
                for step in self.steps:
                    for layer in self.layers(task, language):
                        made += self.cell(task, language, layer, step)
                kinds = ["inference", "inference_test"] if task in INFERENCE else ["treebank"]
                read = [find(kind, language) for kind in kinds for find in (self.examples, self.pieces)]
                made.append(self.ask("score_baseline", *read, task=task, language=language, model=model))
        for step in self.steps:
            for language in self.study["bits"]["languages"]:
                read = [*self.weights(step), self.precision, self.pieces("heldout", language)]
                made.append(self.add("measure_bits", *read, language=language, step=step, model=model))
            for pair in self.study["alignment"]["pairs"]:
                source, target = pair
                read = [
                    *self.weights(step),
                    self.precision,
                    *(find("bitext", f"{source}/{target}") for find in (self.examples, self.pieces)),
                ]
                made.append(self.add("align_words", *read, source=source, target=target, step=step, model=model))
        return made

    def datasets(self) -> list[tuple[str, str]]:
        transfer = self.probing["transfer"]
        inference = [*self.probing["inference_languages"], *transfer["inference_languages"]]
        return [
            *(("treebank", language) for language in self.probing["treebank_languages"]),
            *(("parallel", language) for language in transfer["treebank_languages"]),
            *(("inference", language) for language in self.probing["inference_languages"]),
            *(("inference_test", language) for language in inference),
            *(("heldout", language) for language in self.study["bits"]["languages"]),
            *(("bitext", "/".join(pair)) for pair in self.study["alignment"]["pairs"]),
        ]

    def checkpoints(self, bundle: Job) -> None:
        model, verdicts, moved = self.model, [], []
        for step, before in zip(self.steps, [None, *self.steps], strict=False):
            resolved = self.add("resolve_checkpoint", ("checkpoint", step), model=model, step=step)
            # it depends on the files on disk and not on code
            self.jobs[resolved] -= {("code", "resolve_checkpoint")}
            verdicts.append(self.add("examine_checkpoint", *self.weights(step), resolved, model=model, step=step))
            if before is not None:
                both = [*self.weights(before), *self.weights(step)]
                moved.append(self.add("measure_displacement", *both, model=model, step=step))
            admitted = self.add("admit_checkpoint", resolved, place=f"{model}/checkpoints/step-{step}")
            self.jobs[admitted] -= {("code", "admit_checkpoint")}  # an admitted checkpoint stays admitted
        self.jobs[job("fetch_tokenizer", model=model)] = frozenset()
        self.add("compare_checkpoints", *verdicts, *moved, bundle, model=model)

    def analysis(self, scores: Iterable[Job], bundle: Job) -> None:
        model = self.model
        sizes, distances = ("file", self.files["sizes"]), ("file", self.files["distances"])
        gathered = self.add("gather_scores", *scores, model=model)
        traced = self.add("trace_trajectories", gathered, model=model)
        intervals = self.add("estimate_intervals", gathered, model=model)
        sizes = self.add("tabulate_sizes", sizes, model=model)
        factors = self.add("correlate_factors", gathered, traced, intervals, sizes, distances, model=model)
        tables = [(gathered,), (gathered,), (gathered, traced), (factors, sizes), (factors, sizes), (traced, intervals)]
        if self.compared:
            apart = self.add("gather_sensitivity", *self.compared, model=model)
            tables.append((self.add("compare_settings", apart, model=model),))
        for number, (read, module) in enumerate(zip(tables, TABLES, strict=False), start=1):
            entry = f"polychron.tables.{module}"
            self.add(f"write_table_{number}", *read, code="write_table", enters=(entry,), model=model)
        for number, module in FIGURES.items():
            read = [traced, bundle, *([sizes] if number == "14" else []), *([intervals] if number in SPREAD else [])]
            entry = f"polychron.figures.{module}"
            self.add(f"draw_figure_{number}", *read, code="draw_figure", enters=(entry,), model=model)
        self.add("summarise_study", traced, model=model)
        labels = ("labels", str(self.probing.get("token_labels")))  # the audit reads all that probing says
        self.add("build_explorer", gathered, sizes, bundle)
        self.add("audit_claims", gathered, traced, factors, sizes, distances, labels, model=model)
        read = [find(*dataset) for dataset in self.datasets() for find in (self.examples, self.pieces)]
        self.add("examine_data", *read, model=model)


def lineage(study: dict) -> Lineage:
    """Return what every job of a study depends on."""
    whole = _Study(study)
    bundle = whole.add("bundle_javascript")
    whole.checkpoints(bundle)
    whole.analysis(whole.scores(), bundle)
    return whole.jobs


def wanted(jobs: Lineage, *targets: Job) -> set[Job]:
    """Return some jobs and all jobs that they depend on."""
    found, waiting = set(), list(targets)
    while waiting:
        made = waiting.pop()
        if made not in found:
            found.add(made)
            waiting += [need for need in jobs[made] if isinstance(need, Job)]
    return found


def stale(before: Lineage, after: Lineage, changed: Iterable[tuple]) -> set[Job]:
    """Return the jobs to rerun: new ones, those that depend on something else now, and all that follow them.

    What has changed is a fact, or a job whose result is that of another.
    """
    facts = set(changed)
    found = {made for made, needs in after.items() if before.get(made) != needs or facts & {*needs, made}}
    while more := {made for made, needs in after.items() if made not in found and needs & found}:
        found |= more
    return found


def reached(scripts: Path, script: str, *entries: str) -> tuple[set[str], set[str]]:
    """Follow the imports of a script and of the modules that a rule names to it.

    Modules of the library are named from its own folder, such as ``stats.dyadic``, each with the ``__init__`` files of
    the folders that it is in, such as ``stats``; the library's own is the empty name. Returns the modules, and the
    packages that those import.
    """
    library = {}
    for file in (scripts / "polychron").rglob("*.py"):
        parts = file.relative_to(scripts / "polychron").with_suffix("").parts
        library[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    modules, packages, waiting = set(), set(), [scripts / f"{script}.py"]

    def take(name: str) -> None:
        root, *parts = name.split(".")
        if root != "polychron":
            packages.update({root} - sys.stdlib_module_names)
            return
        for length in range(len(parts) + 1):
            module = ".".join(parts[:length])
            if module in library and module not in modules:
                modules.add(module)
                waiting.append(library[module])

    for entry in entries:
        take(entry)
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop().read_text())):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    take(alias.name)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, "no relative imports"
                for alias in node.names:
                    take(f"{node.module}.{alias.name}")
    return modules, packages


def code_of(scripts: Path, *, module: str | None = None, package: str | None = None) -> set[tuple]:
    """Return the fact of each script, with the modules named to it, that reaches a module or a package."""
    found = set()
    for file in scripts.glob("*.py"):
        for entries in ENTRIES.get(file.stem, {()}):
            modules, packages = reached(scripts, file.stem, *entries)
            if module in modules or package in packages:
                found.add(("code", file.stem, *entries))
    return found
