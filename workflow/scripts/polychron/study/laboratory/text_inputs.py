"""The inputs of jobs that write texts for models of their own, as functions of their wildcards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polychron.study.study import Study


class TextInputs:
    """The inputs of these jobs; see `polychron.study.inputs.Inputs`, which this is a part of."""

    study: Study
    raw: Callable[..., list[str]]

    def text_read(self, model: str, language: str) -> str:
        """Return the text of a language that a model's own is made from: the study's, or one of other domains."""
        half = self.study.half_of(model, language)
        folder = f"apart/{half}" if half else "text"
        return f"{self.study.resources}/examples/{folder}/{language}.txt"

    def text_prepared(self, model: str, language: str) -> str:
        """Return that text, or what `polychron.pretraining.texts.prepare` makes of it."""
        if self.study.prepared(model, language):
            return f"results/{model}/prepared/{language}.txt"
        return self.text_read(model, language)

    def domain_text(self, wildcards: Any) -> dict[str, Any]:
        """Return the held-out sentences of a language, and where there is no world, its text from another source."""
        file = self.study.other_text_files.get(wildcards.language)
        heldout = {"heldout": self.study.example(f"heldout/{wildcards.language}")}
        return heldout | ({"text": self.raw(file)} if file else {})

    def bitext(self, wildcards: Any) -> dict[str, Any]:
        """Return what pairs of sentences are selected from, and the sentences of evaluations, which are left out."""
        files = self.study.bitext_files(wildcards.model)
        tests = [self.study.example(name) for name in self.study.bitext_tests(wildcards.model)]
        return {"tests": tests, **{side: self.raw(path) for side, path in files.items()}}

    def cutters(self, wildcards: Any) -> list[str]:
        """Return the SentencePiece model of each side of a model's pairs, or the one of both."""
        model, study = wildcards.model, self.study
        folders = (
            [f"{language}/" for language in study.pretraining_languages(model)] if model in study.divided else [""]
        )
        return [f"results/{model}/sentencepiece/{folder}sentencepiece.bpe.model" for folder in folders]

    def preparation(self, wildcards: Any) -> str:
        """Return the text that is prepared."""
        return self.text_read(wildcards.model, wildcards.language)
