"""Studies of the paper's size in which the correlations are as printed, and studies in which nothing is related.

Both have curves of the final layer alone, drawn from a best score, a step to 95% of it and a loss of each language
(Table 4) and each pair (Table 5), and facts about the languages.
"""

import functools
import itertools
from dataclasses import replace

import agreeing
import numpy as np
from agreeing import CLAIMS, FINAL, LANGUAGES, PAPER, STEPS, TRANSFER
from scipy import optimize
from scipy.stats import rankdata

from polychron.audit.curves import Curves
from polychron.audit.evidence import PROBING, Evidence
from polychron.audit.readings import DEFAULTS
from polychron.data import languages
from polychron.storage.scores import score_schema

CELLS = [claim for claim in CLAIMS.values() if claim.measure == "correlation"]

OUTWARD = {4: 0.05, 5: 0.07}
"""By how much a coefficient with stars is planted stronger than printed: many of them are as weak as stars allow, and
their interval over dyads would have 0 in it."""

SEED = 11

INWARD = 0.02
"""By how much one without stars is planted weaker, at most: some are almost significant."""

WITH_BEST = {
    ("pos", "onset"): -0.5, ("arc_prediction", "onset"): -0.5, ("arc_classification", "onset"): -0.55,
    ("pos", "forgetting"): -0.16, ("arc_prediction", "forgetting"): -0.2, ("arc_classification", "forgetting"): -0.3,
    ("xnli", "forgetting"): -0.42,
}  # fmt: skip
"""Correlations over pairs with the best score (Appendix B.2)."""


@functools.cache
def facts():
    """Facts about the languages that are independent, but for English: the more text, the nearer a language is to it.

    Without that, no quantity could be as strongly correlated with both as XNLI's are in Table 4.
    """
    rng = np.random.default_rng(SEED)
    examples = {(task, one): int(rng.integers(1000, 400_000)) for task in PROBING for one in LANGUAGES[task]}
    made = agreeing.facts_of(score_schema().empty_table())
    english = languages.iso("en")
    known = _without_remote_languages(made.distances.known)
    for one in LANGUAGES["bits"]:
        pair = next((pair for pair in known if {*pair} == {english, languages.iso(one)}), None)
        if pair:
            known[pair] = 0.55 - 0.25 * made.size(one) / 300 + 0.3 * (rng.random() - 0.5)
    return replace(made, examples=examples, distances=languages.Distances(known))


def _without_remote_languages(known):
    """Take from distances how far a language is from all others, which affects all of its pairs."""
    codes = sorted({languages.iso(one) for one in TRANSFER["pos"]})
    between = np.array([[known.get((a, b), known.get((b, a), 0.0)) for b in codes] for a in codes])
    means = between.sum(axis=0) / (len(codes) - 2)
    whole = between.sum() / (len(codes) - 1) / (len(codes) - 2)
    changed = {
        (a, b): value - means[codes.index(a)] - means[codes.index(b)] + whole + 0.55
        for (a, b), value in known.items()
        if a in codes and b in codes
    }
    return {**known, **changed}


def known(facts, factor, task, source, target):
    """Look up what a language, given twice, or a pair is correlated with."""
    match factor:
        case "target_size":
            return facts.size(target)
        case "target_data":
            return facts.data(task, target)
        case "task_data":
            return facts.data(task, source)
        case "distance":
            return facts.distances(source, "en" if source == target else target)
    return facts.size(source)


def places_of(table, task):
    """The languages, each given twice, or the ordered pairs of different ones."""
    names = (TRANSFER if table == 5 else LANGUAGES)[task]
    return [pair for pair in itertools.product(names, repeat=2) if (pair[0] != pair[1]) is (table == 5)]


def curve(task, best, at95, at98, loss):
    """A curve that has 95% and 98% of its best from two checkpoints on, and loses a share of it at the last one."""
    share = np.full(len(STEPS), 0.9)
    share[int(at95) :] = 0.96
    share[int(at98) :] = 0.985
    share[30], share[-1] = 1, 1 - loss
    return best / share if task == "bits" else best * share


def evidence(values):
    """The evidence of a study with these best scores, steps and losses: numbers whose ranks count."""
    curves = {}
    rng = np.random.default_rng(8)
    for (table, task), quantities in values.items():
        onset, loss = ((rankdata(quantities[name]) - 0.5) / len(quantities[name]) for name in ("onset", "forgetting"))
        best = quantities["best"]  # not its ranks: asymmetries are differences
        best = 0.6 + 0.1 * best / np.abs(best).max()
        early = np.floor(25 * onset)
        late = early + rng.integers(4, size=len(early))
        for place, *one in zip(places_of(table, task), best, early, late, 0.02 * loss, strict=True):
            curves[task, *place, FINAL, table == 5] = curve(task, *one)
        if table == 5:
            for one in TRANSFER[task]:
                curves[task, one, one, FINAL, True] = curve(
                    task, 0.6 + 0.03 * rng.normal(), *rng.integers(28, size=2), 0.01
                )
    seeds = dict.fromkeys(curves, 5)
    study = Curves(STEPS, curves, FINAL, seeds=seeds)
    return Evidence(CLAIMS, PAPER, DEFAULTS, config=agreeing.config(), study=study, factors=facts(), departed=True)


QUANTITIES = ("best", "onset", "forgetting")


def tables():
    return [(4, task) for task in LANGUAGES] + [(5, task) for task in TRANSFER]


def unrelated(seed, effects=0.5):
    """A world in which nothing is related: quantities are noise, with effects of the source and of the target.

    `effects` is the share of the variance over pairs that languages have.
    """
    rng = np.random.default_rng(seed)
    values = {}
    for table, task in tables():
        places = places_of(table, task)
        values[table, task] = {}
        for name in QUANTITIES:
            noise = rng.normal(size=len(places))
            if table == 5:
                of = [{one: rng.normal() for one in TRANSFER[task]} for _ in range(2)]
                shared = np.array([of[0][a] + of[1][b] for a, b in places]) / np.sqrt(2)
                noise = np.sqrt(effects) * shared + np.sqrt(1 - effects) * noise
            values[table, task][name] = noise
    return evidence(values)


def flat(seed, noise=0.004):
    """A world of flat curves: every score is one level and noise."""
    rng = np.random.default_rng(seed)
    curves = {}
    for table, task in tables():
        across = table == 5
        places = places_of(table, task) + ([(one, one) for one in TRANSFER[task]] if across else [])
        rows = 0.6 + noise * rng.normal(size=(len(places), len(STEPS)))
        curves |= {(task, *place, FINAL, across): row for place, row in zip(places, rows, strict=True)}
    study = Curves(STEPS, curves, FINAL, seeds=dict.fromkeys(curves, 5))
    return Evidence(CLAIMS, PAPER, DEFAULTS, config=agreeing.config(), study=study, factors=facts(), departed=True)


def standard(values):
    return (values - values.mean()) / values.std()


def ranks(values):
    return standard(rankdata(values))


def correlated(one, other):
    return float(ranks(one) @ ranks(other) / len(one))


def wanted(table, task, quantity):
    """The coefficients of a quantity, by factor: as printed, a little stronger with stars, a little weaker without."""
    cells = [claim for claim in CELLS if (claim.arguments["table"], claim.arguments["task"]) == (table, task)]
    return {
        claim.arguments["factor"]: claim.value
        + np.sign(claim.value) * (OUTWARD[table] if claim.stars else -min(INWARD, abs(claim.value)))
        for claim in cells
        if claim.arguments["quantity"] == quantity
    }


def square(places, values):
    """Put values of pairs in a matrix (sources, targets), 0 on the diagonal."""
    names = list(dict.fromkeys(source for source, _ in places))
    at = {one: number for number, one in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for (source, target), value in zip(places, values, strict=True):
        matrix[at[source], at[target]] = value
    return matrix


def without_languages(places, noise):
    """Take from noise what sources and targets have in common, so that pairs are independent."""
    names = list(dict.fromkeys(source for source, _ in places))
    rows = [
        [float(source == one) for one in names] + [float(target == one) for one in names] for source, target in places
    ]
    design = np.array(rows)
    return noise - design @ np.linalg.lstsq(design, noise, rcond=None)[0]


def back(places, values):
    """The values of the way back of each pair."""
    return square(places, values).T[tuple(np.nonzero(1 - np.eye(len(square(places, values)))))]


def near(basis, noise, goal, start):
    """Find weights of the columns of a basis that give the coefficients wanted; return the sum, and its largest miss.

    Each step moves the weights by what is missed, as far as the columns are independent of each other.
    """
    gram = np.linalg.pinv(np.corrcoef(basis.T).reshape(len(start), len(start)))
    at, best = np.array(start, float), (np.inf, None)
    for _ in range(40):
        y = basis @ at + noise
        missed = goal(y)
        best = min(best, (np.abs(missed).max(), y), key=lambda one: one[0])
        at -= 0.7 * gram @ missed
    return best


def solved(draw, start, goal):
    """Find the parameters with which a draw has the coefficients that are wanted; return the draw."""
    # ranks change in steps: derivatives are taken over as wide a one wherever a parameter is
    found = optimize.least_squares(lambda at: goal(draw(at - 10)), start + 10, diff_step=0.01, xtol=1e-4, max_nfev=40)
    assert np.abs(found.fun).max() < 0.05, found.fun
    return draw(found.x - 10)


@functools.cache
def related(seed=39):
    """The world of the paper: all coefficients of Tables 4 and 5 are about as printed, at once."""
    rng = np.random.default_rng(seed)
    values = {}
    for table, task in tables():
        places = places_of(table, task)
        values[table, task] = {}
        for quantity in QUANTITIES:
            targets = wanted(table, task, quantity)
            if table == 4 and task == "bits":
                targets.pop("task_data", None)
            x = {name: ranks([known(facts(), name, task, *place) for place in places]) for name in targets}
            if table == 5 and (task, quantity) in WITH_BEST:
                x["best"] = ranks(values[table, task]["best"])
                targets["best"] = WITH_BEST[task, quantity]
            values[table, task][quantity] = _planted(table, task, quantity, places, x, targets, rng)
    return evidence(values)


def _planted(table, task, quantity, places, x, targets, rng):
    """Draw noise until a quantity can be related to factors as is wanted: few values have few coefficients."""
    for _ in range(100):
        noise = standard(rng.normal(size=len(places)))
        if table == 5:
            noise = standard(without_languages(places, noise))
        if (table, quantity) == (5, "best"):
            return _with_asymmetry(task, places, x, targets, noise)
        if not x:
            return noise
        missed, values = near(
            np.array([*x.values()]).T,
            noise,
            lambda y: np.array([correlated(y, x[name]) - targets[name] for name in x]),
            [targets[name] for name in x],
        )
        if missed < 0.01:
            return values
    raise AssertionError(f"{table} {task} {quantity}: {missed}")


def _with_asymmetry(task, places, x, targets, noise):
    """Best scores of pairs whose differences between the two directions are correlated as printed, too."""
    apart = wanted(5, task, "asymmetry")
    apart.pop("target_size", None)
    factors = [*x, "target_data"] if "task_data" in apart else [*x]
    basis = [x.get(name, ranks([known(facts(), name, task, *place) for place in places])) for name in factors]
    symmetric, turned = (noise + back(places, noise)) / 2, (noise - back(places, noise)) / 2
    basis = np.array([*basis, turned]).T

    def goal(y):
        inside = [correlated(y, x[name]) - rho for name, rho in targets.items()]
        own = np.round(y - back(places, y), 12)
        between = [
            correlated(own, [known(facts(), name, task, *place) for place in places]) - rho
            for name, rho in apart.items()
        ]
        return np.array(inside + between)

    start = np.array([targets.get(name, 0.0) for name in factors] + [1.0])
    return solved(lambda at: basis @ at + symmetric, start, goal)
