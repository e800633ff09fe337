"""Paths of a config in one spelling, so that another one changes no job.

Only the spelling changes. Links are not followed, and ``~`` stays as it is written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from polychron.data.sources import own

NO_DISTANCES = "no_distances.tsv"
"""A list of distances without a row, which comes with the workflow: what ``files.distances: null`` stands for."""


def in_one_spelling(config: dict[str, Any]) -> None:
    """Write every path of a valid config in one spelling, in place.

    Parameters
    ----------
    config : dict
        With the defaults of the schema. Addresses on the network stay as they are.
    """
    for key in ("mirror", "by_hand", "scores"):
        _replace(config, key, spelt)
    tables = config["sources"]
    config["sources"] = [own_file(path) for path in ([tables] if isinstance(tables, str) else tables or [])]
    for model in config["models"]:
        if model["provider"] == "folder":
            _replace(model, "source", spelt)
        for key in ("sentencepiece", "dictionary"):
            _replace(model["vocabulary"], key, spelt)
    files = config["files"]
    if files["distances"] is None:
        files["distances"] = NO_DISTANCES
    for key in ("text", "distances", "sizes"):
        _replace(files, key, source)
    for kind in ("treebank", "parallel", "entity_treebank", "entities"):
        for language in files[kind]:
            _replace(files[kind], language, source)
    for entry in files["inference"].values():
        _replace(entry, "file", source)
    for entry in files["dictionary"].values():
        _replace(entry, "file", source)
    for entry in files["alignment"].values():
        for part in ("source", "target", "links"):
            _replace(entry, part, source)


def _replace(values: dict[str, Any] | None, key: str, spelling: Callable[[str], str]) -> None:
    if values and values.get(key):
        values[key] = spelling(values[key])


def spelt(path: str) -> str:
    """Return the one spelling of a path: relative if it is below the working directory, without empty parts.

    Examples
    --------
    >>> spelt("./given//step-{step}/"), spelt("given/step-{step}"), spelt("given/../given/x")
    ('given/step-{step}', 'given/step-{step}', 'given/x')
    >>> spelt(os.getcwd() + "/given"), spelt("https://example.org//a/"), spelt("../a")
    ('given', 'https://example.org//a/', '../a')
    """
    if "://" in path or path.lower().startswith("file:"):
        return path
    plain = PurePosixPath(re.sub("^/+", "/", path))
    parts: list[str] = []
    for part in plain.parts:
        # a folder and .. after it are nothing, unless the folder is a link to somewhere else
        if part == ".." and parts and parts[-1] not in ("..", "/", "~") and not os.path.islink(os.path.join(*parts)):
            parts.pop()
        else:
            parts.append(part)
    plain = PurePosixPath(*parts)
    if plain.is_absolute():
        here = next((folder for folder in plain.parents if _is_here(str(folder))), None)
        plain = plain.relative_to(here) if here else plain
    return str(plain)


def _is_here(folder: str) -> bool:
    try:
        return os.path.samefile(folder, ".")
    except (OSError, ValueError):
        return False


def source(path: str) -> str:
    """Return the one spelling of a path of ``files``, where a path that begins with ``./`` is the user's own.

    Examples
    --------
    >>> source("ud//x/{split}.conllu"), source("./my//x"), source("./my/../my/x"), source(os.getcwd() + "/my/x")
    ('ud/x/{split}.conllu', './my/x', './my/x', './my/x')
    >>> source("../x"), source("~/x")
    ('../x', '~/x')
    """
    return own_file(path) if own(path) else str(PurePosixPath(path))


def own_file(path: str) -> str:
    """Return the one spelling of the path of a file that is the user's own, whether it begins with ``./`` or not.

    Examples
    --------
    >>> own_file("tables//mine.tsv"), own_file("./tables/mine.tsv"), own_file("../mine.tsv"), own_file("~/mine.tsv")
    ('./tables/mine.tsv', './tables/mine.tsv', '../mine.tsv', '~/mine.tsv')
    """
    plain = spelt(path)
    return plain if own(plain) else f"./{plain}"
