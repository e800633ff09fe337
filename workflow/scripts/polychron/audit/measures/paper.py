"""Claims about the paper's own numbers, compared with each other: no model is needed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from polychron.audit.evidence import Evidence, Found, listed
from polychron.stats.correlation import p_value, stars


def falls(evidence: Evidence, task: str) -> dict[str, float]:
    """Return the falls of the expected layer that Appendix C prints, by language.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> falls(specimens.evidence(claims={"C.explayer.XNLI.bg": 2.5, "C.explayer.ArcClass.ja": 2.0}), "XNLI")
    {'bg': 2.5}
    """
    start = f"C.explayer.{task}."
    return {name.removeprefix(start): claim.value for name, claim in evidence.claims.items() if name.startswith(start)}


def largest_falls(evidence: Evidence) -> Found:
    """The largest falls of Appendix C for arc classification and XNLI, or what the text has instead.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> printed = {"ArcClass.ja": 2.0, "ArcClass.en": 1.0, "XNLI.bg": 2.5}
    >>> claims = {f"C.explayer.{name}": value for name, value in printed.items()}
    >>> text = {"s51.explayer_max.ArcClass": 2.0, "s51.explayer_max.XNLI": 2.5}
    >>> largest_falls(specimens.evidence(claims=claims | text))
    Found(value=[2.0, 2.5], detail='ja and bg')
    >>> largest_falls(specimens.evidence(claims=claims | text | {"s51.explayer_max.XNLI": 2.0})).value
    [2.0, 'text 2.0']
    """
    values, languages = [], []
    for task in ("ArcClass", "XNLI"):
        found, text = falls(evidence, task), evidence.said(f"s51.explayer_max.{task}")
        language = max(found, key=found.get)
        values.append(found[language] if found[language] == text else f"text {text}")
        languages.append(language)
    return Found(values, " and ".join(languages))


def mean_falls(evidence: Evidence) -> Found:
    """Average the in-language falls of Appendix C, and list the means across languages after them.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> printed = {"C.explayer.ArcClass.ja": 2.0, "C.explayer.ArcClass.en": 1.0, "C.explayer.XNLI.bg": 2.5}
    >>> across = {"s52.explayer.ArcClass.mean": 1.25, "s52.explayer.XNLI.mean": 1.0}
    >>> mean_falls(specimens.evidence(claims=printed | across)).value
    [1.5, 2.5, 1.25, 1.0]
    """
    inside = [float(np.mean([*falls(evidence, task).values()])) for task in ("ArcClass", "XNLI")]
    across = [evidence.said(f"s52.explayer.{task}.mean") for task in ("ArcClass", "XNLI")]
    return Found([*(round(mean, 4) for mean in inside), *across], "in-language falls are the larger ones")


def largest_swing(evidence: Evidence, low: float, layers: int) -> Found:
    """Bound the fall of an expected layer whose weights are raw accuracies.

    Accuracies are between `low` and the best one of XNLI in Figure 1. E is largest where all layers above some
    threshold have the highest and all others the lowest accuracy, and smallest in the mirror image of that; the bound
    is twice the distance of the largest E from the middle, over all thresholds. Where no reported fall is beyond it,
    the value says so.

    Examples
    --------
    Two layers, weights from 1 to 3: E from (0*1 + 1*3) / 4 down to (0*3 + 1*1) / 4, a swing of 0.5.

    >>> from types import SimpleNamespace
    >>> one = SimpleNamespace(value=300.0)
    >>> evidence = Evidence(claims={"F1.XNLI.max": one, "C.explayer.XNLI.bg": one}, paper={}, reading={})
    >>> largest_swing(evidence, low=1.0, layers=1)
    Found(value=0.5, detail='reported beyond it: 300.0 (bg)')
    """
    high = evidence.said("F1.XNLI.max") / 100
    places = np.arange(layers + 1)
    weights = np.where(places >= places[:, None], high, low)
    bound = 2 * ((weights @ places / weights.sum(axis=1)).max() - layers / 2)
    above = sorted((f"{fall} ({name})" for name, fall in falls(evidence, "XNLI").items() if fall > bound), reverse=True)
    if not above:
        return Found("none beyond", f"no fall is beyond {bound:.2f} layers")
    return Found(float(bound), f"reported beyond it: {listed(above)}")


def implied(rho: float, n: int) -> str:
    """Return the stars of a Spearman coefficient of n values, by the rule of the tables.

    Examples
    --------
    >>> implied(0.411, 44), implied(-0.597, 94), implied(0.258, 44), implied(0.0, 306)
    ('*', '**', '', '')
    """
    return stars(p_value(rho, n))


def cells(evidence: Evidence, table: int) -> list[dict[str, Any]]:
    """List the printed cells of Table 4 or 5, each with task, quantity, factor, rho, n, stars, and the claim's id.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> [cell["rho"] for cell in cells(specimens.printed((4, "pos", "best", "task_data", 0.5)), 4)]
    [0.5]
    """
    return [
        {**claim.arguments, "rho": claim.value, "n": claim.n, "stars": claim.stars, "id": claim.id}
        for claim in evidence.claims.values()
        if claim.measure == "correlation" and claim.arguments["table"] == table
    ]


def sample(n: int, table: int, choice: str) -> int:
    """Return the size of a sample under another reading of it (A30).

    Examples
    --------
    >>> [sample(306, 5, choice) for choice in ("ordered", "with_diagonal", "unordered")]
    [306, 324, 153]
    >>> sample(44, 4, "without_english")
    43
    """
    if table == 4:
        return n - (choice == "without_english")
    languages = round((1 + math.sqrt(1 + 4 * n)) / 2)
    return {"with_diagonal": languages**2, "unordered": n // 2}.get(choice, n)


def stars_inconsistent(evidence: Evidence, table: int) -> Found:
    """Count the printed stars that do not follow from rho and n (A30).

    Examples
    --------
    With n = 20, 0.9 should have two stars and 0.1 none:

    >>> from polychron.audit import specimens
    >>> printed = specimens.printed((4, "pos", "best", "task_data", 0.9), (4, "xnli", "best", "task_data", 0.1))
    >>> stars_inconsistent(printed, 4)
    Found(value=1, detail='cell 1: 0.9 printed without, implied **')
    """
    choice = evidence.reading["sample"]
    wrong = []
    for cell in cells(evidence, table):
        due = implied(cell["rho"], sample(cell["n"], table, choice))
        if due != cell["stars"]:
            wrong.append(f"{cell['id']}: {cell['rho']:g} printed {cell['stars'] or 'without'}, implied {due or 'none'}")
    return Found(len(wrong), listed(wrong, 3))


def rows_alike(
    evidence: Evidence, table: int, factors: list[str], sign: int, quantity: str | None = None, task: str | None = None
) -> Found:
    """Compare two rows of a printed table, the second one times `sign`.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> cells = [(5, "pos", "asymmetry", "source_size", 0.3), (5, "pos", "asymmetry", "target_size", -0.3)]
    >>> rows_alike(specimens.printed(*cells), 5, ["source_size", "target_size"], sign=-1)
    Found(value=True, detail='1 of 1 cells')
    """
    rows = [
        {
            (cell["quantity"], cell["task"]): cell["rho"]
            for cell in cells(evidence, table)
            if cell["factor"] == factor and quantity in (None, cell["quantity"]) and task in (None, cell["task"])
        }
        for factor in factors
    ]
    shared = rows[0].keys() & rows[1].keys()
    equal = sum(rows[0][cell] == sign * rows[1][cell] for cell in shared)
    return Found(bool(shared) and equal == len(shared), f"{equal} of {len(shared)} cells")


RANGES = {"BPC": "inlang.BPC", "POS": "inlang.POS", "XNLI": "inlang.XNLI"}


def means_in_ranges(evidence: Evidence) -> Found:
    """Whether the mean final scores of Table 3 are within the ranges of best scores of Figure 1.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> ranges = {"BPC": (0.4, 0.6, 1.9), "POS": (80, 90, 98), "XNLI": (54, 65, 63)}
    >>> said = {f"T3.inlang.{task}.replica": mean for task, (_, mean, _) in ranges.items()}
    >>> said |= {f"F1.{task}.{end}": ends[at] for task, ends in ranges.items() for end, at in (("min", 0), ("max", 2))}
    >>> means_in_ranges(specimens.evidence(claims=said))
    Found(value=False, detail='XNLI: 65 not in [54, 63]')
    """
    outside = []
    for task, row in RANGES.items():
        mean = evidence.said(f"T3.{row}.replica")
        low, high = (evidence.said(f"F1.{task}.{end}") for end in ("min", "max"))
        if not low <= mean <= high:
            outside.append(f"{task}: {mean} not in [{low}, {high}]")
    return Found(not outside, listed(outside))


def characters_per_piece(evidence: Evidence) -> Found:
    """Divide XLM-R base's published bits per piece by its bits per character (A20).

    Examples
    --------
    A perplexity of 8 is 3 bits per piece; at 0.75 bits per character a piece has 4.

    >>> from polychron.audit import specimens
    >>> cited = {"cited": {"perplexity": 8}}
    >>> characters_per_piece(specimens.evidence(claims={"T3.inlang.BPC.base": 0.75}, paper=cited))
    Found(value=4.0, detail='3.00 bits per piece')
    """
    bits = math.log2(evidence.paper["cited"]["perplexity"])
    return Found(bits / evidence.said("T3.inlang.BPC.base"), f"{bits:.2f} bits per piece")


def positions_seen(evidence: Evidence) -> Found:
    """Multiply updates, examples per update and XLM-R's block of positions.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> claims = {"setup.updates": 100, "setup.batch_replica": 8}
    >>> positions_seen(specimens.evidence(claims=claims, paper={"cited": {"block": 512}})).value
    409600
    """
    block = evidence.paper["cited"]["block"]
    return Found(evidence.said("setup.updates") * evidence.said("setup.batch_replica") * block, f"{block} per example")


def probe_dimensions(evidence: Evidence) -> Found:
    """Return the width of a probe's input for a word and for a pair: m, and 3m for [r1; r2; r1*r2] (A44).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> probe_dimensions(specimens.evidence(claims={"setup.dim": 768})).value
    [768, 2304]
    """
    width = evidence.said("setup.dim")
    return Found([width, width * evidence.design["pair_vectors"]])


MEASURES = {
    function.__name__: function
    for function in (
        largest_falls, mean_falls, largest_swing, stars_inconsistent, rows_alike, means_in_ranges,
        characters_per_piece, positions_seen, probe_dimensions,
    )
}  # fmt: skip
