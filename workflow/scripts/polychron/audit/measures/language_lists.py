"""Claims about the number of languages, pairs and checkpoints in the paper's lists and schedule."""

from __future__ import annotations

from polychron.audit.evidence import Evidence, Found, listed, schedule, shared_languages_of, transfer_languages_of


def cited(evidence: Evidence, name: str) -> Found:
    """Look up a number that the paper cites.

    Examples
    --------
    >>> cited(Evidence({}, {"cited": {"batch": 8192}}, {}), "batch").value
    8192
    """
    return Found(evidence.paper["cited"][name], "Conneau et al. (2020)")


def languages_covered(evidence: Evidence) -> Found:
    """Count the languages of the probing tasks: those with a treebank, and those of XNLI (A43).

    Examples
    --------
    >>> lists = {"treebank": ["de", "en"], "inference": ["en", "sw"]}
    >>> languages_covered(Evidence({}, lists, {"languages": "distinct"}))
    Found(value=3, detail='2 + 2 = 4 counts 1 languages twice: en')
    """
    treebank, inference = evidence.paper["treebank"], evidence.paper["inference"]
    both, union = sorted({*treebank} & {*inference}), {*treebank} | {*inference}
    summed = evidence.reading["languages"] == "summed"
    detail = f"{len(treebank)} + {len(inference)} = {len(treebank) + len(inference)} counts {len(both)} languages twice"
    return Found(len(treebank) + len(inference) if summed else len(union), f"{detail}: {listed(both, 20)}")


def counted_twice(evidence: Evidence) -> Found:
    """Count the languages of the probing tasks in both ways: 44 + 15, and each once.

    Examples
    --------
    >>> counted_twice(Evidence({}, {"treebank": ["de", "en"], "inference": ["en", "sw"]}, {})).value
    [4, 3]
    """
    treebank, inference = evidence.paper["treebank"], evidence.paper["inference"]
    return Found([len(treebank) + len(inference), len({*treebank, *inference})])


def schedule_of(evidence: Evidence, of: str) -> Found:
    """Recompute one number of the schedule of checkpoints from the others (section 2.1).

    Every `early` steps up to `until`, then every `late` steps up to the last update, are that many checkpoints; the
    equation is solved for the number that is asked for.

    Examples
    --------
    Every 5 up to 10, then every 20 up to 70: 2 and 3 checkpoints.

    >>> from polychron.audit import specimens
    >>> numbers = {"ckpt_early_every": 5, "ckpt_early_until": 10, "ckpt_late_every": 20}
    >>> numbers |= {"updates": 70, "n_checkpoints": 5}
    >>> one = specimens.evidence(claims={f"setup.{name}": value for name, value in numbers.items()}, steps=None)
    >>> schedule(one), schedule_of(one, "early_every").value, schedule_of(one, "late_every").value
    ([5, 10, 30, 50, 70], 5.0, 20.0)
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
    """Count the entries of a list of languages, leaving out those with a given code or suffix.

    Examples
    --------
    >>> entries(Evidence({}, {"bits": ["de", "en", "ur-rom"], "cc100_rest": []}, {}), "cc100", without=("-rom", "en"))
    Found(value=1, detail='3 without en, ur-rom')
    """
    known = evidence.paper["bits"] + evidence.paper["cc100_rest"] if list == "cc100" else evidence.paper[list]
    dropped = [code for code in known if code in without or code.endswith(tuple(without) or ("\0",))]
    return Found(len(known) - len(dropped), f"{len(known)} without {listed(dropped)}" if dropped else "")


def list_lengths(evidence: Evidence) -> Found:
    """Count the entries of the three lists of Table 2.

    Examples
    --------
    >>> lists = {"bits": ["de", "zh-Hans", "zh-Hant"], "treebank": ["de"], "inference": []}
    >>> list_lengths(Evidence({}, lists, {})).value
    [3, 1, 0]
    """
    lists = [evidence.paper[name] for name in ("bits", "treebank", "inference")]
    codes = {code.split("-")[0] for code in lists[0]}
    return Found([len(one) for one in lists], f"{len(codes)} distinct codes in the first: zh is there twice")


def transfer_languages(evidence: Evidence, family: str) -> Found:
    """Count the sources and targets of transfer.

    Examples
    --------
    >>> lists = {"treebank": ["de", "en", "eu"], "parallel": ["de", "en", "th"], "alignment": ["cs", "de"]}
    >>> [transfer_languages(Evidence({}, lists, {}), family).value for family in ("treebank", "alignment")]
    [[2, 2], [1, 2]]
    """
    if family == "alignment":
        return Found([1, len(evidence.paper["alignment"])], "from English")
    number = len(transfer_languages_of(evidence, "xnli" if family == "inference" else "pos"))
    return Found([number, number], "" if family == "inference" else "languages with a treebank and a parallel one (A3)")


def transfer_list(evidence: Evidence, family: str) -> Found:
    """List the languages of transfer: those with a treebank and a parallel treebank (A3).

    Examples
    --------
    >>> transfer_list(Evidence({}, {"treebank": ["de", "en", "eu"], "parallel": ["de", "en", "th"]}, {}), "treebank")
    Found(value=['de', 'en'], detail='th have a parallel treebank and no treebank in Table 2')
    """
    chosen = transfer_languages_of(evidence, "xnli" if family == "inference" else "pos")
    unused = sorted({*evidence.paper["parallel"]} - {*chosen})
    return Found(chosen, f"{listed(unused)} have a parallel treebank and no treebank in Table 2")


def shared_languages(evidence: Evidence, of: str) -> Found:
    """Count the languages with a treebank and XNLI.

    Examples
    --------
    >>> lists = {"treebank": ["de", "en"], "inference": ["en", "sw"]}
    >>> shared_languages(Evidence({}, lists, {}), "tasks")
    Found(value=1, detail='en')
    """
    shared = shared_languages_of(evidence)
    return Found(len(shared), listed(shared, 20))


def shared_pairs(evidence: Evidence, share: float) -> Found:
    """Count the languages and pairs shared by all transfer tasks, and how many pairs round to a share of them.

    Examples
    --------
    Three shared languages make 6 pairs; 1 / 6 rounds to 0.17.

    >>> codes = ["ar", "de", "en"]
    >>> lists = {"treebank": codes, "inference": codes, "parallel": codes}
    >>> shared_pairs(Evidence({}, lists, {"average": "mean"}), 0.17)
    Found(value=[3, 6, 1], detail='1 of 6 is 17%')
    """
    number = len(shared_languages_of(evidence, transfer=True))
    diagonal = evidence.reading["average"] == "with_diagonal"
    pairs = number * number if diagonal else number * (number - 1)
    fitting = [count for count in range(pairs + 1) if round(count / pairs, 2) == share]
    counts = fitting[0] if len(fitting) == 1 else fitting
    return Found([number, pairs, counts], f"{listed([*map(str, fitting)])} of {pairs} is {share:.0%}")


MEASURES = {
    function.__name__: function
    for function in (
        cited, languages_covered, counted_twice, entries, list_lengths, transfer_languages, transfer_list,
        shared_languages, shared_pairs,
    )
} | {"schedule": schedule_of}  # fmt: skip
