"""The datasets of a study: which there are, the files that they are read from, and which features are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from polychron.data import dictionaries
from polychron.data.derived import joins
from polychron.data.hub import datasets as of_the_hub
from polychron.data.sources import Source, lookup, own
from polychron.data.tables import addresses, merged
from polychron.errors import InputError

SPLITS = ("train", "dev", "test")
SPLITS_OF = {
    "treebank": SPLITS,
    "parallel": ("test",),
    "inference": ("train", "dev"),
    "inference_test": ("test",),
    "inference_parallel": ("dev", "test"),
    "entity_treebank": SPLITS,
    "entities": ("test",),
}
"""The splits that a kind of dataset is read from."""

TABLED_AS = {
    "entity_treebank": "treebank",
    "entities": "parallel",
    "inference_parallel": "heldout",
    "tatoeba": "bitext",
}
"""Kinds of dataset whose tables have the words of sentences as those of another kind do."""


class Datasets:
    """What a study reads; see `polychron.study.study.Study`, which this is a part of."""

    config: Mapping[str, Any]
    probing: Mapping[str, Any]
    pairs: list[dict[str, str]]
    dictionary_pairs: list[dict[str, str]]
    switching_pairs: list[dict[str, str]]
    translated_pairs: list[dict[str, str]]
    pretrained: list[str]
    text_languages: list[str]
    other_text_files: dict[str, str]
    with_bitext: list[str]
    bitext_files: Callable[[str], dict[str, str]]
    has: Callable[[str], bool]
    compared_languages: list[str]
    entity_datasets: dict[str, list[str]]
    sets: list[str]
    languages_of: Callable[[str], list[str]]

    def file_of(self, kind: str, language: str) -> Any:
        """Return the file of a language's dataset from the config.

        Raises
        ------
        InputError
            The config names no file for it.
        """
        files = self.config["files"][kind]
        if language not in files:
            raise InputError(
                f"{kind}: the language {language!r} is asked for, and files.{kind} names no file for it",
                remedy=f"add files.{kind}.{language}, or take {language!r} out of the list that asks for it",
            )
        return files[language]

    def treebank_files(self, kind: str, language: str) -> list[str]:
        """Return the files of a treebank, or of named entities, one for each split."""
        return [self.file_of(kind, language).format(split=split) for split in SPLITS_OF[kind]]

    def inference_files(self, kind: str, language: str) -> list[str]:
        """Return the files of a language's sentence pairs, one for each split."""
        entries = (self.config["files"]["inference"][split] for split in SPLITS_OF[kind])
        return [entry["file"].format(language=language) for entry in entries]

    def alignment_files(self, source: str, target: str) -> dict[str, str]:
        """Return the files of a gold alignment: ``source``, ``target`` and ``links``, if its format has them."""
        entry = self.file_of("alignment", f"{source}/{target}")
        return {part: entry[part] for part in ("source", "target", "links") if entry[part]}

    def translation_files(self, source: str, target: str) -> dict[str, str]:
        """Return the files whose lines are translations of each other: ``source`` and ``target``."""
        return {side: self.file_of("tatoeba", f"{source}/{target}")[side] for side in ("source", "target")}

    def dictionary_files(self, source: str, target: str) -> dict[str, str]:
        """Return the files of a dictionary: ``dictionary``, and ``index`` if its format has one."""
        entry = self.file_of("dictionary", f"{source}/{target}")
        index = {"index": dictionaries.index_of(entry["file"])} if entry["format"] == "freedict" else {}
        return {"dictionary": entry["file"], **index}

    def text_file(self, language: str) -> str:
        """Return the file of a language's text."""
        return self.config["files"]["text"].format(language=language)

    @cached_property
    def source_rows(self) -> dict[str, merged.Row]:
        """The rows of all tables of sources, by file; none in a world, which has no sources.

        Raises
        ------
        InputError
            See `polychron.data.tables.merged.rows` and `polychron.data.tables.addresses.check`.
        """
        rows = {} if self.config["world"] else merged.rows(self.config["sources"])
        addresses.check(merged.added(rows))
        return rows

    @cached_property
    def known(self) -> dict[str, Source]:
        """What is known of each source."""
        return {file: row.source for file, row in self.source_rows.items()}

    @property
    def added_sources(self) -> str:
        """The rows that the config adds to the table of sources, as the text of a table; empty if there are none."""
        return merged.written(merged.added(self.source_rows))

    @cached_property
    def beginnings(self) -> bool:
        """Whether only the beginning of each text is fetched: the evaluation of published models needs no more.

        Texts in datasets of Hugging Face, and joined ones, have no beginning that could be read by itself.
        """
        if self.config["world"] or own(self.config["files"]["text"]) or self.pretrained:
            return False
        texts = [lookup(self.known, self.text_file(language)) for language in self.text_languages]
        return not any(of_the_hub.is_address(text.url) or joins.is_address(text.url) for text in texts)

    @property
    def parallel_languages(self) -> list[str]:
        """The languages whose parallel sentences are read, for transfer or to be compared."""
        transferred = self.probing["transfer"]["treebank_languages"] if self.has("treebank") else []
        return [*transferred, *(name for name in self.compared_languages if name not in transferred)]

    @cached_property
    def datasets(self) -> list[str]:
        """Every dataset that the study reads examples from, as ``kind/language``."""
        transfer, treebanks, inference = self.probing["transfer"], self.has("treebank"), self.has("inference")
        tested = {*self.probing["inference_languages"], *transfer["inference_languages"]}
        of = {
            "treebank": self.probing["treebank_languages"] if treebanks else [],
            "parallel": self.parallel_languages,
            "inference": self.probing["inference_languages"] if inference else [],
            "inference_test": sorted(tested) if inference else [],
            "heldout": self.config["bits"]["languages"],
            "inference_parallel": self.languages_of("inference_parallel") if "inference_parallel" in self.sets else [],
            "bitext": [f"{pair['source']}/{pair['target']}" for pair in self.pairs],
            "tatoeba": [f"{pair['source']}/{pair['target']}" for pair in self.translated_pairs],
            **self.entity_datasets,
        }
        return [f"{kind}/{language}" for kind, languages in of.items() for language in languages]

    @cached_property
    def raw_files(self) -> list[str]:
        """Every file that the study reads as a whole, sorted: of its sources, and the user's own."""
        files = [] if self.beginnings else [self.text_file(language) for language in self.text_languages]
        if self.has("treebank"):
            for language in self.probing["treebank_languages"]:
                files += self.treebank_files("treebank", language)
        for language in self.parallel_languages:
            files += self.treebank_files("parallel", language)
        if self.has("inference"):
            transfer = self.probing["transfer"]["inference_languages"]
            for language in {*self.probing["inference_languages"], *transfer}:
                for kind in ("inference", "inference_test"):
                    files += self.inference_files(kind, language)
        for kind, languages in self.entity_datasets.items():
            for language in languages:
                files += self.treebank_files(kind, language)
        if "inference_parallel" in self.sets:
            for language in self.languages_of("inference_parallel"):
                files += self.inference_files("inference_parallel", language)
        for pair in self.pairs:
            files += self.alignment_files(**pair).values()
        for pair in self.translated_pairs:
            files += self.translation_files(**pair).values()
        for pair in (*self.dictionary_pairs, *self.switching_pairs):
            files += self.dictionary_files(**pair).values()
        files += self.other_text_files.values()
        for model in self.with_bitext:
            files += self.bitext_files(model).values()
        files += [self.config["files"]["distances"], self.config["files"]["sizes"]]
        return sorted(set(files))

    @cached_property
    def source_files(self) -> list[str]:
        """Those of the raw files that are of the sources, and not the user's own."""
        return [path for path in self.raw_files if not own(path)]

    def stored(self, kind: str, language: str, layer: int) -> bool:
        """Whether a dataset's features at a layer are written to disk.

        They are if their kind is in ``features.store``, they are not in ``features.inline``, and, for what probes of
        words are trained on, all tasks are probed at the layer. Features of further layers, in ``probing.layerwise``,
        are computed in the cells that read them. So whether a cell reads a file never depends on which other cells
        there are; otherwise a new cell would rerun old ones.
        """
        features = self.config["features"]
        everywhere = kind not in ("treebank", "entity_treebank") or layer in self.probing["layers"]
        everywhere = everywhere or features.get("every_layer", False)  # of ensembles
        return everywhere and kind in features["store"] and f"{kind}/{language}" not in features["inline"]
