"""Texts of models that do not read those of the study: of other domains, a share of them, or reversed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from polychron.errors import InputError
from polychron.study.laboratory.twins import twins_of

HALVES = ("first", "second")
"""Which of the two languages of a model whose domains are apart."""


class Texts:
    """The texts of models that are pretrained here; see `polychron.study.study.Study`, which this is a part of."""

    config: Mapping[str, Any]
    models: dict[str, Mapping[str, Any]]
    pretrained: list[str]
    pretraining_of: Callable[[str], dict[str, Any]]
    pretraining_languages: Callable[[str], list[str]]
    switching_jobs: dict[str, int]

    def half_of(self, model: str, language: str) -> str | None:
        """Return which half of the domains a language's text in a model is about; None if it is the study's text.

        Without a world, the text of the first language is the study's, and only the second one has another source.
        """
        if self.pretraining_of(model).get("domains", "shared") == "shared":
            return None
        half = HALVES[self.pretraining_languages(model).index(language)]
        return half if self.config["world"] or half == "second" else None

    def domain_text(self, half: str, language: str) -> dict[str, Any] | None:
        """Return what decides a world's text of a half of the domains; None where there is no world."""
        world = self.config["world"]
        if not world:
            return None
        return {
            "seed": world["seed"],
            "window": max(model["window"] for model in self.models.values()),
            "language": language,
            "half": half,
            "sentences": world["sentences"]["text"],
            "twins": {code: of for code, of in twins_of(self.config).items() if code == language},
        }

    def prepared(self, model: str, language: str) -> dict[str, Any] | None:
        """Return the share of a text that a model reads, and whether its words are reversed; None if it is all of it.

        Returns
        -------
        dict or None
            ``share``, ``reverse`` and ``seed``, as `polychron.pretraining.texts.prepare` wants them.
        """
        if model not in self.pretrained:
            return None
        settings, languages = self.pretraining_of(model), self.pretraining_languages(model)
        share, order = settings.get("text", 1), settings.get("order", "natural")
        place = languages.index(language)
        reverse = order == "reversed" or (place < 2 and order == f"{HALVES[place]}_reversed")
        if share == 1 and not reverse:
            return None
        return {"share": share, "reverse": reverse, "seed": [settings["seed"], sorted(languages).index(language)]}

    @cached_property
    def read_texts(self) -> list[tuple[str, str]]:
        """Each model that is pretrained here, with each of its languages."""
        return [(model, language) for model in self.pretrained for language in self.pretraining_languages(model)]

    @cached_property
    def domain_texts(self) -> list[tuple[str, str]]:
        """The half and the language of each text of other domains."""
        found = ((self.half_of(model, language), language) for model, language in self.read_texts)
        return [*dict.fromkeys((half, language) for half, language in found if half)]

    @cached_property
    def other_text_files(self) -> dict[str, str]:
        """The files of texts from another source, by language; none of a world."""
        named = self.config["files"].get("other_text", {})
        return {} if self.config["world"] else {language: named[language] for _, language in self.domain_texts}

    @property
    def text_jobs(self) -> dict[str, int]:
        """The number of jobs that write texts for models of their own, by rule."""
        prepared = sum(self.prepared(*text) is not None for text in self.read_texts)
        counts = {"write_domain_text": len(self.domain_texts), "prepare_text": prepared}
        return {**self.switching_jobs, **{rule: count for rule, count in counts.items() if count}}


def check_texts(study: Any, name: str) -> None:
    """Refuse a pretraining whose texts cannot be what they are asked to.

    Parameters
    ----------
    study : Study
    name : str
        A model that is pretrained here.

    Raises
    ------
    InputError
        Domains are to be apart, and the model has not two languages, or its second one has no other text; or the order
        of a language is reversed that it does not have.
    """
    settings, languages = study.pretraining_of(name), study.pretraining_languages(name)
    order = settings.get("order", "natural")
    if len(languages) < 2 and order in [f"{half}_reversed" for half in HALVES]:
        raise InputError(
            f"pretraining.order of {name!r} is {order}, and it is pretrained on {languages[0]} alone",
            remedy="write reversed or natural, or name two languages",
        )
    if settings.get("domains", "shared") == "shared":
        return
    if len(languages) != 2:
        raise InputError(
            f"pretraining.domains of {name!r} is {settings['domains']}: its two languages have texts of other "
            f"domains, and it has {len(languages)}",
            remedy="name two languages, or take domains out",
        )
    if not study.config["world"] and languages[1] not in study.config["files"]["other_text"]:
        raise InputError(
            f"pretraining.domains of {name!r} is {settings['domains']}, and files.other_text has no text of "
            f"{languages[1]!r} from another source",
            remedy=f"add files.other_text.{languages[1]}",
        )
