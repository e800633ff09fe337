"""The inputs of jobs: the files that a rule reads, as functions of its wildcards.

Methods that take `wildcards` are input functions of rules. Each wildcard is an attribute, and a string.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from polychron.checkpoints import addresses
from polychron.errors import InputError
from polychron.probing.tasks import registry
from polychron.provenance import originals
from polychron.study import freshness, given_paths
from polychron.study.datasets import SPLITS_OF
from polychron.study.entities import EntityInputs
from polychron.study.finetuning.cells import NAMES
from polychron.study.finetuning.inputs import TuningInputs
from polychron.study.further_inputs import FurtherInputs
from polychron.study.geometry_inputs import GeometryInputs
from polychron.study.laboratory.checkpoints import checkpoint_files, directory_of
from polychron.study.laboratory.ensemble_inputs import EnsembleInputs
from polychron.study.laboratory.pretraining_inputs import PretrainingInputs
from polychron.study.laboratory.text_inputs import TextInputs
from polychron.study.laboratory.vocabulary_inputs import VocabularyInputs
from polychron.study.study import Study

CELL = "{task}/{language}/layer-{layer}/step-{step}"
"""Where the files of a cell are, below the folder of its rule."""

ALTERNATIVE = f"sensitivity/{{scaling}}-{{solver}}/{CELL}"
"""Where the scores of a cell under another setting are, below the folder of its model."""


@dataclass(frozen=True)
class Inputs(
    PretrainingInputs,
    TextInputs,
    VocabularyInputs,
    EnsembleInputs,
    EntityInputs,
    GeometryInputs,
    FurtherInputs,
    TuningInputs,
):
    """The inputs of a study's jobs.

    Parameters
    ----------
    study : Study
    """

    study: Study

    # data

    def raw(self, *paths: str) -> list[str]:
        """Return where raw files are: those of the sources below the study's folder, the user's own in their place.

        Raises
        ------
        InputError
            One of the user's own is not there.
        """
        given_paths.require(self.study, paths)
        return [self.study.resource(path) for path in paths]

    def raw_file(self, kind: str) -> Callable[[Any], str]:
        """Return an input function: the study's file of distances or sizes. Of a function, the report shows no path."""
        return lambda wildcards: self.raw(self.study.config["files"][kind])[0]

    def treebank(self, wildcards: Any) -> list[str]:
        """Return the files of a treebank, one for each split."""
        return self.raw(*self.study.treebank_files(wildcards.kind, wildcards.language))

    def text(self, wildcards: Any) -> str:
        """Return the file of a language's text."""
        return self.raw(self.study.text_file(wildcards.language))[0]

    def inference(self, wildcards: Any, ancient: Callable[[str], Any]) -> list[Any]:
        """Return the files of a language's sentence pairs; a file that is new only for other languages is `ancient`."""
        kind, language = wildcards.kind, wildcards.language
        table, study = self.study.example(f"{kind}/{language}"), self.study
        return [
            (ancient if freshness.rows_unchanged(study, split, language, table) else str)(path)
            for split, path in zip(SPLITS_OF[kind], self.raw(*study.inference_files(kind, language)), strict=True)
        ]

    def alignment(self, wildcards: Any) -> dict[str, str]:
        """Return the files of a gold alignment by what they contain."""
        files = self.study.alignment_files(wildcards.source, wildcards.target)
        return dict(zip(files, self.raw(*files.values()), strict=True))

    @cached_property
    def named(self) -> dict[str, dict[str, Any]]:
        """What the study reads that others wrote, see `given_paths.datasets`, with the files where they are."""
        of = given_paths.datasets(self.study)
        return {
            name: entry | {"files": {part: self.study.resource(path) for part, path in entry["files"].items()}}
            for name, entry in of.items()
        }

    def files(self, name: str) -> list[str]:
        """Return the files that something named is read from; of a text of which only the beginning is, its table."""
        if self.named[name].get("fetched"):
            return [self.study.example(f"heldout/{name.partition('/')[2]}")]
        return sorted({*self.named[name]["files"].values()})

    def readable(self, wildcards: Any) -> list[str]:
        """Return the files of what the study names; those of the user's own that cannot be read are left out."""
        made = {self.study.resource(path) for path in self.study.source_files}
        table = self.named[wildcards.named].get("fetched")
        return [
            path
            for path in self.files(wildcards.named)
            if table or path in made or (Path(path).is_file() and os.access(path, os.R_OK))
        ]

    @property
    def checks(self) -> dict[str, list[str]]:
        """The reports of the checks of what the study names, and the files that each is about."""
        return {f"results/data/{self.study.name}/{name}.json": self.files(name) for name in self.named}

    @property
    def fetched(self) -> dict[str, str]:
        """What is fetched, and the log of its job."""
        study, logs = self.study, f"logs/{self.study.name}"
        found = {study.resource(path): f"{logs}/fetch_source/{path}.log" for path in study.source_files}
        texts = study.text_languages if study.beginnings else []
        return found | {study.example(f"heldout/{name}"): f"{logs}/fetch_heldout/{name}.log" for name in texts}

    @property
    def checked(self) -> dict[str, Any]:
        """What the list of faults says of the study."""
        read = {path for paths in self.checks.values() for path in paths}
        folder = f"results/data/{self.study.name}"
        return {"study": self.study.name, "folder": folder, "datasets": len(self.named), "files": len(read)}

    # checkpoints

    def address(self, wildcards: Any) -> str:
        """Return the address of a checkpoint, its step filled in."""
        model, step = self.study.models[wildcards.model], int(wildcards.step)
        if wildcards.model in self.study.kept:
            return directory_of(model["of"], step)["weights"]
        if model["provider"] in ("pretrained", "view"):
            return f"results/{model.get('of', wildcards.model)}/pretraining/step-{step}/checkpoint_last.pt"
        if wildcards.model in self.study.untrained:
            return self.alike(wildcards)["config"]
        return addresses.located(model, step)[0]

    def revision(self, wildcards: Any) -> str | None:
        """Return the revision of a checkpoint, its step filled in; None if its model has none."""
        model = self.study.models[wildcards.model]
        return None if wildcards.model not in self.study.fetched else addresses.located(model, int(wildcards.step))[1]

    def asked(self, wildcards: Any) -> dict[str, str | None]:
        """Return what a checkpoint is resolved from: the kind of its provider, its address, and its revision."""
        # of an untrained model, the config of the model that it is like; of a view, the checkpoint that it is of
        alike = {"random": "folder", "view": "pretrained", "finetuned": "pretrained"}
        provider = self.study.models[wildcards.model]["provider"]
        return {
            "kind": alike.get(provider, provider),
            "address": self.address(wildcards),
            "revision": self.revision(wildcards),
        }

    def first_tokenizer(self, wildcards: Any) -> dict[str, str]:
        """Return the tokenizer of a model's first step, with which all texts are tokenized."""
        files = directory_of(wildcards.model, min(self.study.steps(wildcards.model)))
        return {"tokenizer": files["tokenizer"], "config": files["tokenizer_config"]}

    def own_tokenizer(self, wildcards: Any) -> dict[str, str]:
        """Return the tokenizer of a model of fairseq, whose checkpoints contain none."""
        if wildcards.model not in self.study.fairseq:
            return {}
        folder = f"results/{wildcards.model}/tokenizer"
        return {name: f"{folder}/{name}.json" for name in ("tokenizer", "tokenizer_config")}

    def weights_before(self, wildcards: Any) -> str:
        """Return the weights of the step before."""
        step = self.study.step_before(wildcards.model, int(wildcards.step))
        return directory_of(wildcards.model, step)["weights"]

    def of_steps(self, name: str, first: int = 0) -> Callable[[Any], list[str]]:
        """Return an input function: a file of all checkpoints of a model, in the order of the steps."""
        return lambda wildcards: [
            f"results/{wildcards.model}/checkpoints/step-{step}/{name}.json"
            for step in sorted(self.study.steps(wildcards.model))[first:]
        ]

    def examination(self, wildcards: Any) -> str:
        """Return the examination that a checkpoint must have passed before anything is measured in it.

        If the model is fetched, all of its checkpoints are examined first. If it is pretrained here, each step is
        examined by itself, so that work on early checkpoints does not wait for the last.
        """
        model = wildcards.place.split("/")[0]
        if model in (*self.study.pretrained, *self.study.kept):
            return f"results/{wildcards.place}/verdict.json"
        return f"results/{model}/checkpoints/examination.csv"

    def last_checkpoint(self, wildcards: Any) -> list[str]:
        """Return the report on the conversion of a model's last checkpoint, and its config.

        The list is empty if scores were gathered elsewhere.
        """
        if self.study.config["scores"] or wildcards.model in self.study.ensembles:
            return []
        files = directory_of(wildcards.model, max(self.study.steps(wildcards.model)))
        return [files["conversion"], files["config"]]

    # probing

    def _kinds(self, wildcards: Any) -> list[str]:
        return self.study.training_kinds(wildcards.task)

    def _targets(self, wildcards: Any) -> list[str]:
        return self.study.of(wildcards.model).targets_of(wildcards.task, int(wildcards.layer))

    def cell_stored(self, wildcards: Any) -> list[bool]:
        """Return for each dataset of a cell whether its features are stored."""
        layer = int(wildcards.layer)
        part = self.study.of(wildcards.model)
        return [part.stored(kind, wildcards.language, layer) for kind in self._kinds(wildcards)]

    def cell_tables(self, wildcards: Any) -> dict[str, list[str]]:
        """Return the examples of a cell's datasets, and their pieces."""
        names = [f"{kind}/{wildcards.language}" for kind in self._kinds(wildcards)]
        return {
            "examples": [self.study.example(name) for name in names],
            "pieces": [self.study.pieces(wildcards.model, name) for name in names],
        }

    def cell(self, wildcards: Any) -> dict[str, Any]:
        """Return what a cell reads; the checkpoint is not read if all features are stored."""
        stored = self.cell_stored(wildcards)
        weights = checkpoint_files(wildcards.model, wildcards.step)
        return {
            **{name: [] if all(stored) else path for name, path in weights.items()},
            **self.cell_tables(wildcards),
            "features": [
                self.study.features(wildcards.model, f"{kind}/{wildcards.language}", wildcards.layer, wildcards.step)
                for kind, there in zip(self._kinds(wildcards), stored, strict=True)
                if there
            ],
        }

    def vectors(self, wildcards: Any, names: list[str], stored: list[bool]) -> dict[str, Any]:
        """Return where the word vectors of datasets come from: their features, and the checkpoint for the others."""
        model, step = wildcards.model, wildcards.step
        read = [name for name, there in zip(names, stored, strict=True) if there]
        return {
            **{name: [] if all(stored) else path for name, path in checkpoint_files(model, step).items()},
            "features": [self.study.features(model, name, wildcards.layer, step) for name in read],
        }

    def transfer_stored(self, wildcards: Any) -> list[bool]:
        """Return for each target of a cell whether its features are stored."""
        kind, layer = self.study.transfer_kind(wildcards.task), int(wildcards.layer)
        part = self.study.of(wildcards.model)
        return [part.stored(kind, target, layer) for target in self._targets(wildcards)]

    def transfer(self, wildcards: Any) -> dict[str, list[str]]:
        """Return what a transfer reads: pieces and the checkpoint only for what is not stored."""
        model, kind, stored = wildcards.model, self.study.transfer_kind(wildcards.task), self.transfer_stored(wildcards)
        targets = [*zip([f"{kind}/{target}" for target in self._targets(wildcards)], stored, strict=True)]
        return {
            "checkpoint": [] if all(stored) else [*checkpoint_files(model, wildcards.step).values()],
            "features": [
                self.study.features(model, target, wildcards.layer, wildcards.step)
                for target, there in targets
                if there
            ],
            "pieces": [self.study.pieces(model, target) for target, there in targets if not there],
        }

    def target_tables(self, wildcards: Any) -> dict[str, list[str]]:
        """Return the examples of all targets of a task, and their pieces."""
        kind = self.study.transfer_kind(wildcards.task)
        names = [f"{kind}/{target}" for target in self.study.of(wildcards.model).transfer_languages(wildcards.task)]
        return {
            "examples": [self.study.example(name) for name in names],
            "pieces": [self.study.pieces(wildcards.model, name) for name in names],
        }

    # analysis

    def scores(self, wildcards: Any) -> list[str]:
        """Return every table of scores of a model, or the one that was gathered elsewhere.

        Raises
        ------
        InputError
            There is no such table, and it was not gathered before.
        """
        study, model = self.study, wildcards.model
        if study.config["scores"]:
            given, gathered = given_paths.scores_of(study, model), Path(f"results/{model}/scores.parquet")
            read = originals.inputs_of(gathered) if gathered.is_file() else []
            if not given.is_file() and read is not None and str(given) not in read:
                raise InputError(
                    f"no scores of the model {model!r} are there, and the config has scores: {study.config['scores']}",
                    file=given,
                    remedy="put it there, name another folder (--config scores=FOLDER), or measure (--config scores=)",
                )
            return [str(given)]
        folders = (
            (f"probes/{CELL}", study.cells),
            (f"controls/{{control}}/{CELL}", study.controls),
            (f"description_length/{CELL}", study.description_lengths),
            (f"transfer/{CELL}", study.transfers),
            (f"spans/{CELL}", study.spans),
            ("bits/{language}/step-{step}", study.bits_of(model)),
            ("alignment/{source}/{target}/step-{step}", study.alignments),
            ("matching/{source}/{target}/step-{step}", study.alignments if study.matching else []),
            ("baselines/{task}/{language}", study.baselines),
        )
        found = [(pattern, job) for pattern, grid in folders for job in grid if job["model"] == model]
        measured = [f"results/{job.get('speaker', model)}/{pattern.format(**job)}.parquet" for pattern, job in found]
        return measured + self.tuned_scores(model)

    def sizes_elsewhere(self, wildcards: Any) -> list[str]:
        """Return the table of sizes beside the scores of a model that were gathered elsewhere, if it is there."""
        if not self.study.config["scores"]:
            return []
        given = given_paths.scores_of(self.study, wildcards.model).with_name("sizes.parquet")
        return [str(given)] if given.is_file() else []

    @property
    def gathered(self) -> list[str]:
        """The gathered tables of all models: scores, trajectories, scores of settings, geometry, and factors."""
        compared = self.study.analysed if self.study.alternatives else []
        return [
            *(
                f"results/{model}/{table}.parquet"
                for model in self.study.measured
                for table in ("scores", "trajectories")
            ),
            *(f"results/{model}/sensitivity/scores.parquet" for model in compared),
            *(f"results/{model}/geometry.parquet" for model in self.study.with_geometry),
            *(f"results/{model}/factors.parquet" for model in self.study.described),
            *self.forgetting(),
        ]

    def sensitivity(self, wildcards: Any) -> dict[str, list[str]]:
        """Return the scores of a model's cells that are trained under several settings: the study's own, and others."""
        found = {}
        for name, pattern, grid in (
            ("own", f"probes/{CELL}", self.study.compared),
            ("others", ALTERNATIVE, self.study.alternatives),
        ):
            mine = [job for job in grid if job["model"] == wildcards.model]
            found[name] = [f"results/{wildcards.model}/{pattern.format(**job)}.parquet" for job in mine]
        return found

    def elsewhere(self, wildcards: Any) -> dict[str, Any]:
        """Return what the scores of a model may be of that were gathered elsewhere: it, its tasks and its layers."""
        probing = self.study.probing
        return {
            "model": wildcards.model,
            "tasks": sorted({*registry.TASKS, *probing["tasks"], *probing["token_labels"], *NAMES}),
            "final_layer": self.final_layer(wildcards),
        }

    def final_layer(self, wildcards: Any) -> int:
        """Return the last layer of a model."""
        return self.study.models[wildcards.model]["final_layer"]

    def of_all_models(self, table: str) -> Callable[[Any], list[str]]:
        """Return an input function: a table of every model, that of the rule's own model first."""
        return lambda wildcards: [f"results/{model}/{table}.parquet" for model in self.study.own_first(wildcards.model)]

    def original(self, wildcards: Any) -> list[str]:
        """Return the tables of the model that represents XLM-R base, unless it is the one that is audited."""
        model = self.study.original
        if model in (None, wildcards.model):
            return []
        return [f"results/{model}/{table}.parquet" for table in ("scores", "trajectories")]
