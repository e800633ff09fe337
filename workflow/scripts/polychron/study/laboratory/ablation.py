"""Which models of the laboratory are compared with which, as its config says it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import product
from typing import Any

from polychron.errors import InputError
from polychron.study.laboratory.variants import OWN, SEVERAL, name_of

VOCABULARY = ("vocabularies", "vocabulary", "character_coverage", "sampling_alpha", "alone")
"""The settings of a variant that decide by which vocabulary its texts are cut."""

TEXT = ("anchors", "domains", "text", "order")
"""The settings of a variant that change the text from which its vocabulary is learned."""

ROLE_KEYS: dict[str, tuple[set[str], ...]] = {
    **dict.fromkeys(("no_anchors", "default_anchors"), ({"vocabularies"},)),
    "extra_anchors": ({"anchors"},),
    "domain": ({"domains"},),
    "mono": ({"alone"}, {"alone", "vocabulary"}),
    "bitext": ({"bitext"},),
}
"""The settings in which a variant of each role differs from the default."""

VOCABULARY_ROLES = {"no_anchors": "prefixed", "default_anchors": "union"}
"""The vocabularies of two of them."""

SIZES = ("layers", "heads", "dimension", "feedforward", "window", "text")
"""The settings of which claims compare several values."""

LABORATORY_FIGURES = ("26", "27", "28")
"""The figures of what all models of the laboratory show."""

LABORATORY_TABLES = (10,)
"""The tables of the same."""


class Ablation:
    """The comparisons of the laboratory; see `polychron.study.study.Study`, which this is a part of."""

    config: Mapping[str, Any]
    anchored: list[str]
    described: list[str]
    measured: list[str]
    models: dict[str, Mapping[str, Any]]
    pretraining_of: Callable[[str], dict[str, Any]]
    laboratory_checks: list[str]

    @cached_property
    def laboratory(self) -> Mapping[str, Any] | None:
        """The settings of the laboratory; None if there is none."""
        return self.config.get("lab")

    @property
    def laboratories(self) -> list[str]:
        """The name of the folder below ``results`` that has what all models of the laboratory show, if there is one."""
        return [self.config["study"]] if self.laboratory else []

    @cached_property
    def laboratory_models(self) -> dict[str, tuple[str, str, int]]:
        """The models of the laboratory that are measured, with their pair, such as ``qsa/qtw``, variant and seed."""
        lab = self.laboratory
        jobs = product(lab["pairs"], lab["variants"], lab["seeds"]) if lab else ()
        named = {name_of(pair, variant, seed): ("/".join(pair), variant, seed) for pair, variant, seed in jobs}
        return {name: told for name, told in named.items() if name in self.measured}

    @cached_property
    def shallow(self) -> list[str]:
        """The models of the laboratory, members among them, that have fewer layers than the study's pretraining.

        What is measured at a layer that they lack is measured at their own last layer.
        """
        lab = self.laboratory
        jobs = product(lab["pairs"], lab["variants"], lab["seeds"]) if lab else ()
        names = {name_of(*job) for job in jobs}
        deepest = self.config["pretraining"]["layers"] if lab else 0
        return [
            name
            for name, model in self.models.items()
            if model["final_layer"] < deepest and name.split(".")[0] in names
        ]

    def own_layers(self, model: str, layers: Iterable[int]) -> list[int]:
        """Return the layers of a model in place of some that it may lack, ascending; see `shallow`."""
        last = self.models[model]["final_layer"]
        return sorted({min(layer, last) if model in self.shallow else layer for layer in layers})

    def aligned_layers(self, model: str) -> list[int]:
        """Return the layers of a model at which words are aligned."""
        layers = self.config["alignment"]["layers"]
        return self.own_layers(model, layers) if model in self.shallow else layers

    @cached_property
    def default_variant(self) -> str | None:
        """The variant that the others are compared with: that which is named, or that without settings of its own.

        Raises
        ------
        InputError
            `lab.default` names none, or there are several variants and none is the study's pretraining itself.
        """
        lab = self.laboratory
        if not lab:
            return None
        if named := lab.get("default"):
            if named not in lab["variants"]:
                near = difflib.get_close_matches(named, lab["variants"], 1)
                raise InputError(
                    f"lab.default: there is no variant {named!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
                    remedy=f"name one of {', '.join(lab['variants'])}",
                )
            return named
        plain = [name for name in lab["variants"] if not self._differences(name)]
        if not plain and len(lab["variants"]) > 1:
            raise InputError(
                "lab.variants: all of them differ from the study's pretraining, so that none is what the others are "
                "compared with",
                remedy="add the variant default: {}, or name one of them in lab.default",
            )
        return (plain or [*lab["variants"]])[0]

    @property
    def references(self) -> dict[str, dict[str, str | None]]:
        """Of each variant, the ``default``, and the variant that is the default with its vocabulary.

        The latter has the variant's settings of `VOCABULARY` and `TEXT`, and in all else those of the default. None
        where there is no such variant.
        """
        default = self.default_variant
        if default is None:
            return {}
        names = [default, *(name for name in self.laboratory["variants"] if name != default)]
        plain = [name for name in names if self._beside(name) == self._beside(default)]

        def same_vocabulary(name: str) -> str | None:
            return next((one for one in plain if self._vocabulary(one) == self._vocabulary(name)), None)

        return {name: {"default": default, "same_vocabulary": same_vocabulary(name)} for name in names}

    def _settings(self, variant: str) -> dict[str, Any]:
        """Return all settings of a variant: its own, and the study's pretraining in place of what it does not say."""
        lab = self.laboratory
        told = lab["variants"][variant]
        own = {"alone": told.get("alone", False), "window": told.get("window") or lab["window"]}
        settings = {
            **SEVERAL,
            **self.config["pretraining"],
            **{key: told[key] for key in told if key not in OWN},
            **own,
        }
        if isinstance(parts := settings["separate"], Mapping) and not any(parts.values()):
            settings["separate"] = None
        return settings

    def _differences(self, variant: str) -> dict[str, Any]:
        """Return the settings in which a variant differs from the study's pretraining."""
        usual = {**SEVERAL, "alone": False, **self.config["pretraining"], "window": self.laboratory["window"]}
        return {key: value for key, value in self._settings(variant).items() if usual.get(key) != value}

    def _vocabulary(self, variant: str) -> list[Any]:
        settings = self._settings(variant)
        return [settings.get(key) for key in (*VOCABULARY, *TEXT)]

    def _beside(self, variant: str) -> dict[str, Any]:
        return {key: value for key, value in self._settings(variant).items() if key not in VOCABULARY}

    @property
    def roles(self) -> dict[str, str]:
        """The variants that differ from the default in one thing, by what it is.

        The names are those of `polychron.audit.laboratory.results`. Of several variants with separate layers and one
        vocabulary, that with the fewest is ``low``, and that with the most ``most``.
        """
        if not self.laboratory:
            return {}
        usual = self._settings(self.default_variant)
        found: dict[str, str] = {"default": self.default_variant}
        for name in self.variants:
            told = self._settings(name)
            apart = {key: value for key, value in told.items() if usual.get(key) != value}
            for role, keys in ROLE_KEYS.items():
                if {*apart} in keys and (
                    role not in VOCABULARY_ROLES or told["vocabularies"] == VOCABULARY_ROLES[role]
                ):
                    found.setdefault(role, name)
        separate = self._separate[1]
        if 0 in separate[True]:
            found["sep_emb"] = separate[True].pop(0)
        for embeddings, role in ((False, "sep"), (True, "sep_emb")):
            depths = sorted(separate[embeddings])
            if depths:
                found[f"{role}_low"] = separate[embeddings][depths[0]]
            if len(depths) > 1:
                found[f"{role}_most"] = separate[embeddings][depths[-1]]
        return found

    @property
    def _separate(self) -> tuple[str, dict[bool, dict[int, str]]]:
        """The vocabularies of the variants with separate parts, and these by embeddings and number of layers.

        Of several vocabularies, that of which there are the most such variants; of as many, the union.
        """
        usual, found = self._settings(self.default_variant), {}
        for name in self.variants:
            told = self._settings(name)
            apart = {key for key, value in told.items() if usual.get(key) != value}
            if told["separate"] and apart <= {"vocabularies", "separate"}:
                depth, embeddings = told["separate"].get("layers", 0), bool(told["separate"].get("embeddings"))
                of_vocabulary = found.setdefault(told["vocabularies"], {True: {}, False: {}})
                of_vocabulary[embeddings].setdefault(depth, name)
        number = {name: (sum(map(len, parts.values())), name == "union") for name, parts in found.items()}
        chosen = max(number, key=number.__getitem__, default=usual["vocabularies"])
        return chosen, found.get(chosen, {True: {}, False: {}})

    @property
    def shared_role(self) -> str:
        """The role of the default of the vocabulary that variants with separate parts have."""
        if not self.laboratory:
            return "default"
        vocabulary = self._separate[0]
        if vocabulary == self._settings(self.default_variant)["vocabularies"]:
            return "default"
        return next((role for role, name in VOCABULARY_ROLES.items() if name == vocabulary), "default")

    @property
    def sizes_of_variants(self) -> dict[str, dict[str, Any]]:
        """The settings of `SIZES` of the default, and of each variant that differs from it in these alone."""
        if not self.laboratory:
            return {}
        usual, found = self._settings(self.default_variant), {}
        for name in [self.default_variant, *self.variants]:
            told = self._settings(name)
            if {key for key, value in told.items() if usual.get(key) != value} <= {*SIZES}:
                found[name] = {key: told[key] for key in SIZES}
        return found

    @property
    def laboratory_languages(self) -> list[str]:
        """The languages of the pairs."""
        return sorted({language for pair in (self.laboratory or {}).get("pairs", ()) for language in pair})

    @property
    def laboratory_sizes(self) -> dict[str, dict[str, Any]]:
        """Of each model that is pretrained for the laboratory, what its parameters are counted from.

        ``model`` is the one of `laboratory_models` that it is, or a member of, and ``together`` whether its languages
        have it in common. ``sizes`` are those of `polychron.models.sizes.Architecture` after the vocabulary.
        """
        found = {}
        for name in [] if self.config["scores"] else self.laboratory_models:
            alone = self.models[name]["provider"] == "ensemble"
            for one in self.models[name]["members"].values() if alone else [name]:
                settings = self.pretraining_of(one)
                found[one] = {
                    "model": name,
                    "together": not alone,
                    "languages": sorted(settings["languages"]),
                    "separate": settings.get("separate"),
                    "sizes": [
                        self.models[one]["window"],
                        *(settings[key] for key in ("dimension", "feedforward", "layers")),
                    ],
                }
        return found

    @property
    def ablation_tables(self) -> list[str]:
        """The tables of what the models of the laboratory show."""
        tables = ("ablation", "ablation_intervals")
        return [f"results/{lab}/{table}.parquet" for lab in self.laboratories for table in tables]

    def ablation_inputs(self, wildcards: Any) -> dict[str, list[str]]:
        """Return what was measured of the models of the laboratory, and the vocabularies of those pretrained for it."""
        models, elsewhere = self.laboratory_models, self.config["scores"]
        anchored = [] if elsewhere else [name for name in models if name in self.anchored]
        return {
            "scores": [f"results/{name}/scores.parquet" for name in models],
            "geometry": [f"results/{name}/geometry.parquet" for name in models if name in self.described],
            "anchors": [f"results/{name}/anchors.json" for name in anchored],
            "vocabularies": [f"results/{name}/binarized/dict.txt" for name in self.laboratory_sizes],
        }

    @property
    def variants(self) -> list[str]:
        """The variants of the laboratory, in the order of the config."""
        return [*self.laboratory["variants"]] if self.laboratory else []

    @property
    def shown_variants(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The default with the variants whose languages have a model each, and with all, as figures and tables ask."""
        alone = [name for name in self.variants if self.laboratory["variants"][name].get("alone")]
        default = {"default": self.default_variant}
        return {**default, "alone": alone}, {**default, "variants": self.variants}

    @property
    def ablation_items(self) -> dict[str, int]:
        """The number of figures and of tables that are of the whole laboratory, as jobs are called."""
        there = len(self.laboratories)
        return {"draw_figure": there * len(LABORATORY_FIGURES), "write_table": there * len(LABORATORY_TABLES)}

    @property
    def ablation_jobs(self) -> dict[str, int]:
        """The number of jobs that make these tables, besides those of other tables of the models."""
        anchored = self.ablation_inputs(None)["anchors"]
        return {
            **dict.fromkeys(("tabulate_ablation", "audit_laboratory"), len(self.laboratories)),
            **({"check_laboratory": 1} if self.laboratory_checks else {}),
            "measure_anchors": len(anchored),
            **self.ablation_items,
        }
