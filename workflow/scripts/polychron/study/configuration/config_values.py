"""Values of a config in one form: whole numbers as integers, lists without an order sorted; and texts as numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from polychron.errors import InputError

EXACT = 2**53
"""Below it, every whole number has a floating-point number of its own."""

BITS = 128
"""The most bits of a whole number: Python itself refuses to write those of thousands of digits."""


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a part of a schema with what it refers to; its own keywords come before those of its reference."""
    if "$ref" not in schema:
        return schema
    _, group, name = schema["$ref"].split("/")
    return root[group][name] | schema


def types(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a part of a schema allows, empty for all."""
    named = schema.get("type", [])
    return [named] if isinstance(named, str) else named


def parts(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield the keys or places in a value, with what is there and its part of the schema.

    Entries of lists by place (``prefixItems``) are texts in this schema and are not yielded.
    """
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            part = known.get(name) or (others if isinstance(others, dict) else {})
            yield name, item, resolved(part, root)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield place, item, resolved(schema.get("items", {}), root)


def whole_numbers(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    """Write whole numbers as integers where the schema asks for integers, and with a point elsewhere, in place.

    JSON Schema takes 2.0 for an integer, and 2 for a number; ``range`` and the specs of jobs do not.

    Examples
    --------
    >>> config = {"epochs": 2.0, "rate": 2}
    >>> number = {"properties": {"epochs": {"type": "integer"}, "rate": {"type": "number"}}}
    >>> whole_numbers(config, number, number)
    >>> config
    {'epochs': 2, 'rate': 2.0}
    """
    for name, item, part in [*parts(value, schema, root)]:
        if isinstance(item, float) and "integer" in types(part) and item.is_integer() and abs(item) < EXACT:
            value[name] = int(item)
        elif type(item) is int and types(part) == ["number"] and abs(item) < EXACT:
            value[name] = float(item)
        whole_numbers(item, part, root)


def sort_sets(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    """Sort the lists of a valid config whose order means nothing, in place.

    These are the lists whose entries are unique (``uniqueItems``), except those that the schema marks as ``ordered``,
    and those that it marks as ``unordered``. So a study whose lists are written in another order has the same jobs
    with the same specs.

    Examples
    --------
    >>> config = {"seeds": [1, 0], "tasks": ["pos", "arcs"]}
    >>> lists = {"properties": {"seeds": {"uniqueItems": True}, "tasks": {"uniqueItems": True, "ordered": True}}}
    >>> sort_sets(config, lists, lists)
    >>> config
    {'seeds': [0, 1], 'tasks': ['pos', 'arcs']}
    """
    for name, item, part in [*parts(value, schema, root)]:
        sort_sets(item, part, root)
        if isinstance(item, list) and part.get("unordered", part.get("uniqueItems") and not part.get("ordered")):
            value[name] = sorted(item, key=_rank)


def _rank(entry: Any) -> Any:
    """Return what an entry of a list is sorted by: objects by their JSON, anything else by itself."""
    return json.dumps(entry, sort_keys=True) if isinstance(entry, dict) else entry


def refuse_endless(config: Any) -> None:
    """Refuse values that no config can have, and that the schema's validator could not even name.

    Raises
    ------
    InputError
        A mapping or list contains itself, or a whole number has more than `BITS` bits.
    """

    def visit(value: Any, path: str, around: tuple[int, ...]) -> None:
        if isinstance(value, int) and value.bit_length() > BITS:
            raise InputError(f"{path}: a whole number of {value.bit_length():,} bits", remedy="write a smaller number")
        if not isinstance(value, dict | list):
            return
        if id(value) in around:
            raise InputError(
                f"{path or 'config'}: contains itself, by an anchor (&) with an alias (*) inside",
                remedy="write the values out in place of the alias",
            )
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(name, int) and not isinstance(name, bool) and name.bit_length() > BITS:
                raise InputError(f"{path or 'config'}: a key of {name.bit_length():,} bits", remedy="remove it")
            visit(item, f"{path}.{name}" if path else str(name), (*around, id(value)))

    visit(config, "", ())


def as_number(text: str, whole: bool) -> str | None:
    """Return how YAML wants a number to be written that it took for text; None if the text is no number.

    Parameters
    ----------
    text : str
        What was written, such as ``1e3``: YAML wants a point and a sign of the exponent.
    whole : bool
        Whether a whole number is asked for.

    Examples
    --------
    >>> as_number("1e3", whole=True), as_number("1e-3", whole=False), as_number("1e-9", whole=False)
    ('1000', '0.001 or 1.0e-03', '1.0e-09')
    >>> as_number("2.5", whole=True), as_number("nan", whole=False)
    (None, None)
    """
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    if whole:
        return str(int(number)) if number.is_integer() and abs(number) < EXACT else None
    power = re.sub(r"^(-?\d+)e", r"\1.0e", f"{number:.15e}")
    power = re.sub(r"\.(\d*?)0*e", lambda found: f".{found[1] or '0'}e", power)
    plain = repr(number)
    return power if "e" in plain else plain if "e" not in text.lower() else f"{plain} or {power}"
