"""The paper's own numbers, checked against each other: what can be said without any model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from polychron.correlation import p_value, stars
from polychron.evidence import Evidence, Found, listed, schedule, shared_languages_of, transfer_languages_of


def cited(evidence: Evidence, name: str) -> Found:
    """Look up what the paper cites from elsewhere."""
    return Found(evidence.paper["cited"][name], "Conneau et al. (2020)")


def languages_covered(evidence: Evidence) -> Found:
    """Count the languages of the probing tasks: those with a treebank, and those of XNLI (A43)."""
    treebank, inference = evidence.paper["treebank"], evidence.paper["inference"]
    both, union = sorted({*treebank} & {*inference}), {*treebank} | {*inference}
    summed = evidence.reading["languages"] == "summed"
    detail = f"{len(treebank)} + {len(inference)} = {len(treebank) + len(inference)} counts {len(both)} languages twice"
    return Found(len(treebank) + len(inference) if summed else len(union), f"{detail}: {listed(both, 20)}")


def counted_twice(evidence: Evidence) -> Found:
    """Count the languages of the probing tasks in both ways: 44 + 15, and each once."""
    treebank, inference = evidence.paper["treebank"], evidence.paper["inference"]
    return Found([len(treebank) + len(inference), len({*treebank, *inference})])


def schedule_of(evidence: Evidence, of: str) -> Found:
    """Recompute one number of the schedule of checkpoints from the others (section 2.1).

    Every `early` steps up to `until`, then every `late` steps up to the last update, makes this many checkpoints;
    solved for each of them in turn.
    """
    names = ("ckpt_early_every", "ckpt_early_until", "ckpt_late_every", "updates", "n_checkpoints")
    early, until, late, end, kept = (evidence.said(f"setup.{name}") for name in names)
    match of:
        case "checkpoints":
            return Found(len(schedule(evidence)), f"steps {early} to {until} every {early}, to {end} every {late}")
        case "early_every":
            return Found(until / (kept - (end - until) / late), f"{until} / ({kept} - {(end - until) / late:g})")
        case "early_until":
            return Found((kept - end / late) / (1 / early - 1 / late), f"the {kept} checkpoints allow no other")
        case "late_every":
            return Found((end - until) / (kept - until / early), f"{end - until} / ({kept} - {until / early:g})")
    steps = schedule(evidence)
    before = sum(step <= until for step in steps)
    return Found([before, len(steps) - before, len(steps)])


def entries(evidence: Evidence, list: str, without: tuple[str, ...] = ()) -> Found:
    """Count the entries of a list of languages, those left out that are named or end so."""
    known = evidence.paper["bits"] + evidence.paper["cc100_rest"] if list == "cc100" else evidence.paper[list]
    dropped = [code for code in known if code in without or code.endswith(tuple(without) or ("\0",))]
    return Found(len(known) - len(dropped), f"{len(known)} without {listed(dropped)}" if dropped else "")


def list_lengths(evidence: Evidence) -> Found:
    """Count the entries of the three lists of Table 2."""
    lists = [evidence.paper[name] for name in ("bits", "treebank", "inference")]
    codes = {code.split("-")[0] for code in lists[0]}
    return Found([len(one) for one in lists], f"{len(codes)} distinct codes in the first: zh stands there twice")


def transfer_languages(evidence: Evidence, family: str) -> Found:
    """Count the sources and targets of transfer."""
    if family == "alignment":
        return Found([1, len(evidence.paper["alignment"])], "from English")
    number = len(transfer_languages_of(evidence, "xnli" if family == "inference" else "pos"))
    return Found([number, number], "" if family == "inference" else "languages with a treebank and a parallel one (A3)")


def transfer_list(evidence: Evidence, family: str) -> Found:
    """List the languages of transfer: those with a treebank and a parallel treebank (A3)."""
    chosen = transfer_languages_of(evidence, "xnli" if family == "inference" else "pos")
    unused = sorted({*evidence.paper["parallel"]} - {*chosen})
    return Found(chosen, f"{listed(unused)} have a parallel treebank and no treebank in Table 2")


def shared_languages(evidence: Evidence, of: str) -> Found:
    """Count the languages with a treebank and XNLI."""
    shared = shared_languages_of(evidence)
    return Found(len(shared), listed(shared, 20))


def shared_pairs(evidence: Evidence, share: float) -> Found:
    """Count the languages and pairs shared by all transfer tasks, and the pairs that round to a share of them."""
    number = len(shared_languages_of(evidence, transfer=True))
    diagonal = evidence.reading["average"] == "with_diagonal"
    pairs = number * number if diagonal else number * (number - 1)
    fitting = [count for count in range(pairs + 1) if round(count / pairs, 2) == share]
    counts = fitting[0] if len(fitting) == 1 else fitting
    return Found([number, pairs, counts], f"{listed([*map(str, fitting)])} of {pairs} is {share:.0%}")


def falls(evidence: Evidence, task: str) -> dict[str, float]:
    """Give the falls of the expected layer that Appendix C prints, by language."""
    start = f"C.explayer.{task}."
    return {name.removeprefix(start): claim.value for name, claim in evidence.claims.items() if name.startswith(start)}


def largest_falls(evidence: Evidence) -> Found:
    """Take the largest falls of Appendix C for arc classification and XNLI."""
    both = [falls(evidence, task) for task in ("ArcClass", "XNLI")]
    return Found([max(one.values()) for one in both], " and ".join(max(one, key=one.get) for one in both))


def mean_falls(evidence: Evidence) -> Found:
    """Average the falls of Appendix C over languages, and put the means across languages beside them."""
    inside = [float(np.mean([*falls(evidence, task).values()])) for task in ("ArcClass", "XNLI")]
    across = [evidence.said(f"s52.explayer.{task}.mean") for task in ("ArcClass", "XNLI")]
    return Found([*(round(mean, 4) for mean in inside), *across], "in-language falls are the larger ones")


def largest_swing(evidence: Evidence, low: float, layers: int) -> Found:
    """Bound the fall of an expected layer whose weights are raw accuracies.

    Accuracies lie between `low` and the best that Figure 1 has for XNLI. E is largest where all layers above some
    threshold have the highest and all others the lowest accuracy, and smallest in the mirror image of that; the bound
    is twice the distance of the largest E from the middle, over all thresholds.

    Examples
    --------
    Two layers, weights from 1 to 3: E from (0*1 + 1*3) / 4 down to (0*3 + 1*1) / 4, a swing of 0.5.

    >>> from types import SimpleNamespace
    >>> one = SimpleNamespace(value=300.0)
    >>> evidence = Evidence(claims={"F1.XNLI.max": one, "C.explayer.XNLI.bg": one}, paper={}, reading={})
    >>> largest_swing(evidence, low=1.0, layers=1).value
    0.5
    """
    high = evidence.said("F1.XNLI.max") / 100
    places = np.arange(layers + 1)
    weights = np.where(places >= places[:, None], high, low)
    bound = 2 * ((weights @ places / weights.sum(axis=1)).max() - layers / 2)
    above = sorted((f"{fall} ({name})" for name, fall in falls(evidence, "XNLI").items() if fall > bound), reverse=True)
    return Found(float(bound), f"reported beyond it: {listed(above)}" if above else "nothing reported lies beyond it")


def implied(rho: float, n: int) -> str:
    """Give the stars that a Spearman coefficient of n values gets by the tables' own rule.

    Examples
    --------
    >>> implied(0.411, 44), implied(-0.597, 94), implied(0.258, 44), implied(0.0, 306)
    ('*', '**', '', '')
    """
    return stars(p_value(rho, n))


def cells(evidence: Evidence, table: int) -> list[dict[str, Any]]:
    """List the printed cells of Table 4 or 5: task, quantity, factor, rho, n, stars, and the claim's id."""
    return [
        {**claim.arguments, "rho": claim.value, "n": claim.n, "stars": claim.stars, "id": claim.id}
        for claim in evidence.claims.values()
        if claim.measure == "correlation" and claim.arguments["table"] == table
    ]


def sample(n: int, table: int, choice: str) -> int:
    """Give the size of a sample under another reading of it (A30).

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
    """Count the printed stars that do not follow from rho and n (A30)."""
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
    """Compare two rows of a printed table, the second one times `sign`."""
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
    """Say whether the mean final scores of Table 3 lie within the ranges of best scores of Figure 1."""
    outside = []
    for task, row in RANGES.items():
        mean = evidence.said(f"T3.{row}.replica")
        low, high = (evidence.said(f"F1.{task}.{end}") for end in ("min", "max"))
        if not low <= mean <= high:
            outside.append(f"{task}: {mean} not in [{low}, {high}]")
    return Found(not outside, listed(outside))


def characters_per_piece(evidence: Evidence) -> Found:
    """Divide XLM-R base's published bits per piece by its bits per character (A20)."""
    bits = math.log2(evidence.paper["cited"]["perplexity"])
    return Found(bits / evidence.said("T3.inlang.BPC.base"), f"{bits:.2f} bits per piece")


def positions_seen(evidence: Evidence) -> Found:
    """Multiply updates, examples per update and XLM-R's block of positions."""
    block = evidence.paper["cited"]["block"]
    return Found(evidence.said("setup.updates") * evidence.said("setup.batch_replica") * block, f"{block} per example")


def probe_dimensions(evidence: Evidence) -> Found:
    """Give the width of a probe's input for a word and for a pair: m, and 3m for [r1; r2; r1*r2] (A44)."""
    width = evidence.said("setup.dim")
    return Found([width, width * evidence.design["pair_vectors"]])


MEASURES = {
    function.__name__: function
    for function in (
        cited, languages_covered, counted_twice, entries, list_lengths, transfer_languages, transfer_list,
        shared_languages, shared_pairs, largest_falls, mean_falls, largest_swing, stars_inconsistent, rows_alike,
        means_in_ranges, characters_per_piece, positions_seen, probe_dimensions,
    )
} | {"schedule": schedule_of}  # fmt: skip
