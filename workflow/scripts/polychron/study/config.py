"""Validation of a config by a closed JSON Schema, which lists all faults at once, each with a hint."""

from __future__ import annotations

import contextlib
import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

import yaml

from polychron import paths
from polychron.errors import InputError

SCHEMA = paths.CHECKOUT / "workflow" / "schemas" / "config.schema.yaml"


def load(file: IO[str]) -> dict[str, Any]:
    """Read a schema written in YAML."""
    return yaml.safe_load(file)


def validated(config: dict[str, Any], said: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Check a config by the schema of all studies, and fill in the defaults.

    Parameters
    ----------
    config, said
        See `problems`.

    Returns
    -------
    dict
        The same config.

    Raises
    ------
    InputError
        The config has faults; the message has one line for each.
    """
    with open(SCHEMA, encoding="utf-8") as file:
        found = problems(config, load(file), said)
    if found:
        raise InputError("\n  ".join(found))
    return config


def problems(config: dict[str, Any], schema: dict[str, Any], said: Mapping[str, Any] | None = None) -> list[str]:
    """Fill in the defaults of a schema and list what is wrong with a config.

    Parameters
    ----------
    config : dict
        The config; defaults are filled in, in place.
    schema : dict
        A JSON Schema, draft 2020-12, whose objects are closed unless their keys are free, such as languages.
    said : mapping, optional
        The part of the config that was given on the command line. Snakemake leaves values inside lists and mappings as
        text: where the schema does not allow text, numbers, ``true``, ``false`` and ``null`` are parsed.

    Returns
    -------
    list of str
        One line for each fault, empty for a good config.

    Examples
    --------
    >>> closed = {"type": "object", "properties": {"steps": {"type": "array"}}, "additionalProperties": False}
    >>> problems({"step": [1]}, closed)
    ["step: unknown key. Did you mean 'steps'?"]
    """
    import jsonschema

    _fill(config, schema, schema)
    validator = jsonschema.Draft202012Validator(schema)
    for fault in list(validator.iter_errors(config)) if said else []:
        if fault.validator == "type" and _at(said, fault.absolute_path) == fault.instance:
            _read(config, [*fault.absolute_path], fault.instance)
    faults = sorted(validator.iter_errors(config), key=lambda error: [str(part) for part in error.absolute_path])
    return [line for fault in faults for line in _lines(fault)]


def _at(value: Any, path: Iterable[Any]) -> Any:
    """Return the value at a path, None if there is none."""
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, Sequence) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def _read(config: dict[str, Any], path: Sequence[Any], text: str) -> None:
    """Replace a text in a config by the value that it is in JSON; a text that is not JSON stays."""
    with contextlib.suppress(json.JSONDecodeError, TypeError):
        _at(config, path[:-1])[path[-1]] = json.loads(text)


def _fill(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> None:
    """Fill the defaults of a schema into a value, in place."""
    if "$ref" in schema:
        _, group, name = schema["$ref"].split("/")
        schema = root[group][name] | schema
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name, part in known.items():
            if "default" in part and name not in value:
                value[name] = part["default"]
        for name, part in value.items():
            others = schema.get("additionalProperties")
            _fill(part, known.get(name) or (others if isinstance(others, dict) else {}), root)
    elif isinstance(value, list):
        for item in value:
            _fill(item, schema.get("items", {}), root)


def _lines(fault: Any) -> Iterator[str]:
    place = ".".join(str(part) for part in fault.absolute_path)
    if fault.validator == "additionalProperties":
        known = list(fault.schema.get("properties", {}))
        for name in sorted(set(fault.instance) - set(known)):
            near = difflib.get_close_matches(str(name), known, 1, 0.6)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(sorted(known))}."
            yield f"{place + '.' if place else ''}{name}: unknown key. {hint}"
        return
    text = fault.message
    if isinstance(fault.instance, bool) and fault.validator in ("type", "enum", "pattern"):
        text += '. YAML reads the unquoted codes no, yes, on and off as true or false: write "no"'
    elif fault.validator == "type" and isinstance(fault.instance, str) and _is_number(fault.instance):
        text += f". YAML reads {fault.instance} as text: write it as 0.001 or 1.0e-3"
    elif fault.validator in ("minItems", "minProperties"):
        text = "is empty, and needs at least one entry"
    yield f"{place or 'config'}: {text}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
