"""Fine-tuning of ensembles: which members a job reads, and what of them is frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

OWN_EMBEDDINGS, OWN_LAYER = "embeddings.", "encoder.layer.{}."
"""Beginnings of the names of parameters in an encoder of XLM-R that a language has for itself: see
`polychron.finetuning.ensembles.members`."""


class Members:
    """Ensembles that are fine-tuned; see `polychron.study.finetuning.cells.FineTuning`."""

    models: dict[str, Mapping[str, Any]]
    divided: list[str]
    ensembles: list[str]
    speaker: Callable[[str, str], str]
    pretraining_of: Callable[[str], dict[str, Any]]
    tuned_targets: Callable[[str, str], list[str]]

    def tuned_members(self, model: str, task: str, source: str) -> list[str]:
        """Return the members that a job reads, that of the source first."""
        languages = [source, *self.tuned_targets(model, task)]
        return [*dict.fromkeys(self.speaker(model, language) for language in languages)]

    def tuned_speakers(self, model: str, task: str, source: str) -> dict[str, int]:
        """Return the place of each target's member among these."""
        members = self.tuned_members(model, task, source)
        return {target: members.index(self.speaker(model, target)) for target in self.tuned_targets(model, task)}

    def frozen(self, model: str, task: str, source: str) -> list[str]:
        """Return beginnings of names of the parameters that are each member's own.

        Of a model whose languages have parts apart, these are those parts. Members that are models of their own share
        nothing, so all is frozen, and the head alone is trained. A single member is trained as a whole.
        """
        if len(self.tuned_members(model, task, source)) == 1:
            return []
        if model not in self.divided:
            return [""]
        separate = self.pretraining_of(model).get("separate") or {}
        layers = [OWN_LAYER.format(layer) for layer in range(separate.get("layers") or 0)]
        return [OWN_EMBEDDINGS, *layers] if separate.get("embeddings") else layers
