"""Named entities in a study: their datasets, the cells whose spans are scored, and the inputs of their jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from polychron.probing.tasks import registry


class Entities:
    """What a study asks of named entities; see `polychron.study.study.Study`, which this is a part of."""

    probing: Mapping[str, Any]
    entries: dict[str, registry.Task]
    cells: list[dict[str, Any]]
    has: Callable[[str], bool]
    parallel_languages: list[str]
    targets_of: Callable[[str, int], list[str]]
    sources_of: Callable[[str, int], list[str]]
    training_kinds: Callable[[str], list[str]]
    transfer_kind: Callable[[str], str]
    stored: Callable[[str, str, int], bool]
    of: Callable[[str], Any]

    @property
    def entity_languages(self) -> list[str]:
        """All languages with named entities, as sources or as targets."""
        return sorted({language for languages in self.entity_datasets.values() for language in languages})

    @cached_property
    def entity_datasets(self) -> dict[str, list[str]]:
        """The languages of each kind of dataset with named entities; none where no task reads them."""
        if not self.has("entity"):
            return {}
        return {
            "entity_treebank": self.probing["entity_languages"],
            "entities": self.probing["transfer"]["entity_languages"],
        }

    def joined(self, kind: str, language: str) -> bool:
        """Whether named entities are those of sentences of a parallel treebank that the study reads as well."""
        return kind == "entities" and language in self.parallel_languages

    @cached_property
    def spanned(self) -> list[str]:
        """The tasks whose spans are scored."""
        return [name for name, entry in self.entries.items() if entry.spans]

    @cached_property
    def spans(self) -> list[dict[str, Any]]:
        """The cells whose spans are scored."""
        return [cell for cell in self.cells if cell["task"] in self.spanned]

    def span_targets(self, task: str, language: str, layer: int) -> list[str]:
        """Return the languages in which the spans of a cell are scored besides its own."""
        return self.targets_of(task, layer) if language in self.sources_of(task, layer) else []

    def span_datasets(self, task: str, language: str, layer: int) -> list[tuple[str, bool]]:
        """Return the datasets in which the spans of a cell are scored, its own first, and whether each is stored."""
        if task not in self.spanned:
            return []
        named = [(kind, language) for kind in self.training_kinds(task)]
        named += [(self.transfer_kind(task), target) for target in self.span_targets(task, language, layer)]
        return [(f"{kind}/{name}", self.stored(kind, name, layer)) for kind, name in named]


class EntityInputs:
    """The inputs of these jobs; see `polychron.study.inputs.Inputs`, which this is a part of."""

    study: Any
    raw: Callable[..., list[str]]

    def entities(self, wildcards: Any) -> dict[str, list[str]]:
        """Return the files of named entities, one for each split, and the treebank of the sentences if there is one."""
        kind, language = wildcards.kind, wildcards.language
        joined = self.study.joined(kind, language)
        return {
            "files": self.raw(*self.study.treebank_files(kind, language)),
            "treebank": [self.study.example(f"parallel/{language}")] if joined else [],
        }

    def _scored(self, wildcards: Any) -> list[tuple[str, bool]]:
        """Return the datasets in which the spans of a cell are scored, its own first, and whether each is stored."""
        part = self.study.of(wildcards.model)
        return part.span_datasets(wildcards.task, wildcards.language, int(wildcards.layer))

    def spans_stored(self, wildcards: Any) -> list[bool]:
        """Return for each dataset in which the spans of a cell are scored whether its features are stored."""
        return [stored for _, stored in self._scored(wildcards)]

    def spans(self, wildcards: Any) -> dict[str, list[str]]:
        """Return what the spans of a cell are scored on; the checkpoint is not read if all features are stored."""
        model, step, scored = wildcards.model, wildcards.step, self._scored(wildcards)
        checkpoint = [
            f"results/{model}/checkpoints/step-{step}/{name}" for name in ("model.safetensors", "config.json")
        ]
        return {
            "checkpoint": [] if all(stored for _, stored in scored) else checkpoint,
            "examples": [self.study.example(name) for name, _ in scored],
            "pieces": [self.study.pieces(model, name) for name, _ in scored],
            "features": [self.study.features(model, name, wildcards.layer, step) for name, stored in scored if stored],
        }
