"""The address of each step of a model: patterns with the step, and names that no pattern says."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from polychron.errors import InputError

PLACE = re.compile(r"\{(step|thousands)(?::0([1-9]\d?))?\}")
NAME = "{revision}"
SHOWN = 5
"""The most names that a message lists."""


def of_step(pattern: str, step: int, name: str | None = None) -> str:
    """Fill a step into an address or the name of a revision.

    Parameters
    ----------
    pattern : str
        ``{step}`` is replaced by the step, ``{thousands}`` by the step in thousands, ``{step:06}`` by the step with
        zeros before it up to six digits, and ``{revision}`` by the step's name.
    step : int
        The step of the checkpoint.
    name : str, optional
        What ``models.revisions`` has for the step.

    Returns
    -------
    str

    Examples
    --------
    >>> of_step("step{step}", 1000), of_step("org/model-step_{thousands}k", 20_000), of_step("main", 5)
    ('step1000', 'org/model-step_20k', 'main')
    >>> of_step("ckpt_{step:04}", 7), of_step("runs/{revision}/hf", 0, "stage1-step0-tokens0B")
    ('ckpt_0007', 'runs/stage1-step0-tokens0B/hf')
    """
    numbers = {"step": str(step), "thousands": str(step // 1000) if step % 1000 == 0 else str(step / 1000)}
    filled = PLACE.sub(lambda place: numbers[place[1]].zfill(int(place[2] or 0)), pattern)
    return filled if name is None else filled.replace(NAME, name)


def located(model: Mapping[str, Any], step: int) -> tuple[str, str | None]:
    """Return the address of a step of a model, and its revision.

    Parameters
    ----------
    model : mapping
        An entry of the config's ``models``.
    step : int
        One of its steps.

    Returns
    -------
    tuple of str, str or None
        The revision is None if the model has none.

    Raises
    ------
    InputError
        The step has no name in ``revisions``.

    Examples
    --------
    >>> located({"source": "org/m", "revision": None, "provider": "hub", "revisions": {0: "s0-t1B"}}, 0)
    ('org/m', 's0-t1B')
    """
    name, revision = named(model, step), model["revision"] or ""
    if name and model["provider"] == "hub" and not revision and NAME not in model["source"]:
        revision = NAME
    return of_step(model["source"], step, name), of_step(revision, step, name) or None


def named(model: Mapping[str, Any], step: int) -> str | None:
    """Return the name that a model's ``revisions`` has for a step; None if the model has no such names."""
    if not model["revisions"]:
        return None
    names = {int(known): name for known, name in model["revisions"].items()}
    if step not in names:
        raise InputError(
            f"models: 'revisions' of {model['name']!r} has no name for step {step}",
            remedy="add it there, or take the step out of the model's steps",
        )
    return names[step]


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return those of the known names that are likely to be meant: with the same numbers first, then similar ones.

    Examples
    --------
    >>> nearest("step1000", ["main", "stage1-step100-tokens1B", "stage1-step1000-tokens3B"])
    ['stage1-step1000-tokens3B']
    >>> nearest("ckpt_0", ["ckpt_0000", "ckpt_1000"])
    ['ckpt_0000', 'ckpt_1000']
    """

    def numbers(text: str) -> set[int]:
        return {int(digits) for digits in re.findall(r"\d{1,30}", text)}

    wanted = numbers(name)
    ranked = sorted(
        (
            (bool(wanted) and wanted <= numbers(one), difflib.SequenceMatcher(None, name, one).ratio(), one)
            for one in known
        ),
        key=lambda rank: (-rank[0], -rank[1], rank[2]),
    )
    return [one for same, alike, one in ranked if same or alike >= 0.5][:SHOWN]


def suggestion(name: str, known: Iterable[str], what: str) -> tuple[str, str]:
    """Return what there is in place of a name that is missing, and how to name it in the config.

    Parameters
    ----------
    name : str
        The name that is missing.
    known : iterable of str
        The names that are there.
    what : str
        What they are, such as "branches and tags".

    Returns
    -------
    tuple of str
        The end of a message, and the beginning of a remedy; both are empty if nothing is there.

    Examples
    --------
    >>> suggestion("ckpt_0", ["ckpt_0000", "ckpt_1000"], "entries")[0]
    '; there are 2 entries, as ckpt_0000, ckpt_1000'
    >>> suggestion("ckpt_0", ["ckpt_0000"], "entries")[1].split(", or")[0]
    'write {step:04} where the step has zeros before it'
    """
    names = sorted(known)
    if not names:
        return "", ""
    near = nearest(name, names)
    shown = near or names[:SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    zeros = re.search(r"(?<!\d)0\d+", near[0]) if near else None
    padded = f"write {{step:0{len(zeros[0])}}} where the step has zeros before it, or " if zeros else ""
    example = near[0] if near else "NAME"
    return (
        f"; there are {len(names)} {what}, as {', '.join(shown)}{more}",
        f"{padded}name each step in models.revisions, as {{STEP: {example}}}; or ",
    )
