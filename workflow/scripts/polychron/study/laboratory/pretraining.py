"""The pretraining of each model of a study: the study's settings, with those of the model's own in their place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from polychron.errors import InputError
from polychron.study.laboratory.texts import check_texts
from polychron.study.laboratory.vocabularies import check_vocabularies

ELSEWHERE = ("chain", "vocabulary", "vocabularies", "character_coverage", "anchors", "domains", "text", "order")
"""The keys of ``pretraining`` that decide other jobs than those that train a model."""

VOCABULARY = ("languages", "vocabulary", "character_coverage", "sampling_alpha", "seed")
"""The keys that decide the vocabulary."""

PLAIN: dict[str, Any] = {
    **{"vocabularies": "joint", "separate": None, "anchors": None},
    **{"domains": "shared", "text": 1, "order": "natural", "bitext": 0},
}
"""Keys that were added later, with the value that pretraining had without them. At that value they are left out of the
specs of jobs, so that models that were pretrained before stay as they are."""

ADDED: dict[str, Any] = {"pretraining": None, "members": None, "languages": None}
"""The same of the keys of a model."""


class Pretraining:
    """How models are pretrained here; see `polychron.study.study.Study`, which this is a part of."""

    config: Mapping[str, Any]
    models: dict[str, Mapping[str, Any]]
    languages: list[str]

    @cached_property
    def pretrained(self) -> list[str]:
        """The models that are pretrained here."""
        return [name for name, model in self.models.items() if model["provider"] == "pretrained"]

    def pretraining_of(self, model: str) -> dict[str, Any]:
        """Return the settings by which a model is pretrained: the study's, and its own in their place."""
        return {**self.config["pretraining"], **(self.models[model].get("pretraining") or {})}

    def pretraining_languages(self, model: str) -> list[str]:
        """Return the languages of the text that a model is pretrained on here, in their order; none of other models."""
        return self.pretraining_of(model)["languages"] if model in self.pretrained else []

    def dimension_of(self, model: str) -> int | None:
        """Return the width of a model's states; None where only its files say it."""
        if model not in self.pretrained:
            like = self.models[model].get("like")
            return self.dimension_of(like) if like in self.models else None
        return self.pretraining_of(model)["dimension"]

    def languages_known(self, model: str) -> int:
        """Return the number of languages of a model that is pretrained here: its own, or all of the study."""
        return len((self.models[model].get("pretraining") or {}).get("languages", self.languages))

    def known_settings(self, model: str) -> dict[str, Any]:
        """Return the settings by which a model is pretrained, without keys of `PLAIN` that are as they were before."""
        settings = self.pretraining_of(model)
        return {key: value for key, value in settings.items() if key not in PLAIN or value != PLAIN[key]}

    def training_arguments(self, model: str) -> dict[str, Any]:
        """Return the settings that decide the weights of a model that is pretrained here, besides its vocabulary."""
        return {key: value for key, value in self.known_settings(model).items() if key not in ELSEWHERE}

    def vocabulary_arguments(self, model: str) -> dict[str, Any]:
        """Return the settings that decide the vocabulary of a model that is pretrained here."""
        return {key: value for key, value in self.known_settings(model).items() if key in VOCABULARY}

    def entry_of(self, model: str) -> dict[str, Any]:
        """Return what the config says of a model, for the specs of jobs."""
        entry = self.models[model]
        return {key: value for key, value in entry.items() if key not in ADDED or value != ADDED[key]}

    def chain(self, model: str) -> list[int]:
        """Return the steps at which pretraining keeps the optimizer's state, ascending, without 0."""
        chain = self.pretraining_of(model)["chain"]
        return sorted(set(self.steps(model) if chain is None else chain) - {0})

    def link_before(self, model: str, step: int) -> int | None:
        """Return the nearest earlier step of a model's chain, None if pretraining starts from scratch."""
        return max((link for link in self.chain(model) if link < step), default=None) if step else None

    @cached_property
    def text_languages(self) -> list[str]:
        """The languages whose text is read, for pretraining or for bits per character."""
        read = {language for model in self.pretrained for language in self.pretraining_languages(model)}
        return sorted({*read, *self.config["bits"]["languages"]})


def check_pretraining(study: Pretraining, name: str, last: int) -> None:
    """Refuse settings of pretraining that no model can be trained by, or that a model does not use.

    Parameters
    ----------
    study : Study
    name : str
        A model of the study.
    last : int
        The last of its steps.

    Raises
    ------
    InputError
        The model is not pretrained here and has such settings; the model has another number of layers; its dimension
        cannot be divided among its heads; or a step lies beyond the schedule of its learning rate.
    """
    model = study.models[name]
    own = model.get("pretraining") or {}
    if name not in study.pretrained:
        if own:
            raise InputError(
                f"models: {name!r} has 'pretraining', which is for the provider 'pretrained' alone, and not for "
                f"{model['provider']!r}",
                remedy="take it out, or set provider: pretrained",
            )
        return
    settings = study.pretraining_of(name)
    check_vocabularies(study, name)
    check_texts(study, name)

    def place(key: str) -> str:
        return f"models: pretraining.{key} of {name!r}" if key in own else f"pretraining.{key}"

    if settings["layers"] != model["final_layer"]:
        raise InputError(
            f"{place('layers')}: {settings['layers']} layers would be pretrained, and the final_layer of {name!r} is "
            f"{model['final_layer']}",
            remedy="write the same number in both",
        )
    if settings["dimension"] % settings["heads"]:
        raise InputError(
            f"{place('heads' if 'heads' in own else 'dimension')}: {settings['heads']} heads cannot share "
            f"{settings['dimension']} dimensions equally",
            remedy="choose a dimension that is a multiple of the number of heads",
        )
    if settings["updates"] < last:
        key = f"pretraining.updates of {name!r}" if "updates" in own else "pretraining.updates"
        raise InputError(
            f"steps: {last} is beyond {key}, {settings['updates']}",
            remedy=f"raise {key} (a new learning-rate schedule, so a new model) or take the step out",
        )
