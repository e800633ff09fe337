"""Claims about the two directions of transfer between two languages (section 4.1, Figure 5)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from polychron.audit import readings
from polychron.audit.curves import Curve
from polychron.audit.evidence import NAMES, PROBING, TREEBANK, Evidence, Found, LanguagePair, across, listed


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


def _error(curve: Curve) -> float:
    return 0.0 if curve.error is None else float(np.nan_to_num(curve.error[curve.values.argmax()]))


def asymmetric(evidence: Evidence, level: float) -> Found:
    """Whether the two directions of a pair differ by more than the seeds' noise, on average over pairs.

    The mean of ``|asymmetry|`` minus what noise alone would give, sqrt(2 / pi) of its standard error, must be above 0
    in every task: the lower end of a bootstrap interval over unordered pairs.

    Examples
    --------
    The only pair differs by 25 points, and there are no seeds, so no noise:

    >>> from polychron.audit import specimens
    >>> one = specimens.transfer(["de", "en"], **dict.fromkeys(PROBING, [[0.9, 0.5], [0.75, 0.9]]))
    >>> asymmetric(one, level=0.05).detail.partition(", POS")[0].partition(", arc")[0]
    'POS tagging 25.00, beyond noise from 25.00'
    """
    parts, good = [], True
    for task in PROBING:
        curves = across(evidence, task)
        found = {pair: value for pair, value in asymmetries(evidence, task).items() if pair[0] < pair[1]}
        noise = [np.sqrt(2 / np.pi) * np.hypot(_error(curves[a, b]), _error(curves[b, a])) for a, b in found]
        excess = np.abs([*found.values()]) - noise
        drawn = np.random.default_rng(0).integers(len(excess), size=(1000, len(excess)))
        low = float(np.quantile(excess[drawn].mean(axis=1), level / 2))
        good &= low > 0
        parts.append(f"{NAMES[task]} {100 * np.abs([*found.values()]).mean():.2f}, beyond noise from {100 * low:.2f}")
    return Found(good, listed(parts))


def mean_asymmetries(evidence: Evidence, language: str) -> dict[str, float]:
    """Average the asymmetries of a source over its targets, for each treebank task.

    Examples
    --------
    German to English is 0.2 worse than English to German; German to Japanese is 0.1 better than back: -0.05 on average.

    >>> from polychron.audit import specimens
    >>> table = [[0.9, 0.5, 0.5], [0.7, 0.9, 0.5], [0.4, 0.5, 0.9]]
    >>> found = mean_asymmetries(specimens.transfer(["de", "en", "ja"], **dict.fromkeys(TREEBANK, table)), "de")
    >>> round(found["pos"], 6)
    -0.05
    """
    return {
        task: float(np.mean([value for pair, value in asymmetries(evidence, task).items() if pair[0] == language]))
        for task in TREEBANK
    }


def _points(values: Mapping[str, float]) -> str:
    return listed([f"{NAMES[task]} {100 * value:+.2f}" for task, value in values.items()])


def asymmetry_signs(evidence: Evidence, language: str, signs: Mapping[str, int]) -> Found:
    """Whether a language's mean asymmetries as a source have the signs that are expected.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> tables = dict.fromkeys(TREEBANK, [[0.9, 0.5], [0.75, 0.9]]) | {"pos": [[0.9, 0.75], [0.5, 0.9]]}
    >>> asymmetry_signs(specimens.transfer(["de", "en"], **tables), "de", {"pos": 1, "arc_prediction": -1})
    Found(value=True, detail='POS tagging +25.00, arc prediction -25.00, arc classification -25.00')
    """
    means = mean_asymmetries(evidence, language)
    return Found(all(means[task] * sign > 0 for task, sign in signs.items()), _points(means))


def asymmetry_alike(evidence: Evidence, language: str) -> Found:
    """Whether a language's mean asymmetries as a source have one sign in all treebank tasks.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> tables = dict.fromkeys(TREEBANK, [[0.9, 0.5], [0.75, 0.9]]) | {"pos": [[0.9, 0.75], [0.5, 0.9]]}
    >>> asymmetry_alike(specimens.transfer(["de", "en"], **tables), "de").value
    False
    """
    means = mean_asymmetries(evidence, language)
    return Found(len({np.sign(value) for value in means.values()}) == 1, _points(means))


MEASURES = {function.__name__: function for function in (asymmetric, asymmetry_signs, asymmetry_alike)}
