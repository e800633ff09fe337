"""The geometry of a study: which languages, layers and steps are compared, and by which files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from polychron.errors import InputError
from polychron.synthetic.languages import relations

COMPARED = "{set}/layer-{layer}/step-{step}"
"""Where the similarity of languages is, below the folder of its model and rule."""

STABILITY = "{set}/layer-{layer}"
"""Where the similarity of steps is."""

TRANSFERRED = "{task}/{language}/layer-{layer}/step-{step}"
"""Where the scores of transfer with centred targets are."""

LINKED = "links/{source}/{target}/step-{step}"
"""Where the words that gold links pair are searched."""

PAIRED = "tatoeba"
"""The set in which each pair of languages has sentences of its own."""

PAIRED_SENTENCES = "{source}/{target}/step-{step}"
"""Where the translations of such sentences are searched."""

TRANSLATED = "dictionary/{source}/{target}/step-{step}"
"""Where the words that a dictionary pairs are searched."""

MEASURES = ("similarity", "permutations", "variance", "components", "neighbours", "seed")
"""The keys of ``geometry`` that decide how similar two languages are."""

SEARCH = ("states", "scores", "csls", "margin", "normalise", "pool", "mining")
"""The keys that decide how translations are searched."""

WORDS = ("states", "scores", "csls", "margin", "normalise")
"""The keys that decide how translations of words are searched."""

GIVEN = ("geometry", "factors", "models")
"""The tables beside scores that were gathered elsewhere, without which geometry is not drawn again."""

Job = dict[str, Any]


class Geometry:
    """What a study compares; see `polychron.study.study.Study`, which this is a part of."""

    config: Mapping[str, Any]
    probing: Mapping[str, Any]
    models: dict[str, Mapping[str, Any]]
    analysed: list[str]
    pretrained: list[str]
    with_part: Callable[[str], list[str]]
    ensembles: list[str]
    views: list[str]
    kept: list[str]
    of: Callable[[str], Any]
    speaker: Callable[[str, str], str]
    steps: Callable[[str], list[int]]
    pairs: list[dict[str, str]]
    has: Callable[[str], bool]
    transfers: list[Job]
    alternatives: list[Job]
    structured: list[str]
    mixtures: list[Job]

    @cached_property
    def geometry(self) -> Mapping[str, Any] | None:
        """The settings of geometry; None if there is none, without languages, or beside scores that lack its tables."""
        asked = self.config.get("geometry")
        if not asked:
            return None
        models = self.with_part("geometry") if self.config["scores"] else []
        if not all(self.given_table(model, name) for model in models for name in GIVEN):
            return None
        return asked if asked["languages"] or self.has("treebank") else None

    def given_table(self, model: str, name: str) -> Path | None:
        """Return a table beside scores that were gathered elsewhere, None if it is not there."""
        path = Path(self.config["scores"]).expanduser() / model / f"{name}.parquet"
        return path if path.is_file() else None

    def made_by(self, script: str) -> str:
        """Return the script that makes a table of geometry: a script of measuring, or that which takes a given one."""
        return "adopt_table" if self.config["scores"] else script

    @property
    def compared_languages(self) -> list[str]:
        """The languages that are compared, sorted: those that are named, or the targets of transfer of treebanks."""
        if not self.geometry:
            return []
        named = self.geometry["languages"]
        return sorted(self.probing["transfer"]["treebank_languages"] if named is None else named)

    @property
    def sets(self) -> list[str]:
        """The sets of parallel sentences whose states are compared: those that all languages of a set share."""
        return [name for name in self.geometry["sets"] if name != PAIRED] if self.geometry else []

    @property
    def translated_pairs(self) -> list[dict[str, str]]:
        """The pairs of languages whose translations have sentences of their own, in the order of the config."""
        if not self.geometry or PAIRED not in self.geometry["sets"]:
            return []
        pairs = (name.split("/") for name in self.config["files"][PAIRED])
        return [{"source": source, "target": target} for source, target in pairs]

    @property
    def claimed_pairs(self) -> dict[str, list[str]]:
        """The pairs of languages whose sentences are translations, as claims of papers are told of them, if any."""
        pairs = sorted("/".join(pair.values()) for pair in self.translated_pairs)
        return {PAIRED: pairs} if pairs else {}

    @property
    def shown_set(self) -> str | None:
        """The set that figures show and claims are measured on: parallel treebanks, or the first that is named."""
        return "parallel" if "parallel" in self.sets else next(iter(self.sets), None)

    def languages_of(self, name: str) -> list[str]:
        """Return the compared languages that a set of parallel sentences has, sorted."""
        if name == "parallel" or not self.geometry:
            return self.compared_languages
        known = {*self.probing["inference_languages"], *self.probing["transfer"]["inference_languages"]}
        named = self.geometry["languages"]
        return sorted(known if named is None else known.intersection(named))

    @property
    def orders(self) -> dict[str, str]:
        """The word orders of languages of the synthetic world, which no table has."""
        known = relations() if self.config["world"] else {}
        return {language: known[language]["order"] for language in self.compared_languages if language in known}

    @property
    def measures(self) -> Job:
        """The settings that decide how similar two languages are."""
        return {key: (self.geometry or {}).get(key) for key in MEASURES}

    @property
    def searching(self) -> Job:
        """The settings that decide how translations are searched."""
        return {key: (self.geometry or {}).get(key) for key in SEARCH}

    @property
    def fit(self) -> str | None:
        """The set that means and maps are learnt on; None for the other half of the set that is searched."""
        return self.geometry["fit"] if self.geometry else None

    @property
    def searching_script(self) -> str:
        """The script that searches sentences: with means and maps of the other half of a set, or of another set."""
        return "retrieve_fitted" if self.fit else "retrieve_sentences"

    @property
    def fitting(self) -> Job:
        """The name of that set, if there is one."""
        return {"fit": self.fit} if self.fit else {}

    @property
    def searching_words(self) -> Job:
        """The settings that decide how translations of words are searched."""
        return {key: (self.geometry or {}).get(key) for key in WORDS}

    @property
    def searching_links(self) -> Job:
        """The settings that decide how words in context are searched; a limit only where there is one."""
        limit = self.linked_sentences
        return self.searching_words | ({} if limit is None else {"linked_sentences": limit})

    @property
    def linked_sentences(self) -> int | None:
        """The most sentence pairs whose linked words are searched; None for all."""
        return self.geometry["words"]["linked_sentences"] if self.linked_pairs else None

    @property
    def dictionary_sentences(self) -> int | None:
        """The most sentences of a text whose words are averaged."""
        return self.geometry["words"]["sentences"] if self.dictionary_pairs else None

    @property
    def both_directions(self) -> Job:
        """Whether a dictionary is searched backwards as well, if it is."""
        asked = self.dictionary_pairs and self.geometry["words"]["both_directions"]
        return {"both_directions": True} if asked else {}

    def compared_layers(self, model: str) -> list[int]:
        """Return the layers of a model at which languages are compared: those that are named, or all."""
        final = self.models[model]["final_layer"]
        asked = self.own_layers(model, (self.geometry and self.geometry["layers"]) or [])
        return [layer for layer in range(final + 1) if not asked or layer in asked]

    @cached_property
    def untrained(self) -> list[str]:
        """The models whose weights are drawn at random."""
        return [name for name, model in self.models.items() if model["provider"] == "random"]

    @cached_property
    def fetched(self) -> list[str]:
        """The models whose checkpoints come from elsewhere."""
        others = {*self.pretrained, *self.untrained, *self.ensembles, *self.views, *self.kept}
        return [name for name in self.models if name not in others]

    @property
    def described(self) -> list[str]:
        """The models whose languages are compared: those that have two or more of them."""
        asked = self.with_part("geometry") if self.geometry else []
        return [model for model in asked if len(self.of(model).compared_languages) > 1]

    @property
    def with_geometry(self) -> list[str]:
        """The models that have a table of geometry: those whose languages are compared, or with further probes."""
        mixed = sorted({job["model"] for job in self.mixtures})
        return list(dict.fromkeys([*self.described, *self.structured, *mixed]))

    @cached_property
    def pooled(self) -> list[Job]:
        """The jobs that compute sentence states: one for each model or member, set, language and step."""
        found = dict.fromkeys(
            (self.speaker(model, language), name, language, step)
            for model in self.described
            for name in self.of(model).sets
            for language, step in product(self.of(model).languages_of(name), self.steps(model))
        )
        return [dict(zip(("model", "set", "language", "step"), job, strict=True)) for job in found]

    @cached_property
    def comparisons(self) -> list[Job]:
        """The comparisons of languages: one job for each model, set, layer and step."""
        return [
            {"model": model, "set": name, "layer": layer, "step": step}
            for model in self.described
            for name, layer, step in product(self.of(model).sets, self.compared_layers(model), self.steps(model))
        ]

    @property
    def searches(self) -> list[Job]:
        """The searches for translations: as many as comparisons, or none."""
        return self.comparisons if self.geometry and self.geometry["states"] else []

    @property
    def linked_pairs(self) -> list[dict[str, str]]:
        """The pairs of languages whose words are searched by gold links: those whose words are aligned, or none."""
        asked = self.geometry and self.geometry["states"] and self.geometry["words"]
        return self.pairs if asked and asked["links"] else []

    @property
    def word_searches(self) -> list[Job]:
        """The searches for translations of linked words: one job for each model, pair of languages and step."""
        return [
            {"model": model, **pair, "step": step}
            for model in self.described
            for pair, step in product(self.of(model).linked_pairs, self.steps(model))
        ]

    @property
    def dictionary_pairs(self) -> list[dict[str, str]]:
        """The pairs of languages whose words are searched by a dictionary."""
        asked = self.geometry and self.geometry["states"] and self.geometry["words"]
        return [{"source": source, "target": target} for source, target in asked["dictionary"]] if asked else []

    @property
    def dictionary_searches(self) -> list[Job]:
        """The searches for translations of a dictionary: one job for each model, pair of languages and step."""
        return [
            {"model": model, **pair, "step": step}
            for model in self.described
            for pair, step in product(self.of(model).dictionary_pairs, self.steps(model))
        ]

    @property
    def translation_searches(self) -> list[Job]:
        """The searches for the translations of pairs of sentences: a job for each model, pair of languages and step."""
        asked = self.geometry and self.geometry["states"]
        return [
            {"model": model, **pair, "step": step}
            for model in (self.described if asked else [])
            for pair, step in product(self.of(model).translated_pairs, self.steps(model))
        ]

    @property
    def searching_pairs(self) -> Job:
        """The settings that decide how translations of pairs of sentences are searched."""
        return {key: (self.geometry or {}).get(key) for key in (*WORDS, "pooling")}

    @property
    def identities(self) -> list[Job]:
        """The trainings of probes that tell languages: as many as comparisons, or none."""
        return self.comparisons if self.geometry and self.geometry["identity"] else []

    @cached_property
    def centred_transfers(self) -> list[Job]:
        """The cells whose probes are also transferred with centred targets; tasks that the study lacks are skipped."""
        asked, described = self.geometry and self.geometry["transfer"], {*self.described}
        transfers = [cell for cell in self.transfers if cell["model"] in described]
        return [cell for cell in transfers if asked is None or cell["task"] in asked]

    @cached_property
    def stabilities(self) -> list[Job]:
        """The comparisons of steps: one job for each model, set and layer, where there are two steps or more."""
        return [
            {"model": model, "set": name, "layer": layer}
            for model in self.described
            if len(self.steps(model)) > 1
            for name, layer in product(self.of(model).sets, self.compared_layers(model))
        ]

    def untrained_of(self, model: str, step: int) -> str | None:
        """Return the untrained model that a step is compared with: the model at step 0, or one that is drawn like it.

        None at step 0, and where there is neither. A fine-tuned model has that of the model that it was.
        """
        if not step:
            return None
        if model in self.kept:
            return self.untrained_of(self.models[model]["of"], step)
        drawn = [name for name in self.described if self.models[name]["like"] == model]
        return model if 0 in self.steps(model) else next(iter(drawn), None)


def check_fit(study: Geometry) -> None:
    """Refuse to learn maps on a set that the study does not compare, or that lacks a language of another set."""
    if study.fit and study.fit not in study.sets:
        raise InputError(
            f"geometry.fit: maps are to be fitted on the set {study.fit!r}, which is not among geometry.sets",
            remedy=f"add {study.fit!r} to geometry.sets, or take geometry.fit out",
        )
    for name in study.sets if study.fit else []:
        if lacking := sorted({*study.languages_of(name)} - {*study.languages_of(study.fit)}):
            raise InputError(
                f"geometry.fit: the set {study.fit!r} has no sentences in {', '.join(lacking)}, and those of the set "
                f"{name!r} are to be searched with maps that are fitted on it",
                remedy="name the languages of both sets in geometry.languages, or take geometry.fit out",
            )


def check_directions(study: Geometry) -> None:
    """Refuse a pair of languages whose words would be searched twice in one direction, by two dictionaries."""
    pairs = [(pair["source"], pair["target"]) for pair in study.dictionary_pairs]
    twice = [pair for pair in pairs if pair[::-1] in pairs]
    if study.both_directions and twice:
        source, target = twice[0]
        raise InputError(
            f"geometry.words.both_directions: the dictionaries of {source}/{target} and {target}/{source} would both "
            "be searched in both directions",
            remedy=f"take [{target}, {source}] out of geometry.words.dictionary, or set both_directions: false",
        )


def check_likeness(study: Geometry, model: Mapping[str, Any]) -> None:
    """Refuse an untrained model that is like none of the study, or of other sizes, and its keys on other models."""
    name, other = model["name"], study.models.get(model["like"])
    if name not in study.untrained:
        if used := [key for key in ("like", "seed") if model[key] is not None]:
            raise InputError(
                f"models: {name!r} has {used[0]!r}, which is for the provider 'random' alone",
                remedy="take it out, or set provider: random",
            )
        return
    without = [*study.untrained, *study.ensembles]
    if other is None or other["name"] in without:
        known = ", ".join(one for one in study.models if one not in without) or "none"
        raise InputError(
            f"models: {name!r} is to be like {model['like']!r}, which is no trained model of this study",
            remedy=f"name one of these: {known}",
        )
    for key in ("final_layer", "window"):
        if model[key] != other[key]:
            raise InputError(
                f"models: {name!r} has {key} {model[key]}, and {other['name']!r}, which it is to be like, {other[key]}",
                remedy=f"set its {key} to {other[key]}",
            )
    if unused := [key for key in ("source", "revision", "revisions", "vocabulary", "steps") if model[key]]:
        raise InputError(
            f"models: {name!r} is untrained and has {unused[0]!r}",
            remedy="take it out: an untrained model has the tokenizer of the model it is like, and step 0 alone",
        )
