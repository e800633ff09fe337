"""Validation of a config by a closed JSON Schema, which lists all faults at once, each with a hint.

Two keywords are added to those of JSON Schema. ``placeholders`` lists the names that may be written in braces in a path
or pattern; such a text has no control characters, and its parts between slashes are names that file systems take.
``ordered`` marks a list of unique entries whose order means something, ``unordered`` any other list whose order means
nothing; see `config_values.sort_sets`.
"""

from __future__ import annotations

import contextlib
import copy
import datetime
import difflib
import functools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import IO, Any

import yaml

from polychron import paths
from polychron.errors import InputError
from polychron.probing.tasks import registry
from polychron.study.configuration import config_paths, config_values, overlays, suites, yaml_files

LONGEST_NAME = 255
"""The most bytes of the name of a file or folder."""

SHOWN = 300
"""The most characters of a message that quotes a value."""

SCHEMA = paths.CHECKOUT / "workflow" / "schemas" / "config.schema.yaml"


def load(file: IO[str]) -> dict[str, Any]:
    """Read a schema written in YAML."""
    return overlays.with_overlays(yaml.safe_load(file))


@functools.cache
def _schema() -> dict[str, Any]:
    with open(SCHEMA, encoding="utf-8") as file:
        return load(file)


def validated(
    config: dict[str, Any], said: Mapping[str, Any] | None = None, files: Sequence[str | PathLike[str]] = ()
) -> dict[str, Any]:
    """Check a config by the schema of all studies, fill in the defaults, and bring its values into one form.

    Models of the registry get what is known of them (see `suites`). Whole numbers become integers, lists whose order
    means nothing are sorted, paths get one spelling, and entries that make sense only as a whole are those of the last
    file that has them.

    Parameters
    ----------
    config, said
        See `problems`.
    files : sequence of path-like, optional
        The files that the config was merged from, in that order: whole entries are taken from them, and the lines of
        faults are looked up in them.

    Returns
    -------
    dict
        The same config.

    Raises
    ------
    InputError
        The config has faults; the message has one line for each.
    """
    config_values.refuse_endless(config)
    schema = _schema()
    overlays.replace_whole(config, schema, files, said)
    found = []
    for path, text in suites.expand(config) or _faults(config, schema, said):
        place = None if said and _at(said, path) is not None else yaml_files.line_of(files, path)
        found.append(f"{text.rstrip('.')} ({place[0]}, line {place[1]})." if place else text)
    if found:
        raise InputError("\n  ".join(found))
    for model in config["models"]:
        model.pop(suites.KEY, None)  # the others are as they would be without a registry
    config_values.sort_sets(config, schema, schema)
    config["probing"]["tasks"] = registry.in_order(config["probing"]["tasks"])
    config_paths.in_one_spelling(config)
    return config


def over(file: str | PathLike[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a config over that of a file, as Snakemake does with ``--configfile``.

    Parameters
    ----------
    file : path-like
        A config file.
    given : mapping
        What differs: mappings are merged, all else is replaced.

    Returns
    -------
    dict
        The config; neither of the two is changed.
    """

    def lay(below: Any, above: Any) -> Any:
        if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
            return copy.deepcopy(above)
        return {**below, **{key: lay(below.get(key), value) for key, value in above.items()}}

    laid = lay(yaml_files.load(file), given)
    overlays.replace_whole(laid, _schema(), [], given)
    return laid


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
    return [text for _, text in _faults(config, schema, said)]


def _faults(
    config: dict[str, Any], schema: dict[str, Any], said: Mapping[str, Any] | None
) -> list[tuple[list[Any], str]]:
    """Fill in the defaults of a schema, and return the place of each fault with a line of text."""
    _fill(config, schema, schema)
    config_values.whole_numbers(config, schema, schema)
    validator = _validator(schema)
    for fault in list(validator.iter_errors(config)) if said else []:
        if fault.validator == "type" and _at(said, fault.absolute_path) == fault.instance:
            _read(config, [*fault.absolute_path], fault.instance)
    config_values.whole_numbers(config, schema, schema)
    faults = sorted(validator.iter_errors(config), key=lambda error: [str(part) for part in error.absolute_path])
    return [line for fault in faults for line in _lines(fault)]


def _validator(schema: dict[str, Any]) -> Any:
    """Return a validator whose numbers are finite, whose patterns end where a text ends, and with `placeholders`."""
    import jsonschema

    def number(checker: Any, value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

    def pattern(validator: Any, wanted: str, value: Any, schema: Any) -> Iterator[Any]:
        # In Python, $ matches before a line break at the end as well.
        if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", wanted), value):
            yield jsonschema.ValidationError(f"{value!r} does not match {wanted!r}")

    def placeholders(validator: Any, known: list[str], value: Any, schema: Any) -> Iterator[Any]:
        if isinstance(value, str) and (fault := _fault_of_pattern(value, known)):
            yield jsonschema.ValidationError(fault)

    base = jsonschema.Draft202012Validator
    checker = base.TYPE_CHECKER.redefine("number", number)
    added = {"pattern": pattern, "placeholders": placeholders}
    return jsonschema.validators.extend(base, added, type_checker=checker)(schema)


def _fault_of_pattern(text: str, known: Sequence[str]) -> str | None:
    """Return what is wrong with a path or pattern, None if nothing is.

    Examples
    --------
    >>> _fault_of_pattern("./{lang}.txt.xz", ["language"])
    "'./{lang}.txt.xz' has '{lang}' in it. Known in braces here: {language}"
    >>> _fault_of_pattern("{language}/{", []), _fault_of_pattern("./{language}.txt.xz", ["language"])
    ("'{language}/{' has '{language}' in it. Nothing can be in braces here", None)
    >>> _fault_of_pattern("ckpt_{step:06}", ["step", "step:04"])
    """
    if control := re.search(r"[\x00-\x1f\x7f]", text):
        return f"{text!r} has the control character {control[0]!r} in it. A path is one line of visible characters"
    if any(len(part.encode(errors="replace")) > LONGEST_NAME for part in text.split("/")):
        return f"{text!r} has a name of more than {LONGEST_NAME} bytes in it, which no file can have"
    taken = (re.sub(r":0\d+", r":0[1-9]\\d?", name) for name in known)
    rest = re.sub("|".join(f"{{{name}}}" for name in taken) or "$^", "", text)
    if brace := re.search(r"\{[^{}]*\}|[{}]", rest):
        names = ", ".join(f"{{{name}}}" for name in known)
        hint = f"Known in braces here: {names}" if known else "Nothing can be in braces here"
        return f"{text!r} has {brace[0]!r} in it. {hint}"
    return None


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
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if "default" in part and name not in value:
                value[name] = copy.deepcopy(part["default"])
    for _, item, part in config_values.parts(value, schema, root):
        _fill(item, part, root)


def _lines(fault: Any) -> Iterator[tuple[list[Any], str]]:
    path = [*fault.absolute_path]
    place = ".".join(str(part) for part in path)
    if fault.validator == "additionalProperties":
        known = list(fault.schema.get("properties", {}))
        for name in sorted(set(fault.instance) - set(known), key=str):
            near = difflib.get_close_matches(str(name), known, 1, 0.6)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(sorted(known))}."
            yield [*path, name], _short(f"{place + '.' if place else ''}{name}: unknown key. {hint}")
        return
    text, value = _short(fault.message), fault.instance
    types = config_values.types(fault.schema)
    if isinstance(value, bool) and (fault.validator == "enum" or (fault.validator == "type" and "string" in types)):
        text += '. YAML reads the unquoted codes no, yes, on and off as true or false: write "no"'
    elif fault.validator == "type" and isinstance(value, float) and {"number", "integer"} & set(types):
        text += "" if math.isfinite(value) else ". A number has to be finite"
    elif fault.validator == "type" and isinstance(value, datetime.date):
        text = f"YAML reads {value} as a date: write it in quotes"
    elif fault.validator == "type" and isinstance(value, str) and {"number", "integer"} & set(types):
        if wanted := config_values.as_number(value, "number" not in types):
            text += f". YAML reads {value} as text: write it as {wanted}"
    elif fault.validator in ("minItems", "minProperties") and not value:
        text = "is empty, and needs at least one entry"
    yield path, f"{_short(place) or 'config'}: {text}"


def _short(text: str) -> str:
    """Return a text of one line, shortened in the middle if it quotes a very long value."""
    text = " ".join(text.splitlines())
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]} … {text[-SHOWN // 2 :]}"
