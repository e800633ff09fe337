"""Where a synthesised world writes its files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from polychron.data.sources import own
from polychron.synthetic.languages import LANGUAGES

SPOKEN = tuple(LANGUAGES)
"""The languages that every world has."""


WRITTEN = ("text", "treebank", "parallel", "inference", "alignment", "distances", "sizes")
"""The kinds of files that a world writes. A further key of the config's ``files`` does not make a world again."""


def layout_of(files: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a world writes all of its files, whether the study reads them or not.

    So a further language or pair in a study does not make its world again.

    Parameters
    ----------
    files : mapping
        The config's ``files``.

    Returns
    -------
    dict
        The kinds that a world writes, without treebanks of languages and pairs that it does not have.
    """
    return {
        **{kind: entry for kind, entry in files.items() if kind in WRITTEN},
        **{
            kind: {language: file for language, file in files[kind].items() if language in SPOKEN}
            for kind in ("treebank", "parallel")
        },
        "alignment": {pair: entry for pair, entry in files["alignment"].items() if set(pair.split("/")) <= set(SPOKEN)},
    }


def dictionaries_of(files: Mapping[str, Any], twins: Collection[str] = ()) -> dict[str, list[str]]:
    """Return the dictionaries of a world's languages that the config names, each with its pair of languages.

    Parameters
    ----------
    files : mapping
        The config's ``files``.
    twins : collection of str
        Further languages of the world.
    """
    named = {entry["file"]: pair.split("/") for pair, entry in files.get("dictionary", {}).items()}
    return {file: pair for file, pair in named.items() if own(file) is None and {*pair} <= {*SPOKEN, *twins}}


def files_of(layout: Mapping[str, Any]) -> list[str]:
    """List every file of a world, sorted."""
    files = [layout["distances"], layout["sizes"], *layout["parallel"].values()]
    for language in SPOKEN:
        files.append(layout["text"].format(language=language))
        files += [entry["file"].format(language=language) for entry in layout["inference"].values()]
    for pattern in layout["treebank"].values():
        files += [pattern.format(split=split) for split in ("train", "dev", "test")]
    for entry in layout["alignment"].values():
        files += [entry[part] for part in ("source", "target", "links")]
    return sorted(set(files))


def patterns_of(layout: Mapping[str, Any]) -> set[str]:
    """Return the paths of a world's files as the config writes them, with ``{language}`` and ``{split}``."""
    files = {layout["distances"], layout["sizes"], layout["text"], *layout["parallel"].values()}
    files.update(layout["treebank"].values(), (entry["file"] for entry in layout["inference"].values()))
    for entry in layout["alignment"].values():
        files.update(entry[part] for part in ("source", "target", "links") if entry[part])
    return files
