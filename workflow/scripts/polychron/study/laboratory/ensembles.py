"""Ensembles: models whose languages live in members, each of them a model of the study.

Checkpoints, pieces, features, sentence states and bits per character are a member's, and are read where the member has
them. Probes, their transfer, word alignment and geometry are the ensemble's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

from polychron.errors import InputError
from polychron.study.laboratory.languages import restricted

if TYPE_CHECKING:
    from polychron.study.study import Study

KINDS = ("treebank", "parallel", "inference", "inference_test", "entity_treebank", "entities")
"""The kinds of dataset whose features are stored of the members of an ensemble: all of them."""


class Ensembles:
    """The languages of models, and their members; see `polychron.study.study.Study`, which this is a part of."""

    config: Mapping[str, Any]
    models: dict[str, Mapping[str, Any]]
    with_part: Callable[[str], list[str]]
    tasks: Callable[[str], list[str]]
    steps: Callable[[str], list[int]]
    dimension_of: Callable[[str], int | None]
    languages: list[str]
    shallow: list[str]
    own_layers: Callable[[str, Iterable[int]], list[int]]
    bits: list[dict[str, Any]]
    alignments: list[dict[str, Any]]

    @cached_property
    def ensembles(self) -> list[str]:
        """The models whose languages live in members."""
        return [name for name, model in self.models.items() if model.get("members")]

    @cached_property
    def views(self) -> list[str]:
        """The models that are another one as one of its languages sees it."""
        return [name for name, model in self.models.items() if model["provider"] == "view"]

    @cached_property
    def single(self) -> list[str]:
        """The models that have checkpoints of their own."""
        return [name for name in self.models if name not in self.ensembles]

    @cached_property
    def unsized(self) -> list[str]:
        """The ensembles of which only the files of members say how wide their states are."""
        return [
            name
            for name in self.ensembles
            if any(
                self.dimension_of(member) is None and member not in self.views for member in self.members(name).values()
            )
        ]

    @property
    def member_jobs(self) -> dict[str, int]:
        """The number of jobs that compare the members of an ensemble."""
        return {"compare_members": len(self.unsized)} if self.unsized else {}

    def members(self, model: str) -> dict[str, str]:
        """Return the members of an ensemble by language, sorted; none of other models."""
        members = self.models[model].get("members") or {}
        return {language: members[language] for language in sorted(members) if language in self.languages}

    def speaker(self, model: str, language: str) -> str:
        """Return the model that has a language's files: the member of an ensemble, or the model itself."""
        return (self.models[model].get("members") or {}).get(language, model)

    def pieces(self, model: str, dataset: str) -> str:
        """Return the table of a dataset's pieces, such as ``treebank/de``, as a model or its member cuts it."""
        return f"results/{self.speaker(model, dataset.split('/')[1])}/pieces/{dataset}.parquet"

    def features(self, model: str, dataset: str, layer: int | str, step: int | str) -> str:
        """Return the file of a dataset's stored features at a layer and step, of a model or its member."""
        speaker = self.speaker(model, dataset.split("/")[1])
        return f"results/{speaker}/features/{dataset}/layer-{layer}/step-{step}.npy"

    def converted_first(self, model: str) -> list[str]:
        """Return all models that have checkpoints of their own, starting with a given one if it is among them."""
        return sorted(self.single, key=lambda name: name != model)

    @cached_property
    def _parts(self) -> dict[str, Study]:
        return {}

    def of(self, model: str) -> Study:
        """Return the part of the study that is about the languages of a model: all of it, unless the model has fewer.

        Of an ensemble, all features are stored, so that no job reads checkpoints of several members.
        """
        named, ensemble = self.models[model].get("languages"), model in self.ensembles
        if named is None and not ensemble:
            return self
        if model not in self._parts:
            config = self.config if named is None else restricted(self.config, named)
            if model in self.shallow:
                config = {**config, "probing": self._shallower(model, config["probing"])}
            if ensemble:
                stored = {"store": KINDS, "inline": [], "every_layer": True}
                config = {**config, "features": {**config["features"], **stored}}
            self._parts[model] = type(self)(config)
        return self._parts[model]

    def _shallower(self, model: str, probing: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is probed of a model of the laboratory with fewer layers: at its own layers alone."""
        further = [
            {**part, **{key: self.own_layers(model, part[key]) for key in ("layers", "transfer")}}
            for part in probing["layerwise"]
        ]
        return {**probing, "layers": self.own_layers(model, probing["layers"]), "layerwise": further}

    @cached_property
    def measured(self) -> list[str]:
        """The models that have scores: all but those that only take part in ensembles."""
        apart = {job["model"] for jobs in (self.bits, self.alignments) for job in jobs}
        return [name for name in self.models if self.tasks(name) or name in apart]

    def bits_of(self, model: str) -> list[dict[str, Any]]:
        """Return what a model's bits per character are measured on, and the ``speaker``: its member, or itself."""
        if model not in self.with_part("bits"):
            return []
        return [
            {"model": model, "speaker": self.speaker(model, language), "language": language, "step": step}
            for language, step in product(self.of(model).config["bits"]["languages"], self.steps(model))
        ]


def check_ensemble(study: Study, name: str) -> None:
    """Refuse members of an ensemble that are none, or that do not fit together; and members of other models.

    Raises
    ------
    InputError
        The first fault, with its remedy.
    """
    model = study.models[name]
    members, ensemble = model.get("members") or {}, model["provider"] == "ensemble"
    named = model.get("languages")
    if strange := [language for language in named or () if language not in study.languages]:
        raise InputError(
            f"models: {name!r} is to be measured in {strange[0]!r}, which is no language of the study",
            remedy=f"take it out of its languages, or name it in probing, bits or alignment. The study has "
            f"{', '.join(study.languages)}",
        )
    if not ensemble:
        if any(member not in study.views for member in members.values()):
            raise InputError(
                f"models: {name!r} has 'members', which is for the provider 'ensemble' alone, and not for "
                f"{model['provider']!r}",
                remedy="take it out, or set provider: ensemble",
            )
        return
    if unused := [key for key in ("source", "revision", "revisions", "vocabulary", "own_code") if model.get(key)]:
        raise InputError(
            f"models: {name!r} is an ensemble and has {unused[0]!r}",
            remedy="take it out: an ensemble reads the checkpoints of its members",
        )
    for language, member in members.items():
        _check_member(study, name, language, member)
    spoken = study.languages if named is None else named
    if lacking := [language for language in spoken if language not in members]:
        raise InputError(
            f"models: no member of {name!r} speaks {lacking[0]!r}",
            remedy=f"add members.{lacking[0]} to it, or name its languages: "
            f"languages: [{', '.join(language for language in spoken if language in members)}]",
        )
    widths = {member: width for member in members.values() if (width := study.dimension_of(member)) is not None}
    for (one, first), (other, second) in pairwise(widths.items()):
        if first != second:
            raise InputError(
                f"models: members of {name!r} have states of other widths: {one!r} of {first} dimensions, {other!r} of "
                f"{second}",
                remedy="choose members of one pretraining.dimension: a probe of one member reads the states of others",
            )
    for part, key, asked in (
        ("alignment", "alignment.methods", study.matching),
        ("geometry", "geometry.sets", study.of(name).translated_pairs),
    ):
        if asked and name in study.with_part(part):
            raise InputError(
                f"{key}: {asked[0]} is for models that read both languages, and {name!r} is an ensemble",
                remedy=f"take it out, or leave {part} out of the parts of {name!r}",
            )


def _check_member(study: Study, name: str, language: str, member: str) -> None:
    """Refuse a member that is no model, is an ensemble itself, or has other layers, window or steps."""
    ensemble, place = study.models[name], f"models: members.{language} of {name!r}"
    if language not in study.languages:
        raise InputError(
            f"{place}: {language!r} is no language of the study",
            remedy=f"take it out, or name it in probing, bits or alignment. The study has {', '.join(study.languages)}",
        )
    if member not in study.models:
        known = ", ".join(one for one in study.single) or "none"
        raise InputError(f"{place}: there is no model {member!r}", remedy=f"name one of these: {known}")
    if member in study.ensembles:
        raise InputError(
            f"{place}: {member!r} is an ensemble itself",
            remedy="name the members of that one instead",
        )
    told = study.models[member]
    for key in ("final_layer", "window"):
        if told[key] != ensemble[key]:
            raise InputError(
                f"{place}: {member!r} has {key} {told[key]}, and the ensemble {ensemble[key]}",
                remedy=f"give the ensemble and all of its members the same {key}",
            )
    if lacking := [step for step in study.steps(name) if step not in study.steps(member)]:
        raise InputError(
            f"{place}: {member!r} has no step {lacking[0]}, which {name!r} has",
            remedy=f"add it to the steps of {member!r}, or give {name!r} steps of its own that all members have",
        )


def not_of_members(
    study: Study,
    model: str,
    grid: Callable[[str], Mapping[str, Any]],
    features: list[tuple[str, int]],
    datasets: list[str],
) -> tuple[list[tuple[str, int]], list[str]]:
    """Return the features and pieces of an ensemble that its members do not have for themselves, for the plan.

    Parameters
    ----------
    study : Study
    model : str
        The ensemble.
    grid : callable
        What is done with a model, of which ``features`` and ``datasets`` are read.
    features, datasets : list
        Those of the ensemble: datasets and layers, and datasets.
    """
    grids = {member: grid(member) for member in {*study.members(model).values()}}

    def made(kind: str, dataset: str, what: Any) -> bool:
        return what in grids.get(study.speaker(model, dataset.split("/")[1]), {kind: ()})[kind]

    alone = [one for one in features if not made("features", one[0], one)]
    return alone, [name for name in datasets if not made("datasets", name, name)]


def cut_by_members(study: Study, model: str, datasets: list[str]) -> dict[str, int]:
    """Return the datasets that several members of an ensemble cut into pieces, with their number, for the plan.

    These are bitexts, of which each side is read by the member that speaks it. Of other models there are none.

    Parameters
    ----------
    study : Study
    model : str
    datasets : list of str
    """
    bitexts = [name for name in datasets if name.startswith("bitext/")]
    found = {name: len({study.speaker(model, language) for language in name.split("/")[1:]}) for name in bitexts}
    return {name: number for name, number in found.items() if number > 1}
