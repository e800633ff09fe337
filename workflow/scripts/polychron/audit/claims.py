"""Claims: what the paper says, what is measured, and whether the two agree.

A claim `holds`, `fails`, or is `undecided` where the evidence is too weak for either. It was `not run` where something
that it needs is missing, and is `not comparable` where it is about another model or other languages than the study's:
neither is a success. Claims that compare the paper's numbers with each other are checks of the paper, `consistent` or
`inconsistent`, and are counted apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from polychron import paths
from polychron.audit import coefficients, comparability, measurement, partial, readings, sentences
from polychron.audit.agreement import agrees
from polychron.audit.evidence import Evidence, Found, Missing
from polychron.errors import InputError

FILE = paths.DATA / "claims.yaml"

RESTORE = "fix it, or restore the file from git (git checkout workflow/data/claims.yaml)"

MESSAGE = 200
"""Characters of a value, or of a message of the YAML reader, that are shown."""

VERDICTS = ("not run", "not comparable", "undecided", "fails", "holds")
"""Those on claims about models and languages, in the order in which they are reported."""

CHECKS = ("inconsistent", "consistent")
"""Those on claims that compare the paper's own numbers with each other."""

KINDS = ("setup", "result", "statistic", "nonsignificant", "qualitative", "derived")
COMPARISONS = ("equal", "within", "at most", "at least", "more than", "true", "correlates")
NEEDS = ("paper", "config", "facts", "scores", "layers", "correlations", "reference")


TYPES: dict[str, Any] = {
    **dict.fromkeys(("id", "section", "kind", "statement", "comparison", "needs", "measure", "unit", "tied_to"), str),
    "tolerance": (int, float, type(None)),
    "stars": (str, type(None)),
    "n": (int, type(None)),
    "arguments": Mapping,
}
"""The types of a claim's fields; `value` has any."""


@dataclass(frozen=True)
class Claim:
    """A numbered claim of the paper; the head of ``claims.yaml`` describes its fields."""

    id: str
    section: str
    kind: str
    statement: str
    value: Any
    comparison: str
    needs: str
    measure: str
    unit: str = ""
    tolerance: float | None = None
    stars: str | None = None
    n: int | None = None
    tied_to: str = ""
    readings: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)


class Verdict(NamedTuple):
    """The result of judging a claim.

    Parameters
    ----------
    verdict : str
        One of `VERDICTS` or `CHECKS`, under the default readings.
    measured : number, bool, str, list or None
        The measured value; None where the claim was not run.
    detail : str
        What the measured value is based on, what is missing, or why it is not comparable.
    compared : str
        What was compared, or would have been.
    strength : str
        How much the value rests on: languages, pairs, checkpoints, seeds, and its interval.
    low, high : float or None
        Its 95% interval.
    agreement : Agreement, optional
        In what a coefficient agrees with the printed one.
    partial : object
        The value on the part of the evidence that there is, where the claim was not run; None without any.
    part : str
        What that leaves out.
    readings : mapping of str to object
        The value under each combination of readings that could be computed; the default one is named ``default``.
    verdicts : mapping of str to str
        The verdict under the default readings, and with one of them changed.
    closest : str
        The reading that comes closest to the paper's number, where several were computed.
    paper : str
        Whether the paper's own tables agree with the claim: "yes" or "no" with a reason, or nothing.
    own : number, bool, str, list or None
        The same quantity for the study's own languages, steps and layers, where these are not the paper's.
    """

    claim: Claim
    verdict: str
    measured: Any = None
    detail: str = ""
    compared: str = ""
    strength: str = ""
    low: float | None = None
    high: float | None = None
    agreement: coefficients.Agreement | None = None
    partial: Any = None
    part: str = ""
    readings: Mapping[str, Any] = {}
    verdicts: Mapping[str, str] = {}
    closest: str = ""
    paper: str = ""
    own: Any = None

    @property
    def differing(self) -> dict[str, Any]:
        """The default reading and those with another value; empty where all agree."""
        default = self.readings.get("default")
        found = {name: value for name, value in self.readings.items() if name == "default" or value != default}
        return found if len(found) > 1 else {}


def load(path: str | Path = FILE) -> tuple[dict[str, Claim], dict[str, Any]]:
    """Read the claims, and the lists and citations of the paper.

    Returns
    -------
    claims : dict of str to Claim
        By id, in the order of the file.
    paper : dict
        Lists of languages, and numbers that the paper cites.

    Raises
    ------
    InputError
        A claim lacks a field, has an unknown one, is there twice, or names an unknown measure, comparison or kind.
    """
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        said = next(iter(str(error).splitlines()), "")[:MESSAGE]
        raise InputError(f"no readable YAML ({type(error).__name__}: {said})", file=path, remedy=RESTORE) from error
    entries, paper = _parts(document, path)
    known = {one.name for one in fields(Claim)}
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(entries, start=1):
        name = str(entry.get("id", f"number {number}"))[:MESSAGE]
        odd = sorted(set(entry) - known, key=str)
        if odd:
            raise InputError(f"claim {name}: unknown field {str(odd[0])[:MESSAGE]!r}", file=path, remedy=RESTORE)
        try:
            claim = Claim(
                **{key: tuple(value) if key in ("readings", "items") else value for key, value in entry.items()}
            )
        except TypeError as error:
            raise InputError(f"claim {name}: {str(error)[:MESSAGE]}", file=path, remedy=RESTORE) from error
        for key, kind in TYPES.items():
            if not isinstance(getattr(claim, key), kind):
                raise InputError(f"claim {name}: {key} has a value of another type", file=path, remedy=RESTORE)
        chosen = ((claim.kind, KINDS), (claim.comparison, COMPARISONS), (claim.needs, NEEDS))
        for word, words in (*chosen, (claim.tied_to, comparability.TIES)):
            if word not in words:
                expected = ", ".join(filter(None, words))
                raise InputError(
                    f"claim {name}: {word[:MESSAGE]!r}, expected one of {expected}", file=path, remedy=RESTORE
                )
        if claim.measure not in measurement.MEASURES:
            raise InputError(
                f"claim {name}: no measure is called {claim.measure[:MESSAGE]!r}", file=path, remedy=RESTORE
            )
        if (claim.comparison == "within") != (claim.tolerance is not None):
            raise InputError(f"claim {name}: a tolerance belongs to the comparison 'within'", file=path, remedy=RESTORE)
        if name in claims:
            raise InputError(f"claim {name} is there twice", file=path, remedy=RESTORE)
        claims[name] = claim
    return claims, paper


def _parts(document: Any, path: str | Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the list of claims and what the paper cites."""
    document = document if isinstance(document, dict) else {}
    entries, paper = document.get("claims"), document.get("paper")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError("expected the key claims with a list of claims", file=path, remedy=RESTORE)
    if not isinstance(paper, dict):
        raise InputError("expected the key paper with what the paper cites", file=path, remedy=RESTORE)
    return entries, paper


def decide(claim: Claim, found: Found) -> tuple[str, str]:
    """Return the verdict on a claim by what was measured, and what decides it where it is about a coefficient.

    Examples
    --------
    >>> claim = Claim("x", "1", "result", "", 0.5, "within", "scores", "fall", tolerance=0.1)
    >>> decide(claim, Found(0.6)), decide(claim, Found(0.7))
    (('holds', ''), ('fails', ''))
    """
    if claim.comparison == "correlates":
        return coefficients.decide(claim.value, claim.stars, found)
    kept = agrees(claim, found.value)
    if claim.needs == "paper":
        return ("consistent" if kept else "inconsistent"), ""
    return ("holds" if kept else "fails"), ""


def distance(claim: Claim, measured: Any) -> float:
    """Return how far a measured value is from the paper's; 0 or infinity where the claim is not about a number."""
    if isinstance(claim.value, bool) or not isinstance(claim.value, (int, float)):
        return 0.0 if agrees(claim, measured) else math.inf
    if claim.comparison in ("at most", "at least", "more than") and agrees(claim, measured):
        return 0.0
    return abs(float(measured) - claim.value)


def measured(claim: Claim, evidence: Evidence) -> Found:
    """Apply a claim's measure.

    Raises
    ------
    Missing
        Something that it needs is missing, or its value is not finite.
    """
    evidence.read.clear()
    found = measurement.MEASURES[claim.measure](evidence, **claim.arguments)
    found = found._replace(value=_plain(found.value))
    if isinstance(found.value, float) and not math.isfinite(found.value):
        raise Missing(f"a finite value: {found.detail or 'the scores do not give one'}")
    return found


def _plain(value: Any) -> Any:
    """Convert NumPy scalars to Python's."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.item() if hasattr(value, "item") else value


def judge(claim: Claim, evidence: Evidence, printed: Evidence | None = None) -> Verdict:
    """Judge a claim under the default readings, and measure it under all others that concern it.

    Parameters
    ----------
    printed : Evidence, optional
        The paper's own tables; a claim about a table is also compared with the table as printed.
    """
    said = _of_the_paper(claim, printed)
    obstacle = comparability.obstacle(claim, evidence)
    one = Verdict(
        claim, "", compared=sentences.compared(claim, measurement.MEASURES[claim.measure]), detail=obstacle, paper=said
    )
    try:
        found = measured(claim, evidence)
    except Missing as missing:
        if obstacle:
            return one._replace(verdict="not comparable")
        value, part = _part(claim, evidence)
        return one._replace(verdict="not run", detail=f"needs {missing}", partial=value, part=part)
    one = one._replace(
        measured=found.value, strength=sentences.strength(claim, evidence, found), low=found.low, high=found.high
    )
    if obstacle:
        return one._replace(verdict="not comparable")
    verdict, why = decide(claim, found)
    values, verdicts = {"default": found.value}, {"default": verdict}
    for choice in readings.combinations(claim.readings, evidence.reading):
        changed = {name: option for name, option in choice.items() if option != evidence.reading[name]}
        if not changed:
            continue
        name = ", ".join(f"{name} {option}" for name, option in changed.items())
        try:
            other = measured(claim, replace(evidence.under(changed), intervals=len(changed) == 1))
        except Missing:
            continue
        values[name] = other.value
        if len(changed) == 1:
            verdicts[name], _ = decide(claim, other)
    one = one._replace(
        verdict=verdict, detail="; ".join(filter(None, (found.detail, why))), readings=values, verdicts=verdicts
    )
    if claim.comparison == "correlates":
        one = one._replace(agreement=coefficients.agreement(claim.value, claim.stars, found))
    return one._replace(closest=min(one.differing, key=lambda name: distance(claim, values[name]), default=""))


def _part(claim: Claim, evidence: Evidence) -> tuple[Any, str]:
    """Measure a claim on the largest part of its evidence that is complete; return the value and what it leaves out."""
    for one in partial.available(claim, evidence):
        try:
            return measured(claim, one).value, one.part
        except Missing:
            continue
    return None, ""


def _of_the_paper(claim: Claim, printed: Evidence | None) -> str:
    if printed is None or claim.comparison != "true" or claim.needs not in ("correlations", "reference"):
        return ""
    found = measured(claim, printed)
    return ("yes" if agrees(claim, found.value) else "no") + (f": {found.detail}" if found.detail else "")


def audit(claims: Mapping[str, Claim], evidence: Evidence) -> list[Verdict]:
    """Judge all claims; measure those that were not run on the study's own languages."""
    printed, study = measurement.printed(evidence), measurement.own(evidence)
    verdicts = [judge(claim, evidence, printed) for claim in claims.values()]
    return [
        one._replace(own=_own(one.claim, study)) if study is not None and one.measured is None else one
        for one in verdicts
    ]


NAMED = frozenset({"language", "languages", "source", "target", "model"})
"""Arguments that tie a claim to certain languages of the paper, or to another model."""


def _own(claim: Claim, study: Evidence) -> Any:
    if claim.needs not in ("scores", "layers") or NAMED & {*claim.arguments} or claim.measure == "better_on_english":
        return None
    try:
        return measured(claim, study).value
    except Missing:
        return None


def about(verdicts: Iterable[Verdict], paper: bool) -> list[Verdict]:
    """Return the checks of the paper's own numbers, or the verdicts on all other claims."""
    return [one for one in verdicts if (one.claim.needs == "paper") is paper]


def counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Count verdicts, what was not run first, and checks of the paper last."""
    found = [one.verdict for one in verdicts]
    return {verdict: found.count(verdict) for verdict in (*VERDICTS, *CHECKS)}


def held(verdicts: Iterable[Verdict], name: str, option: str, default: str) -> tuple[int, int]:
    """Count the claims that hold, or are consistent, under one reading of a definition, with all others as chosen.

    Parameters
    ----------
    name, option, default : str
        A definition, one of its alternatives, and the chosen one.

    Returns
    -------
    holding, concerned : int
        Number of claims that hold, and number of claims that the definition concerns.
    """
    key = "default" if option == default else f"{name} {option}"
    point = readings.READINGS[name].point
    touched = [one for one in verdicts if point in one.claim.readings and key in one.verdicts]
    return sum(one.verdicts[key] in ("holds", "consistent") for one in touched), len(touched)
