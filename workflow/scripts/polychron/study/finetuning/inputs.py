"""The inputs of the jobs of fine-tuning, as functions of their wildcards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polychron.probing.tasks import registry
from polychron.study.finetuning.cells import FAMILIES, POINT, TUNED


class TuningInputs:
    """The inputs of these jobs; see `polychron.study.inputs.Inputs`, which this is a part of."""

    study: Any
    first_tokenizer: Callable[[Any], dict[str, str]]

    def tuning(self, wildcards: Any) -> dict[str, Any]:
        """Return what a cell reads besides the checkpoint: examples and pieces, and the tokenizer where pairs are read.

        Examples are those of the source, then those of all targets, and last those of the targets whose dev sets are
        asked too.
        """
        model, task = wildcards.model, wildcards.task
        names = [
            *self.study.tuned_datasets(task, wildcards.source),
            *self.study.tuned_tests(model, task),
            *(self.study.tuned_datasets(task, target)[0] for target in self.study.oracle_targets(model, task)),
        ]
        return {
            "examples": [self.study.example(name) for name in names],
            "pieces": [f"results/{model}/pieces/{name}.parquet" for name in names],
            "tokenizer": self.first_tokenizer(wildcards)["tokenizer"] if FAMILIES[task] == "inference" else [],
        }

    def geometry_of_kept(self, wildcards: Any) -> dict[str, Any]:
        """Return the geometry of a model, and that of the models which it is after fine-tuning."""
        return {
            "before": f"results/{wildcards.model}/geometry.parquet",
            "after": [f"results/{name}/geometry.parquet" for name in self.study.kept_of(wildcards.model)],
        }

    def forgetting(self) -> list[str]:
        """Return the tables of geometry before and after fine-tuning."""
        return [f"results/{model}/forgetting.parquet" for model in self.study.compared_again]

    @property
    def training(self) -> dict[str, Any]:
        """What decides a training, for the specs of its rules: values, and functions of the wildcards."""
        study = self.study
        return {
            "enters": self.tuning_entry,
            "task": lambda wildcards: wildcards.task,
            "options": lambda wildcards: dict(study.entry(wildcards.task).options),
            "model": lambda wildcards: wildcards.model,
            "source": lambda wildcards: wildcards.source,
            "datasets": lambda wildcards: len(study.tuned_datasets(wildcards.task, wildcards.source)),
            "targets": lambda wildcards: study.tuned_targets(wildcards.model, wildcards.task),
            "oracles": lambda wildcards: study.oracle_targets(wildcards.model, wildcards.task),
            "layer": lambda wildcards: study.models[wildcards.model]["final_layer"],
            "window": lambda wildcards: study.models[wildcards.model]["window"],
            "step": lambda wildcards: int(wildcards.step),
            "seed": lambda wildcards: int(wildcards.seed),
            "tokens_per_batch": study.config["features"]["tokens_per_batch"],
            "threads": 1,
            **study.tuning_settings,
            **({"point": lambda wildcards: int(wildcards.point)} if study.gridded else {}),
        }

    def tuning_entry(self, wildcards: Any) -> list[str]:
        """Return the module that makes a task's examples, which the script enters; none of trees."""
        return [] if wildcards.task == "parsing" else [registry.of(wildcards.task).entry]

    def tuned_scores(self, model: str) -> list[str]:
        """Return the tables of scores of all fine-tuned models of a model."""
        mine = [job for job in self.study.tuned if job["model"] == model]
        return [f"results/{model}/finetuned/{TUNED.format(**job)}.parquet" for job in mine]

    def points(self, wildcards: Any) -> list[str]:
        """Return the tables of scores of all points of a cell's grid."""
        where = {name: wildcards[name] for name in ("task", "source", "step", "seed")}
        return [
            f"results/{wildcards.model}/finetuned/{POINT.format(**where, point=point)}.parquet"
            for point in range(len(self.study.tuning_points(wildcards.task)))
        ]
