"""The best points of a grid of settings, and the means of their scores."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from polychron.errors import InputError
from polychron.finetuning.recipes import BEST
from polychron.finetuning.scoring import MAIN

logger = logging.getLogger("polychron")

PLACE = ("target", "split", "metric")
"""What tells the scores of a point from each other."""


def averaged(points: Sequence[Sequence[dict[str, Any]]], task: str) -> list[dict[str, Any]]:
    """Return the mean of each score over the points that are best on dev of the source, as Wu et al. (2020) do.

    Parameters
    ----------
    points : sequence of sequence of dict
        The rows of each point, see `polychron.storage.scores.score_schema`: of one model, source, step and seed, with
        the same scores in the same order.
    task : str
        One of `polychron.finetuning.recipes.TASKS`, whose main metric decides.

    Returns
    -------
    list of dict
        `BEST` points are averaged, or all where there are fewer. Of points that are equally good the first are taken;
        one without a score on dev comes last. ``collapsed`` is 1 if one of those that are averaged has collapsed.

    Raises
    ------
    InputError
        The points have different scores.
    """
    places = [[tuple(row[name] for name in PLACE) for row in rows] for rows in points]
    if any(other != places[0] for other in places):
        raise InputError(
            "the points of a grid have different scores",
            remedy="run the same command again with --forcerun fine_tune",
        )
    where = next(place for place, (_, split, metric) in enumerate(places[0]) if (split, metric) == ("dev", MAIN[task]))
    dev = [-math.inf if math.isnan(rows[where]["value"]) else rows[where]["value"] for rows in points]
    chosen = sorted(range(len(points)), key=lambda point: (-dev[point], point))[:BEST]
    logger.info("of %d points %s are best on dev: %s", len(points), chosen, [round(dev[point], 4) for point in chosen])
    made = []
    for place, row in enumerate(points[0]):
        values = [points[point][place]["value"] for point in chosen]
        made.append(row | {"value": max(values) if row["metric"] == "collapsed" else fmean(values)})
    return made
