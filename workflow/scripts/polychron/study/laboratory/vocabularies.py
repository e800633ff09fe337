"""Models whose languages have vocabularies, parameters or replaced words of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from polychron.errors import InputError
from polychron.study import world_files
from polychron.study.laboratory.twins import twins_of

PLUGIN = tuple(
    f"polychron.pretraining.fairseq_plugin.{name}" for name in ("models.bilingual_roberta", "tasks.bilingual_masked_lm")
)
"""What fairseq loads to compute models with separate parts."""


class Vocabularies:
    """What the languages of a model have apart; see `polychron.study.study.Study`, which this is a part of."""

    config: Mapping[str, Any]
    models: dict[str, Mapping[str, Any]]
    pretrained: list[str]
    pretraining_of: Callable[[str], dict[str, Any]]
    pretraining_languages: Callable[[str], list[str]]

    @cached_property
    def divided(self) -> list[str]:
        """The models pretrained here of which each language has a SentencePiece model of its own."""
        return [name for name in self.pretrained if self.pretraining_of(name).get("vocabularies", "joint") != "joint"]

    @cached_property
    def joint(self) -> list[str]:
        """The models pretrained here with one SentencePiece model of all languages."""
        return [name for name in self.pretrained if name not in self.divided]

    @cached_property
    def anchored(self) -> list[str]:
        """The models pretrained here on several languages."""
        return [name for name in self.pretrained if len(self.pretraining_languages(name)) > 1]

    def kind_of(self, model: str) -> str:
        """Return the provider of a model, or ``divided``."""
        return "divided" if model in self.divided else self.models[model]["provider"]

    def switched(self, model: str, language: str) -> dict[str, Any] | None:
        """Return by what the words of a language are replaced before a model is pretrained; None if they are not.

        Returns
        -------
        dict or None
            ``source`` and ``target``, the pair of the dictionary, and ``inverse``, whether the language is its target.
        """
        anchors = self.pretraining_of(model).get("anchors") if model in self.pretrained else None
        if not anchors or anchors["directions"] not in ("both", language):
            return None
        pairs = [pair for pair in self.config["files"].get("dictionary", {}) if language in pair.split("/")]
        languages = sorted(self.pretraining_languages(model))
        for pair in pairs:
            source, target = pair.split("/")
            if sorted((source, target)) == languages:
                return {"source": source, "target": target, "inverse": language == target}
        return None

    def switching_arguments(self, model: str, language: str) -> dict[str, Any]:
        """Return the settings that decide which words of a language's text are replaced, and by what."""
        pair, settings = self.switched(model, language), self.pretraining_of(model)
        format = self.config["files"]["dictionary"][f"{pair['source']}/{pair['target']}"]["format"]
        named = {name: settings["anchors"][name] for name in ("replace", "at_most")}
        known = {"block": settings["sentences_per_batch"], "seed": settings["seed"], "inverse": pair["inverse"]}
        return {"format": format, **named, **known}

    def share_arguments(self, model: str) -> dict[str, Any]:
        """Return the settings that decide the SentencePiece model of each language of a divided model."""
        settings = self.pretraining_of(model)
        named = {name: settings[name] for name in ("character_coverage", "sampling_alpha", "seed")}
        return {"size": settings["vocabulary"] // len(self.pretraining_languages(model)), **named}

    def joined_as(self, model: str) -> dict[str, Any]:
        """Return how the vocabularies of a divided model, or of the one that a view is of, are joined."""
        model = self.models[model].get("of") or model
        return {
            "vocabularies": self.pretraining_of(model)["vocabularies"],
            "languages": sorted(self.pretraining_languages(model)),
        }

    def separate_in(self, view: str) -> Mapping[str, Any] | None:
        """Return what is separate in the model that a view is of; None if nothing is."""
        return self.pretraining_of(self.models[view]["of"]).get("separate")

    def proved_by(self, view: str) -> list[str]:
        """Return the modules that fairseq computes with where a view is compared with the model that it is of.

        They are in the fingerprint of its job, which does not import them.
        """
        return [*PLUGIN] if any((self.separate_in(view) or {}).values()) else []

    @cached_property
    def _switches(self) -> list[tuple[str, str]]:
        """The pair of the dictionary of each text in which words are replaced."""
        texts = [(name, language) for name in self.pretrained for language in self.pretraining_languages(name)]
        return [(pair["source"], pair["target"]) for text in texts if (pair := self.switched(*text))]

    @property
    def switching_pairs(self) -> list[dict[str, str]]:
        """The pairs of languages whose dictionaries replace words."""
        return [{"source": source, "target": target} for source, target in dict.fromkeys(self._switches)]

    @property
    def synthesised_dictionaries(self) -> dict[str, list[str]]:
        """The dictionaries of the study's world, by their files, with the pair of languages of each."""
        world = self.config["world"] is not None
        return world_files.dictionaries_of(self.config["files"], twins_of(self.config)) if world else {}

    @property
    def switching_jobs(self) -> dict[str, int]:
        """The number of jobs that replace words, and of those that write dictionaries of a world for them."""
        pairs = {*self._switches}
        written = sum((*pair,) in pairs for pair in self.synthesised_dictionaries.values())
        return {"switch_text": len(self._switches), "synthesise_dictionary": written} if self._switches else {}


def check_vocabularies(study: Any, name: str) -> None:
    """Refuse a pretraining whose languages cannot have apart what they are asked to.

    Parameters
    ----------
    study : Study
    name : str
        A model that is pretrained here.

    Raises
    ------
    InputError
        It has one language; parameters are separate, and vocabularies are not; all layers are separate; or words are to
        be replaced without a dictionary.
    """
    settings, languages = study.pretraining_of(name), study.pretraining_languages(name)
    separate = settings.get("separate") or {}
    anchors = settings.get("anchors")
    if name in study.divided and len(languages) < 2:
        raise InputError(
            f"pretraining.vocabularies of {name!r} is {settings['vocabularies']}, and it is pretrained on one language",
            remedy="take it out, or name several languages",
        )
    if any(separate.values()) and name not in study.divided:
        raise InputError(
            f"pretraining.separate of {name!r}: its languages have one vocabulary",
            remedy="set pretraining.vocabularies to union or prefixed, or take separate out",
        )
    if (separate.get("layers") or 0) >= settings["layers"]:
        raise InputError(
            f"pretraining.separate.layers of {name!r} is {separate['layers']}, and it has {settings['layers']} layers",
            remedy=f"separate up to {settings['layers'] - 1} of them, or pretrain a model of each language alone",
        )
    if not anchors:
        return
    if len(languages) != 2:
        raise InputError(
            f"pretraining.anchors of {name!r}: words are replaced in models of two languages, and it has "
            f"{len(languages)}",
            remedy="take anchors out, or name two languages",
        )
    if anchors["directions"] not in ("both", *languages):
        raise InputError(
            f"pretraining.anchors.directions of {name!r} is {anchors['directions']!r}",
            remedy=f"write both, {' or '.join(sorted(languages))}",
        )
    if not any(study.switched(name, language) for language in languages):
        raise InputError(
            f"pretraining.anchors of {name!r}: files.dictionary has no dictionary of {' and '.join(languages)}",
            remedy=f"add files.dictionary.{'/'.join(languages)}, with its format and file",
        )
