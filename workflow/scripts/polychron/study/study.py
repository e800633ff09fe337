"""A study: what its validated config asks for, as axes of plain values.

Rules take their wildcards and settings from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from polychron.data.sources import own
from polychron.probing.tasks import registry
from polychron.study.datasets import Datasets
from polychron.study.entities import Entities
from polychron.study.finetuning.cells import FineTuning
from polychron.study.further_probes import FurtherProbes
from polychron.study.geometry import Geometry
from polychron.study.laboratory.axes import Laboratory
from polychron.study.results import Results

CONTROLS = ("word_types", "shuffled_labels")
"""The kinds of control tasks, see `polychron.probing.controls`."""

SOLVERS = {
    "adam": ("polychron.probing.training", ("seeds", "epochs", "patience", "batch", "learning_rate", "scaling")),
    "lbfgs": ("polychron.probing.logistic_regression", ("seeds", "l2", "scaling")),
}
"""How probes are trained: the module that does it, and the keys of ``probing`` that it reads."""

SLICE = {"tasks": "task", "languages": "language", "layers": "layer", "steps": "step"}
"""The keys of ``probing.sensitivity`` that choose cells, and the wildcards that they are about."""

Job = dict[str, Any]
"""The wildcards of a job."""


@dataclass(frozen=True)
class Study(Laboratory, Datasets, Entities, Geometry, FurtherProbes, FineTuning, Results):
    """The axes of a study.

    Parameters
    ----------
    config : mapping
        The whole config, validated by the schema, with defaults filled in.

    Examples
    --------
    >>> probing = {"tasks": ["pos"], "treebank_languages": ["en", "de"], "layers": [2], "layerwise": []}
    >>> models = [{"name": "m", "provider": "hub", "steps": None, "tasks": None, "parts": []}]
    >>> study = Study({"study": "s", "steps": [0, 50], "models": models, "probing": probing})
    >>> len(study.cells), study.cells[0]
    (4, {'model': 'm', 'task': 'pos', 'language': 'en', 'layer': 2, 'step': 0})
    """

    config: Mapping[str, Any]

    # names and folders

    @property
    def name(self) -> str:
        """The study's name, and that of its folder below ``resources``."""
        return self.config["study"]

    @property
    def resources(self) -> str:
        """The folder of the study's raw data and examples."""
        return f"resources/{self.name}"

    @property
    def places(self) -> list[str]:
        """The folders that hold all files of the study."""
        return [self.resources, *(f"results/{name}" for name in dict.fromkeys([*self.models, *self.laboratories]))]

    @property
    def probing(self) -> Mapping[str, Any]:
        """The settings of probing."""
        return self.config["probing"]

    def resource(self, path: str) -> str:
        """Return the path of a source's file; a user's own file is read where it is."""
        return own(path) or f"{self.resources}/{path}"

    def example(self, dataset: str) -> str:
        """Return the table of examples of a dataset, such as ``treebank/en`` or ``bitext/en/cs``."""
        return f"{self.resources}/examples/{dataset}.parquet"

    # models and steps

    @cached_property
    def models(self) -> dict[str, Mapping[str, Any]]:
        """The models by name, in the order of the config."""
        return {model["name"]: model for model in self.config["models"]}

    @cached_property
    def fairseq(self) -> list[str]:
        """The models whose checkpoints are fairseq's, with a vocabulary of their own."""
        return [name for name, model in self.models.items() if name in self.pretrained or model["vocabulary"]]

    @cached_property
    def analysed(self) -> list[str]:
        """The models for which figures, tables and claims are made."""
        return [name for name in self.with_part("analysis") if name not in self.untrained]

    @cached_property
    def first(self) -> str:
        """The model whose grid a plan describes first."""
        return [*self.analysed, *self.models][0]

    @cached_property
    def original(self) -> str | None:
        """The model that is the original, XLM-R base, if there is one."""
        return next((name for name, model in self.models.items() if model["original"]), None)

    def with_part(self, part: str) -> list[str]:
        """Return the models that a part of the study is done for."""
        return [name for name, model in self.models.items() if part in model["parts"]]

    def own_first(self, model: str) -> list[str]:
        """Return all models that have scores, starting with a given one."""
        return [model, *(name for name in self.measured if name != model)]

    def steps(self, model: str) -> list[int]:
        """Return the steps of a model, ascending: its own, or the study's; an untrained model has step 0 alone."""
        return [0] if model in self.untrained else sorted(self.models[model]["steps"] or self.config["steps"])

    def step_before(self, model: str, step: int) -> int:
        """Return the last step of a model before a step."""
        return max(earlier for earlier in self.steps(model) if earlier < step)

    # tasks

    def tasks(self, model: str) -> list[str]:
        """Return the tasks of a model: its own, or the study's."""
        own = self.models[model]["tasks"]
        return self.probing["tasks"] if own is None else own

    def asked(self, *tasks: str) -> list[str]:
        """Return those of the given tasks that the study has."""
        return [task for task in tasks if task in self.probing["tasks"]]

    def other_than(self, *tasks: str) -> list[str]:
        """Return the study's tasks except the given ones."""
        return [task for task in self.probing["tasks"] if task not in tasks]

    @cached_property
    def entries(self) -> dict[str, registry.Task]:
        """What is known of each task, in the order of ``probing.tasks``; see `registry.of_study`."""
        return registry.of_study(self.probing, self.config.get("analysis", {}).get("examples", ()))

    def entry(self, task: str) -> registry.Task:
        """Return what is known of a task, of the study or not."""
        return self.entries.get(task) or registry.of(task)

    def options(self, task: str) -> dict[str, Any]:
        """Return what the config says of a task's examples."""
        return {**self.entry(task).options, **{key: self.probing[key] for key in self.entry(task).settings}}

    def training_options(self, task: str) -> dict[str, Any]:
        """Return the same with what the config says of the examples that probes are trained on alone."""
        return self.options(task) | {key: self.probing[key] for key in self.entry(task).training_settings}

    def has(self, family: str) -> bool:
        """Whether the study has a task of a family."""
        return any(entry.dataset == family for entry in self.entries.values())

    def training_kinds(self, task: str) -> list[str]:
        """Return the kinds of dataset that a task is trained and tested on."""
        return list(registry.TRAINED_ON[self.entry(task).dataset])

    def transfer_kind(self, task: str) -> str:
        """Return the kind of dataset that a task's probes are transferred to."""
        return registry.TRANSFERRED_TO[self.entry(task).dataset]

    def sources(self, task: str) -> list[str]:
        """Return the languages that a task is probed in."""
        return self.entry(task).among(self.probing[f"{self.entry(task).dataset}_languages"])

    def transfer_languages(self, task: str) -> list[str]:
        """Return all languages that a task's probes are transferred to."""
        return self.entry(task).among(self.probing["transfer"][f"{self.entry(task).dataset}_languages"])

    def transfer_sources(self, task: str) -> list[str]:
        """Return all languages whose probes of a task are transferred: those that are named, or its targets."""
        named = self.probing["transfer"].get(f"{self.entry(task).dataset}_sources")
        return self.transfer_languages(task) if named is None else self.entry(task).among(named)

    @property
    def treebank_sources(self) -> list[str]:
        """The languages of treebanks whose probes are transferred, whatever the task."""
        named = self.probing["transfer"].get("treebank_sources")
        among = self.probing["transfer"]["treebank_languages"] if named is None else named
        return [name for name in self.probing["treebank_languages"] if self.has("treebank") and name in among]

    @cached_property
    def final_layer(self) -> int:
        """The last of the layers at which all tasks are probed."""
        return max(self.probing["layers"])

    def _further(self, task: str) -> list[Mapping[str, Any]]:
        return [entry for entry in self.probing["layerwise"] if entry["task"] == task]

    def layers_of(self, model: str, task: str, language: str) -> list[int]:
        """Return the layers at which a task is probed in a language, ascending."""
        part = self.of(model)
        further = part._further(task) if model in self.with_part("layerwise") else []
        asked = [entry["layers"] for entry in further if language in entry["languages"]]
        return sorted(set(part.probing["layers"]).union(*asked))

    def _by_layer(self, languages: Callable[[str], list[str]]) -> dict[tuple[str, int], list[str]]:
        """Return those of the languages of each task that transfer at a layer is asked for, by task and layer."""
        found = {(task, layer): languages(task) for task in self.probing["tasks"] for layer in self.probing["layers"]}
        for task in self.probing["tasks"]:
            further = self._further(task)
            for layer in {layer for entry in further for layer in entry["transfer"]}:
                asked = {name for entry in further if layer in entry["transfer"] for name in entry["languages"]}
                found.setdefault((task, layer), [language for language in languages(task) if language in asked])
        return found

    @cached_property
    def _targets(self) -> dict[tuple[str, int], list[str]]:
        return self._by_layer(self.transfer_languages)

    @cached_property
    def _sources(self) -> dict[tuple[str, int], list[str]]:
        return self._by_layer(self.transfer_sources)

    def targets_of(self, task: str, layer: int) -> list[str]:
        """Return the languages that a task's probes at a layer are transferred to."""
        return self._targets.get((task, layer), [])

    def sources_of(self, task: str, layer: int) -> list[str]:
        """Return the languages whose probes of a task at a layer are transferred, if there is a target."""
        return self._sources.get((task, layer), []) if self.targets_of(task, layer) else []

    # the grid: one mapping of wildcards for each job

    @cached_property
    def cells(self) -> list[Job]:
        """The cells: one for each model, task, language, layer and step."""
        return [
            {"model": model, "task": task, "language": language, "layer": layer, "step": step}
            for model in self.models
            for task in self.tasks(model)
            for language in self.of(model).sources(task)
            for layer in self.layers_of(model, task, language)
            for step in self.steps(model)
        ]

    @cached_property
    def transfers(self) -> list[Job]:
        """The cells whose probes are transferred."""
        return [
            cell
            for cell in self.cells
            if cell["language"] in self.of(cell["model"]).sources_of(cell["task"], cell["layer"])
        ]

    @cached_property
    def accompanied(self) -> list[Job]:
        """The cells that have controls and a description length: those of the last step at the final layer, or all."""
        last = {(model, self.steps(model)[-1], self.own_layers(model, [self.final_layer])[0]) for model in self.models}
        if self.probing["control_cells"] == "all":
            return self.cells
        return [cell for cell in self.cells if (cell["model"], cell["step"], cell["layer"]) in last]

    @cached_property
    def controls(self) -> list[Job]:
        """The control tasks of cells; tasks without words have none of word types."""
        of = {kind: [cell for cell in self.accompanied if self.has_control(cell["task"], kind)] for kind in CONTROLS}
        return [{"control": kind, **cell} for kind in self.probing["controls"] for cell in of[kind]]

    @cached_property
    def description_lengths(self) -> list[Job]:
        """The cells whose description length is measured."""
        return self.accompanied if self.probing["description_length"] else []

    @cached_property
    def setting(self) -> tuple[str, str]:
        """How the study's own probes are trained: ``scaling`` and ``solver``."""
        return self.probing["scaling"], self.probing["solver"]

    @property
    def computed_in(self) -> Job:
        """What decides the last bits of word vectors besides the model and the text, for the specs of their jobs.

        float32, the default, is left out, so that studies that were computed before there was a choice stay finished.
        """
        given = self.config["features"]
        precision = {} if given["precision"] == "float32" else {"precision": given["precision"]}
        return {"tokens_per_batch": given["tokens_per_batch"], **precision}

    def training_settings(self, scaling: str, solver: str) -> Job:
        """Return the values that decide how probes are trained under a setting, by the names of the solver's `fit`."""
        return {key: {**self.probing, "scaling": scaling}[key] for key in SOLVERS[solver][1]}

    @cached_property
    def compared(self) -> list[Job]:
        """The cells that are trained under other settings as well; none where scores were gathered elsewhere."""
        asked = self.probing["sensitivity"]
        if not asked or self.config["scores"]:
            return []
        slices = [(wildcard, asked[key]) for key, wildcard in SLICE.items() if asked[key]]
        trained = [cell for cell in self.cells if cell["model"] in self.analysed and cell["step"]]
        return [cell for cell in trained if all(cell[wildcard] in values for wildcard, values in slices)]

    @cached_property
    def other_settings(self) -> list[tuple[str, str]]:
        """The settings under which those cells are trained besides the study's own."""
        asked = self.probing["sensitivity"] or {"scaling": None, "solver": None}
        values = (asked[key] or [self.probing[key]] for key in ("scaling", "solver"))
        return [setting for setting in product(*values) if setting != self.setting]

    @cached_property
    def alternatives(self) -> list[Job]:
        """The cells under other settings."""
        settings = [dict(zip(("scaling", "solver"), setting, strict=True)) for setting in self.other_settings]
        return [{**setting, **cell} for setting in settings for cell in self.compared]

    def has_control(self, task: str, control: str) -> bool:
        """Whether a task has a control of a kind: those on sentences have none of word types."""
        return control != "word_types" or self.entry(task).dataset != "inference"

    @cached_property
    def bits(self) -> list[Job]:
        """The measurements of bits per character: one for each model, language and step."""
        asked = (job for model in self.models for job in self.bits_of(model))
        measured = dict.fromkeys((job["speaker"], job["language"], job["step"]) for job in asked)
        return [dict(zip(("model", "language", "step"), job, strict=True)) for job in measured]

    @cached_property
    def pairs(self) -> list[dict[str, str]]:
        """The pairs of languages whose words are aligned."""
        return [{"source": source, "target": target} for source, target in self.config["alignment"]["pairs"]]

    @cached_property
    def alignments(self) -> list[Job]:
        """The word alignments: one for each model, pair of languages and step."""
        return [
            {"model": model, **pair, "step": step}
            for model in self.with_part("alignment")
            for pair, step in product(self.of(model).pairs, self.steps(model))
        ]

    @property
    def matching(self) -> list[str]:
        """The methods by which words are aligned besides itermax, sorted."""
        return sorted({*self.config["alignment"]["methods"]} - {"itermax"})

    @cached_property
    def baselines(self) -> list[Job]:
        """The baselines: one for each model, task and language."""
        return [
            {"model": model, "task": task, "language": language}
            for model in self.models
            for task in self.tasks(model)
            for language in self.of(model).sources(task)
        ]

    # what wildcards may be

    @cached_property
    def languages(self) -> list[str]:
        """All languages of the study."""
        return sorted({*self.text_languages, *self._asked})

    def languages_for(self, model: str) -> list[str]:
        """Return the languages of the study without those that other models alone are pretrained on."""
        members = [model, *self.members(model).values()]
        read = {language for member in members for language in self.pretraining_languages(member)}
        return sorted({*read, *self._asked})

    @cached_property
    def _asked(self) -> set[str]:
        """The languages of the study, whatever models are pretrained on."""
        probing = self.probing
        return {
            *self.config["bits"]["languages"],
            *probing["treebank_languages"],
            *probing["inference_languages"],
            *probing["transfer"]["treebank_languages"],
            *probing["transfer"]["inference_languages"],
            *(language for pair in self.config["alignment"]["pairs"] for language in pair),
            *self.compared_languages,
            *self.entity_languages,
            *(language for name in self.sets for language in self.languages_of(name)),
        }

    @cached_property
    def layers(self) -> range:
        """The layers of the deepest model of the study, with layer 0."""
        return range(max(model["final_layer"] for model in self.models.values()) + 1)
