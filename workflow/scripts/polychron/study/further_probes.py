"""The further probes of a study, structural ones and those of mixtures of layers: where they are trained, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

PROBED = "{language}/layer-{layer}/step-{step}"
"""Where the files of a probe are, below the folder of its model and rule."""

SUBSPACES = "layer-{layer}/step-{step}"
"""Where the comparison of languages is."""

MIXED = "{task}/{language}/step-{step}"
"""Where the scores of a mixture are."""

Job = dict[str, Any]


class FurtherProbes:
    """The further probes of a study; see `polychron.study.study.Study`, which this is a part of."""

    config: Mapping[str, Any]
    probing: Mapping[str, Any]
    models: dict[str, Mapping[str, Any]]
    with_part: Callable[[str], list[str]]
    steps: Callable[[str], list[int]]
    tasks: Callable[[str], list[str]]
    of: Callable[[str], Any]
    entry: Callable[[str], Any]
    training_settings: Callable[[str, str], Job]

    @property
    def structural(self) -> Mapping[str, Any] | None:
        """The settings of structural probes; None if there are none, or if scores were gathered elsewhere."""
        return None if self.config["scores"] else self.probing.get("structural")

    @property
    def structured(self) -> list[str]:
        """The models that have structural probes."""
        return self.with_part("geometry") if self.structural else []

    @property
    def claimed(self) -> Job:
        """The settings of probing that claims of the paper may be about."""
        return {
            key: value for key, value in self.probing.items() if key not in ("sensitivity", "structural", "mixture")
        }

    @property
    def structural_languages(self) -> list[str]:
        """The languages that they are trained in, sorted: those that are named, or all of the tasks on treebanks."""
        if not self.structural:
            return []
        named = self.structural["languages"]
        return sorted(self.probing["treebank_languages"] if named is None else named)

    @property
    def structural_targets(self) -> list[str]:
        """The languages that they are transferred to: those of the tasks on treebanks."""
        return list(self.probing["transfer"]["treebank_languages"]) if self.structural else []

    @property
    def structural_sources(self) -> list[str]:
        """The languages whose probes are transferred, if there is a target: those that are named, or the targets."""
        named = self.probing["transfer"].get("treebank_sources")
        return [] if not self.structural_targets else self.structural_targets if named is None else named

    @property
    def structural_settings(self) -> Job:
        """The settings of their training, by the names of `polychron.probing.structural.training.fit`."""
        if not self.structural:
            return {}
        own = {key: self.structural[key] for key in ("rank", "epochs", "batch", "learning_rate")}
        return {**own, **{key: self.probing[key] for key in ("seeds", "patience", "scaling")}}

    def structural_layers(self, model: str) -> list[int]:
        """Return the layers of a model that have structural probes: those that are named, or ``probing.layers``."""
        return sorted(self.structural["layers"] or self.probing["layers"])

    @property
    def structural_cells(self) -> list[Job]:
        """The cells of structural probes: one for each model, language, layer and step."""
        return [
            {"model": model, "language": language, "layer": layer, "step": step}
            for model in self.structured
            for language, layer, step in product(
                self.of(model).structural_languages, self.structural_layers(model), self.steps(model)
            )
        ]

    @property
    def structural_transfers(self) -> list[Job]:
        """The cells whose probes are transferred: of ``probing.transfer.treebank_sources``, or of the targets."""
        return [cell for cell in self.structural_cells if cell["language"] in self.of(cell["model"]).structural_sources]

    @property
    def subspaces(self) -> list[Job]:
        """The comparisons of languages: one for each model, layer and step, where there are two languages or more."""
        return [
            {"model": model, "layer": layer, "step": step}
            for model in self.structured
            if len(self.of(model).structural_languages) > 1
            for layer, step in product(self.structural_layers(model), self.steps(model))
        ]

    # mixtures

    @property
    def mixture_settings(self) -> Job:
        """The settings of the training of mixtures: those of other probes that are trained by Adam."""
        return self.training_settings(self.probing["scaling"], "adam")

    @property
    def mixtures(self) -> list[Job]:
        """The probes on mixtures of layers: one for each model, task on treebanks, language and step."""
        if self.config["scores"]:
            return []
        asked = self.probing.get("mixture", ())
        return [
            {"model": model, "task": task, "language": language, "step": step}
            for model in self.with_part("geometry")
            for task in self.tasks(model)
            if self.entry(task).dataset == "treebank"
            for language, step in product(self.of(model).sources(task), self.steps(model))
            if language in asked
        ]
