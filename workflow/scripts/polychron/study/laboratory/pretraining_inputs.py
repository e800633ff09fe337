"""The inputs of the jobs of pretraining, as functions of their wildcards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polychron.study.study import Study


class PretrainingInputs:
    """The inputs of these jobs; see `polychron.study.inputs.Inputs`, which this is a part of."""

    study: Study
    text_of: Callable[[str, str], str]
    text_read: Callable[[str, str], str]

    def pretraining_languages(self, model: str) -> list[str]:
        """Return the languages of the text that a model is pretrained on here, sorted; none of other models."""
        return sorted(self.study.pretraining_languages(model))

    def pretraining_texts(self, wildcards: Any) -> list[str]:
        """Return the texts of these languages, without what is held out of them."""
        languages = self.pretraining_languages(wildcards.model)
        return [self.text_read(wildcards.model, language) for language in languages]

    def vocabulary_texts(self, wildcards: Any) -> list[str]:
        """Return the texts that a model's joint vocabulary is learned from, in the order of its languages."""
        model = wildcards.model
        return [self.text_of(model, language) for language in self.study.pretraining_languages(model)]

    def corpus(self, wildcards: Any) -> list[str]:
        """Return the files of fairseq's corpus that a model is pretrained on."""
        names = [*self.study.pretraining_languages(wildcards.model)]
        names += ["-".join(names)] if wildcards.model in self.study.with_bitext else []
        folders = [f"results/{wildcards.model}/binarized/{name}" for name in names]
        return [f"{folder}/train.{ending}" for folder in folders for ending in ("bin", "idx")]

    def previous_checkpoint(self, wildcards: Any) -> str | list[str]:
        """Return the checkpoint that pretraining continues from, or an empty list for the first one."""
        link = self.study.link_before(wildcards.model, int(wildcards.step))
        return [] if link is None else f"results/{wildcards.model}/pretraining/step-{link}/checkpoint_last.pt"

    def counts(self, wildcards: Any) -> list[str]:
        """Return what was counted in the pretraining text of each language, if the model is pretrained here."""
        study, model = self.study, wildcards.model
        members = study.members(model)
        if study.config["scores"] or any(member not in study.pretrained for member in members.values()):
            return []
        read = members or dict.fromkeys(self.pretraining_languages(model), model)
        return [
            f"results/{member}/binarized/{language}/counts.json"
            for language, member in read.items()
            if language in study.pretraining_languages(member)
        ]
