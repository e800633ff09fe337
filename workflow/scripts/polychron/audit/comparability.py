"""Which claims a study can be compared with: an absolute number of the paper's model is none of a tiny one."""

from __future__ import annotations

from typing import Any

from polychron.audit.evidence import Evidence, Missing, listed
from polychron.audit.measures import setup

TIES = ("", "model", "original", "languages")
"""What a claim is tied to: nothing, a model of XLM-R base's size, XLM-R base itself, or the paper's languages."""

FACTOR = 2.0
"""A model of more than so many times the paper's number of parameters, or fewer than its share, is another model."""


def obstacle(claim: Any, evidence: Evidence) -> str:
    """Return why a claim's number cannot be compared with the study's; nothing where it can.

    Parameters
    ----------
    claim : Claim
        Its field ``tied_to`` is one of `TIES`.
    evidence : Evidence
        What the config and the last checkpoint say of the model; without them nothing stands in the way.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from polychron.audit import specimens
    >>> tiny = {"vocabulary": 100, "dimension": 8, "feedforward": 32, "layers": 2}
    >>> claims = {"setup.params": 270_000_000}
    >>> small = specimens.evidence(claims=claims, config={"pretraining": tiny, "model": {"window": 16}})
    >>> obstacle(SimpleNamespace(tied_to="model", value=12), small)
    "a number of the paper's model, of 270 million parameters: the study's has 0.00291 million"
    >>> obstacle(SimpleNamespace(tied_to="", value=12), small)
    ''
    """
    match claim.tied_to:
        case "model":
            return _model(evidence)
        case "original":
            layers = evidence.said("setup.layers")
            other = evidence.reference
            return (
                f"a number of XLM-R base, of {layers} layers: the second model has {other.final}"
                if other is not None and other.final != layers
                else ""
            )
        case "languages":
            return _languages(claim, evidence)
    return ""


def _model(evidence: Evidence) -> str:
    if evidence.config is None:
        return ""
    paper = evidence.said("setup.params")
    start = f"a number of the paper's model, of {paper / 1e6:.0f} million parameters: the study's"
    try:
        ours = setup.parameters(evidence).value
    except Missing as missing:
        kind = ((evidence.config.get("checkpoint") or {}).get("model_type")) or ""
        return f"{start} is of the kind {kind}" if kind and "kind" in str(missing) else ""
    return "" if paper / FACTOR <= ours <= paper * FACTOR else f"{start} has {ours / 1e6:.3g} million"


def _languages(claim: Any, evidence: Evidence) -> str:
    """Compare a list of languages with those that the study has at all."""
    probing, alignment = ((evidence.config or {}).get(name) or {} for name in ("probing", "alignment"))
    known = {*(probing.get("treebank_languages") or ()), *(probing.get("inference_languages") or ())}
    known |= {code for pair in alignment.get("pairs") or () for code in pair}
    if claim.measure == "alignment_targets" and alignment and not alignment.get("pairs"):
        return "the study aligns no words"
    if not known or {*claim.value} & known:
        return ""
    return f"languages of the paper ({listed(list(claim.value))}): the study has none of them"
