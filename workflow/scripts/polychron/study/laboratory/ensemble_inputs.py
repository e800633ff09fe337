"""The inputs of jobs that read the files of one model or of the members of an ensemble."""

from __future__ import annotations

from typing import Any

from polychron.study.laboratory.checkpoints import admission, checkpoint_files
from polychron.study.study import Study


class EnsembleInputs:
    """The inputs of these jobs; see `polychron.study.inputs.Inputs`, which this is a part of."""

    study: Study

    def admissions(self, wildcards: Any) -> list[str]:
        """Return the files that admit the checkpoints of a job: of an ensemble, those of the job's own languages."""
        named = [language for key in ("language", "source", "target") if (language := getattr(wildcards, key, None))]
        models = dict.fromkeys(self.study.speaker(wildcards.model, language) for language in named)
        compared = [f"results/{wildcards.model}/members.json"] if wildcards.model in self.study.unsized else []
        return compared + [admission(model, wildcards.step) for model in models or [wildcards.model]]

    def member_configs(self, wildcards: Any) -> list[str]:
        """Return the configs of the first checkpoints of an ensemble's members, sorted by member."""
        members = sorted({*self.study.members(wildcards.model).values()})
        step = min(self.study.steps(wildcards.model))
        return [checkpoint_files(member, step)["config"] for member in members]

    def sides(self, wildcards: Any) -> dict[str, list[str]]:
        """Return the weights and configs of the members that speak the two languages of a pair."""
        members = [self.study.speaker(wildcards.model, language) for language in (wildcards.source, wildcards.target)]
        files = [checkpoint_files(member, wildcards.step) for member in members]
        return {name: [of[name] for of in files] for name in ("weights", "config")}

    def dictionary_sides(self, wildcards: Any) -> dict[str, str | list[str]]:
        """Return the checkpoint and tokenizer that read the words of a dictionary: one, or a member's for each side."""
        model, names = wildcards.model, (wildcards.source, wildcards.target)
        if model not in self.study.ensembles:
            return {**checkpoint_files(model, wildcards.step), "tokenizer": f"results/{model}/tokenizer/tokenizer.json"}
        members = [self.study.speaker(model, language) for language in names]
        return self.sides(wildcards) | {"tokenizer": [f"results/{one}/tokenizer/tokenizer.json" for one in members]}

    def bitext_sides(self, wildcards: Any) -> dict[str, Any]:
        """Return what word alignment by two members reads: their checkpoints, the bitext, and its pieces by each."""
        name = f"bitext/{wildcards.source}/{wildcards.target}"
        languages = wildcards.source, wildcards.target
        return {
            **self.sides(wildcards),
            "examples": self.study.example(name),
            "pieces": [
                f"results/{self.study.speaker(wildcards.model, language)}/pieces/{name}.parquet"
                for language in languages
            ],
        }

    def examined(self, wildcards: Any) -> dict[str, list[str]]:
        """Return the datasets of a model that are examined, and their pieces."""
        names = self.study.of(wildcards.model).datasets
        return {
            "examples": [self.study.example(name) for name in names],
            "pieces": [self.study.pieces(wildcards.model, name) for name in names],
        }
