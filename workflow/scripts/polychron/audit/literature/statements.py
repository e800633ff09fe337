"""Claims of a paper on cross-lingual representations, as data, and the verdict on each.

A claim has the fields of `Statement`. One that compares a paper's numbers with each other is a check of the paper,
``consistent`` or ``inconsistent``, and needs no model. Any other one ``holds``, ``fails``, is ``undecided`` where the
interval of the measured value contains the claimed bound, is ``not comparable`` where it is about another kind of
study, or was ``not run`` where something that it needs is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from polychron import paths
from polychron.audit.agreement import agrees
from polychron.audit.evidence import Found, Missing
from polychron.audit.literature.results import Results
from polychron.errors import InputError

PAPERS = {
    "wu2020": "Wu, Conneau, Li, Zettlemoyer and Stoyanov (2020): Emerging cross-lingual structure",
    "doddapaneni2021": "Doddapaneni et al. (2021): A primer on pretrained multilingual language models",
}
"""The papers, by the name of their file and page."""

KINDS = ("setup", "result", "qualitative", "derived")
COMPARISONS = ("equal", "within", "at most", "at least", "more than", "true")
VERDICTS = ("not run", "not comparable", "undecided", "fails", "holds")
CHECKS = ("inconsistent", "consistent")

ELSEWHERE = {
    "lab": "models of pairs of languages that are pretrained with and without shared words, parameters and domain",
    "finetuning": "models that are fine-tuned in a way that this project does not have",
    "external": "data or an encoder that this project does not bring",
    "stacked": (
        "the number of fresh layers in the config of a study, and no key of it says one: heads that are stacked on a "
        "frozen layer (finetuning.stacked, of ensembles alone) always have four here. What they score is judged by a "
        "laboratory"
    ),
}
"""What the claims need that a study of this project does not have, or has with some settings alone, in words."""

HERE = ("finetuning",)
"""Those of them that a study may have: claims that have a measure are judged where it has them."""

NEEDS = ("paper", "config", "facts", "scores", "layers", "correlations", "geometry", *ELSEWHERE)

TIES = {
    "": "",
    "laboratory": "it is about models of two languages, and this study's model has {number}",
    "natural": "it is about the dataset of natural languages, and this study's are artificial",
    "xlmr-base": "it is about XLM-R base, and this study's model has another shape",
}
"""What a claim about a setup is comparable for, and the reason where it is not."""

RESTORE = "fix it, or restore the file from git (git checkout workflow/data)"

Measure = Callable[..., Found]


@dataclass(frozen=True)
class Statement:
    """A claim of a paper.

    Parameters
    ----------
    id : str
        Unique in its file.
    section : str
        Section or table of the paper.
    kind : str
        One of `KINDS`.
    statement : str
        What the paper says.
    value : number, bool, str or list
        What the measured value is compared with.
    comparison : str
        One of `COMPARISONS`.
    needs : str
        What it is measured on; one of `NEEDS`.
    compared : str
        What is compared, in words.
    unit : str
        Unit of the value.
    tolerance : float, optional
        For the comparison ``within``. It is ours, not the paper's.
    tied_to : str
        What it is comparable for; one of `TIES`.
    readings : tuple of str
        Open definitions that it depends on.
    measure : str
        Name of the function that measures it; empty where nothing here can.
    arguments : mapping
        Arguments of the measure.
    seen : str
        ``published`` where it was read in a copy of the published paper alone.
    note : str
        Why the printed numbers differ, where that is known.
    """

    id: str
    section: str
    kind: str
    statement: str
    value: Any
    comparison: str
    needs: str
    compared: str
    unit: str = ""
    tolerance: float | None = None
    tied_to: str = ""
    readings: tuple[str, ...] = ()
    measure: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seen: str = ""
    note: str = ""


class Verdict(NamedTuple):
    """The result of judging a claim.

    Parameters
    ----------
    claim : Statement
    verdict : str
        One of `VERDICTS` or `CHECKS`.
    measured : number, bool, str, list or None
        The measured value; None where it was not run.
    detail : str
        What the value is based on, what is missing, or why it is not comparable.
    low, high : float or None
        The 95% interval of the value.
    own : number, bool, str, list or None
        For a claim that needs other models: the same quantity of the model under study.
    """

    claim: Statement
    verdict: str
    measured: Any = None
    detail: str = ""
    low: float | None = None
    high: float | None = None
    own: Any = None


def file_of(paper: str) -> Path:
    """Return the path of a paper's claims."""
    return paths.DATA / f"claims_{paper}.yaml"


def load(path: str | Path, measures: Mapping[str, Measure]) -> dict[str, Statement]:
    """Read the claims of a paper.

    Parameters
    ----------
    path : path-like
    measures : mapping of str to callable
        The functions that claims may name.

    Returns
    -------
    dict of str to Statement
        By id, in the order of the file.

    Raises
    ------
    InputError
        A claim lacks a field, has an unknown one, is there twice, or names an unknown measure or word.
    """
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InputError(f"no readable YAML ({type(error).__name__})", file=path, remedy=RESTORE) from error
    entries = document.get("claims") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError("expected the key claims with a list of claims", file=path, remedy=RESTORE)
    found: dict[str, Statement] = {}
    for number, entry in enumerate(entries, start=1):
        name = str(entry.get("id", f"number {number}"))
        fault = _fault(entry, measures) or ("it is there twice" if name in found else "")
        if fault:
            raise InputError(f"claim {name}: {fault}", file=path, remedy=RESTORE)
        found[name] = Statement(**{**entry, "readings": tuple(entry.get("readings", ()))})
    return found


REQUIRED = ("id", "section", "kind", "statement", "value", "comparison", "needs", "compared")


def _fault(entry: Mapping[str, Any], measures: Mapping[str, Measure]) -> str:
    known = {one.name for one in fields(Statement)}
    for name in entry:
        if name not in known:
            return f"unknown field {name!r}"
    for name in REQUIRED:
        if name not in entry:
            return f"no field {name!r}"
    chosen = (("kind", KINDS), ("comparison", COMPARISONS), ("needs", NEEDS), ("tied_to", tuple(TIES)))
    for name, words in chosen:
        if entry.get(name, "") not in words:
            return f"{name} is {entry.get(name)!r}, expected one of {', '.join(filter(None, words))}"
    if (entry["comparison"] == "within") != (entry.get("tolerance") is not None):
        return "a tolerance belongs to the comparison 'within'"
    measure = entry.get("measure", "")
    if measure not in measures and (measure or entry["needs"] not in ELSEWHERE):
        return f"no measure is called {measure!r}"
    return ""


def judge(claim: Statement, results: Results, measures: Mapping[str, Measure]) -> Verdict:
    """Judge a claim.

    A claim that needs other models than the study's is not run. Where it has a measure, the same quantity of the
    study's own model stands beside it.
    """
    found, missing = _measured(claim, results, measures)
    if claim.needs in ELSEWHERE and not (claim.needs in HERE and claim.measure):
        return Verdict(claim, "not run", detail=f"needs {ELSEWHERE[claim.needs]}", own=found and found.value)
    if found is None:
        return Verdict(claim, "not run", detail=f"needs {missing}")
    one = Verdict(claim, "", found.value, found.detail, found.low, found.high)
    if claim.needs == "paper":
        kept = agrees(claim, found.value)
        detail = "; ".join(filter(None, (found.detail, "" if kept else claim.note)))
        return one._replace(verdict=CHECKS[kept], detail=detail)
    obstacle = _obstacle(claim, results)
    if obstacle:
        return one._replace(verdict="not comparable", detail="; ".join(filter(None, (obstacle, found.detail))))
    return one._replace(verdict=_decide(claim, found))


def _measured(claim: Statement, results: Results, measures: Mapping[str, Measure]) -> tuple[Found | None, str]:
    if not claim.measure:
        return None, ""
    try:
        found = measures[claim.measure](results, **claim.arguments)
    except Missing as missing:
        return None, str(missing)
    if isinstance(found.value, float) and not math.isfinite(found.value):
        return None, found.detail or "a finite value, which the results do not give"
    return found, ""


def _obstacle(claim: Statement, results: Results) -> str:
    if claim.tied_to == "laboratory" and len(results.languages) != 2:
        number = f"{len(results.languages)}" if results.languages else "an unknown number"
        return TIES["laboratory"].format(number=number)
    if claim.tied_to == "natural" and results.artificial:
        return TIES["natural"]
    if claim.tied_to == "xlmr-base" and not results.like_xlmr:
        return TIES["xlmr-base"]
    return ""


def _decide(claim: Statement, found: Found) -> str:
    bounded = claim.comparison in ("at most", "at least", "more than")
    if bounded and found.low is not None and found.high is not None and found.low <= claim.value <= found.high:
        return "undecided"
    return "holds" if agrees(claim, found.value) else "fails"


def audit(claims: Mapping[str, Statement], results: Results, measures: Mapping[str, Measure]) -> list[Verdict]:
    """Judge all claims, in their order."""
    return [judge(claim, results, measures) for claim in claims.values()]


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Count the verdicts, those of claims first and those of checks of the paper last."""
    found = [one.verdict for one in verdicts]
    return {verdict: found.count(verdict) for verdict in (*VERDICTS, *CHECKS)}
