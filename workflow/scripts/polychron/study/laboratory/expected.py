"""Faults of what a study expects of its laboratory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polychron.checks.laboratory import CHECKS, KEYS
from polychron.errors import InputError


def check_expectations(config: Mapping[str, Any]) -> None:
    """Refuse an expectation of the laboratory that its models cannot meet, or another with keys of such a one.

    Parameters
    ----------
    config : mapping
        A valid config, with its defaults filled in.

    Raises
    ------
    InputError
        The first fault.
    """
    lab = config.get("lab")
    for number, line in enumerate(config["expect"] or []):
        name, place = line["check"], f"expect[{number}]"
        keys = CHECKS[name][1] if name in CHECKS else ()
        for key in keys:
            if key not in line:
                raise InputError(f"{place}: {name} needs {key}", remedy=f"add it; it needs {', '.join(keys)}")
        for key in KEYS:
            if key in line and key not in keys:
                raise InputError(f"{place}.{key}: {name} has no such key", remedy="take it out")
        if not keys:
            continue
        if not lab:
            raise InputError(
                f"{place}: {name} is about models of the laboratory, and lab is null",
                remedy="lay a study with a laboratory over this one, such as studies/lab.yaml, or take the line out",
            )
        if line["pair"] not in lab["pairs"]:
            pairs = "; ".join(", ".join(pair) for pair in lab["pairs"])
            raise InputError(
                f"{place}.pair: {', '.join(line['pair'])} is not in lab.pairs", remedy=f"name one of these: {pairs}"
            )
        for key in ("variant", "beside"):
            if key in keys and line[key] not in lab["variants"]:
                raise InputError(
                    f"{place}.{key}: there is no variant {line[key]!r}",
                    remedy=f"name one of {', '.join(lab['variants'])}",
                )
