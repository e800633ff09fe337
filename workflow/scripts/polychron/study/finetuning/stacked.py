"""Stacked heads: fresh layers that are trained on a frozen layer of an ensemble's member, and tested through others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from polychron.errors import InputError

Job = dict[str, Any]


class Stacked:
    """The stacked heads of a study; see `polychron.study.finetuning.cells.FineTuning`."""

    config: Mapping[str, Any]
    models: dict[str, Mapping[str, Any]]
    ensembles: list[str]
    tuned: list[Job]
    of: Callable[[str], Any]
    speaker: Callable[[str, str], str]
    tuned_targets: Callable[[str, str], list[str]]

    @property
    def stacking(self) -> Mapping[str, Any] | None:
        """The settings of stacked heads, None if there are none."""
        return self.config["finetuning"]["stacked"]

    def linked_pair(self, model: str, source: str, target: str) -> tuple[str, str] | None:
        """Return the bitext of two languages by whose gold links words are paired; None if there is none."""
        pairs = [(pair["source"], pair["target"]) for pair in self.of(model).pairs]
        return next((pair for pair in ((source, target), (target, source)) if pair in pairs), None)

    def stacked_targets(self, model: str, task: str, source: str) -> list[str]:
        """Return the targets of a stacked head: the source, and languages that have a bitext with it."""
        targets = self.tuned_targets(model, task)
        return [name for name in targets if name == source or self.linked_pair(model, source, name)]

    def linked(self, model: str, task: str, source: str) -> dict[str, bool]:
        """Return the targets whose states are mapped, sorted, and whether the source is first in their bitext."""
        names = [name for name in self.stacked_targets(model, task, source) if name != source]
        return {name: self.linked_pair(model, source, name) == (source, name) for name in sorted(names)}

    def stacked_members(self, model: str, task: str, source: str) -> list[str]:
        """Return the members that a job reads, that of the source first."""
        languages = [source, *self.stacked_targets(model, task, source)]
        return [*dict.fromkeys(self.speaker(model, language) for language in languages)]

    def stacked_speakers(self, model: str, task: str, source: str) -> dict[str, int]:
        """Return the place of each target's member among these."""
        members = self.stacked_members(model, task, source)
        targets = self.stacked_targets(model, task, source)
        return {target: members.index(self.speaker(model, target)) for target in targets}

    @property
    def stacked(self) -> list[Job]:
        """The trainings of stacked heads: of ensembles, one for each layer, where a target has a bitext."""
        if self.stacking is None:
            return []
        jobs = [job for job in self.tuned if job["model"] in self.ensembles]
        return [
            {**job, "layer": layer}
            for job, layer in product(jobs, range(max(one["final_layer"] for one in self.models.values()) + 1))
            if layer <= self.models[job["model"]]["final_layer"]
            and (self.stacking["layers"] is None or layer in self.stacking["layers"])
            and self.linked(job["model"], job["task"], job["source"])
        ]


def check_stacked(study: Any) -> None:
    """Refuse stacked heads without an ensemble, without a bitext, and at layers that no ensemble has.

    Raises
    ------
    InputError
        The first fault, with its remedy.
    """
    asked = study.finetuning["stacked"]
    if asked is None or study.config["scores"] or not study.tuned_tasks:
        return
    names = [name for name in study.tuned_models if name in study.ensembles]
    if not names:
        raise InputError(
            "finetuning.stacked: no ensemble is fine-tuned, and heads are stacked on members of ensembles",
            remedy="add a model of the provider ensemble whose parts have analysis or finetuning, or set "
            "finetuning.stacked: null",
        )
    deepest = max(study.models[name]["final_layer"] for name in names)
    if beyond := [layer for layer in asked["layers"] or () if layer > deepest]:
        raise InputError(
            f"finetuning.stacked.layers: {beyond[0]} is asked for, and ensembles have the layers 0 to {deepest}",
            remedy="take it out of the list; null stands for all",
        )
    if not study.stacked:
        raise InputError(
            f"finetuning.stacked: no pair of alignment.pairs is of a source, {', '.join(study.finetuning['sources'])}, "
            "and of a target of an ensemble, so that no map can be learnt",
            remedy="add such a pair to alignment.pairs, or set finetuning.stacked: null",
        )
