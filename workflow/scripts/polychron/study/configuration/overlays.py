"""Overlays: how config files are laid over each other where merging key by key would join what belongs apart.

Snakemake merges mappings key by key. An entry that describes one dataset, such as a gold alignment, makes sense only as
a whole: with half of another entry's keys it would read other files, or read them the wrong way round.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any

from polychron.study.configuration import config_values, yaml_files


def with_overlays(schema: dict[str, Any]) -> dict[str, Any]:
    """Fill in the parts of a schema that are overlays of another part, in place.

    ``overlay: NAME`` says that an object has the keys of the config's key NAME. None is required there, and none has a
    default, so that a missing key is that of the part that it overlays.

    Examples
    --------
    >>> laid, over = {"properties": {"seed": {"default": 1, "minimum": 0}}}, {"overlay": "laid", "properties": {}}
    >>> with_overlays({"properties": {"laid": laid, "over": over}})["properties"]["over"]["properties"]
    {'seed': {'minimum': 0}}
    """

    def fill(part: Any) -> None:
        if isinstance(part, dict) and isinstance(name := part.get("overlay"), str):
            laid = schema["properties"][name]["properties"]
            own = {
                key: {word: told for word, told in value.items() if word != "default"} for key, value in laid.items()
            }
            part["properties"] = {**copy.deepcopy(own), **part.get("properties", {})}
        for child in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            fill(child)

    fill(schema)
    return schema


def replace_whole(
    config: dict[str, Any],
    schema: Mapping[str, Any],
    files: Iterable[str | PathLike[str]],
    said: Mapping[str, Any] | None = None,
) -> None:
    """Replace the entries that the schema marks as ``whole`` by those of the last file that has them, in place.

    Parameters
    ----------
    config : dict
        The config as Snakemake merged it.
    schema : mapping
        The schema of the config.
    files : iterable of path-like
        The files that it was merged from, in that order.
    said : mapping, optional
        The part of the config that was given on the command line.

    Examples
    --------
    >>> whole = {"properties": {"links": {}, "swapped": {}}, "whole": True}
    >>> schema = {"properties": {"alignment": {"additionalProperties": whole}}}
    >>> config = {"alignment": {"en/ro": {"links": "mine", "swapped": True}}}
    >>> replace_whole(config, schema, [], {"alignment": {"en/ro": {"links": "mine"}}})
    >>> config
    {'alignment': {'en/ro': {'links': 'mine'}}}
    """
    for layer in (*map(yaml_files.load, files), said or {}):
        for path, entry in _whole(layer, schema, schema, []):
            _put(config, path, copy.deepcopy(entry))


def _whole(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: list[Any]
) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Yield the places of the entries in a value that the schema marks as ``whole``, and the entries."""
    if isinstance(value, dict) and schema.get("whole"):
        yield path, value
    elif isinstance(value, dict):
        for name, item, part in config_values.parts(value, schema, root):
            yield from _whole(item, part, root, [*path, name])


def _put(config: dict[str, Any], path: Sequence[Any], entry: dict[str, Any]) -> None:
    """Put an entry at its place, unless a later layer made something else than mappings of the way to it."""
    value: Any = config
    for name in path[:-1]:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, dict) and isinstance(value.get(path[-1]), dict):
        value[path[-1]] = entry
