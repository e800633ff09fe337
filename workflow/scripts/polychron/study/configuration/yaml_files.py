"""Config files as they are written, for what a parsed config no longer shows: keys twice, and the lines of values."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Sequence
from os import PathLike
from typing import Any

import yaml

from polychron.errors import InputError

LARGEST = 1_000_000
"""The most values that a config file may have, with those that its aliases repeat."""


def check(files: Iterable[str | PathLike[str]]) -> None:
    """Check what Snakemake accepts in a config file without a word.

    Parameters
    ----------
    files : iterable of path-like
        Config files in YAML or JSON.

    Raises
    ------
    InputError
        A mapping has a key twice, an anchor contains itself, or aliases repeat more values than a config can have.
    """
    for file in files:
        root = _root(file)
        if root is not None:
            _check(root, file, {}, [])


def load(file: str | PathLike[str]) -> dict[str, Any]:
    """Return the values of a config file, empty if it is no mapping or cannot be read, which Snakemake has said."""
    try:
        with open(file, encoding="utf-8") as text:
            values = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        try:
            with open(file, encoding="utf-8") as text:
                values = json.load(text)
        except (OSError, ValueError, RecursionError):
            return {}
    return values if isinstance(values, dict) else {}


def line_of(files: Iterable[str | PathLike[str]], path: Sequence[Any]) -> tuple[str, int] | None:
    """Return the file and the line, counted from 1, in which a value of a merged config is written.

    Parameters
    ----------
    files : iterable of path-like
        Config files, each of which is merged over those before it.
    path : sequence
        The keys, and numbers of entries of lists, that lead to the value.

    Returns
    -------
    tuple of (str, int) or None
        None if no file has the value.
    """
    found = None
    for file in files:
        root = _root(file)
        line = None if root is None else _line(root, [*path])
        found = found if line is None else (str(file), line)
    return found


def _root(file: str | PathLike[str]) -> yaml.Node | None:
    """Return the syntax tree of a file; None if the file is not YAML, which JSON nearly always is."""
    try:
        with open(file, encoding="utf-8") as text:
            return yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        _check_json(file)
        return None


def _check_json(file: str | PathLike[str]) -> None:
    """Refuse a key that is twice in a mapping of a JSON file that is not YAML."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise InputError(f"the key {name!r} is there twice in one mapping", file=file, remedy="remove one")
        return dict(pairs)

    try:
        with open(file, encoding="utf-8") as text:
            json.load(text, object_pairs_hook=unique)
    except (OSError, ValueError, RecursionError):  # Snakemake has read it, or says why it cannot
        pass


def _check(node: yaml.Node, file: str | PathLike[str], sizes: dict[int, int], around: list[yaml.Node]) -> int:
    """Check a value and what is in it; return how many values that is, with those that aliases repeat."""
    if id(node) in sizes:
        return sizes[id(node)]
    if any(node is one for one in around):
        raise InputError(
            "the anchor of this value is used inside the value itself, so that it has no end",
            file=file,
            line=node.start_mark.line + 1,
            remedy="write the values out in place of the alias (*)",
        )
    around.append(node)
    size, lines = 1, {}
    for child in _children(node):
        size += _check(child, file, sizes, around)
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else []:
        if key.tag == "tag:yaml.org,2002:merge":  # `<<`, which may be there twice: both are merged
            continue
        name, line = (key.tag, str(key.value)), key.start_mark.line + 1
        if name in lines:
            raise InputError(
                f"the key {key.value!r} is there twice in one mapping, at lines {lines[name]} and {line}, and the "
                "first would be ignored",
                file=file,
                line=line,
                remedy="remove one, or join the two",
            )
        lines[name] = line
    if size > LARGEST:
        raise InputError(
            f"aliases repeat more than {LARGEST:,} values",
            file=file,
            line=node.start_mark.line + 1,
            remedy="write less, or fewer aliases (*)",
        )
    around.pop()
    sizes[id(node)] = size
    return size


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _line(node: yaml.Node, path: list[Hashable]) -> int | None:
    """Return the line of a value: that of its key, or of its place in a list."""
    line = node.start_mark.line + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if str(pair[0].value) == str(part)]
            if not found:
                return None
            key, node = found[-1]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return None
    return line
