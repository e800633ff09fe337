"""What noisy checkpoints show by chance, and what they show beyond it: onsets and forgetting with their uncertainty.

Noise of a checkpoint is the same for all seeds, and partly for dev and test. So no choice on other seeds or other items
removes it, and intervals over seeds do not cover it. Two things do: a comparison with worlds in which nothing is
forgotten (see `worlds`), and the slope after the peak, whose noise is that of checkpoints (see `fall`).
"""

from __future__ import annotations

import itertools
import logging
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polychron.analysis import choices, uncertainty, worlds
from polychron.analysis.settling import reached
from polychron.analysis.trajectories import LOWER, PLACE, SPLITS
from polychron.stats import blocks, intervals
from polychron.stats.intervals import Estimate

log = logging.getLogger("polychron")

SKIPPED = 1
"""Checkpoints after the peak that are left out, because they share some of its luck."""


def fall(
    steps: ArrayLike, curves: ArrayLike, dev: ArrayLike, lower: bool = False, level: float = 0.95, seed: int = 0
) -> list[Estimate]:
    """Measure what is lost after the peak, by the slope of the checkpoints that follow it.

    The peak is the best step on dev. It is lucky, so neither it nor the checkpoint after it is used. A straight line is
    fitted to the others. The loss is its slope times the steps from the peak to the last; it is negative where scores
    rise. The interval is that of `blocks.slopes`, over checkpoints.

    With 39 checkpoints, and noise of 0.4 points that all seeds share, the interval is above 0 for about 2% of settled
    curves (5% if the noise of neighbouring checkpoints has a correlation of 0.5). It is for 96% of those that lose 2
    points little by little from step 100k to the last, and for half of those that lose 1 point. What is lost at once
    is not told from noise so well: that needs the comparison with `worlds`.

    Parameters
    ----------
    steps : array-like (k,)
        In increasing order; trained steps alone.
    curves, dev : array-like (n, k)
        Scores, NaN where there is none. Where there is no dev, give the scores themselves.
    lower : bool
        Whether lower scores are better.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    list of Estimate
        In the score's own unit. NaN with fewer than `blocks.FEWEST` scores after the peak and the one that is skipped.

    Examples
    --------
    The peak is at 10; from 30 on, 0.01 is lost every 10 steps, which is 0.07 from 10 to 80.

    >>> curve = [0.75, 0.8, 0.78, 0.77, 0.76, 0.75, 0.74, 0.73]
    >>> round(fall([0, 10, 20, 30, 40, 50, 60, 70], [curve], [curve])[0].value, 6)
    0.06
    """
    steps, sign = np.asarray(steps, float), -1 if lower else 1
    curves, dev = sign * np.asarray(curves, float), sign * np.asarray(dev, float)
    found = [Estimate(np.nan)] * len(curves)
    groups = defaultdict(list)
    for number, (values, choosing) in enumerate(zip(curves, dev, strict=True)):
        peak = choices.chosen(values, choosing)
        if peak is not None and np.isfinite(values[-1]):
            after = [place for place in range(peak + 1, len(steps)) if np.isfinite(values[place])][SKIPPED:]
            groups[peak, tuple(after)].append(number)
    for (peak, after), rows in groups.items():
        slope, reach = blocks.slopes(steps[list(after)], curves[np.ix_(rows, after)], level, seed)
        span = steps[-1] - steps[peak]
        for number, loss, wide in zip(rows, -slope * span, reach * span, strict=True):
            found[number] = Estimate(float(loss), float(loss - wide), float(loss + wide))
    return found


GROUP = ("model", "task", "layer", "split", "metric")
"""What curves that are simulated together have in common."""


@dataclass
class _Group:
    """Curves of one task, layer, split and metric: their places, runs, and the dev runs that choose their steps."""

    places: list[dict[str, Any]]
    runs: list[NDArray]
    dev: list[NDArray | None]

    @property
    def lower(self) -> bool:
        return LOWER[self.places[0]["metric"]]


def study(scores: Any, shares: Sequence[float], seed: int = 0) -> Any:
    """Compare the curves of a study with chance.

    Quantities of each curve, in rows as in `uncertainty.schema`:

    - ``cross_fitted_forgetting_by_dev``, over seeds: see `choices.forgetting`.
    - ``fall_after_peak``, over checkpoints: see `fall`.
    - ``onset_X_isotonic``, over checkpoints: that of trajectories, with an interval, open below. It reaches from a
      percentile of the scored steps before the onsets of simulated curves, fitted again, to one of the onsets.
    - ``onset_X_by_chance``, ``best_by_chance`` and ``forgetting_by_chance``, over checkpoints: mean and 95% range of
      what the paper's formulas give in a world in which the fitted curve is the truth; the best, as the excess over
      that curve's best.
    - ``forgetting_p``: in which share of these worlds as much is lost as was observed. Null where there are too few
      checkpoints to estimate their noise; then the worlds have that of the seeds alone.

    Of the mean over languages, or over pairs of different languages, with `source` and `target` null:
    ``mean_onset_X_by_chance``, ``mean_best_by_chance``, ``mean_forgetting_by_chance`` and ``mean_forgetting_p``;
    ``mean_onset_X_later_by_chance``, how much later the onset is in these worlds than that of their true curves; and
    for transfer ``mean_onset_X_later_p``: in which share of worlds the mean onset of transfer exceeds that in-language
    by as much as was observed, if the true means are equal.

    Parameters
    ----------
    scores : pyarrow.Table
        Rows with the columns of `polychron.storage.scores.score_schema`.
    shares : sequence of float
        The shares of the best score whose onsets are computed.
    seed : int
        Seed of the simulations.

    Returns
    -------
    pyarrow.Table
        What cannot be computed keeps its row, without a number and with a note. Step 0 is left out.
    """
    import pyarrow

    steps, groups = _groups(scores)
    rows: list[dict[str, Any]] = []
    shifts: dict[tuple, dict[float, NDArray]] = {}
    # in-language curves come first: transfer is compared with them
    for key, group in sorted(groups.items(), key=lambda item: (item[0][3] == "parallel", str(item[0]))):
        rows += _over_seeds(group)
        rows += _over_checkpoints(key, group, steps, shares, seed, shifts)
    log.info("%d numbers about chance, of %d groups of curves", len(rows), len(groups))
    return pyarrow.Table.from_pylist(rows, schema=uncertainty.schema())


def _groups(scores: Any) -> tuple[NDArray, dict[tuple, _Group]]:
    import pyarrow.compute as pc

    chosen = pc.field("metric").isin([*LOWER]) & pc.field("split").isin(["dev", *SPLITS]) & (pc.field("step") > 0)
    order = [*PLACE, "seed", "step"]
    table = scores.filter(chosen).select([*order, "value"]).to_pandas()
    # the steps of the curves: those of dev alone are none
    table = table[table["step"].isin(table["step"][table["split"] != "dev"].unique())]
    table = table.sort_values(order, na_position="last", ignore_index=True)
    steps, step = np.unique(table["step"].to_numpy(float), return_inverse=True)
    seeds, values = table["seed"].fillna(-1).to_numpy(int), table["value"].to_numpy(float)
    begins = np.flatnonzero(~table.duplicated([*PLACE]))
    dev: dict[tuple, tuple] = {}
    curves = []
    for begin, end in itertools.pairwise([*begins.tolist(), len(table)]):
        key = table.loc[begin, [*PLACE]].tolist()
        place = {name: None if value != value else value for name, value in zip(PLACE, key, strict=True)}
        place["layer"] = None if place["layer"] is None else int(place["layer"])
        known, run = np.unique(seeds[begin:end], return_inverse=True)
        runs = np.full((len(known), len(steps)), np.nan)
        runs[run, step[begin:end]] = np.where(np.isfinite(values[begin:end]), values[begin:end], np.nan)
        if place["split"] != "dev":
            curves.append((place, known.tolist(), runs))
        elif place["metric"] == "accuracy":
            dev[_chooser(place)] = known.tolist(), runs
    groups: dict[tuple, _Group] = {}
    for place, known, runs in curves:
        into = groups.setdefault(tuple(place[name] for name in GROUP), _Group([], [], []))
        own, choosing = dev.get(_chooser(place), ([], None))
        into.places.append(place)
        into.runs.append(runs)
        into.dev.append(choosing if own == known else None)
    return steps, groups


def _chooser(place: Mapping[str, Any]) -> tuple:
    return place["model"], place["task"], place["source"], place["layer"]


def _row(place: Mapping[str, Any], quantity: str, found: Estimate, why: str, over: str, runs: int) -> dict[str, Any]:
    known = {name: number if np.isfinite(number) else None for name, number in vars(found).items()}
    return {**place, "quantity": quantity, "over": over, **known, "runs": runs, "note": why or None}


def _over_seeds(group: _Group) -> Iterator[dict[str, Any]]:
    """Make the rows of forgetting whose step dev and the other seeds choose, where the study has dev scores."""
    if all(dev is None for dev in group.dev):
        return
    for place, runs, dev in zip(group.places, group.runs, group.dev, strict=True):
        losses = choices.forgetting(runs, dev) if dev is not None else np.full(len(runs), np.nan)
        whole = np.isfinite(losses).all()
        found = Estimate(*intervals.mean_interval(losses)) if whole else Estimate(np.nan)
        why = (
            "no dev scores of the same runs of the source" if dev is None else "a run without a score at the last step"
        )
        why = why if not whole else "one run" if len(runs) == 1 else ""
        yield _row(place, "cross_fitted_forgetting_by_dev", found, why, "seeds", len(runs))


def _mean(runs: NDArray) -> NDArray:
    """Average runs as `gathering.means` does: over those that have a score."""
    number = np.isfinite(runs).sum(axis=0)
    return np.where(number > 0, np.nansum(runs, axis=0) / np.maximum(number, 1), np.nan)


def _error(runs: NDArray) -> float:
    """Return the standard error of a mean over seeds, averaged over steps; NaN for one run."""
    number = np.isfinite(runs).sum(axis=0)
    spread = np.nanvar(runs[:, number > 1], axis=0, ddof=1) / number[number > 1]
    return float(np.sqrt(spread.mean())) if spread.size else np.nan


FEW = "too few checkpoints to estimate their noise"


def _over_checkpoints(
    key: tuple, group: _Group, steps: NDArray, shares: Sequence[float], seed: int, shifts: dict
) -> Iterator[dict[str, Any]]:
    """Make the rows of the slope after the peak, of fitted onsets, and of what chance shows."""
    means = np.stack([_mean(runs) for runs in group.runs])
    dev = np.stack([means[at] if runs is None else _mean(runs) for at, runs in enumerate(group.dev)])
    for place, runs, found in zip(
        group.places, group.runs, fall(steps, means, dev, group.lower, seed=seed), strict=True
    ):
        why = (
            ""
            if np.isfinite(found.value)
            else f"fewer than {blocks.FEWEST} checkpoints after the peak and the next one"
        )
        yield _row(place, "fall_after_peak", found, why, "checkpoints", len(runs))
    usable = [at for at, mean in enumerate(means) if np.isfinite(mean).any() and (group.lower or np.nanmax(mean) > 0)]
    usable = [at for at in usable if not group.lower or np.nanmin(means[at]) > 0]
    if not usable:
        return
    made = worlds.world(steps, means[usable], np.array([_error(group.runs[at]) for at in usable]), group.lower)
    rng = np.random.default_rng([seed, zlib.crc32(repr(key).encode())])
    shown = worlds.show(made, steps, shares, group.lower, rng)
    places, numbers = [group.places[at] for at in usable], [len(group.runs[at]) for at in usable]
    observed = _observed(means[usable], steps, shares, group.lower)
    notes = [f"{FEW}: that of the seeds alone" if made.by_seeds else ""] * len(usable)
    notes = [note if np.isfinite(noise) else FEW for note, noise in zip(notes, made.noise, strict=True)]
    for at, place in enumerate(places):
        unlost = notes[at] or ("" if np.isfinite(observed["forgetting"][at]) else "no score at the last step")
        for quantity, values in shown.of_curves.items():
            why = unlost if quantity.startswith("forgetting") else notes[at]
            yield _row(place, quantity, _range(values[:, at]), why, "checkpoints", numbers[at])
        for share in shares:
            found = Estimate(*(float(end[at]) for end in shown.fitted[share]))
            yield _row(place, f"onset_{share:g}_isotonic", found, notes[at], "checkpoints", numbers[at])
        p = np.nan if made.by_seeds else _p(shown.of_curves["forgetting_by_chance"][:, at], observed["forgetting"][at])
        yield _row(place, "forgetting_p", Estimate(p), unlost, "checkpoints", numbers[at])
    kept = [at for at, place in enumerate(places) if key[3] != "parallel" or place["source"] != place["target"]]
    kept = [at for at in kept if np.isfinite(made.noise[at])]
    if kept:
        yield from _of_means(key, kept, shown, observed, shares, max(numbers), shifts, made.by_seeds)


def _of_means(
    key: tuple,
    kept: list[int],
    shown: worlds.Shown,
    observed: Mapping[str, NDArray],
    shares: Sequence[float],
    runs: int,
    shifts: dict,
    by_seeds: bool,
) -> Iterator[dict[str, Any]]:
    """Make the rows of means over languages or over pairs of different languages."""
    place = dict(zip(("model", "task", "layer", "split", "metric"), key, strict=True)) | {
        "source": None,
        "target": None,
    }

    note = f"of {len(kept)} curves" + (f"; {FEW}: that of the seeds alone" if by_seeds else "")

    def row(quantity: str, found: Estimate) -> dict[str, Any]:
        unknown = by_seeds and quantity.endswith("_p")
        return _row(place, f"mean_{quantity}", Estimate(np.nan) if unknown else found, note, "checkpoints", runs)

    lasting = [at for at in kept if np.isfinite(observed["forgetting"][at])]
    means = {
        quantity: values[:, lasting if quantity.startswith("forgetting") else kept].mean(axis=1)
        for quantity, values in shown.of_curves.items()
        if lasting or not quantity.startswith("forgetting")
    }
    for quantity, values in means.items():
        yield row(quantity, _range(values))
    if lasting:
        lost = observed["forgetting"][lasting].mean()
        yield row("forgetting_p", Estimate(_p(means["forgetting_by_chance"], lost)))
    inside = shifts.get((*key[:3], "test", key[4]))
    own = {}
    for share in shares:
        seen = observed[f"onset_{share:g}"][kept].mean()
        shift = means[f"onset_{share:g}_by_chance"] - shown.fitted[share][0][kept].mean()
        own[share] = shift, seen
        yield row(f"onset_{share:g}_later_by_chance", _range(shift))
        if key[3] == "parallel" and inside is not None:
            other, before = inside[share]
            yield row(f"onset_{share:g}_later_p", Estimate(_p(shift - other, seen - before)))
    shifts[key] = own


def _observed(means: NDArray, steps: NDArray, shares: Sequence[float], lower: bool) -> dict[str, NDArray]:
    signed = np.where(np.isfinite(means), -means if lower else means, -np.inf)
    lost = signed.max(axis=1) - signed[:, -1]
    return {
        "forgetting": np.where(np.isfinite(lost), lost, np.nan),
        **{f"onset_{share:g}": steps[reached(signed, share, lower)].astype(float) for share in shares},
    }


def _range(values: NDArray) -> Estimate:
    if not np.isfinite(values).all():
        return Estimate(np.nan)
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(float(values.mean()), float(low), float(high))


def _p(values: NDArray, observed: float) -> float:
    """Return the share of simulations, with the observation as one of them, that reach what was observed."""
    if not (np.isfinite(values).all() and np.isfinite(observed)):
        return np.nan
    return float((1 + (values >= observed - 1e-12).sum()) / (1 + len(values)))
