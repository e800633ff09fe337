"""Sensitivity of a study's findings to how probes are trained: their scores under another setting, and what changes.

A setting is how input vectors are scaled and which solver trains the probes. The same cells are trained under the
study's own setting and under others. Each finding is computed under both, and the difference is compared with the
spread of the seeds: runs of the same seed are a pair. What one setting alone has is left out, and said.
"""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polychron.analysis import gathering, uncertainty
from polychron.analysis.dynamics import ROUNDING
from polychron.errors import InputError
from polychron.stats import intervals
from polychron.storage.scores import score_schema
from polychron.storage.sensitivity import SETTING

log = logging.getLogger("polychron")

SAME, NOISE, CHANGES = "same", "within noise", "changes"
"""Verdicts: equal; different, but 0 is in the 95% interval of the difference; different beyond it."""

Setting = tuple[str, str]
"""The values of `SETTING`."""

CURVE = ("model", "task", "source", "layer")
"""The columns that name a curve of the same setting."""


class Runs(NamedTuple):
    """The runs that two settings have of a curve, or of the last scores of several.

    Parameters
    ----------
    own, other : ndarray (seeds, steps) or (seeds, curves)
        Scores under the study's own setting and under the other one, both in the order of `seeds`.
    seeds : tuple of int or None
        The seeds that both have, in increasing order; None is that of a probe without one.
    apart : str
        What one setting alone has and is left out, in words; empty if nothing is.
    """

    own: NDArray[np.float64]
    other: NDArray[np.float64]
    seeds: tuple[int | None, ...]
    apart: str


def gather(own: Iterable[tuple[str, Any]], setting: Setting, others: Iterable[tuple[str, Any]]) -> Any:
    """Join the scores of the same cells under several settings.

    Parameters
    ----------
    own : iterable of (str, pyarrow.Table)
        The name of each file of the study's own cells and what it holds, without `SETTING`.
    setting : tuple of str
        The study's own setting.
    others : iterable of (str, pyarrow.Table)
        The same of cells under other settings, see `storage.sensitivity.sensitivity_schema`.

    Returns
    -------
    pyarrow.Table
        With the columns of `sensitivity_schema`: the own setting first, then the others in the order of their names;
        within a setting in the order of `gathering.gather`.

    Raises
    ------
    InputError
        See `gathering.gather`; or a file has no setting, several, or the study's own.
    """
    import pyarrow

    parts: dict[Setting, list[tuple[str, Any]]] = defaultdict(list)
    for name, table in others:
        parts[_setting_of(name, table, setting)].append((name, table.select(score_schema().names)))
    whole = []
    for of, tables in [(setting, own), *sorted(parts.items())]:
        joined = gathering.gather(tables)
        for column, value in zip(SETTING, of, strict=True):
            joined = joined.append_column(column, pyarrow.repeat(pyarrow.scalar(value), joined.num_rows))
        whole.append(joined)
    return pyarrow.concat_tables(whole).combine_chunks()


def _setting_of(name: str, table: Any, own: Setting) -> Setting:
    lacking = {*SETTING, *score_schema().names} - {*table.column_names}
    found = [] if lacking else table.group_by(list(SETTING), use_threads=False).aggregate([]).to_pylist()
    settings = [tuple(row[column] for column in SETTING) for row in found]
    if len(settings) != 1 or settings == [own]:
        what = f"lacks the columns {sorted(lacking)}" if lacking else f"scores of the settings {settings}"
        raise InputError(
            f"{what}; expected those of one setting that is not the study's own",
            file=name,
            remedy="delete it and run the same command again",
        )
    return settings[0]


def schema() -> Any:
    """Return the columns of a table of findings under two settings, as a `pyarrow.Schema`.

    A row is one finding: its value under the study's own setting (`own`) and under the setting of `scaling` and
    `solver` (`other`), their `difference` with its 95% interval over seeds from `low` to `high`, and the `verdict`.
    `source` is null for a finding on all languages together, `layer` for one on all layers. `note` says why a value is
    null, and which seeds and steps are left out because one setting alone has them.
    """
    import pyarrow

    kinds = dict.fromkeys(("model", "task", "source", "finding", *SETTING, "verdict", "note"), pyarrow.string())
    kinds |= {"layer": pyarrow.int32(), "runs": pyarrow.int64()}
    kinds |= dict.fromkeys(("own", "other", "difference", "low", "high"), pyarrow.float64())
    order = (*SETTING, "model", "task", "source", "layer", "finding", "own", "other", "difference", "low", "high")
    return pyarrow.schema([(name, kinds[name]) for name in (*order, "runs", "verdict", "note")])


def findings(scores: Any, own: Setting, share: float) -> Any:
    """Compare the findings of the same cells under the study's own setting and under each other one.

    Findings, all of accuracy on test splits: ``final``, the score at the last step, and ``mean_final``, its mean over
    the languages of a task and layer; ``best_layer`` and ``rank`` (1 for the best language) at the last step;
    ``best_step``; ``onset``, the first step with so large a share of the best score; ``forgetting``, the best score
    minus the last.

    The interval of ``final`` and ``mean_final`` is Student's over the differences of the runs, paired by seed. That of
    the others is from percentiles of a bootstrap over the seeds, the same resample under both settings, as in
    `uncertainty.onset`.

    Parameters
    ----------
    scores : pyarrow.Table
        See `gather`.
    own : tuple of str
        The study's own setting.
    share : float
        The share of the best score whose first step is the onset.

    Returns
    -------
    pyarrow.Table
        See `schema`. Step 0 is left out, and so is a finding that a single layer, step or language cannot have. Runs
        are paired by their model, task, language, layer and seed, at the steps that both settings have. A curve that
        one setting alone has is a row of ``final`` without numbers.
    """
    import pyarrow
    import pyarrow.compute as pc

    chosen = scores.filter((pc.field("split") == "test") & (pc.field("metric") == "accuracy") & (pc.field("step") > 0))
    settings = [
        tuple(row.values()) for row in chosen.group_by(list(SETTING), use_threads=False).aggregate([]).to_pylist()
    ]
    rows = []
    for setting in sorted({*settings} - {own}):
        steps, pairs, alone = _paired(_under(chosen, own), _under(chosen, setting))
        found = [*_compared(pairs, steps, share), *alone]
        rows += [dict(zip(SETTING, setting, strict=True)) | row for row in found]
    log.info("%d findings, of which %d change", len(rows), sum(row.get("verdict") == CHANGES for row in rows))
    return pyarrow.Table.from_pylist(rows, schema=schema())


def _under(scores: Any, setting: Setting) -> Any:
    """Return the scores of a setting, without its columns."""
    import pyarrow.compute as pc

    for column, value in zip(SETTING, setting, strict=True):
        scores = scores.filter(pc.field(column) == value)
    return scores.select(score_schema().names)


def _paired(own: Any, other: Any) -> tuple[NDArray, dict[tuple, Runs], list[dict[str, Any]]]:
    """Return the steps that two settings have, the runs of each curve, and rows that name curves of one alone."""
    import pyarrow

    both = [own, other]
    known = [set(table["step"].to_pylist()) for table in both]
    steps, apart = np.array(sorted(known[0] & known[1]), np.int64), sorted(known[0] ^ known[1])
    curves = [_seeds(table) for table in both]
    both = [table.filter(pyarrow.array(np.isin(table["step"].to_numpy(), steps))) for table in both]
    seeds = [_seeds(table) for table in both]
    shared = {
        place: tuple(sorted(found & seeds[1].get(place, set()), key=_null_last)) for place, found in seeds[0].items()
    }
    scores = []
    for table in both:
        kept = [seed in shared.get(place, ()) for place, seed in _identities(table)]
        found = uncertainty.curves(table.filter(pyarrow.array(kept, pyarrow.bool_())))
        scores.append({tuple(place[name] for name in CURVE): runs for place, _, runs, _ in found})
    pairs, alone = {}, []
    for place in sorted({*curves[0], *curves[1]}):
        if place in scores[0]:
            left = sorted(seeds[0][place] ^ seeds[1][place], key=_null_last)
            pairs[place] = Runs(*(found[place] for found in scores), shared[place], _left_out(left, apart))
            continue
        why = "the settings have no seed and step of it in common"
        for found, which in zip(curves, ("the study's own setting", "the other setting"), strict=True):
            why = why if place in found else f"{which} has no run of it"
        alone.append({**dict(zip(CURVE, place, strict=True)), "finding": "final", "runs": 0, "note": why})
    return steps, pairs, alone


def _identities(scores: Any) -> Iterator[tuple[tuple, int | None]]:
    """Yield the curve and the seed of each score."""
    places = zip(*(scores[name].to_pylist() for name in CURVE), strict=True)
    return zip(places, scores["seed"].to_pylist(), strict=True)


def _seeds(scores: Any) -> dict[tuple, set[int | None]]:
    """Return the seeds of each curve."""
    found: dict[tuple, set[int | None]] = defaultdict(set)
    for place, seed in _identities(scores):
        found[place].add(seed)
    return dict(found)


def _null_last(seed: int | None) -> tuple[bool, int | None]:
    return seed is None, seed


def _left_out(seeds: Iterable[int | None], steps: Iterable[int] = ()) -> str:
    """Say which seeds and steps are left out.

    Examples
    --------
    >>> _left_out([0, 3], [30]), _left_out([])
    ('left out, as not all have them: seed 0, seed 3, step 30', '')
    """
    named = [f"seed {seed}" for seed in seeds] + [f"step {step}" for step in steps]
    return f"left out, as not all have them: {', '.join(named)}" if named else ""


def _compared(pairs: dict[tuple, Runs], steps: NDArray, share: float) -> Iterator[dict[str, Any]]:
    """Yield a row for each finding of one other setting."""
    layers, languages = defaultdict(dict), defaultdict(dict)
    for (model, task, source, layer), both in pairs.items():
        layers[model, task, source][layer] = both
        languages[model, task, layer][source] = both
    for (model, task, source, layer), both in pairs.items():
        place = {"model": model, "task": task, "source": source, "layer": layer}
        yield _of_last({**place, "finding": "final"}, [both])
        if len(steps) > 1:
            for finding, of in (
                ("best_step", lambda curves: steps[_first_best(curves)]),
                ("onset", lambda curves: _onset(steps, curves, share)),
                ("forgetting", lambda curves: curves.max(axis=1) - curves[:, -1]),
            ):
                yield _resampled({**place, "finding": finding}, both, of)
    for (model, task, source), stack in layers.items():
        if len(stack) > 1:
            numbers = np.array(sorted(stack))
            yield _resampled(
                {"model": model, "task": task, "source": source, "finding": "best_layer"},
                _last([stack[layer] for layer in numbers.tolist()]),
                lambda scores, numbers=numbers: numbers[_first_best(scores)],
            )
    for (model, task, layer), group in languages.items():
        place = {"model": model, "task": task, "layer": layer}
        yield _of_last({**place, "finding": "mean_final"}, [group[name] for name in sorted(group)])
        for number, name in enumerate(sorted(group)):
            if len(group) > 1:
                yield _resampled(
                    {**place, "source": name, "finding": "rank"},
                    _last([group[one] for one in sorted(group)]),
                    lambda scores, number=number: (
                        1.0 + (scores > scores[:, number : number + 1] + ROUNDING).sum(axis=1)
                    ),
                )


def _last(stack: list[Runs]) -> Runs:
    """Return the scores at the last step of several curves, (seeds, curves), of the seeds that all of them have."""
    seeds = tuple(seed for seed in stack[0].seeds if all(seed in both.seeds for both in stack))
    places = [np.array([both.seeds.index(seed) for seed in seeds], np.int64) for both in stack]
    own, other = (
        np.stack([both[which][place, -1] for both, place in zip(stack, places, strict=True)], axis=1)
        for which in (0, 1)
    )
    lost = sorted({seed for both in stack for seed in both.seeds} - {*seeds}, key=_null_last)
    apart = dict.fromkeys(filter(None, (*(both.apart for both in stack), _left_out(lost))))
    return Runs(own, other, seeds, "; ".join(apart))


def _first_best(curves: NDArray) -> NDArray[np.int64]:
    """Return the place of the best score of each row, the first of equally good ones."""
    return np.argmax(curves >= curves.max(axis=1, keepdims=True) - ROUNDING, axis=1)


def _onset(steps: NDArray, curves: NDArray, share: float) -> NDArray[np.float64]:
    """Return the first step of each row with so large a share of the best score, see `dynamics.onset`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = curves / curves.max(axis=1, keepdims=True)
    return steps[np.argmax(relative >= share - ROUNDING, axis=1)].astype(float)


def _of_last(place: dict[str, Any], stack: list[Runs]) -> dict[str, Any]:
    """Compare the mean of several curves at the last step."""
    both = _last(stack)
    if fault := _fault(both):
        return _noted({**place, "runs": len(both.seeds)}, fault, both.apart)
    own, other = (scores.mean(axis=1) for scores in both[:2])
    _, low, high = intervals.mean_interval(other - own)
    return _row(place, both, own.mean(), other.mean(), low, high)


def _resampled(place: dict[str, Any], both: Runs, of: Callable[[NDArray], NDArray]) -> dict[str, Any]:
    """Compare a function of mean curves, and resample the seeds to see how far its difference varies."""
    seeds = len(both.seeds)
    if fault := _fault(both):
        return _noted({**place, "runs": seeds}, fault, both.apart)
    counts, weights = intervals.resamples(seeds, seed=0)
    stretch = math.sqrt(seeds / (seeds - 1)) if seeds > 1 else 1.0
    first, second = (runs.mean(axis=0)[None] for runs in both[:2])
    varied = [
        mean + stretch * (counts @ runs / seeds - mean) for mean, runs in zip((first, second), both[:2], strict=True)
    ]
    spread = np.asarray(of(varied[1]) - of(varied[0]), float)
    low, high = (intervals.quantile(spread, weights, tail) for tail in (0.025, 0.975))
    return _row(place, both, of(first)[0], of(second)[0], low, high)


def _fault(both: Runs) -> str:
    """Return why runs cannot be compared, empty if they can."""
    if not both.seeds:
        return "no seed that all of its curves have"
    return "" if all(np.isfinite(scores).all() for scores in both[:2]) else "a run without a finite score"


def _noted(row: dict[str, Any], *notes: str) -> dict[str, Any]:
    return {**row, "note": "; ".join(filter(None, notes)) or None}


def _row(place: dict[str, Any], both: Runs, own: float, other: float, low: float, high: float) -> dict[str, Any]:
    difference, runs = float(other - own), len(both.seeds)
    row = {**place, "runs": runs, "own": float(own), "other": float(other), "difference": difference}
    if abs(difference) <= ROUNDING:
        verdict = SAME
    elif runs < 2:
        return _noted(row, "one run, so the spread of the seeds is unknown", both.apart)
    else:
        verdict = NOISE if low <= 0 <= high else CHANGES
    row = {**row, "low": low, "high": high, "verdict": verdict} if runs > 1 else {**row, "verdict": verdict}
    return _noted(row, both.apart)
