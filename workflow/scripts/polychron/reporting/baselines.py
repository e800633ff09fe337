"""Baselines that know no vectors, and sentences of captions about scores that are below them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from polychron.probing.tasks import registry
from polychron.reporting.formatting import counted, enumerated

NAMES = {
    "word_majority": "word-majority",
    "pair_majority": "pair-majority",
    "hypothesis_only": "hypothesis-only",
    "distance": "distance",
    "distance_upos": "distance with UPOS",
}
"""The metrics of baselines that a score is compared with, and what they are called in captions and figures.

The most frequent label is not one of them: every probe is above it.
"""

Baselines = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By task, metric and language the accuracy on the test split of the language."""

MANY = 12
"""Of more pairs than these, the targets are named and not the pairs."""


def of_scores(scores: Any) -> Baselines:
    """Return the baselines that a table of scores has.

    Parameters
    ----------
    scores : pyarrow.Table
        See `polychron.storage.scores.score_schema`.

    Returns
    -------
    mapping
        By task, then by metric in the order of `NAMES`, then by language.
    """
    import pyarrow.compute as pc

    rows = scores.filter(pc.field("metric").isin([*NAMES]) & (pc.field("split") == "test"))
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in sorted(rows.to_pylist(), key=lambda row: [*NAMES].index(row["metric"])):
        if row["value"] is not None:
            found.setdefault(row["task"], {}).setdefault(row["metric"], {})[row["target"]] = row["value"]
    return found


def below(
    baselines: Baselines,
    scored: Iterable[Mapping[str, Any]],
    what: str = "best score",
) -> list[str]:
    """Return a paragraph that says in which languages or pairs scores are below a baseline of the target language.

    Parameters
    ----------
    baselines : mapping
        See `of_scores`.
    scored : iterable of mapping
        Rows with task, source, target and value. Those without a value, or whose target has no baseline, are left out.
    what : str
        What the scores are.

    Returns
    -------
    list of str
        None where nothing can be compared.

    Examples
    --------
    >>> known = {"xnli": {"hypothesis_only": {"bg": 0.5, "en": 0.6, "hi": 0.55}}}
    >>> rows = [dict(task="xnli", source=one, target=one, value=0.58) for one in ("bg", "en", "hi")]
    >>> below(known, rows)
    ['XNLI: in 1 of 3 languages the best score is below hypothesis-only (en).']
    >>> below(known, rows[::2]), below(known, rows[:1])
    (['XNLI: in none of 2 languages is the best score below hypothesis-only.'], \
['XNLI: in 1 language the best score is not below hypothesis-only.'])
    """
    by_task: dict[str, list[Mapping[str, Any]]] = {}
    for row in scored:
        if row["value"] is not None:
            by_task.setdefault(row["task"], []).append(row)
    said, crossing = [], False
    for task in registry.in_order(by_task):
        rows = by_task[task]
        known = baselines.get(task, {})
        compared = {name: [row for row in rows if row["target"] in values] for name, values in known.items()}
        compared = {name: some for name, some in compared.items() if some}
        if compared:
            said.append(f"{registry.TITLES[task]}: {_sentence(known, compared, what)}.")
            pairs = any(row["source"] != row["target"] for row in rows)
            crossing |= pairs and registry.of(task).dataset != "inference"
    if crossing:
        said.append("Baselines are those of the target language, on the test set of its own treebank.")
    return [" ".join(said)] if said else []


def _sentence(known: Mapping[str, Mapping[str, float]], compared: Mapping[str, list], what: str) -> str:
    """Return where the scores of one task are below each baseline."""
    parts, never = [], []
    for name, rows in compared.items():
        pairs = any(row["source"] != row["target"] for row in rows)
        many = counted(len(rows), "pair" if pairs else "language")
        low = [row for row in rows if row["value"] < known[name][row["target"]]]
        if not low:
            never.append((many, NAMES[name]))
            continue
        every = len(low) == len(rows) > 1
        of, named = (f"in all {many}", "") if every else (f"in {len(low)} of {many}", f" ({_listed(low)})")
        parts.append(f"{of} {'' if parts else f'the {what} is '}below {NAMES[name]}{named}")
    if never:
        names = " or ".join(filter(None, [", ".join(name for _, name in never[:-1]), never[-1][1]]))
        many = never[0][0]
        none = f"in {many} the {what} is not" if many.startswith("1 ") else f"in none of {many} is the {what}"
        parts.append(f"in none below {names}" if parts else f"{none} below {names}")
    return ", ".join(parts)


def _listed(rows: list[Mapping[str, Any]]) -> str:
    """Name languages or pairs; of many pairs their targets, with the number of sources."""
    names = sorted(
        row["target"] if row["source"] == row["target"] else f"{row['source']} → {row['target']}" for row in rows
    )
    if len(names) <= MANY or not any("→" in name for name in names):
        return enumerated(names)
    targets = Counter(row["target"] for row in rows)
    return "to " + enumerated([f"{target} ({number})" for target, number in sorted(targets.items())])
