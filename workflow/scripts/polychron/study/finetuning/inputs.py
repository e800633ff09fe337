"""The inputs of the jobs of fine-tuning, as functions of their wildcards."""

from __future__ import annotations

from typing import Any

from polychron.probing.tasks import registry
from polychron.study.finetuning.cells import FAMILIES
from polychron.study.finetuning.patterns import POINT, STACKED, STACKED_POINT, TUNED
from polychron.study.laboratory.checkpoints import admission, checkpoint_files, directory_of


class TuningInputs:
    """The inputs of these jobs; see `polychron.study.inputs.Inputs`, which this is a part of."""

    study: Any

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
            "pieces": [self.study.pieces(model, name) for name in names],
            "tokenizer": self._tokenizers(model, names) if FAMILIES[task] == "inference" else [],
        }

    def _tokenizers(self, model: str, names: list[str]) -> str | list[str]:
        """Return the tokenizer of a model, or of an ensemble those of the members that cut each dataset."""
        study = self.study
        if model in study.single:
            return directory_of(model, min(study.steps(model)))["tokenizer"]
        speakers = [study.speaker(model, name.split("/")[1]) for name in names]
        return [directory_of(speaker, min(study.steps(speaker)))["tokenizer"] for speaker in speakers]

    def tuned_members(self, wildcards: Any) -> dict[str, list[str]]:
        """Return the checkpoints of an ensemble's members that a cell reads, that of the source first."""
        members = self.study.tuned_members(wildcards.model, wildcards.task, wildcards.source)
        files = [checkpoint_files(member, wildcards.step) for member in members]
        return {name: [of[name] for of in files] for name in ("weights", "config")}

    def tuned_admissions(self, wildcards: Any) -> list[str]:
        """Return the files that admit these checkpoints to measurement."""
        members = self.study.tuned_members(wildcards.model, wildcards.task, wildcards.source)
        return [admission(member, wildcards.step) for member in members]

    @property
    def training_of_members(self) -> dict[str, Any]:
        """What decides the training of an ensemble's member besides that."""
        return {
            name: lambda wildcards, ask=ask: ask(wildcards.model, wildcards.task, wildcards.source)
            for name, ask in (("frozen", self.study.frozen), ("speakers", self.study.tuned_speakers))
        }

    def geometry_of_kept(self, wildcards: Any) -> dict[str, Any]:
        """Return the geometry of a model, and that of the models which it is after fine-tuning."""
        return {
            "before": f"results/{wildcards.model}/geometry.parquet",
            "after": [f"results/{name}/geometry.parquet" for name in self.study.kept_of(wildcards.model)],
        }

    def forgotten(self, wildcards: Any) -> str | list[str]:
        """Return the table of geometry before and after fine-tuning of a model, if it has one."""
        return f"results/{wildcards.model}/forgetting.parquet" if wildcards.model in self.study.compared_again else []

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
        stacked = [job for job in self.study.stacked if job["model"] == model]
        return [
            *(f"results/{model}/finetuned/{TUNED.format(**job)}.parquet" for job in mine),
            *(f"results/{model}/stacked/{STACKED.format(**job)}.parquet" for job in stacked),
        ]

    def stacked(self, wildcards: Any) -> dict[str, Any]:
        """Return what a stacked head reads: examples and pieces, members, and the bitexts that its maps are from."""
        study, place = self.study, (wildcards.model, wildcards.task, wildcards.source)
        kind = registry.TRANSFERRED_TO[FAMILIES[wildcards.task]]
        names = [
            *study.tuned_datasets(wildcards.task, wildcards.source),
            *(f"{kind}/{target}" for target in study.stacked_targets(*place)),
        ]
        files = [checkpoint_files(member, wildcards.step) for member in study.stacked_members(*place)]
        pairs = [study.linked_pair(wildcards.model, wildcards.source, target) for target in study.linked(*place)]
        bitexts = [(pair, f"bitext/{'/'.join(pair)}") for pair in pairs]
        return {
            "examples": [study.example(name) for name in names],
            "pieces": [study.pieces(wildcards.model, name) for name in names],
            "tokenizer": self._tokenizers(wildcards.model, names) if FAMILIES[wildcards.task] == "inference" else [],
            **{name: [of[name] for of in files] for name in ("weights", "config")},
            "bitexts": [study.example(name) for _, name in bitexts],
            "bitext_pieces": [
                f"results/{study.speaker(wildcards.model, language)}/pieces/{name}.parquet"
                for pair, name in bitexts
                for language in pair
            ],
        }

    def stacked_admissions(self, wildcards: Any) -> list[str]:
        """Return the files that admit its checkpoints to measurement."""
        members = self.study.stacked_members(wildcards.model, wildcards.task, wildcards.source)
        return [admission(member, wildcards.step) for member in members]

    @property
    def training_of_stacked(self) -> dict[str, Any]:
        """What decides the training of a stacked head, for the spec of its rule."""
        study = self.study
        asked = {"targets": study.stacked_targets, "speakers": study.stacked_speakers, "linked": study.linked}
        return {
            **self.training,
            "layer": lambda wildcards: int(wildcards.layer),
            "oracles": [],
            **{
                name: lambda wildcards, ask=ask: ask(wildcards.model, wildcards.task, wildcards.source)
                for name, ask in asked.items()
            },
        }

    def points(self, wildcards: Any) -> list[str]:
        """Return the tables of scores of all points of a cell's grid."""
        return self._points(wildcards, f"finetuned/{POINT}", ("task", "source", "step", "seed"))

    def stacked_points(self, wildcards: Any) -> list[str]:
        """Return the tables of scores of all points of a stacked head's grid."""
        return self._points(wildcards, f"stacked/{STACKED_POINT}", ("task", "source", "layer", "step", "seed"))

    def _points(self, wildcards: Any, pattern: str, names: tuple[str, ...]) -> list[str]:
        where = {name: getattr(wildcards, name) for name in names}
        return [
            f"results/{wildcards.model}/{pattern.format(**where, point=point)}.parquet"
            for point in range(len(self.study.tuning_points(wildcards.task)))
        ]
