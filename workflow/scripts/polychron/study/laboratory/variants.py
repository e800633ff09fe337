"""The laboratory: models of two languages, in variants of their pretraining, as models of the study.

``lab`` of the config names pairs of languages, seeds and variants. A variant is the settings of pretraining in which it
differs from the study's. For each pair, variant and seed there is a model ``lab-{pair}-{variant}-{seed}``. Where
languages live in models of their own, these are its members, ``….{language}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from polychron.errors import InputError

GIVEN = ("languages", "seed")
"""Keys of pretraining that pairs and seeds decide."""

OWN = ("alone", "window", "pairs")
"""Keys of a variant that are no settings of pretraining."""

APART: dict[str, Any] = {"tasks": [], "parts": ["bits"]}
"""What is done with a model that only takes part in an ensemble."""


def name_of(pair: list[str], variant: str, seed: int) -> str:
    """Return the name of a model of the laboratory.

    Examples
    --------
    >>> name_of(["qsa", "qoe"], "default", 1)
    'lab-qsa-qoe-default-1'
    """
    return f"lab-{'-'.join(pair)}-{variant}-{seed}"


def expanded(config: dict[str, Any]) -> dict[str, Any]:
    """Add the models of the laboratory, and members of models whose languages are kept apart, in place.

    Parameters
    ----------
    config : dict
        A valid config, with its defaults filled in.

    Returns
    -------
    dict
        The same config.

    Raises
    ------
    InputError
        A pair has one language twice, or a variant has settings that pairs or seeds decide, or that its models cannot
        have.
    """
    models = [*config["models"]]
    if lab := config.get("lab"):
        models += [model for job in _jobs(lab, config["pretraining"]["layers"]) for model in _models(config, lab, *job)]
    models = [one for model in models for one in _with_views(config, model)]
    config["models"] = models
    return config


def _jobs(lab: Mapping[str, Any], deepest: int) -> Any:
    for pair in lab["pairs"]:
        if pair[0] == pair[1]:
            raise InputError(
                f"lab.pairs: the pair {pair[0]}, {pair[1]} is of one language",
                remedy="name two: a language in another script is in world.twins, and another seed in lab.seeds",
            )
    for name, told in lab["variants"].items():
        if strange := [pair for pair in told.get("pairs") or () if pair not in lab["pairs"]]:
            raise InputError(
                f"lab.variants.{name}.pairs: {', '.join(strange[0])} is no pair of lab.pairs",
                remedy="add it there, or take it out here",
            )
        if (layers := told.get("layers", deepest)) > deepest:
            raise InputError(
                f"lab.variants.{name}.layers: {layers} is more than pretraining.layers, {deepest}, and layers beyond "
                "are not measured",
                remedy=f"set pretraining.layers to {layers}, with the layers that are measured, give the other "
                f"variants layers: {deepest}, and name in lab.default the one that they are compared with",
            )
    jobs = product(lab["pairs"], lab["variants"].items(), lab["seeds"])
    return (job for job in jobs if job[1][1].get("pairs") is None or job[0] in job[1][1]["pairs"])


def _models(
    config: Mapping[str, Any],
    lab: Mapping[str, Any],
    pair: list[str],
    variant: tuple[str, Mapping[str, Any]],
    seed: int,
) -> list[dict[str, Any]]:
    """Return the models of a pair, variant and seed: one, or two and their ensemble."""
    name, told = variant
    if given := [key for key in GIVEN if key in told]:
        raise InputError(
            f"lab.variants.{name}.{given[0]}: what a variant has in every model",
            remedy=f"take it out, and name {'pairs' if given[0] == 'languages' else 'seeds'} in lab",
        )
    settings = {key: value for key, value in told.items() if key not in OWN}
    layers = settings.get("layers", config["pretraining"]["layers"])
    common = {
        **EMPTY,
        "final_layer": layers,
        "window": told.get("window") or lab["window"],
        "steps": lab["steps"],
    }
    whole = {**common, "name": name_of(pair, name, seed), "languages": sorted(pair), "tasks": lab["tasks"]}
    whole["parts"] = list(lab["parts"])
    if not told.get("alone"):
        return [{**whole, "provider": "pretrained", "pretraining": {**settings, "languages": [*pair], "seed": seed}}]
    if apart := [key for key in SEVERAL if settings.get(key, SEVERAL[key]) != SEVERAL[key]]:
        raise InputError(
            f"lab.variants.{name}.{apart[0]}: the variant has a model for each language (alone), and this is for "
            "models of two",
            remedy="take one of the two out",
        )
    members = {language: f"{whole['name']}.{language}" for language in pair}
    return [
        *(
            {
                **common,
                **APART,
                "name": member,
                "languages": [language],
                "provider": "pretrained",
                "pretraining": {**settings, "languages": [language], "seed": (seed + place * APART_BY) % 2**31},
            }
            for place, (language, member) in enumerate(members.items())
        ),
        {**whole, "provider": "ensemble", "members": members},
    ]


APART_BY = 2**30
"""How far the seeds of two members are apart. Of one seed, their first weights would be the same."""

SEVERAL: dict[str, Any] = {"vocabularies": "joint", "separate": None, "anchors": None, "domains": "shared", "bitext": 0}
"""Settings of pretraining that are about several languages in one model, and the value at which they do nothing."""

EMPTY: dict[str, Any] = {
    **dict.fromkeys(("like", "seed", "source", "revision", "revisions", "vocabulary", "own_code")),
    **dict.fromkeys(("pretraining", "members", "languages", "steps", "tasks")),
    "original": False,
}
"""A model's keys, as the schema fills them in."""


def divided(config: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether a model is pretrained here on languages of which each has a vocabulary of its own."""
    own = {**config["pretraining"], **(model.get("pretraining") or {})}
    return model["provider"] == "pretrained" and own.get("vocabularies", "joint") != "joint"


def _with_views(config: Mapping[str, Any], model: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a model, and the members by which each of its languages is read if they are kept apart.

    Such a member, of the provider ``view``, is the model ``of`` which it is, as its ``language`` sees it.
    """
    if not divided(config, model):
        return [model]
    if model.get("members"):
        raise InputError(
            f"models: {model['name']!r} has 'members', and is pretrained with a vocabulary for each language, so that "
            "its members are given",
            remedy="take members out",
        )
    languages = {**config["pretraining"], **(model.get("pretraining") or {})}["languages"]
    members = {language: f"{model['name']}.{language}" for language in languages}
    measured = model.get("languages") or [*languages]
    views = [
        {
            **EMPTY,
            **APART,
            **{key: model[key] for key in ("final_layer", "window", "steps")},
            "name": member,
            "provider": "view",
            "of": model["name"],
            "language": language,
            "languages": [language],
        }
        for language, member in members.items()
    ]
    return [{**model, "members": members, "languages": measured}, *views]
