"""Fine-tuned encoders that are kept: models of the study of their own, whose languages are compared like any other's.

``finetuning.keep`` says which trainings' encoders are kept, as they were after the best epoch. For each model, task,
source and seed of these there is a model ``MODEL.TASK-SOURCE-SEED`` of the provider ``finetuned``, with the steps at
which it is kept. It has no probes and no bits per character. Where the study has geometry, so has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from polychron.errors import InputError

AXES = {"tasks": "task", "steps": "step", "seeds": "seed"}
"""The keys of ``finetuning.keep``, and the wildcards that they are about."""

Job = dict[str, Any]


class Kept:
    """The fine-tuned encoders that a study keeps; see `polychron.study.finetuning.cells.FineTuning`."""

    config: Mapping[str, Any]
    models: dict[str, Mapping[str, Any]]
    described: list[str]
    tuned: list[Job]
    single: list[str]
    steps: Callable[[str], list[int]]

    @cached_property
    def kept(self) -> list[str]:
        """The models that are another one after it was fine-tuned."""
        return [name for name, model in self.models.items() if model["provider"] == "finetuned"]

    @property
    def keeping(self) -> list[Job]:
        """The trainings whose encoders are kept: those of models that have checkpoints of their own."""
        asked = self.config["finetuning"]["keep"]
        if asked is None:
            return []
        wanted = {wildcard: asked[key] for key, wildcard in AXES.items() if asked[key] is not None}
        jobs = (job for job in self.tuned if job["model"] in self.single)
        return [job for job in jobs if all(job[wildcard] in values for wildcard, values in wanted.items())]

    def kept_of(self, model: str) -> list[str]:
        """Return the models that are a given one after fine-tuning, and whose languages are compared."""
        return [name for name in self.kept if self.models[name]["of"] == model and name in self.described]

    @property
    def compared_again(self) -> list[str]:
        """The models whose geometry is compared with that after fine-tuning."""
        return [name for name in self.described if self.kept_of(name)]

    def tuned_as(self, model: str) -> list[Job]:
        """Return what each of `kept_of` was fine-tuned for: ``task``, ``source`` and ``seed``."""
        return [dict(self.models[name]["tuned"]) for name in self.kept_of(model)]


def check_kept(study: Any) -> None:
    """Refuse to keep what is not trained, and encoders of a grid of settings, of which several are averaged.

    Raises
    ------
    InputError
        The first fault, with its remedy.
    """
    asked = study.finetuning["keep"]
    if asked is None or study.config["scores"]:
        return
    for key, wildcard in AXES.items():
        known = {job[wildcard] for job in study.tuned}
        if lost := [value for value in asked[key] or () if value not in known]:
            raise InputError(
                f"finetuning.keep.{key}: no model is fine-tuned with the {wildcard} {lost[0]!r}",
                remedy=f"add it to finetuning.{key}, or take it out here",
            )
    if study.gridded and study.keeping:
        raise InputError(
            f"finetuning.keep: the recipe {study.finetuning['recipe']!r} averages the scores of several trainings, and "
            "there is no single encoder to keep",
            remedy="set finetuning.recipe to xtreme, or finetuning.keep to null",
        )
