"""Claims about the two directions of transfer between two languages (section 4.1, Figure 5)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from polychron.audit import noise, readings
from polychron.audit.evidence import NAMES, PROBING, TREEBANK, Evidence, Found, LanguagePair, across, listed
from polychron.stats import intervals


def asymmetries(evidence: Evidence, task: str) -> dict[LanguagePair, float]:
    """Return the asymmetry of each ordered pair (A25).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> found = asymmetries(specimens.transfer(["de", "en"], pos=[[0.9, 0.5], [0.75, 0.9]]), "pos")
    >>> found["de", "en"], found["en", "de"]
    (-0.25, 0.25)
    """
    curves, choice = across(evidence, task), evidence.reading["asymmetry"]
    return {(a, b): readings.asymmetry(curve, curves[b, a], choice) for (a, b), curve in curves.items() if a != b}


def asymmetric(evidence: Evidence, level: float) -> Found:
    """Whether the two directions of a pair differ by more than noise, on average over pairs.

    The mean of ``|asymmetry|`` minus what noise alone would give, sqrt(2 / pi) of its standard error, must be above 0
    in every task: the lower end of a bootstrap interval over unordered pairs. Noise is that of seeds and checkpoints.

    Raises
    ------
    Missing
        Nothing says how much of a difference is noise; see `noise.noises`.

    Examples
    --------
    The only pair differs by 25 points; noise of 5 and 5 points alone would give 0.798 x 7.07:

    >>> from polychron.audit import specimens
    >>> one = specimens.transfer(["de", "en"], error=0.05, **dict.fromkeys(PROBING, [[0.9, 0.5], [0.75, 0.9]]))
    >>> asymmetric(one, level=0.05).detail.partition(", arc")[0]
    'POS tagging 25.00, beyond noise from 19.36'
    """
    parts, good = [], True
    for task in PROBING:
        known = noise.noises(across(evidence, task), f"{NAMES[task]} across languages")
        found = {pair: value for pair, value in asymmetries(evidence, task).items() if pair[0] < pair[1]}
        by_noise = [np.sqrt(2 / np.pi) * np.hypot(known[a, b], known[b, a]) for a, b in found]
        excess = np.abs([*found.values()]) - by_noise
        drawn = np.random.default_rng(0).integers(len(excess), size=(1000, len(excess)))
        low = float(np.quantile(excess[drawn].mean(axis=1), level / 2))
        good &= low > 0
        parts.append(f"{NAMES[task]} {100 * np.abs([*found.values()]).mean():.2f}, beyond noise from {100 * low:.2f}")
    return Found(good, listed(parts))


Interval = tuple[float, float, float]


def mean_asymmetries(evidence: Evidence, language: str, level: float) -> dict[str, Interval]:
    """Average the asymmetries of a source over its targets, for each treebank task, with Student's interval.

    Examples
    --------
    German to English is 0.2 worse than English to German; German to Japanese is 0.1 better than back: -0.05 on average.

    >>> from polychron.audit import specimens
    >>> table = [[0.9, 0.5, 0.5], [0.7, 0.9, 0.5], [0.4, 0.5, 0.9]]
    >>> one = specimens.transfer(["de", "en", "ja"], **dict.fromkeys(TREEBANK, table))
    >>> [round(value, 2) for value in mean_asymmetries(one, "de", level=0.5)["pos"]]
    [-0.05, -0.2, 0.1]
    """
    found = {}
    for task in TREEBANK:
        own = [value for pair, value in asymmetries(evidence, task).items() if pair[0] == language]
        found[task] = intervals.mean_interval(own, 1 - level)
    return found


def _sign(interval: Interval) -> int:
    """Return the sign of a mean; 0 where its interval, if there is one, has both."""
    mean, low, high = interval
    return int(np.sign(mean)) if not low <= 0 <= high else 0


def _points(found: Mapping[str, Interval]) -> str:
    return listed(
        [
            f"{NAMES[task]} {100 * mean:+.2f}" + (f" ({100 * low:+.2f} to {100 * high:+.2f})" if low < high else "")
            for task, (mean, low, high) in found.items()
        ]
    )


def asymmetry_signs(evidence: Evidence, language: str, signs: Mapping[str, int], level: float) -> Found:
    """Whether a language's mean asymmetries as a source have the signs that are expected, and so have their intervals.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> tables = dict.fromkeys(TREEBANK, [[0.9, 0.5], [0.75, 0.9]]) | {"pos": [[0.9, 0.75], [0.5, 0.9]]}
    >>> one = specimens.transfer(["de", "en"], **tables)
    >>> asymmetry_signs(one, "de", {"pos": 1, "arc_prediction": -1}, level=0.05)
    Found(value=True, detail='POS tagging +25.00, arc prediction -25.00, arc classification -25.00')
    """
    means = mean_asymmetries(evidence, language, level)
    return Found(all(_sign(means[task]) == sign for task, sign in signs.items()), _points(means))


def asymmetry_alike(evidence: Evidence, language: str, level: float, times: float) -> Found:
    """Whether a language is asymmetric in all treebank tasks, in one direction and to a similar degree.

    All intervals of its mean asymmetries as a source are on one side of 0, and the largest mean is at most `times` the
    smallest one.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> tables = dict.fromkeys(TREEBANK, [[0.9, 0.5], [0.75, 0.9]])
    >>> asymmetry_alike(specimens.transfer(["de", "en"], **tables), "de", level=0.05, times=3).value
    True
    >>> tables["pos"] = [[0.9, 0.75], [0.5, 0.9]]
    >>> asymmetry_alike(specimens.transfer(["de", "en"], **tables), "de", level=0.05, times=3).value
    False
    """
    means = mean_asymmetries(evidence, language, level)
    sizes = [abs(mean) for mean, *_ in means.values()]
    alike = {_sign(interval) for interval in means.values()} in ({1}, {-1}) and max(sizes) <= times * min(sizes)
    return Found(bool(alike), _points(means))


MEASURES = {function.__name__: function for function in (asymmetric, asymmetry_signs, asymmetry_alike)}
