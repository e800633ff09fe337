"""Models that are named by one line of the config, ``registry: NAME``: what is known of them is filled in.

The facts are in `workflow/data/suites.tsv`, and those of published models without checkpoints of their pretraining in
`workflow/data/models.tsv`.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from polychron.paths import DATA

TABLE = DATA / "suites.tsv"
PUBLISHED = DATA / "models.tsv"

KEY = "registry"
FACTS = ("source", "revision", "final_layer", "window")
"""The keys of a model that an entry of the registry may have; those of the config come first."""

Fault = tuple[list[Any], str]


def registry() -> dict[str, dict[str, Any]]:
    """Return what is known of each model, by its name.

    Returns
    -------
    dict of str to dict
        ``source``, ``revision``, ``final_layer`` and ``window`` as in the config, ``steps`` as a list of int, and
        ``note``; None where it is not known.
    """
    known = {
        row["model"]: dict.fromkeys((*FACTS, "steps", "note"))
        | {"source": row["hub"], "final_layer": int(row["layers"]), "note": row["note"] or None}
        for row in _rows(PUBLISHED)
        if row["hub"]
    }
    for row in _rows(TABLE):
        entry: dict[str, Any] = {key: row[key] or None for key in (*FACTS, "note")}
        entry |= {key: int(row[key]) for key in ("final_layer", "window") if row[key]}
        known[row["name"]] = entry | {"steps": _steps(row["steps"]) or None}
    return known


def _rows(path: Any) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))


def _steps(text: str) -> list[int]:
    """Return the steps of a list with ranges.

    Examples
    --------
    >>> _steps("0 1 2 1000..3000/1000")
    [0, 1, 2, 1000, 2000, 3000]
    """
    steps: list[int] = []
    for part in text.split():
        if whole := re.fullmatch(r"(\d+)\.\.(\d+)/(\d+)", part):
            first, last, distance = map(int, whole.groups())
            steps += range(first, last + 1, distance)
        else:
            steps.append(int(part))
    return steps


def expand(config: Mapping[str, Any]) -> list[Fault]:
    """Replace ``registry: NAME`` in the models of a config by what is known of that model, in place.

    Keys that the config gives are kept. The model has the name of the registry unless it is given another one.

    Parameters
    ----------
    config : mapping
        The config as it was merged, before it is checked.

    Returns
    -------
    list of (path, text)
        The place of each fault, and what it is: a name that is not known, a fact that the registry lacks and the config
        does not give, or a step that the suite does not have.
    """
    models = config.get("models")
    faults: list[Fault] = []
    for place, model in enumerate(models if isinstance(models, list) else []):
        if isinstance(model, dict) and isinstance(model.get(KEY), str):
            faults += _expand(model, ["models", place], config.get("steps"))
    return faults


def _expand(model: dict[str, Any], path: list[Any], steps: Any) -> Iterator[Fault]:
    known, name = registry(), model[KEY]
    where = ".".join(map(str, [*path, KEY]))
    if name not in known:
        yield [*path, KEY], f"{where}: the registry has no model {name!r}. {_hint(str(name), known)}"
        return
    if model.get("provider") not in (None, "hub"):
        said = f"{where}: models of the registry are at the hub, and the provider is {model['provider']!r}. "
        yield [*path, "provider"], said + "Take one of the two out"
        return
    facts = known[name]
    given = {key for key in FACTS if model.get(key) is not None}
    named = given | ({"revision"} if model.get("revisions") else set())
    if lacking := [key for key in FACTS if facts[key] is None and key not in named]:
        wanted = ["revision or revisions" if key == "revision" else key for key in lacking]
        said = f"{where}: of {name!r} the registry does not know {' and '.join(lacking)}. Add {' and '.join(wanted)}"
        yield [*path, KEY], said + (f" ({facts['note']})" if facts["note"] else "")
        return
    del model[KEY]
    model |= {key: facts[key] for key in FACTS if key not in named and facts[key] is not None}
    model.setdefault("name", name)
    model["provider"] = "hub"
    asked = model.get("steps") or steps
    if facts["steps"] and not given & {"source", "revision"} and not model.get("revisions"):
        yield from _without(name, facts["steps"], asked, path, where)


def _without(name: str, known: Sequence[int], asked: Any, path: list[Any], where: str) -> Iterator[Fault]:
    """Yield a fault if steps are asked for that a suite does not have."""
    if not isinstance(asked, list) or not all(isinstance(step, int) for step in asked):
        return  # the schema says it
    if lacking := [step for step in asked if step not in {*known}]:
        near = sorted(sorted(known, key=lambda step: (abs(step - lacking[0]), step))[:3])
        said = f"{where}: {name!r} has no checkpoint of {len(lacking)} of {len(asked)} steps, as {lacking[0]}. "
        others = f"The nearest are {', '.join(map(str, near))}" if len(known) > 1 else f"It has step {known[0]} alone"
        yield [*path, KEY], f"{said}{others}: set steps of the model, or of the study"


def _hint(name: str, known: Mapping[str, Any]) -> str:
    """Return the nearest names of the registry, or some of them."""
    by_case = {one.lower(): one for one in known}
    near = [by_case[one] for one in difflib.get_close_matches(name.lower(), by_case, 3, 0.5)]
    if near:
        return f"Did you mean {' or '.join(map(repr, near))}?"
    return "docs/models.md lists the names"
