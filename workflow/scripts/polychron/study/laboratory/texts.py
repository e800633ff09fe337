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
    datasets: list[str]
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

        A text from another source (``files.other_text``) is read whole: ``text`` is a share of the study's texts.

        Returns
        -------
        dict or None
            ``share``, ``reverse`` and ``seed``, as `polychron.pretraining.texts.prepare` wants them.
        """
        if model not in self.pretrained:
            return None
        settings, languages = self.pretraining_of(model), self.pretraining_languages(model)
        elsewhere = self.half_of(model, language) is not None and not self.config["world"]
        share, order = 1 if elsewhere else settings.get("text", 1), settings.get("order", "natural")
        place = languages.index(language)
        reverse = order == "reversed" or (place < 2 and order == f"{HALVES[place]}_reversed")
        if share == 1 and not reverse:
            return None
        return {"share": share, "reverse": reverse, "seed": [settings["seed"], sorted(languages).index(language)]}

    @cached_property
    def with_bitext(self) -> list[str]:
        """The models that are pretrained here on pairs of sentences too."""
        return [name for name in self.pretrained if self.pretraining_of(name).get("bitext")]

    def bitext_arguments(self, model: str) -> dict[str, Any]:
        """Return what decides the pairs of sentences of a model, besides files."""
        world, languages = self.config["world"], self.pretraining_languages(model)
        drawn = world and {
            "seed": world["seed"],
            "window": max(one["window"] for one in self.models.values()),
            "languages": languages,
            "sizes": {kind: size for kind, size in world["sentences"].items() if kind != "text"},
            "twins": {code: of for code, of in twins_of(self.config).items() if code in languages},
        }
        number = self.pretraining_of(model)["bitext"]
        return {"number": number, "languages": languages, "world": drawn, "tests": self.bitext_tests(model)}

    def bitext_tests(self, model: str) -> list[str]:
        """Return the datasets of which no sentence is among a model's pairs.

        A world has no pair that says what a test sentence says, so that of a world these are the held-out sentences.
        """
        languages = {*self.pretraining_languages(model)}
        if self.config["world"]:
            return [f"heldout/{language}" for language in sorted(languages)]
        kept = sorted({*self.datasets, *(f"heldout/{language}" for language in languages)})
        return [name for name in kept if languages & {*name.split("/")[1:]}]

    def bitext_files(self, model: str) -> dict[str, str]:
        """Return the files of sentences and their translations of a model's languages, in their order; none of a world.

        Returns
        -------
        dict of str to str
            ``source`` and ``target``.
        """
        named = self.config["files"].get("bitext", {})
        first, second = self.pretraining_languages(model)
        if self.config["world"]:
            return {}
        if entry := named.get(f"{first}/{second}"):
            return {"source": entry["source"], "target": entry["target"]}
        entry = named[f"{second}/{first}"]
        return {"source": entry["target"], "target": entry["source"]}

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
        counts |= dict.fromkeys(("select_translations", "binarize_translations"), len(self.with_bitext))
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
        Domains are to be apart, and the model has not two languages, or its second one has no other text; the order of
        a language is reversed that it does not have; or a model is to read pairs of sentences that has not two
        languages, or parts of its own for each, or for whose languages no pairs are named.
    """
    settings, languages = study.pretraining_of(name), study.pretraining_languages(name)
    order = settings.get("order", "natural")
    if len(languages) < 2 and order in [f"{half}_reversed" for half in HALVES]:
        raise InputError(
            f"pretraining.order of {name!r} is {order}, and it is pretrained on {languages[0]} alone",
            remedy="write reversed or natural, or name two languages",
        )
    if settings.get("bitext"):
        _check_bitext(study, name)
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


def _check_bitext(study: Any, name: str) -> None:
    settings, languages = study.pretraining_of(name), study.pretraining_languages(name)
    if len(languages) != 2:
        raise InputError(
            f"pretraining.bitext of {name!r}: pairs of sentences are for models of two languages, and it has "
            f"{len(languages)}",
            remedy="name two languages, or set bitext: 0",
        )
    if any((settings.get("separate") or {}).values()):
        raise InputError(
            f"pretraining.bitext of {name!r}: an example is in both languages, and each of its languages has parts "
            "of its own (separate)",
            remedy="take separate out, or set bitext: 0",
        )
    named = study.config["files"].get("bitext", {})
    if not study.config["world"] and not {"/".join(languages), "/".join(languages[::-1])} & {*named}:
        raise InputError(
            f"pretraining.bitext of {name!r}: files.bitext has no sentences of {' and '.join(languages)}",
            remedy=f"add files.bitext.{'/'.join(languages)}, with source and target",
        )
