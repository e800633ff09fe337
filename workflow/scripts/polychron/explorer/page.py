"""The explorer: a page over all gathered scores that needs no other file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from polychron.explorer import grids, packing
from polychron.explorer.names import Known
from polychron.probing.tasks import registry
from polychron.reporting import pages
from polychron.reporting.formatting import counted

FIRST = (
    "accuracy",
    "f1",
    "bits_per_character",
    "span_f1",
    "accuracy.centred",
    "cka_debiased",
    "p_at_1.centred.cosine",
    "p_at_1.raw.cosine",
    "p_at_1.mapped.cosine",
    "cka",
    "mrr.centred.cosine",
    "mutual_p_at_1.centred.cosine",
)
"""The metrics that a large study has room for before all others."""

MOST = 3_400_000
"""The most places of all grids together. A page of as many random values has under 10 MB."""

TASKS = {
    "similarity": "Similarity of languages",
    "stability": "Similarity of steps",
    "retrieval": "Retrieval of sentences",
    "mixed_pool": "Retrieval in a mixed pool",
    "word_retrieval": "Retrieval of words",
    "embedding_retrieval": "Retrieval of words by their embeddings",
    "mining": "Mining of translations",
    "identity": "Language identity",
}
"""What is measured without a probe, by its task in the table of geometry."""


def page(
    title: str,
    tables: Iterable[Any],
    languages: Sequence[Known],
    bundle: str,
    *,
    most: int = MOST,
) -> str:
    """Return the page.

    Parameters
    ----------
    title : str
        Of the study.
    tables : iterable of pyarrow.Table
        Scores and geometry of all models (`polychron.storage.scores.score_schema`).
    languages : sequence of Known
        The languages that are known, in the order in which they are shown. Others follow, by code.
    bundle : str
        What `polychron.figures.chart.javascript` returns.
    most : int
        The most places of all grids together.

    Returns
    -------
    str
        HTML. It names what is left out because there is no room for it.
    """
    every = [grid for table in tables for grid in grids.of_table(table, TASKS)]
    kept, left_out = grids.chosen(every, FIRST, most)
    parts: list[bytes] = []
    told = []
    for grid in sorted(kept, key=_order):
        arrays = {"value": (grid.means, packing.scale_of(grid.means))}
        if grid.deviations is not None:
            arrays["deviation"] = grid.deviations, packing.scale_of(grid.deviations)
        runs = np.unique(grid.runs[np.isfinite(grid.runs)]).astype(int).tolist()
        if len(runs) > 1:
            arrays["runs"] = grid.runs, packing.COUNTS
        parts += [packing.encode(*array) for array in arrays.values()]
        told.append(
            {
                "model": grid.model,
                "task": grid.task,
                "metric": grid.metric,
                "split": grid.split,
                "title": TASKS.get(grid.task) or registry.TITLES[grid.task],
                "pairs": grid.pairs,
                "layers": grid.layers,
                "steps": grid.steps,
                "scales": [[name, scale.low, scale.step] for name, (_, scale) in arrays.items()],
                "runs": runs[0] if len(runs) == 1 else None,
            }
        )
    shown = {code for grid in kept for pair in grid.pairs for code in pair if code}
    known = {language.code: language for language in languages if language.code in shown}
    order = [*known.values(), *(Known(code, code) for code in sorted(shown - known.keys()))]
    header = {
        "grids": told,
        "languages": [{"code": one.code, "name": one.label, "family": one.family or ""} for one in order],
    }
    return pages.render(
        "explorer.html",
        title=title,
        header=json.dumps(header, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c"),
        payload=packing.packed(parts),
        bundle=bundle,
        notes=_notes(every, kept, left_out),
    )


def _order(grid: grids.Grid) -> tuple[Any, ...]:
    """Return the place of a grid in the list of measures: tasks as in tables, the main metric of each first."""
    known = registry.ORDER.index(grid.task) if grid.task in registry.ORDER else len(registry.ORDER)
    main = FIRST.index(grid.metric) if grid.metric in FIRST else len(FIRST)
    return known, grid.task, main, grid.metric, grid.split, grid.model


def _notes(every: Sequence[grids.Grid], kept: Sequence[grids.Grid], left_out: Sequence[str]) -> list[str]:
    """Return what a reader must know of the numbers."""
    values = sum(int((grid.means == grid.means).sum()) for grid in kept)
    models = counted(len({grid.model for grid in every}), "model")
    said = [
        f"{values:,} values of {models}. Each is the mean over its runs: "
        "the seeds of probes, or the two halves of a set of sentences, weighted by their sizes. A band is one standard "
        f"deviation over at least {grids.SPREAD} runs. Values are rounded to four decimals, or to one 65,534th of "
        "their range where that is wider than 6.5. The tables of scores have all digits."
    ]
    if wrong := sum(grid.not_finite for grid in every):
        said.append(f"{counted(wrong, 'value')} that are no numbers are left out.")
    if left_out:
        said.append(f"Left out, for there is no room in a page: {', '.join(left_out)}. The tables have them.")
    return said
