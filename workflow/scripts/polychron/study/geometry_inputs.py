"""The inputs of the jobs of geometry, as functions of their wildcards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polychron.study.further_probes import MIXED, PROBED, SUBSPACES
from polychron.study.geometry import COMPARED, LINKED, PAIRED_SENTENCES, STABILITY, TRANSFERRED, TRANSLATED
from polychron.study.study import Study


class GeometryInputs:
    """The inputs of these jobs; see `polychron.study.inputs.Inputs`, which this is a part of."""

    study: Study
    raw: Callable[..., list[str]]
    cell: Callable[[Any], dict[str, Any]]
    cell_stored: Callable[[Any], list[bool]]
    transfer: Callable[[Any], dict[str, list[str]]]

    def parallel(self, wildcards: Any) -> dict[str, list[str]]:
        """Return the examples of a set of parallel sentences, and their pieces, in the order of its languages."""
        names = [
            f"{wildcards.set}/{language}" for language in self.study.of(wildcards.model).languages_of(wildcards.set)
        ]
        return {
            "examples": [self.study.example(name) for name in names],
            "pieces": [self.study.pieces(wildcards.model, name) for name in names],
        }

    def factors(self, wildcards: Any) -> dict[str, Any]:
        """Return what the factors of pairs are computed from: the parallel treebanks; or the table that is given."""
        if self.study.config["scores"]:
            return {"given": str(self.study.given_table(wildcards.model, "factors"))}
        names = [f"parallel/{language}" for language in self.study.of(wildcards.model).compared_languages]
        return {
            "parallel": f"results/{wildcards.model}/parallel/parallel.parquet",
            "examples": [self.study.example(name) for name in names],
            "pieces": [self.study.pieces(wildcards.model, name) for name in names],
        }

    def regressions(self, wildcards: Any) -> str | list[str]:
        """Return what scores and transfer follow, of a model whose languages are compared."""
        return f"results/{wildcards.model}/regressions.parquet" if wildcards.model in self.study.described else []

    def described_geometry(self, wildcards: Any) -> str | list[str]:
        """Return the gathered geometry of a model whose languages are compared."""
        return f"results/{wildcards.model}/geometry.parquet" if wildcards.model in self.study.described else []

    def last_verdicts(self, wildcards: Any) -> list[str]:
        """Return what the examinations of the last checkpoints of all models found, the given model's first.

        Beside scores that were gathered elsewhere, it is the table of models.
        """
        if self.study.config["scores"]:
            return [str(self.study.given_table(wildcards.model, "models"))]
        models = self.study.converted_first(wildcards.model)
        return [f"results/{model}/checkpoints/step-{max(self.study.steps(model))}/verdict.json" for model in models]

    def dictionary(self, wildcards: Any) -> dict[str, list[str]]:
        """Return a dictionary, and the text of its languages: what was not held out, or else the held-out sentences."""
        pair = {"source": wildcards.source, "target": wildcards.target}
        study = self.study
        texts = [
            study.example(f"heldout/{language}")
            if study.beginnings
            else f"{study.resources}/examples/text/{language}.txt"
            for language in pair.values()
        ]
        return {"dictionary": self.raw(*study.dictionary_files(**pair).values()), "texts": texts}

    def alike(self, wildcards: Any) -> dict[str, str]:
        """Return the config and tokenizer of the model that an untrained one is like."""
        other = self.study.models[wildcards.model]["like"]
        folder = f"results/{other}/checkpoints/step-{min(self.study.steps(other))}"
        return {name: f"{folder}/{name}.json" for name in ("config", "tokenizer", "tokenizer_config")}

    def translations(self, wildcards: Any) -> dict[str, str]:
        """Return the two files of translations of a pair of languages."""
        files = self.study.translation_files(wildcards.source, wildcards.target)
        return {side: self.raw(path)[0] for side, path in files.items()}

    def states(self, wildcards: Any) -> dict[str, list[str]]:
        """Return the sentence states of all languages at a step, and those of the untrained model if there is one."""
        step = int(wildcards.step)
        untrained = self.study.untrained_of(wildcards.model, step)
        return {
            "states": self._states(wildcards, step),
            "untrained": [] if untrained is None else self._states(wildcards, 0, untrained),
        }

    def states_at(self, wildcards: Any) -> list[str]:
        """Return the sentence states of all languages at a step."""
        return self._states(wildcards, int(wildcards.step))

    def searched(self, wildcards: Any) -> dict[str, Any]:
        """Return the states whose translations are searched, and, of another set, what maps are fitted on."""
        study, model, fit = self.study, wildcards.model, self.study.fit
        found: dict[str, Any] = {"states": self.states_at(wildcards)}
        if fit and fit != wildcards.set:
            languages = study.of(model).languages_of(wildcards.set)
            for key, name in (("fit_examples", fit), ("examples", wildcards.set)):
                found[key] = [study.example(f"{name}/{language}") for language in languages]
            found["fit_states"] = [
                f"results/{study.speaker(model, language)}/sentences/{fit}/{language}/step-{wildcards.step}.npy"
                for language in languages
            ]
            found["fit_parallel"] = f"results/{model}/parallel/{fit}.parquet"
        return found

    def states_of_steps(self, wildcards: Any) -> list[str]:
        """Return the sentence states of all steps of a model: of each step, those of all languages."""
        return [path for step in self.study.steps(wildcards.model) for path in self._states(wildcards, step)]

    def _states(self, wildcards: Any, step: int, model: str | None = None) -> list[str]:
        study, model = self.study, model or wildcards.model
        return [
            f"results/{study.speaker(model, language)}/sentences/{wildcards.set}/{language}/step-{step}.npy"
            for language in study.of(wildcards.model).languages_of(wildcards.set)
        ]

    def source_stored(self, wildcards: Any) -> bool:
        """Return whether the features are stored that a cell's probes are trained on."""
        return self.cell_stored(wildcards)[0]

    def transfer_centred(self, wildcards: Any) -> dict[str, Any]:
        """Return what transfer with centred targets reads: as without, and what the probes were trained on."""
        trained, targets, stored = self.cell(wildcards), self.transfer(wildcards), self.source_stored(wildcards)
        weights = [] if stored else [trained["weights"], trained["config"]]
        return {
            **targets,
            "checkpoint": targets["checkpoint"] or weights,
            "examples": trained["examples"][0],
            "source_pieces": trained["pieces"][0],
            "source_features": trained["features"][:1] if stored else [],
        }

    def geometry(self, wildcards: Any) -> list[str]:
        """Return every table of the geometry of a model, or the one that is given beside its scores."""
        study = self.study
        if study.config["scores"]:
            return [str(study.given_table(wildcards.model, "geometry"))]
        folders = (
            (f"similarity/{COMPARED}", study.comparisons),
            (f"stability/{STABILITY}", study.stabilities),
            (f"retrieval/{COMPARED}", study.searches),
            (f"identity/{COMPARED}", study.identities),
            (f"transfer_centred/{TRANSFERRED}", study.centred_transfers),
            (f"structural/{PROBED}", study.structural_cells),
            (f"structural_transfer/{PROBED}", study.structural_transfers),
            (f"subspaces/{SUBSPACES}", study.subspaces),
            (f"translations/{PAIRED_SENTENCES}", study.translation_searches),
            (f"word_retrieval/{LINKED}", study.word_searches),
            (f"word_retrieval/{TRANSLATED}", study.dictionary_searches),
            (f"mixture/{MIXED}", study.mixtures),
        )
        return [
            f"results/{wildcards.model}/{pattern.format(**job)}.parquet"
            for pattern, grid in folders
            for job in grid
            if job["model"] == wildcards.model
        ]
