"""The documentation of the config: every key of its schema, its type, and its value in the paper's study."""

from __future__ import annotations

import html
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from polychron import paths

HEAD = """\
# The config, key by key

*Made from `workflow/schemas/config.schema.yaml` and `config.yaml` by `make docs`; a test fails if it is out of date.*

A study is `config.yaml` with an overlay on top (`--configfile studies/NAME.yaml`): mappings are merged, lists are
replaced. Entries of `files.alignment`, `files.bitext`, `files.dictionary`, `files.inference`, `files.tatoeba` and
`probing.token_labels` are replaced whole as well, and so is `probing.sensitivity`. A key that is not listed here stops
the run. `KEY.*` stands for keys that you choose, such as languages, and `KEY[]` for the entries of a list.

| key | type | in the paper's study | description |
|---|---|---|---|
"""


def entries(
    schema: Mapping[str, Any], value: Any, root: Mapping[str, Any], path: str = ""
) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """List the keys of a schema, depth first and in its own order; of the entries of lists, only their keys.

    Parameters
    ----------
    schema : mapping
        A JSON Schema, or a part of one.
    value : Any
        The value in a config, None if there is none.
    root : mapping
        The whole schema, in which references are looked up.
    path : str
        The path of this part.

    Yields
    ------
    tuple of str, dict, Any
        Path, schema with references resolved, and value of each key.
    """
    part = resolved(schema, root)
    if path and not path.endswith(("*", "[]")):
        yield path, part, value
    known = value if isinstance(value, dict) else {}
    for name, child in part.get("properties", {}).items():
        yield from entries(child, known.get(name), root, f"{path}.{name}" if path else name)
    others = part.get("additionalProperties")
    if isinstance(others, dict) and resolved(others, root).get("type") == "object":
        yield from entries(others, None, root, f"{path}.*")
    if resolved(part.get("items", {}), root).get("type") == "object":
        yield from entries(part["items"], value[0] if value else None, root, f"{path}[]")


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """Replace a reference by what it refers to; keys beside the reference take precedence.

    Examples
    --------
    >>> resolved({"$ref": "#/$defs/seed", "minimum": 1}, {"$defs": {"seed": {"type": "integer", "minimum": 0}}})
    {'type': 'integer', 'minimum': 1}
    """
    if "$ref" not in schema:
        return dict(schema)
    _, group, name = schema["$ref"].split("/")
    return resolved(root[group][name], root) | {key: child for key, child in schema.items() if key != "$ref"}


def kind(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """Return in a few words what a value may be.

    Examples
    --------
    >>> kind({"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1}, {})
    'a list of whole numbers from 0 on, not empty'
    >>> kind({"enum": ["ties", "strict"]}, {})
    '`ties` or `strict`'
    """
    schema = resolved(schema, root)
    if "enum" in schema:
        names = ["null" if item is None else f"`{item}`" for item in schema["enum"]]
        return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    types = schema.get("type", "object")
    types = types if isinstance(types, list) else [types]
    said = []
    for one in types:
        if one == "array":
            inner = kind(schema["items"], root) if "items" in schema else "anything"
            said.append("a list of " + _many(inner) + (", not empty" if schema.get("minItems") else ""))
        else:
            said.append(_ONE[one] + _bounds(schema if one in ("integer", "number") else {}))
    return " or ".join(said)


_ONE = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "null": "null",
}
_PLURAL = {"a text": "texts", "a whole number": "whole numbers", "a number": "numbers", "a mapping": "mappings"}


def _many(inner: str) -> str:
    for one, many in _PLURAL.items():
        if inner.startswith(one):
            return many + inner[len(one) :]
    return inner.replace("a list of", "lists of", 1)


def _bounds(schema: Mapping[str, Any]) -> str:
    words = {
        "minimum": " from {} on",
        "exclusiveMinimum": " above {}",
        "maximum": " to {}",
        "exclusiveMaximum": ", below {}",
    }
    text = "".join(form.format(_written(schema[name])) for name, form in words.items() if name in schema)
    return text.replace(" on to ", " to ")


def _written(number: float) -> str:
    return f"{number:,}" if abs(number) >= 10_000 else str(number)


def _shown(value: Any, schema: Mapping[str, Any]) -> str:
    if value is None:
        value = schema.get("default")
        if value is None:
            return "" if "default" not in schema else "`null`"
    if isinstance(value, dict):
        return _number(value) if not schema.get("properties") else ""
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, list) and (len(text) > 60 or any(isinstance(item, dict) for item in value)):
        return _number(value)
    return f"`{text}`"


def _number(value: list[Any] | dict[str, Any]) -> str:
    return "1 entry" if len(value) == 1 else f"{len(value)} entries"


def _escaped(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=False).replace("|", "\\|")


def page(schema: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Return the documentation of a config as Markdown.

    Parameters
    ----------
    schema : mapping
        The config's JSON Schema.
    config : mapping
        The paper's study.
    """
    rows = [
        f"| `{path}` | {kind(part, schema)} | {_shown(value, part)} | {_escaped(part.get('description', ''))} |"
        for path, part, value in entries(schema, config, schema)
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    read = [yaml.safe_load((paths.CHECKOUT / name).read_text("utf-8")) for name in sys.argv[1:3]]
    Path(sys.argv[3]).write_text(page(*read), encoding="utf-8")
