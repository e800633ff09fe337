"""What a study found, in five sentences with numbers: what a report opens with."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import Any, NamedTuple

from polychron.analysis.trajectories import select
from polychron.probing.tasks import registry
from polychron.reporting import pages
from polychron.reporting.formatting import counted, difference, enumerated, percent, restructured


class Said(NamedTuple):
    """A sentence of the summary.

    Attributes
    ----------
    question : str
        What it answers.
    answer : str
        The sentence.
    """

    question: str
    answer: str


def summary(trajectories: Any, layer: int, share: float, names: Mapping[str, str] | None = None) -> list[Said]:
    """Return five sentences: what was learned, when, where, what transfers, and what was forgotten.

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    layer : int
        The layer whose scores are told, the last one.
    share : float
        The share of the best score from which on something counts as learned.
    names : mapping of str to str, optional
        What languages are called by their codes, up to a comma; a code stands for itself where it has no name.

    Returns
    -------
    list of Said
        A sentence for each question, also where nothing was scored that answers it.
    """
    rows = [
        row | {end: _called(row[end], names or {}) for end in ("source", "target")}
        for row in select(trajectories, metric="accuracy")
        if row["value"] is not None
    ]
    own = [row for row in rows if row["split"] == "test" and row["source"] == row["target"]]
    across = [row for row in rows if row["split"] == "parallel" and row["source"] != row["target"]]
    deep, far = ([row for row in some if row["layer"] == layer] for some in (own, across))
    onset = f"onset_{share:g}"
    return [
        Said("What is learned?", _levels(deep, trajectories, layer)),
        Said("When?", _when(deep, onset, share)),
        Said("In which layer?", _where(own)),
        Said("What transfers, and when?", _transfer(far, onset, share)),
        Said("What is forgotten?", _lost(deep, far)),
    ]


def _called(code: str | None, names: Mapping[str, str]) -> str | None:
    return names[code].partition(",")[0] if code in names else code


def _values(rows: Sequence[Mapping[str, Any]], quantity: str, task: str) -> dict[tuple[str, str], float]:
    found = [row for row in rows if row["quantity"] == quantity and row["task"] == task]
    return {(row["source"], row["target"]): row["value"] for row in found}


def _tasks(rows: Sequence[Mapping[str, Any]], quantity: str) -> list[str]:
    return registry.in_order({row["task"] for row in rows if row["quantity"] == quantity})


def _name(task: str) -> str:
    title = registry.TITLES[task]
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def _levels(rows: Sequence[Mapping[str, Any]], trajectories: Any, layer: int) -> str:
    parts, most = [], 0
    for task in _tasks(rows, "final"):
        last, first = _values(rows, "final", task), _values(rows, "untrained", task)
        most = max(most, len(last))
        gains = [100 * (last[pair] - first[pair]) for pair in last if pair in first]
        above = f" ({_above(mean(gains))} the model before training)" if gains and not parts else ""
        above = above or (f" ({difference(mean(gains))})" if gains else "")
        parts.append(f"{_name(task)} {percent(mean(last.values()))}{above}")
    said = (
        f"At the last step, probes at layer {layer} have an accuracy of: {enumerated(parts)}; "
        f"means over up to {counted(most, 'language')}."
        if parts
        else "No probe was scored in its own language at the last layer."
    )
    bits = [row for row in select(trajectories, metric="bits_per_character") if row["value"] is not None]
    first, last = (_values(bits, quantity, "bits") for quantity in ("untrained", "final"))
    if both := [pair for pair in last if pair in first]:
        ends = [f"{mean(found[pair] for pair in both):.2f}" for found in (first, last)]
        said += f" Bits per character of held-out text went from {ends[0]} to {ends[1]}."
    return said


def _above(points: float) -> str:
    return f"{abs(points):.1f} points {'above' if points >= 0 else 'below'}"


def _when(rows: Sequence[Mapping[str, Any]], onset: str, share: float) -> str:
    found = [(median(_values(rows, onset, task).values()), task) for task in _tasks(rows, onset)]
    if not found:
        return "When something is learned was not measured at the last layer."
    first = f"The first step with {100 * share:g}% of the best score is, in the median of languages,"
    said = f"{first} {enumerated([f'{step:,.0f} ({_name(task)})' for step, task in sorted(found)])}."
    early = []
    for _, task in sorted(found):
        languages = [_before_training(row) for row in _of(rows, onset) if row["task"] == task]
        if any(languages):
            early.append(f"{sum(languages)} of {len(languages)} languages ({_name(task)})")
    return f"{said} Before training (step 0), it is there already in {enumerated(early)}." if early else said


def _before_training(onset: Mapping[str, Any]) -> bool:
    """Return whether the untrained model has reached the share of an onset, which is never step 0 itself (A34)."""
    return "untrained" in (onset["note"] or "")


def _where(rows: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for task in _tasks(rows, "best_layer"):
        layers = list(_values(rows, "best_layer", task).values())
        parts.append(f"{median(layers):g} ({_name(task)}, {counted(len(layers), 'language')})")
    if not parts:
        return "Scores of several layers were not compared."
    fallen = [row["value"] for row in rows if row["quantity"] == "expected_layer_fall"]
    moved = ""
    if fallen:
        layers = difference(-mean(fallen), 2)
        moved = (
            f" Where layers differ beyond noise, the expected layer moves by {layers} layers in the mean, from the "
            "first step to the last."
        )
    return f"The layer with the best score is, in the median of languages, {enumerated(parts)}.{moved}"


def _transfer(rows: Sequence[Mapping[str, Any]], onset: str, share: float) -> str:
    parts = []
    for task in _tasks(rows, "best"):
        scores, steps = _values(rows, "best", task), _values(rows, onset, task)
        early = {
            (row["source"], row["target"]) for row in _of(rows, onset) if row["task"] == task and _before_training(row)
        }
        ranked = sorted(scores, key=lambda pair: (-scores[pair], pair))

        def told(pair: tuple[str, str], of: Mapping[tuple[str, str], float] = scores) -> str:
            return f"{pair[0]} to {pair[1]} ({percent(of[pair])}"

        when = f", near it from step {steps[ranked[0]]:,.0f} on" if ranked[0] in steps else ""
        when += " and before training" if when and ranked[0] in early else ""
        worst = f", worst from {told(ranked[-1])})" if len(ranked) > 1 else ""
        parts.append(f"{_name(task)} best from {told(ranked[0])}{when}){worst}")
    if not parts:
        return "No transfer between languages was scored at the last layer."
    return f"Probes transfer to other languages: {'; '.join(parts)}. Near is {100 * share:g}% of the pair's best score."


def _lost(own: Sequence[Mapping[str, Any]], across: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for rows, where in ((own, "in the same language"), (across, "across languages")):
        lost = {(row["task"], row["source"], row["target"]): row["value"] for row in _of(rows, "forgetting")}
        if lost:
            most = max(lost, key=lambda key: (lost[key], key))
            pair = " to ".join(dict.fromkeys(most[1:]))
            parts.append(
                f"{100 * mean(lost.values()):.1f} points {where}, most in {_name(most[0])} of {pair} "
                f"({100 * lost[most]:.1f})"
            )
    if not parts:
        return "What is forgotten was not measured at the last layer."
    honest = [100 * row["value"] for rows in (own, across) for row in _of(rows, "forgetting_by_dev")]
    luck = f" From the step that dev chooses it is {mean(honest):.1f} points, all together." if honest else ""
    return (
        f"From the best step to the last, scores fall in the mean by {enumerated(parts)}; part of this is the luck of "
        f"the best of several noisy steps.{luck}"
    )


def _of(rows: Sequence[Mapping[str, Any]], quantity: str) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["quantity"] == quantity]


def page(model: str, said: Sequence[Said]) -> str:
    """Return the summary of a model as an HTML page that needs no other file."""
    return pages.render("summary.html", title=f"What was found: {model}", said=said)


def opening(said: Sequence[Said], drawings: Mapping[str, str]) -> str:
    """Return the summary as reStructuredText, for the first page of Snakemake's report.

    Parameters
    ----------
    said : sequence of Said
        The sentences.
    drawings : mapping of str to str
        Titles of drawings by the path by which the report knows them. They are shown small; a click on one shows it
        as the report does.

    Examples
    --------
    >>> print(opening([Said("When?", "At step 5.")], {}))
    **When?** At step 5.
    <BLANKLINE>
    """
    parts = [f"**{restructured(one.question)}** {restructured(one.answer)}" for one in said]
    for path, title in drawings.items():
        name = urllib.parse.quote(path)
        shown = f"content:'img',contentPath:results['{name}'].data_uri,navbarMode:'resultinfo',resultPath:'{name}'"
        parts.append(
            f".. image:: {name}\n   :alt: {restructured(title)}\n   :class: thumbnail\n"
            f"   :target: javascript:app.setView({{{shown}}})"
        )
    return "\n\n".join(parts) + "\n"
