"""The inputs of the jobs of further probes, as functions of their wildcards, and of the explorer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polychron.study.further_probes import PROBED
from polychron.study.laboratory.checkpoints import checkpoint_files
from polychron.study.study import Study


class FurtherInputs:
    """The inputs of these jobs; see `polychron.study.inputs.Inputs`, which this is a part of."""

    study: Study
    vectors: Callable[[Any, list[str], list[bool]], dict[str, Any]]

    def structural_cell_stored(self, wildcards: Any) -> list[bool]:
        """Return whether the features of a cell's treebank are stored: a list of one."""
        return [self.study.of(wildcards.model).stored("treebank", wildcards.language, int(wildcards.layer))]

    def structural_cell(self, wildcards: Any) -> dict[str, Any]:
        """Return what a cell reads: a treebank, its pieces, and its features or the checkpoint."""
        name = f"treebank/{wildcards.language}"
        return {
            **self.vectors(wildcards, [name], self.structural_cell_stored(wildcards)),
            "examples": self.study.example(name),
            "pieces": self.study.pieces(wildcards.model, name),
        }

    def mixture(self, wildcards: Any) -> dict[str, str]:
        """Return the treebank of a mixture, and its pieces; all layers are computed in the job."""
        name = f"treebank/{wildcards.language}"
        return {
            "examples": self.study.example(name),
            "pieces": self.study.pieces(wildcards.model, name),
            **checkpoint_files(self.study.speaker(wildcards.model, wildcards.language), wildcards.step),
        }

    def structural_transfer_stored(self, wildcards: Any) -> list[bool]:
        """Return for each target whether its features are stored."""
        layer = int(wildcards.layer)
        part = self.study.of(wildcards.model)
        return [part.stored("parallel", target, layer) for target in part.structural_targets]

    def structural_transfer(self, wildcards: Any) -> dict[str, Any]:
        """Return what a transfer reads: of all targets the examples, the pieces, and the features or the checkpoint."""
        names = [f"parallel/{target}" for target in self.study.of(wildcards.model).structural_targets]
        return {
            **self.vectors(wildcards, names, self.structural_transfer_stored(wildcards)),
            "examples": [self.study.example(name) for name in names],
            "pieces": [self.study.pieces(wildcards.model, name) for name in names],
        }

    def structural_probes(self, wildcards: Any) -> list[str]:
        """Return the structural probes of all languages at a layer and step."""
        places = {"layer": wildcards.layer, "step": wildcards.step}
        paths = [PROBED.format(language=name, **places) for name in self.study.of(wildcards.model).structural_languages]
        return [f"results/{wildcards.model}/structural/{path}.safetensors" for path in paths]

    @property
    def explored(self) -> dict[str, list[str]]:
        """What the explorer shows: the gathered tables of all models, and what their languages are called."""
        study = self.study
        scores = [f"results/{model}/scores.parquet" for model in study.measured]
        return {
            "tables": [*scores, *(f"results/{model}/geometry.parquet" for model in study.with_geometry)],
            "sizes": [f"results/{model}/sizes.parquet" for model in study.analysed],
        }
