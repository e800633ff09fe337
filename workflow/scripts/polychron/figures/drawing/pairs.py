"""Languages of pairs that are sources of transfer, targets, or both."""

from __future__ import annotations

from polychron.figures.chart import TASKS
from polychron.reporting.formatting import enumerated


def sides(rows: list[dict]) -> tuple[set[str], set[str]]:
    """Return the languages that are sources of transfer, and those that are targets."""
    return {row["source"] for row in rows}, {row["target"] for row in rows}


def one_sided(pairs: dict[str, list[dict]], sources: str, targets: str) -> list[str]:
    """Name the languages that are only sources of a task, or only targets, in sentences with these beginnings.

    Parameters
    ----------
    pairs : dict of str to list of dict
        By task, a row for each pair, with ``source`` and ``target``.
    sources, targets : str
        How the sentence begins that names the languages which are only sources, and only targets.

    Returns
    -------
    list of str
        One text, or none if every language is both.
    """
    said = []
    for begin, side in ((sources, 0), (targets, 1)):
        tasks: dict[str, list[str]] = {}
        for task, rows in pairs.items():
            ends = sides(rows)
            for language in sorted(ends[side] - ends[1 - side]):
                tasks.setdefault(language, []).append(TASKS[task])
        names = [
            language if len(of) == len(pairs) else f"{language} ({enumerated(of)})"
            for language, of in sorted(tasks.items())
        ]
        said += [f"{begin}: {', '.join(names)}."] if names else []
    return [" ".join(said)] if said else []
