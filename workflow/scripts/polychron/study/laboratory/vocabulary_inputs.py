"""The inputs of jobs of models whose languages have vocabularies, parameters or replaced words of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polychron.study.study import Study


class VocabularyInputs:
    """The inputs of these jobs; see `polychron.study.inputs.Inputs`, which this is a part of."""

    study: Study
    raw: Callable[..., list[str]]
    text_prepared: Callable[[str, str], str]

    def text_of(self, model: str, language: str) -> str:
        """Return the text of a language that a model is pretrained on: with replaced words, where it has such."""
        if self.study.switched(model, language):
            return f"results/{model}/switched/{language}.txt"
        return self.text_prepared(model, language)

    def own_text(self, wildcards: Any) -> str:
        """Return the text of a language that a model is pretrained on."""
        return self.text_of(wildcards.model, wildcards.language)

    def switching(self, wildcards: Any) -> dict[str, Any]:
        """Return the text in which words are replaced, and the dictionary."""
        pair = self.study.switched(wildcards.model, wildcards.language)
        files = self.study.dictionary_files(pair["source"], pair["target"])
        text = self.text_prepared(wildcards.model, wildcards.language)
        return {"text": text, "dictionary": self.raw(*files.values())}

    def own_pieces(self, wildcards: Any) -> list[str]:
        """Return what says which pieces are of which language, if a model has separate parts."""
        separate = self.study.pretraining_of(wildcards.model).get("separate") or {}
        return [f"results/{wildcards.model}/binarized/own.json"] if any(separate.values()) else []

    def language_models(self, wildcards: Any) -> list[str]:
        """Return the SentencePiece models of all languages of a divided model, or of the one that a view is of."""
        model = self.study.models[wildcards.model].get("of") or wildcards.model
        languages = sorted(self.study.pretraining_languages(model))
        return [f"results/{model}/sentencepiece/{language}/sentencepiece.bpe.model" for language in languages]

    def viewed(self, wildcards: Any) -> dict[str, str]:
        """Return what a language's view of a checkpoint is made of."""
        model = self.study.models[wildcards.model]["of"]
        return {
            "checkpoint": f"results/{model}/pretraining/step-{wildcards.step}/checkpoint_last.pt",
            "own": f"results/{model}/binarized/own.json",
        }

    def corpora(self, wildcards: Any) -> list[str]:
        """Return the corpora of all languages of a model, sorted by language."""
        languages = sorted(self.study.pretraining_languages(wildcards.model))
        return [
            f"results/{wildcards.model}/binarized/{language}/train.{ending}"
            for language in languages
            for ending in ("idx", "bin")
        ]
