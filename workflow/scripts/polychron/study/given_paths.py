"""Paths that a config names as inputs: none of them may be where the study writes, whatever way it is written.

Snakemake deletes an output before it is made. An input that is an output by another path would be lost.
"""

from __future__ import annotations

import os
import re
import stat
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from polychron.checkpoints import addresses
from polychron.data import dictionaries
from polychron.data.sources import own
from polychron.errors import InputError
from polychron.study import world_files
from polychron.study.datasets import SPLITS, SPLITS_OF
from polychron.study.geometry import GIVEN
from polychron.study.study import Study

SHARED = (
    "results/reproduction",
    "results/plan",
    "results/crate",
    "results/publish",
    "results/data",
    "logs",
    ".snakemake",
)
"""Folders that every study writes to, besides those of its own."""


BESIDE = ("scores", "sizes", *GIVEN)
"""The tables of a model that are read in the folder of scores that were gathered elsewhere."""

WHERE = ("mirror", "by_hand", "downloads")
"""Keys that say where files are looked for. They decide no result, and a mirror's address may have a password."""


def without_places(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config without the keys that say where files are looked for, as records and crates have it."""
    return {name: value for name, value in config.items() if name not in WHERE}


def check(study: Study) -> None:
    """Refuse inputs that are outputs, and home folders of users that there are not.

    Raises
    ------
    InputError
        The first such path, with the key of the config that names it.
    """
    for key, text in _with_homes(study):
        try:
            Path(text or "").expanduser()
        except RuntimeError:
            raise InputError(
                f"{key}: {text}: this computer has no user {text[1:].split('/')[0]}, or none with a home folder",
                remedy=f"write the whole path of the folder into {key}",
            ) from None
    for key, path in sources(study):
        _refuse_outside(study, key, path)
    written = _Folders([*study.places, *SHARED])
    for key, path in given(study):
        if folder := written.with_path(path):
            raise InputError(
                f"{key}: {path} is in {folder}, where the study writes, so it would be overwritten",
                remedy=f"copy it to a folder of its own, and name that in {key}",
            )


def _with_homes(study: Study) -> Iterator[tuple[str, str | None]]:
    """List the texts of a config that may begin with the home folder of a user, each with its key."""
    for key in ("scores", "mirror", "by_hand"):
        yield key, study.config[key]
    for name, model in study.models.items():
        if model["provider"] in ("folder", "published"):
            yield f"models.{name}.source", model["source"]
        for part in ("sentencepiece", "dictionary"):
            yield f"models.{name}.vocabulary.{part}", (model["vocabulary"] or {}).get(part)


def scores_of(study: Study, model: str) -> Path:
    """Return the table of scores of a model in the folder of scores that were gathered elsewhere."""
    return Path(study.config["scores"]).expanduser() / model / "scores.parquet"


def local(address: str | None) -> Path | None:
    """Return the path that a text of the config is; None for nothing and for an address on the network.

    Examples
    --------
    >>> str(local("./given")), str(local("file:///data/given")), local("https://example.org/given")
    ('given', '/data/given', None)
    """
    if address and address.lower().startswith("file:"):
        return Path(urllib.parse.unquote(urllib.parse.urlsplit(address).path))
    return None if not address or "://" in address else Path(address).expanduser()


def given(study: Study) -> Iterator[tuple[str, Path]]:
    """List the paths that a config names as inputs, each with its key."""
    config = study.config
    if config["scores"]:
        yield "scores", Path(config["scores"]).expanduser()
        for model, table in product(study.models, BESIDE):
            yield "scores", scores_of(study, model).with_name(f"{table}.parquet")
    for table in config["sources"]:
        yield "sources", Path(own(table) or table)
    for key in ("mirror", "by_hand"):
        if folder := local(config[key]):
            yield key, folder
            # a file of the folder may be a link, or the folder that a link in resources leads to
            for path in study.source_files:
                if _location(study.resource(path)) in (_location(folder / path), Path(os.path.realpath(folder / path))):
                    raise InputError(
                        f"{key}: {folder / path} is the file {study.resource(path)}, which the study writes",
                        remedy=f"copy {folder} to a folder of its own, and name that in {key}",
                    )
    for key, pattern in sources(study):
        if own(pattern):
            languages = study.languages if "{language}" in pattern else [""]
            for language, split in product(languages, SPLITS if "{split}" in pattern else [""]):
                path = pattern.replace("{language}", language).replace("{split}", split)
                yield key, Path(path).expanduser()
    for name, model in study.models.items():
        if model["provider"] == "folder" and model["source"]:
            for step in study.steps(name):
                yield f"models.{name}.source", Path(addresses.located(model, step)[0]).expanduser()
        elif model["provider"] == "published" and (path := local(model["source"])):
            yield f"models.{name}.source", path
        for part in ("sentencepiece", "dictionary"):
            if path := local((model["vocabulary"] or {}).get(part)):
                yield f"models.{name}.vocabulary.{part}", path


def sources(study: Study) -> Iterator[tuple[str, str]]:
    """List the paths of the config's ``files``, with their patterns as they are, each with its key."""
    files = study.config["files"]
    for kind in ("text", "distances", "sizes"):
        yield f"files.{kind}", files[kind]
    for kind in ("treebank", "parallel", "entity_treebank", "entities", "other_text"):
        for language, path in files[kind].items():
            yield f"files.{kind}.{language}", path
    for split, entry in files["inference"].items():
        yield f"files.inference.{split}", entry["file"]
    for pair, entry in files["dictionary"].items():
        yield f"files.dictionary.{pair}.file", entry["file"]
        if entry["format"] == "freedict":
            yield f"files.dictionary.{pair}.file", dictionaries.index_of(entry["file"])
    for pair, entry in files["bitext"].items():
        for side in ("source", "target"):
            yield f"files.bitext.{pair}.{side}", entry[side]
    for pair, entry in files["alignment"].items():
        for part in ("source", "target", "links"):
            if entry[part]:
                yield f"files.alignment.{pair}.{part}", entry[part]


def datasets(study: Study) -> dict[str, dict[str, Any]]:
    """Return what a study reads that others wrote, by name: how it is read, its files, and the key that names them.

    Returns
    -------
    dict of str to dict
        By names such as ``treebank/en``, ``inference/en``, ``bitext/en/cs``, ``text/en``, ``distances``, ``sizes`` and
        ``vocabulary/MODEL``: ``files``, paths by what is in them, and ``key``. With ``fetched``, the file is only read
        as it is fetched.
    """
    files, found = study.config["files"], {}
    for name in study.datasets:
        kind, _, language = name.partition("/")
        key = f"files.{kind}.{language}"
        if kind in ("treebank", "parallel", "entity_treebank", "entities"):
            paths = dict(zip(SPLITS_OF[kind], study.treebank_files(kind, language), strict=True))
            found[name] = {"key": key, "files": paths}
        elif kind in ("inference", "inference_test", "inference_parallel"):
            entry = found.setdefault(
                f"inference/{language}", {"key": "files.inference", "files": {}, "language": language, "layouts": {}}
            )
            for split, path in zip(SPLITS_OF[kind], study.inference_files(kind, language), strict=True):
                entry["files"][split] = path
                entry["layouts"][split] = {part: files["inference"][split][part] for part in ("format", "rows")}
        elif kind == "bitext":
            options = study.file_of("alignment", language)
            found[name] = {
                "key": f"files.alignment.{language}",
                "files": study.alignment_files(*language.split("/")),
                **{part: options[part] for part in ("format", "encoding", "first_word", "swapped", "drop")},
            }
    for pair in study.translated_pairs:
        name = f"{pair['source']}/{pair['target']}"
        found[f"tatoeba/{name}"] = {"key": f"files.tatoeba.{name}", "files": study.translation_files(**pair)}
    for pair in study.dictionary_pairs:
        name = f"{pair['source']}/{pair['target']}"
        found[f"dictionary/{name}"] = {
            "key": f"files.dictionary.{name}",
            "files": study.dictionary_files(**pair),
            "format": study.file_of("dictionary", name)["format"],
        }
    for language in study.text_languages:
        found[f"text/{language}"] = {
            **{"key": "files.text", "files": {"text": study.text_file(language)}, "fetched": study.beginnings},
            "sentences": study.config["bits"]["sentences"],
        }
    for kind in ("distances", "sizes"):
        found[kind] = {"key": f"files.{kind}", "files": {kind: files[kind]}}
    found["distances"]["languages"] = study.languages
    # of models that are pretrained here, sizes are counted
    found["sizes"]["languages"] = study.languages if {*study.models} - {*study.pretrained} else []
    for name in study.fairseq:
        for part in ("sentencepiece", "dictionary"):
            given = (study.models[name]["vocabulary"] or {}).get(part)
            if (path := local(given)) and name not in study.pretrained:
                entry = found.setdefault(f"vocabulary/{name}", {"key": f"models.{name}.vocabulary", "files": {}})
                entry["files"][part] = str(path if path.is_absolute() else f"./{path}")
    return found


def require(study: Study, paths: Iterable[str]) -> None:
    """Check that the user's own files are there. Snakemake would take an older result as given, and say nothing.

    Parameters
    ----------
    study : Study
    paths : iterable of str
        Files as the config names them, ``{language}`` and ``{split}`` filled in; those of the sources are left out.

    Raises
    ------
    InputError
        A file is not there.
    """
    missing = [path for path in paths if (place := own(path)) and not Path(place).is_file()]
    if missing:
        keys = (key for key, pattern in sources(study) if _fits(missing[0], pattern))
        key = next(keys, "files")
        others = f", nor are {', '.join(missing[1:])}" if missing[1:] else ""
        raise InputError(
            f"{key}: {missing[0]} is not there{others}",
            remedy=f"put it there, or correct {key} in the config",
        )


def _fits(path: str, pattern: str) -> bool:
    """Whether a path is a pattern with ``{language}`` and ``{split}`` filled in."""
    return re.fullmatch(re.sub(r"\\\{(language|split)\\\}", ".+", re.escape(pattern)), path) is not None


def _refuse_outside(study: Study, key: str, path: str) -> None:
    """Refuse a source that would be written outside the study's folder: a world or a download writes all of them."""
    if own(path):
        written = world_files.patterns_of(world_files.layout_of(study.config["files"])) if study.config["world"] else ()
        if path in written:
            raise InputError(
                f"{key}: {path} is a file of your own, and a synthesised world (world) would overwrite it",
                remedy="name it for a language that the world does not have, or set world: null",
            )
    elif ".." in Path(path).parts:
        raise InputError(
            f"{key}: {path} leads out of {study.resources}, where it would be written",
            remedy="write a path without .., or one that begins with ./ for a file of your own, which is only read",
        )


def _location(path: Any) -> Path:
    """Return where a file or link itself is, all links in its folder followed."""
    folder, name = os.path.split(os.path.abspath(path))
    return Path(os.path.realpath(folder), name)


class _Folders:
    """Folders, known by their paths, and by what the file system calls them.

    A folder that is mounted twice, or whose name is written in another case on a disk where that is the same, is one.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        self._paths = {Path(os.path.realpath(folder)): folder for folder in folders}
        self._ids: dict[Path, tuple[int, int] | None] = {}
        self._known = {self._id(path): folder for path, folder in self._paths.items() if self._id(path)}

    def with_path(self, path: Path) -> str | None:
        """Return the folder that a path is, or is in, by itself or by what it links to; None if there is none."""
        for place in (Path(os.path.realpath(path)), _location(path)):
            for above in (place, *place.parents):
                if folder := self._paths.get(above) or self._known.get(self._id(above)):
                    return folder
        return None

    def _id(self, path: Path) -> tuple[int, int] | None:
        if path not in self._ids:
            try:
                found = path.stat()
                self._ids[path] = (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None
            except OSError:
                self._ids[path] = None
        return self._ids[path]
