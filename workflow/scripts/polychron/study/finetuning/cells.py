"""The fine-tuning of a study: which models are trained for what, on which language, and where they are tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import product
from typing import Any

from polychron.errors import InputError
from polychron.finetuning import recipes
from polychron.probing.tasks import registry
from polychron.study.finetuning.kept import Kept, check_kept
from polychron.study.finetuning.members import Members
from polychron.study.finetuning.patterns import JOINT
from polychron.study.finetuning.stacked import Stacked, check_stacked

FAMILIES = {"xnli": "inference", "entities": "entity", "pos": "treebank", "parsing": "treebank"}
"""What a model can be fine-tuned for, and the family of datasets that each reads."""

NAMES = tuple(f"{task}{kind}" for kind in ("_tuned", "_stacked_tuned") for task in FAMILIES)
"""What the tasks are called in tables of scores."""

Job = dict[str, Any]


class FineTuning(Kept, Members, Stacked):
    """The fine-tuning of a study; see `polychron.study.study.Study`, which this is a part of."""

    config: Mapping[str, Any]
    probing: Mapping[str, Any]
    analysed: list[str]
    models: dict[str, Mapping[str, Any]]
    single: list[str]
    untrained: list[str]
    views: list[str]
    with_part: Callable[[str], list[str]]
    of: Callable[[str], Any]
    steps: Callable[[str], list[int]]
    has: Callable[[str], bool]

    @property
    def finetuning(self) -> Mapping[str, Any]:
        """The settings of fine-tuning."""
        return self.config["finetuning"]

    @property
    def tuned_tasks(self) -> list[str]:
        """What models are fine-tuned for; nothing where scores were gathered elsewhere."""
        return [] if self.config["scores"] else list(self.finetuning["tasks"])

    @property
    def tunable(self) -> list[str]:
        """The models that may be fine-tuned: those that are analysed, or are to be fine-tuned alone. Views are not."""
        asked = {*self.analysed, *self.with_part("finetuning")}
        return [name for name in self.models if name in asked and name not in {*self.views, *self.untrained}]

    @property
    def tuned_models(self) -> list[str]:
        """The models that are fine-tuned: those of `tunable` that ``finetuning.models`` names, or all."""
        named = self.finetuning["models"]
        return [name for name in self.tunable if named is None or name in named]

    def _probed(self, model: str) -> Mapping[str, Any]:
        return self.of(model).probing

    def tuned_sources(self, model: str, task: str) -> list[str]:
        """Return what a model is fine-tuned on for a task: the languages that it has data of, and all together.

        Models that lack some of these, and ensembles, whose members do not read the same pieces, are trained on one at
        a time alone.
        """
        known = self._probed(model)[f"{FAMILIES[task]}_languages"]
        found = [language for language in self.finetuning["sources"] if language in known]
        whole = model in self.single and found == self.sources_together(task)
        return [*found, JOINT] if self.finetuning["joint"] and whole and len(found) > 1 else found

    def sources_together(self, task: str) -> list[str]:
        """Return the languages whose examples are joined, where a model is trained on all of them together."""
        known = self.probing[f"{FAMILIES[task]}_languages"]
        return [language for language in self.finetuning["sources"] if language in known]

    @property
    def tuned_from(self) -> list[str]:
        """What models may be fine-tuned on, as a wildcard."""
        return sorted({*self.finetuning["sources"], JOINT})

    def tuned_targets(self, model: str, task: str) -> list[str]:
        """Return the languages that a fine-tuned model is tested on: those that probes are transferred to."""
        return list(self._probed(model)["transfer"][f"{FAMILIES[task]}_languages"])

    def oracle_targets(self, model: str, task: str) -> list[str]:
        """Return those of the targets whose dev sets are asked as well; none unless ``finetuning.oracle``."""
        known = self._probed(model)[f"{FAMILIES[task]}_languages"] if self.finetuning["oracle"] else []
        return [language for language in self.tuned_targets(model, task) if language in known]

    def tuned_steps(self, model: str) -> list[int]:
        """Return the steps at which a model is fine-tuned: those of ``finetuning.steps`` that it has, or all."""
        asked = self.finetuning["steps"]
        return [step for step in self.steps(model) if asked is None or step in asked]

    @cached_property
    def tuned(self) -> list[Job]:
        """The cells of fine-tuning: one for each model, task, source, step and seed."""
        return [
            {"model": model, "task": task, "source": source, "step": step, "seed": seed}
            for model in (self.tuned_models if self.tuned_tasks else [])
            for task in self.tuned_tasks
            for source, step, seed in product(
                self.tuned_sources(model, task), self.tuned_steps(model), self.finetuning["seeds"]
            )
        ]

    def tuned_datasets(self, task: str, source: str) -> list[str]:
        """Return the datasets that a cell is trained and tested on in its own language."""
        sources = self.sources_together(task) if source == JOINT else [source]
        return [f"{kind}/{name}" for name in sources for kind in registry.TRAINED_ON[FAMILIES[task]]]

    def tuned_tests(self, model: str, task: str) -> list[str]:
        """Return the datasets that a cell is tested on in all targets."""
        kind = registry.TRANSFERRED_TO[FAMILIES[task]]
        return [f"{kind}/{target}" for target in self.tuned_targets(model, task)]

    @property
    def tuning_settings(self) -> Job:
        """The settings that decide how models are trained: the name of a recipe, and the study's own values."""
        return {"recipe": self.finetuning["recipe"], "own": {key: self.finetuning[key] for key in recipes.OVERRIDDEN}}

    @property
    def gridded(self) -> bool:
        """Whether the recipe is a grid, at each point of which a model is trained."""
        return any(len(points) > 1 for points in recipes.RECIPES[self.finetuning["recipe"]].values())

    @property
    def claimed_recipe(self) -> Job:
        """The settings of the grid as claims of the paper are told of them, if models are fine-tuned on it."""
        if not (self.tuned_tasks and self.finetuning["recipe"] == "wu"):
            return {}
        words, pairs = self.tuning_points("pos"), self.tuning_points("xnli")

        def values(points: list[recipes.Recipe], key: str) -> Any:
            return sorted({getattr(point, key) for point in points})

        token = {"epochs": words[0].epochs, "warmup": words[0].warmup}
        token |= {key: values(words, key) for key in ("batch", "learning_rate")}
        nli = {"epochs": pairs[0].epochs, "batch": values(pairs, "batch")}
        nli |= {"encoder_rate": values(pairs, "learning_rate"), "classifier_rate": values(pairs, "head_rate")}
        return {"finetuning": {"wu": {"token": token, "nli": nli, "best": recipes.BEST}}}

    def tuning_points(self, task: str) -> list[recipes.Recipe]:
        """Return the points of the grid of a task: one, if the recipe is no grid."""
        settings = self.tuning_settings
        return list(recipes.grid(settings["recipe"], task, settings["own"]))

    def tuned_axes(self, model: str) -> Job:
        """Return what a model is fine-tuned for, for the plan; each point has a job for each step and seed."""
        cells = dict.fromkeys((job["task"], job["source"]) for job in self.tuned if job["model"] == model)
        return {
            "grid": self.gridded,
            "jobs": len(self.tuned_steps(model)) * len(self.finetuning["seeds"]),
            "compared": len(self.kept_of(model)),
            "stacked": sum(job["model"] == model for job in self.stacked),
            "cells": [
                {
                    "task": task,
                    "sets": self.tuned_datasets(task, source),
                    "targets": self.tuned_tests(model, task),
                    "points": [(point.epochs, point.size) for point in self.tuning_points(task)],
                    "kept": [(job["model"], job["task"], job["source"]) for job in self.keeping].count(
                        (model, task, source)
                    ),
                }
                for task, source in cells
            ],
        }


def check(study: Any) -> None:
    """Refuse fine-tuning without data, and on languages and at steps that the study lacks.

    Raises
    ------
    InputError
        The first fault, with its remedy.
    """
    asked = study.finetuning
    for task in study.tuned_tasks:
        family = FAMILIES[task]
        if not study.has(family):
            probed = {"inference": "xnli", "entity": "entities", "treebank": "pos"}[family]
            raise InputError(
                f"finetuning.tasks: {task!r} is asked for, and no task of probing.tasks reads its data",
                remedy=f"add {probed} to probing.tasks, or take {task} out of finetuning.tasks",
            )
        if not any(language in study.probing[f"{family}_languages"] for language in asked["sources"]):
            raise InputError(
                f"finetuning.sources: none of {', '.join(asked['sources'])} is in probing.{family}_languages, so that "
                f"no model would be fine-tuned for {task!r}",
                remedy="name a language of them that has a train file",
            )
    check_kept(study)
    check_stacked(study)
    if not study.tuned_tasks:
        return
    for name in asked["models"] or ():
        if name not in study.tunable:
            raise InputError(
                f"finetuning.models: {name!r} is no model of the study that can be fine-tuned",
                remedy=f"name some of {', '.join(study.tunable)}, or null for all",
            )
    known = {name for task in study.tuned_tasks for name in study.probing[f"{FAMILIES[task]}_languages"]}
    if strange := [language for language in asked["sources"] if language not in known]:
        raise InputError(
            f"finetuning.sources: {strange[0]!r} is no language of the tasks that models are fine-tuned for",
            remedy="add it to their languages in probing, or take it out",
        )
    if asked["joint"] and all(len(study.sources_together(task)) < 2 for task in study.tuned_tasks):
        raise InputError(
            f"finetuning.joint: there are fewer than two sources, {', '.join(asked['sources'])}",
            remedy="name more in finetuning.sources, or set finetuning.joint: false",
        )
    lab = study.config.get("lab") or {"pairs": [], "parts": []}
    first = {pair[0] for pair in lab["pairs"] if "finetuning" in lab["parts"]}
    if strange := sorted(first - {*asked["sources"]}):
        raise InputError(
            f"finetuning.sources: {strange[0]} is the first language of a pair of lab.pairs, whose models would be "
            "fine-tuned on nothing that its figures and tables show",
            remedy=f"add {strange[0]} to it, or leave that pair out of lab.pairs",
        )
    here = {step for model in study.tuned_models for step in study.steps(model)}
    if lost := [step for step in asked["steps"] or () if step not in here]:
        raise InputError(
            f"finetuning.steps: no model has the step {lost[0]}",
            remedy="add it to steps, or take it out; null stands for all steps",
        )
