"""The axes of a study as plain values, from which `polychron.planning.costs` estimates what it costs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from polychron.data import streams
from polychron.data.derived import joins
from polychron.data.sources import Source, downloads, own
from polychron.planning.rates import Size
from polychron.study import given_paths
from polychron.study.datasets import SPLITS, SPLITS_OF
from polychron.study.laboratory import ensembles
from polychron.study.laboratory.twins import twins_of
from polychron.study.study import Study
from polychron.study.world_files import SPOKEN, layout_of

COMPRESSED = frozenset(f".{kind}" for kind in streams.TEXT_MAGIC.values())
"""Endings of files that are a fraction of the text in them. What is here is judged by its first bytes."""


@dataclass(frozen=True)
class Axes:
    """What a study consists of, for its plan.

    Parameters
    ----------
    study : Study
    sizes : mapping of str to Size
        The table of sizes.
    known : mapping of str to Source
        The table of sources; empty for a synthesised world.
    drawn : mapping of str to int
        The number of rules whose names start with ``draw_figure`` and ``write_table``.
    """

    study: Study
    sizes: Mapping[str, Size]
    known: Mapping[str, Source]
    drawn: Mapping[str, int]

    def _first_known(self, *names: str) -> str:
        return next(name for name in names if name in self.sizes)

    def amount(self, dataset: str) -> dict[str, float]:
        """Return the entries of the table of sizes that a dataset consists of, and how many times each.

        Of the user's own files, where all are there, the vectors follow from their bytes.
        """
        config = self.study.config
        kind, language = dataset.split("/", 1)
        mine = [self._unpacked(path) for path in self._own_files(kind, language)]
        if mine and None not in mine:
            return {"vector": sum(mine) / self.sizes[f"raw/own/{kind}"].number}
        sentences = config["world"] and config["world"]["sentences"]
        if kind == "heldout":
            return {"heldout": config["bits"]["sentences"]}
        if kind == "bitext":
            if sentences:
                return {"heldout": sentences["alignment"]}
            return {self._first_known(f"bitext/{language.replace('/', '-')}", "bitext"): 1}
        if kind == "tatoeba":
            return {"heldout": 2000}
        if kind in ("entity_treebank", "entities"):
            stem = PurePosixPath(self.study.file_of(kind, language)).name.split("-ud-")[0]
            return {self._first_known(f"uner/{stem}", f"ud/{stem}", "uner" if kind == "entity_treebank" else "pud"): 1}
        if kind in ("treebank", "parallel"):
            if sentences:
                number = sum(sentences["treebank"]) if kind == "treebank" else sentences["parallel"]
                return {self._first_known(f"world/{kind}/{language}", f"world/{kind}"): number}
            stem = PurePosixPath(self.study.file_of(kind, language)).name.split("-ud-")[0]
            return {self._first_known(f"ud/{stem}", "ud" if kind == "treebank" else "pud"): 1}
        if sentences:
            pairs = sum(sentences["inference"][SPLITS.index(split)] for split in SPLITS_OF[kind])
            return {"xnli/pair": pairs / (1 + pairs / self.sizes["world/inference"].number)}
        found: dict[str, float] = {}
        for split in SPLITS_OF[kind]:
            rows = config["files"]["inference"][split]["rows"]
            name, number = ("xnli/pair", rows[1] - rows[0]) if rows else (f"xnli/{split}", 1)
            found[name] = found.get(name, 0) + number
        return found

    def _own_files(self, kind: str, language: str) -> list[str]:
        """Return the files of a dataset if all are the user's own, and of this dataset alone; otherwise none."""
        study = self.study
        if kind in ("treebank", "parallel", "entity_treebank", "entities"):
            files = study.treebank_files(kind, language)
        elif kind == "bitext":
            files = [*study.alignment_files(*language.split("/")).values()]
        elif kind == "tatoeba":
            files = [*study.translation_files(*language.split("/")).values()]
        elif kind in ("inference", "inference_test", "inference_parallel"):
            entries = [study.config["files"]["inference"][split] for split in SPLITS_OF[kind]]
            alone = all("{language}" in entry["file"] and not entry["rows"] for entry in entries)
            files = study.inference_files(kind, language) if alone else []
        else:
            files = []
        return files if all(map(own, files)) else []

    def bytes_of(self, path: str) -> float | None:
        """Return the size of a file: recorded, as it is on this computer, or assumed; None if none is known."""
        recorded = self.known[path].bytes if path in self.known else None
        if recorded is None and (found := self._on_disk(path)):
            return found.stat().st_size
        assumed = self.sizes.get(f"file/{path}")
        return assumed.number if recorded is None and assumed else recorded

    def _on_disk(self, path: str) -> Path | None:
        """Return where a file of the user's own is, or a source that is here or in a local mirror; None if nowhere."""
        places = [Path(place)] if (place := own(path)) else [Path(self.study.resource(path))]
        if not own(path):
            folders = (given_paths.local(self.study.config[key]) for key in ("by_hand", "mirror"))
            places += [folder / path for folder in folders if folder]
        return next((place for place in places if place.is_file()), None)

    def _unpacked(self, path: str) -> float | None:
        """Return the bytes of text in a file, estimated where it is compressed; None where its size is not known."""
        size, found = self.bytes_of(path), self._on_disk(path)
        packed = PurePosixPath(path).suffix in COMPRESSED
        if found and os.access(found, os.R_OK):
            with open(found, "rb") as file:
                packed = file.read(16).startswith(tuple(streams.TEXT_MAGIC))
        return size if size is None or not packed else size / self.sizes["text/xz"].number

    def _stored(self, part: Study, kind: str, languages: list[str], layer: int) -> list[bool]:
        return [part.stored(kind, language, layer) for language in languages]

    def _cells(self, model: str, step: int) -> list[dict[str, Any]]:
        study, part, made = self.study, self.study.of(model), []
        controls, described, alternatives = (
            [(job["task"], job["language"], job["layer"]) for job in jobs if job["model"] == model]
            for jobs in (study.controls, study.description_lengths, study.alternatives)
        )
        for cell in study.cells:
            if (cell["model"], cell["step"]) != (model, step):
                continue
            kinds, language, layer = study.training_kinds(cell["task"]), cell["language"], cell["layer"]
            made.append(
                {
                    "task": cell["task"],
                    "layer": layer,
                    "sets": [f"{kind}/{language}" for kind in kinds],
                    "stored": [part.stored(kind, language, layer) for kind in kinds],
                    "spans": part.span_datasets(cell["task"], language, layer),
                    "controls": controls.count((cell["task"], language, layer)),
                    "described": described.count((cell["task"], language, layer)),
                    "alternatives": alternatives.count((cell["task"], language, layer)),
                }
            )
        return made

    def _transfers(self, model: str, step: int) -> list[dict[str, Any]]:
        study, part, made = self.study, self.study.of(model), []
        mine = (job for job in study.centred_transfers if job["model"] == model)
        centred = {(job["task"], job["language"], job["layer"]) for job in mine}
        for cell in study.transfers:
            if (cell["model"], cell["step"]) != (model, step):
                continue
            kind, targets = study.transfer_kind(cell["task"]), part.targets_of(cell["task"], cell["layer"])
            trained = study.training_kinds(cell["task"])[0]
            made.append(
                {
                    "task": cell["task"],
                    "layer": cell["layer"],
                    "sets": [f"{kind}/{target}" for target in targets],
                    "stored": self._stored(part, kind, targets, cell["layer"]),
                    "source": f"{trained}/{cell['language']}",
                    "source_stored": part.stored(trained, cell["language"], cell["layer"]),
                    "centred": (cell["task"], cell["language"], cell["layer"]) in centred,
                }
            )
        return made

    def grid(self, model: str) -> dict[str, Any]:
        """Return what is done with one model; cells and transfers are those of one step."""
        study = self.study
        steps = study.steps(model)
        cells, transfers = self._cells(model, steps[0]), self._transfers(model, steps[0])
        further = self._further(model, steps[0])
        read = [
            (name, job["layer"], written)
            for job in [*cells, *transfers, *further["cells"], *further["transfers"], *further["mixtures"]]
            for name, written in zip(job["sets"], job["stored"], strict=True)
        ]
        here = (model, steps[0])
        pairs = [f"bitext/{job['source']}/{job['target']}" for job in study.alignments if _place(job) == here]
        heldout = [
            f"heldout/{name}" for name in dict.fromkeys(j["language"] for j in study.bits if j["model"] == model)
        ]
        examples = {name for name, _, _ in read} | {*pairs}
        examples |= {name for cell in transfers for name in self._targets(cell["task"], model)}
        for cell in (tuned := study.tuned_axes(model))["cells"]:
            examples |= {*cell["sets"], *cell["targets"]}
        compared = self._geometry(model)
        for datasets in compared["sets"].values() if compared else ():
            examples |= {*datasets}
        examples |= {*compared["linked"], *compared["paired"]} if compared else set()
        features = sorted({(name, layer) for name, layer, written in read if written})
        datasets = [*sorted(examples), *heldout]
        if model in study.ensembles:
            features, datasets = ensembles.not_of_members(study, model, self.grid, features, datasets)
        return {
            "steps": len(steps),
            "analysed": model in study.analysed,
            "cells": cells,
            "transfers": transfers,
            "features": features,
            "datasets": {name: self.amount(name) for name in datasets},
            "cut": ensembles.cut_by_members(study, model, datasets),
            "bits": heldout,
            "draws": study.config["bits"]["draws"],
            "pretraining": self._pretraining(model),
            "geometry": compared,
            "further": further,
            "finetuning": tuned,
            "alignments": {pair: study.aligned_layers(model) for pair in pairs},
            "matching": study.matching,
            "each": self._each(model),
        }

    def _geometry(self, model: str) -> dict[str, Any] | None:
        """Return what is compared of a model's states of parallel sentences; None if nothing is."""
        study, part = self.study, self.study.of(model)
        if model not in study.described:
            return None
        return {
            "layers": len(study.compared_layers(model)),
            "sets": {name: [f"{name}/{language}" for language in part.languages_of(name)] for name in part.sets},
            "pooled": [
                f"{name}/{language}"
                for name in part.sets
                for language in part.languages_of(name)
                if study.speaker(model, language) in {*study.described} - {model}
            ],
            "linked": [f"bitext/{pair['source']}/{pair['target']}" for pair in part.linked_pairs],
            "paired": [f"tatoeba/{pair['source']}/{pair['target']}" for pair in part.translated_pairs],
            "linked_sentences": study.linked_sentences,
            "translated": len(part.dictionary_pairs),
            "sentences": study.dictionary_sentences,
            "permutations": study.geometry["permutations"],
            "searches": bool(study.searches),
            "identities": bool(study.identities),
        }

    def _further(self, model: str, step: int) -> dict[str, Any]:
        """Return the structural probes of one step, their transfers, and the mixtures of layers."""
        study, part = self.study, self.study.of(model)

        def here(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [job for job in jobs if _place(job) == (model, step)]

        def reading(job: dict[str, Any], kind: str, names: list[str]) -> dict[str, Any]:
            sets = [f"{kind}/{name}" for name in names]
            return {"layer": job["layer"], "sets": sets, "stored": self._stored(part, kind, names, job["layer"])}

        final = study.models[model]["final_layer"]
        return {
            "rank": (study.structural or {}).get("rank"),
            "epochs": (study.structural or {}).get("epochs"),
            "cells": [reading(job, "treebank", [job["language"]]) for job in here(study.structural_cells)],
            "transfers": [
                reading(job, "parallel", part.structural_targets) for job in here(study.structural_transfers)
            ],
            "comparisons": len(here(study.subspaces)),
            "mixtures": [
                {"task": job["task"], "layer": final, "sets": [f"treebank/{job['language']}"], "stored": [False]}
                for job in here(study.mixtures)
            ],
        }

    def _each(self, model: str) -> dict[str, int]:
        """Return the number of further jobs of a model, by rule."""
        study, whole = self.study, model in self.study.analysed
        steps = len(study.steps(model)) if model in study.single else 0
        analysis = {
            "estimate_intervals": 1,
            "tabulate_sizes": 1,
            "correlate_factors": 1,
            "audit_claims": 1,
            "trace_geometry": int(model in study.described),
            "audit_literature": len(study.papers) if model in study.described else 0,
            "check_study": 1 if study.expected_of_scores else 0,
            "check_geometry": int(model in study.checked_geometries),
            "examine_data": 1,
            "summarise_study": 1,
            "gather_sensitivity": int(bool(study.alternatives)),
            "compare_settings": int(bool(study.alternatives)),
            **self.drawn,
        }
        return {
            "fetch_vocabulary": int(model not in study.pretrained and model in study.fairseq),
            "resolve_checkpoint": steps,
            "examine_checkpoint": steps,
            "admit_checkpoint": steps,
            "measure_displacement": max(steps - 1, 0),
            "compare_checkpoints": int(model in study.single),
            "score_baseline": sum(job["model"] == model for job in study.baselines),
            "trace_trajectories": int(model in study.measured),
            **{name: whole * number for name, number in analysis.items()},
        }

    def _targets(self, task: str, model: str | None = None) -> list[str]:
        part = self.study.of(model) if model else self.study
        return [f"{part.transfer_kind(task)}/{target}" for target in part.transfer_languages(task)]

    def _world(self) -> dict[str, Any] | None:
        """Return all that a world writes, whether the study reads it or not; None if there is no world."""
        config = self.study.config
        if not config["world"]:
            return None
        layout = layout_of(config["files"])
        names = [f"{kind}/{language}" for kind in ("treebank", "parallel") for language in layout[kind]]
        names += [f"{kind}/{language}" for kind in ("inference", "inference_test") for language in SPOKEN]
        names += [f"bitext/{pair}" for pair in layout["alignment"]]
        return {
            "text": config["world"]["sentences"]["text"],
            "languages": list(SPOKEN),
            "datasets": {name: self.amount(name) for name in names},
        }

    def _models(self) -> list[dict[str, Any]]:
        study = self.study
        return [
            {
                **{key: study.pretraining_of(name)[key] for key in ("vocabulary", "dimension", "feedforward")},
                "name": name,
                "layers": model["final_layer"],
                "window": model["window"],
                "provider": study.kind_of(name),
                "fairseq": name in study.fairseq,
                "bytes": {"float32": 4, "float16": 2}[study.config["checkpoints"]["precision"]],
                "grid": {} if name == study.first else self.grid(name),
            }
            for name, model in sorted(study.models.items(), key=lambda item: item[0] != study.first)
        ]

    def _pretraining(self, model: str) -> dict[str, Any]:
        """Return how a model is pretrained."""
        study, settings, steps = self.study, self.study.pretraining_of(model), self.study.steps(model)
        made = sorted({*steps, *(link for link in study.chain(model) if link < max(steps))})
        return {
            "languages": settings["languages"],
            "share": settings.get("text", 1),
            "updates": settings["updates"],
            "batch": settings["sentences_per_batch"],
            "length": study.models[model]["window"] if settings["sample_break_mode"] == "complete" else 14,
            "steps": {step: (step - (study.link_before(model, step) or 0)) / settings["updates"] for step in made},
        }

    @cached_property
    def values(self) -> dict[str, Any]:
        """The study in plain values: the grid of its first model, and those of the others."""
        study, files, first = self.study, self.study.config["files"], self.grid(self.study.first)
        datasets = {name for model in study.models for name in self.grid(model)["datasets"]}
        fetched, kinds = not study.config["world"], [name.split("/")[0] for name in datasets]
        asked = downloads(self.known, joins.parts_of(self.known, study.source_files)) if fetched else []
        return {
            "study": study.name,
            "gpus": study.config["plan"]["gpus"],
            "card": study.config["plan"]["card"],
            "precision": study.config["features"]["precision"],
            "seeds": len(study.probing["seeds"]),
            "world": self._world(),
            "models": self._models(),
            "targets": {task: self._targets(task) for task in study.probing["tasks"]},
            "texts": {
                language: self._unpacked(study.text_file(language))
                for language in ([] if study.beginnings else study.text_languages)
            },
            "packed": not own(files["text"]),
            "beginnings": len(study.text_languages) if study.beginnings else 0,
            "files": {path: self.bytes_of(path) for path in study.source_files},
            "downloads": {one.file: self.bytes_of(one.file) for one in asked},
            "beside": {
                path: self.bytes_of(path) for path in study.source_files if path in (files["distances"], files["sizes"])
            },
            "once": {
                **({"fetch_source": len(study.source_files)} if fetched else {}),
                **{f"synthesise_twin_{code}": 1 for code in twins_of(study.config)},
                **(study.text_jobs | study.member_jobs | study.ablation_jobs),
                "tabulate_treebank": kinds.count("treebank") + kinds.count("parallel"),
                "tabulate_inference": kinds.count("inference") + kinds.count("inference_test"),
                "tabulate_inference_sentences": kinds.count("inference_parallel"),
                "tabulate_translations": kinds.count("tatoeba"),
                "tabulate_bitext": kinds.count("bitext"),
                "tabulate_entities": kinds.count("entity_treebank") + kinds.count("entities"),
                **{"fetch_heldout" if study.beginnings else "split_text": len(study.text_languages)},
                **{"bundle_javascript": 1, "build_explorer": int(bool(study.analysed))},
            },
            **first,
        }


def _place(job: Mapping[str, Any]) -> tuple[str, int]:
    return job["model"], job["step"]
