"""Evidence: what claims are measured on, and the message where some of it is missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from polychron.analysis import bits
from polychron.audit.curves import BY_SENTENCE, Curve, Curves, Place
from polychron.probing.tasks import registry

LanguagePair = tuple[str, str]
"""Source and target."""

PROBING = registry.PAPER
TREEBANK = tuple(registry.of_family("treebank", PROBING))

NAMES = {
    **{name: registry.in_sentence(name) for name in ("bits", *PROBING, "alignment")},
    "bits_by_sentence": "bits per character of single sentences",
}
"""Names of tasks within a sentence."""

DESIGN = {"probe_layers": 1, "pair_vectors": 3, "alignment": "itermax/word"}
"""What no key of the config changes: the depth of a probe, the number of vectors of a pair ([r1; r2; r1*r2]), and how
words are aligned."""


class Missing(Exception):
    """Something that a measure needs is missing."""


class Found(NamedTuple):
    """The result of a measure.

    Parameters
    ----------
    value : number, bool, str or list
        In the unit of its claim.
    detail : str
        What the value is based on: which language, how many, how close.
    low, high : float, optional
        The 95% interval of the value.
    n : int, optional
        How many values it is computed from, where these are not the curves that were read.
    stars : str, optional
        Those of a coefficient, as in the paper's tables.

    Examples
    --------
    >>> Found(0.5, "of de", n=44)
    Found(value=0.5, detail='of de', n=44)
    """

    value: Any
    detail: str = ""
    low: float | None = None
    high: float | None = None
    n: int | None = None
    stars: str | None = None

    def __repr__(self) -> str:
        parts = [f"{name}={value!r}" for name, value in self._asdict().items() if value is not None or name == "value"]
        return f"Found({', '.join(parts)})"


@dataclass(frozen=True)
class Evidence:
    """All that claims can be measured on; None is missing.

    Parameters
    ----------
    claims : mapping of str to Claim
        The paper's claims, by id.
    paper : mapping
        The paper's lists of languages, and what it cites.
    reading : mapping of str to str
        The chosen reading of each open definition; see `readings.READINGS`.
    config : mapping, optional
        The study's config: ``model`` (its entry in the list of models), ``pretraining``, ``probing`` and ``alignment``;
        and ``checkpoint``, the ``config.json`` of the last checkpoint, if any.
    facts : mapping
        What is no score: ``sizes`` (GiB of pretraining text by language), ``sizes_known`` (what `sizes.said` says of
        them), and the numbers of `measurement.facts`.
    study, reference : Curves, optional
        Scores of the model under study, and of XLM-R base.
    correlations : sequence of mapping, optional
        Rows of the correlation study (Tables 4 and 5).
    averages : mapping of (str, str, bool) to float, optional
        Mean final scores by model (``study`` or ``reference``), task and transfer, where they are not computed from
        curves.
    factors : factors.LanguageFacts, optional
        Facts about the languages, to compute correlations under other readings than that of `correlations`.
    steps : sequence of int, optional
        The checkpoints to measure, where they are not the paper's.
    departed : bool
        Whether the reading differs from that of `correlations`.
    design : mapping
        See `DESIGN`.
    intervals : bool
        Whether coefficients are given an interval, which takes longer than the coefficient.
    part : str
        What of the paper's languages and checkpoints this evidence leaves out; empty where it is complete.
    read : set of (str, Place, int)
        The curves that were used: model, place, and number of checkpoints.
    """

    claims: Mapping[str, Any]
    paper: Mapping[str, Any]
    reading: Mapping[str, str]
    config: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    study: Curves | None = None
    reference: Curves | None = None
    correlations: Sequence[Mapping[str, Any]] | None = None
    averages: Mapping[tuple[str, str, bool], float] = field(default_factory=dict)
    factors: Any = None
    steps: Sequence[int] | None = None
    departed: bool = False
    design: Mapping[str, Any] = field(default_factory=lambda: DESIGN)
    intervals: bool = True
    part: str = ""
    read: set[tuple[str, Place, int]] = field(default_factory=set, repr=False, compare=False)
    cache: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def under(self, reading: Mapping[str, str]) -> Evidence:
        """Return the same evidence under other readings of some definitions."""
        return replace(self, reading={**self.reading, **reading}, departed=True)

    def once(self, key: tuple, make: Callable[[], Any]) -> Any:
        """Compute what several claims share only once; the key names everything that it depends on."""
        if key not in self.cache:
            before = {*self.read}
            self.read.clear()
            try:
                self.cache[key] = make(), frozenset(self.read)
            finally:
                self.read.update(before)
        value, read = self.cache[key]
        self.read.update(read)
        return value

    def said(self, claim: str) -> Any:
        """Return the paper's value of a claim."""
        return self.claims[claim].value


def listed(names: Sequence[str], most: int = 12) -> str:
    """Write a list of names, shortened where it is long.

    Examples
    --------
    >>> listed(["b", "a"]), listed("edcba", most=3)
    ('b, a', 'e, d, c and 2 more')
    """
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def schedule(evidence: Evidence) -> list[int]:
    """List the paper's checkpoints, from the numbers of section 2.1: every 5k up to 50k, then every 50k up to 1.5M."""
    if evidence.steps is not None:
        return list(evidence.steps)
    early, until, late, end = (
        evidence.said(f"setup.{name}")
        for name in ("ckpt_early_every", "ckpt_early_until", "ckpt_late_every", "updates")
    )
    return [*range(early, until + 1, early), *range(until + late, end + 1, late)]


def languages_of(evidence: Evidence, task: str) -> list[str]:
    """List the paper's languages of a task (Table 2)."""
    return list(evidence.paper["bits" if task == "bits" else registry.of(task).dataset])


def transfer_languages_of(evidence: Evidence, task: str) -> list[str]:
    """List the paper's languages of transfer: XNLI's, or those with a treebank and a parallel treebank (A3)."""
    if registry.of(task).dataset == "inference":
        return list(evidence.paper["inference"])
    return [language for language in evidence.paper["treebank"] if language in evidence.paper["parallel"]]


def shared_languages_of(evidence: Evidence, transfer: bool = False) -> list[str]:
    """List the languages that POS tagging and XNLI share."""
    of = transfer_languages_of if transfer else languages_of
    shared = [language for language in of(evidence, "pos") if language in of(evidence, "xnli")]
    if not shared:
        raise Missing("languages that POS tagging and XNLI have in common")
    return shared


def curves(evidence: Evidence, places: Iterable[Place], last: bool = False, model: str = "study") -> dict[Place, Curve]:
    """Return the curves at places, over the paper's checkpoints.

    Parameters
    ----------
    last : bool
        Whether the last checkpoint is enough.
    model : {"study", "reference"}
        The model under study, or XLM-R base, which has a single step.

    Raises
    ------
    Missing
        There are no scores, or a checkpoint or a score is missing.
    """
    known = getattr(evidence, model)
    if known is None:
        raise Missing(
            "scores of XLM-R base, as a second model (models.original)"
            if model == "reference"
            else "the study's scores"
        )
    places = list(places)
    choice = evidence.reading["bits"]
    stored = [(BY_SENTENCE, *place[1:]) if (place[0], choice) == ("bits", "sentences") else place for place in places]
    absent = [place for place in stored if place not in known.values]
    if absent:
        raise Missing(_absent(absent, stored))
    wanted = schedule(evidence)
    if model == "reference":
        wanted = known.steps[-1:].tolist()
    elif last:
        wanted = wanted[-1:]
    lacking = sorted(set(wanted) - set(known.steps.tolist()))
    if lacking:
        raise Missing(
            f"{len(lacking)} of the paper's {len(wanted)} checkpoints: steps {listed([*map(str, lacking)], 6)}"
        )
    columns = np.flatnonzero(np.isin(known.steps, wanted))
    found = {place: known.of(there, columns) for place, there in zip(places, stored, strict=True)}
    if choice == "nats":
        found |= {
            place: curve._replace(values=curve.values * math.log(2))
            for place, curve in found.items()
            if place[0] == "bits"
        }
    holes = [(place, int(step)) for place, curve in found.items() for step in curve.steps[~np.isfinite(curve.values)]]
    if holes:
        raise Missing(
            f"{len(holes)} of {len(places) * len(columns)} scores: {listed([_cell(*hole) for hole in holes], 4)}"
        )
    evidence.read.update((model, place, len(columns)) for place in stored)
    return found


def _cell(place: Place, step: int) -> str:
    task, source, target, layer, _ = place
    return f"{NAMES[task]} {source if source == target else f'{source} to {target}'}, layer {layer}, step {step}"


def _absent(absent: list[Place], places: list[Place]) -> str:
    transfer = absent[0][-1]
    tasks = " and ".join(dict.fromkeys(NAMES[place[0]] for place in absent))
    enough = f" (of {bits.FEWEST} masked pieces or more)" if absent[0][0] in ("bits", BY_SENTENCE) else ""
    if all(place[1] == place[2] for place in places) and not transfer:
        named = list(dict.fromkeys(place[1] for place in absent))
        whole = len(dict.fromkeys(place[1] for place in places))
        return f"in-language scores of {tasks} in {len(named)} of {whole} languages: {listed(named)}{enough}"
    pairs = list(dict.fromkeys(f"{place[1]} to {place[2]}" for place in absent))
    whole = len(dict.fromkeys(place[1:3] for place in places))
    return f"scores of {tasks} across languages in {len(pairs)} of {whole} pairs: {listed(pairs, 4)}"


def in_language(
    evidence: Evidence, task: str, languages: Sequence[str] | None = None, last: bool = False, model: str = "study"
) -> dict[str, Curve]:
    """Return the in-language curves of a task at the final layer, for all of the paper's languages by default."""
    chosen = languages_of(evidence, task) if languages is None else list(languages)
    if not chosen:
        raise Missing(f"languages of {NAMES[task]}")

    def take() -> dict[str, Curve]:
        final = _final(evidence, model)
        found = curves(evidence, [(task, one, one, final, False) for one in chosen], last, model)
        return {place[1]: curve for place, curve in found.items()}

    return evidence.once(("in_language", task, tuple(chosen), last, model, evidence.reading["bits"]), take)


def across(
    evidence: Evidence, task: str, languages: Sequence[str] | None = None, last: bool = False, model: str = "study"
) -> dict[LanguagePair, Curve]:
    """Return the transfer curves of a task at the final layer, by source and target, including the diagonal."""
    chosen = transfer_languages_of(evidence, task) if languages is None else list(languages)
    if len(chosen) < 2:
        raise Missing(f"two languages or more that {NAMES[task]} is transferred between")

    def take() -> dict[LanguagePair, Curve]:
        final = _final(evidence, model)
        places = [(task, source, target, final, True) for source in chosen for target in chosen]
        return {place[1:3]: curve for place, curve in curves(evidence, places, last, model).items()}

    return evidence.once(("across", task, tuple(chosen), last, model), take)


def _final(evidence: Evidence, model: str) -> int:
    known = getattr(evidence, model)
    return known.final if known is not None else -1


def off_diagonal(table: Mapping[LanguagePair, Any]) -> dict[LanguagePair, Any]:
    """Keep the pairs of two different languages (A29)."""
    return {pair: value for pair, value in table.items() if pair[0] != pair[1]}
