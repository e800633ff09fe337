"""Which measures of a laboratory are shown: what carries over from one language of a pair to the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from polychron.probing.tasks.registry import TITLES

PREFERRED = ("las", "span_f1", "accuracy")
"""The metrics of transfer: of each task, the first of these that it has is shown."""

RETRIEVED = "p_at_1.cosine"
"""The metric of retrieval that is shown."""

SEARCHES = ("retrieval", "word_retrieval", "embedding_retrieval")
"""The tasks in which translations are searched."""

STACKED = "_stacked_tuned"
"""The end of the names of tasks whose heads are stacked on a frozen layer, with mapped states of the other language."""

CARRIED = "parallel"
"""The split of the other language's sentences, on which transfer is scored."""


class Measure(NamedTuple):
    """What is measured of a pair of languages, up to its states, layer and step.

    Parameters
    ----------
    task, metric : str
    source, target : str
        The first and the second language of the pair.
    split : str
    """

    task: str
    metric: str
    source: str
    target: str
    split: str


def rows_of(table: Any, **values: Any) -> list[dict[str, Any]]:
    """Return the rows of a table in which columns have some value, or one of several.

    Parameters
    ----------
    table : pyarrow.Table
    **values
        By the names of columns, a value or a list of them.

    Examples
    --------
    >>> import pyarrow
    >>> rows_of(pyarrow.table({"task": ["pos", "bits", "xnli"], "step": [5, 5, 10]}), task=["pos", "xnli"], step=5)
    [{'task': 'pos', 'step': 5}]
    """
    import pyarrow
    import pyarrow.compute as pc

    for column, value in values.items():
        wanted = pyarrow.array(value if isinstance(value, list) else [value], table.schema.field(column).type)
        table = table.filter(pc.is_in(table[column], wanted))
    return table.to_pylist()


def pairs(table: Any) -> list[str]:
    """Return the pairs of languages of a table of ablation, sorted."""
    return sorted(table["pair"].unique().to_pylist())


def transfers(table: Any, pair: str) -> list[Measure]:
    """Return what is transferred from the first language of a pair to the second, by the names of tasks.

    Stacked heads, which ensembles alone have, are not among it.

    Parameters
    ----------
    table : pyarrow.Table
        See `polychron.analysis.laboratory.ablation.schema`.
    pair : str
    """
    return [one for one in _carried(table, pair) if not one.task.endswith(STACKED)]


def stacked(table: Any, pair: str) -> list[Measure]:
    """Return what stacked heads carry from the first language of a pair to the second, by the names of tasks."""
    return [one for one in _carried(table, pair) if one.task.endswith(STACKED)]


def whole(measure: Measure) -> Measure:
    """Return the measure of models that are fine-tuned as a whole for the task of a stacked head.

    Examples
    --------
    >>> whole(Measure("pos_stacked_tuned", "accuracy", "a", "b", "parallel")).task
    'pos_tuned'
    """
    return measure._replace(task=f"{measure.task.removesuffix(STACKED)}_tuned")


def _carried(table: Any, pair: str) -> list[Measure]:
    source, target = pair.split("/")
    place = {"pair": pair, "source": source, "target": target, "split": CARRIED}
    there: dict[str, set[str]] = {}
    for row in rows_of(table, **place, metric=list(PREFERRED)):
        there.setdefault(row["task"], set()).add(row["metric"])
    return [
        Measure(task, next(metric for metric in PREFERRED if metric in metrics), source, target, CARRIED)
        for task, metrics in sorted(there.items())
    ]


def searches(table: Any, pair: str, tasks: Sequence[str] = SEARCHES) -> list[Measure]:
    """Return which translations are searched, from the first language of a pair to the second.

    Of sentences that are in several sets, those of parallel treebanks are shown, or those of the first set by name.
    """
    source, target = pair.split("/")
    found = []
    for task in tasks:
        place = {"pair": pair, "source": source, "target": target, "task": task, "metric": RETRIEVED}
        splits = sorted({row["split"] for row in rows_of(table, **place)}, key=lambda name: (name != CARRIED, name))
        found += [Measure(task, RETRIEVED, source, target, split) for split in splits[:1]]
    return found


def measured(table: Any, measure: Measure, **values: Any) -> list[dict[str, Any]]:
    """Return the rows of a table that are of a measure."""
    return rows_of(table, pair=f"{measure.source}/{measure.target}", **measure._asdict(), **values)


def place(table: Any, measure: Measure, default: str) -> dict[str, int] | None:
    """Return the highest layer at which a measure of the default is known, and its last step there.

    The other variants are shown at the same place. None where the default has no value.
    """
    rows = [row for row in measured(table, measure, variant=default) if row["layer"] is not None]
    if not rows:
        return None
    layer = max(row["layer"] for row in rows)
    return {"layer": layer, "step": max(row["step"] for row in rows if row["layer"] == layer)}


def called(task: str) -> str:
    """Return what a task is called in headings.

    Examples
    --------
    >>> called("pos"), called("parsing_tuned"), called("retrieval"), called("pos_stacked_tuned")
    ('POS tagging', 'Dependency parsing, fine-tuned', 'Sentences found', 'POS tagging, stacked heads')
    """
    if task.endswith(STACKED):
        return f"{called(task.removesuffix(STACKED) + '_tuned').removesuffix('fine-tuned')}stacked heads"
    if task in SEARCHES:
        return {"retrieval": "Sentences found", "word_retrieval": "Words found"}.get(task, "Entries found")
    base = task.removesuffix("_tuned")
    title = "Dependency parsing" if base == "parsing" else TITLES[base]
    return title if task == base else f"{title}, fine-tuned"
