"""What a study covers: its tasks (Table 1) and its languages (Table 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from polychron.analysis import gathering
from polychron.probing.tasks import registry
from polychron.reporting.formatting import among, counted
from polychron.reporting.tables import Cell, Table, nothing

USES = pd.DataFrame(
    [
        ("test", "accuracy", "inside"),
        ("test", "accuracy", "test"),
        ("heldout", "bits_per_character", "inside"),
        ("heldout", "bits_per_character", "test"),
        ("parallel", "accuracy", "across"),
        ("test", "f1", "across"),
        ("test", "f1", "test"),
        ("train", "kept_epoch", "train"),
    ],
    columns=["split", "metric", "use"],
)
"""What is counted in scores: languages ``inside`` and pairs ``across``, and examples to ``train`` and ``test``."""


def tasks(scores: Any) -> Table:
    """Return Table 1: the tasks, with numbers of languages, pairs and examples."""
    title = "What the model is probed for"
    counts = _counts(scores)
    rows, records = [], []
    for task in registry.in_order(counts["task"].unique()):
        inside, across = (_of(counts, task, use) for use in ("inside", "across"))
        train, test = (_of(counts, task, use)["examples"].tolist() for use in ("train", "test"))
        apart = across[across["source"] != across["target"]]
        sources, targets = across["source"].nunique(), across["target"].nunique()
        pairs = f"{sources} → {targets}" if len(across) else "–"
        rows.append(
            [
                Cell(registry.TITLES[task]),
                Cell(registry.of(task).setup),
                Cell(str(len(inside) or "–")),
                Cell(pairs),
                Cell(among(train)),
                Cell(among(test)),
            ]
        )
        numbers = {"languages": len(inside), "sources": sources, "targets": targets, "pairs": len(apart)}
        for name, known in (("train", train), ("test", test)):
            numbers |= {f"{name}_{end}": of(known) if known else None for end, of in (("min", min), ("max", max))}
        records.append({"task": task, "setup": registry.of(task).setup, **numbers})
    if not rows:
        return nothing(1, title, "the study has no scores")
    caption = [
        "Languages in which each task is probed, sources and targets among which its probes are transferred, and "
        "examples, from the smallest to the largest language: training examples of a probe, and what the in-language "
        "score is measured on (masked pieces for bits per character, sentence pairs for word alignment)."
    ]
    caption += _union(counts)
    head = ["Task", "Setup", "Languages", "Source → target", "Training examples", "Test examples"]
    return Table(1, title, head, rows, caption, records, left=2)


def _union(counts: pd.DataFrame) -> list[str]:
    """Count the languages once that treebanks and inference share (A43), in a paragraph where there are some."""
    trees, inference = ({*_of(counts, task, "inside")["source"]} for task in ("pos", "xnli"))
    shared = sorted(trees & inference)
    twice = f"the {len(shared)} languages twice that have" if len(shared) > 1 else f"{''.join(shared)} twice, which has"
    said = (
        f"{len(trees)} + {len(inference)} = {len(trees) + len(inference)} counts {twice} a treebank and inference "
        f"data: {counted(len(trees | inference), 'language')} in all."
    )
    return [said] if shared else []


def _counts(scores: Any) -> pd.DataFrame:
    """Count examples: a row for each task, use, source and target, in this order, with the largest ``examples``."""
    known = gathering.without_fine_tuned(scores).to_pandas().merge(USES, on=["split", "metric"])
    counts = known.groupby(["task", "use", "source", "target"], as_index=False)["examples"].max()
    counts = counts.fillna({"examples": 0}).astype({"examples": int})
    return counts[(counts["examples"] > 0) | counts["use"].isin(["inside", "across"])]


def _of(counts: pd.DataFrame, task: str, use: str) -> pd.DataFrame:
    """Return the rows of a use of a task; none if there are none."""
    return counts[(counts["task"] == task) & (counts["use"] == use)]


def languages(scores: Any) -> Table:
    """Return Table 2: the languages of each task; of transfer, those that are its sources and targets."""
    title = "The languages of each task"
    counts = _counts(scores)
    groups: dict[tuple, list[str]] = {}
    for task in registry.in_order(counts["task"].unique()):
        inside = tuple(_of(counts, task, "inside")["source"])
        pairs = tuple(_of(counts, task, "across")[["source", "target"]].itertuples(index=False, name=None))
        across = tuple(tuple(sorted({pair[side] for pair in pairs})) for side in (0, 1))
        groups.setdefault((inside, across, pairs if task == "alignment" else ()), []).append(task)
    if not groups:
        return nothing(2, title, "the study has no scores")
    rows, records, apart = [], [], any(sources != targets for _, (sources, targets), pairs in groups if not pairs)
    for (inside, across, pairs), named in groups.items():
        called = ", ".join(registry.TITLES[task] for task in named)
        if pairs:
            listed = [("pairs", ", ".join("–".join(pair) for pair in pairs), len(pairs))]
        else:
            sources, targets = across
            listed = [("in-language", inside), *(_transfer(sources, targets))]
            listed = [(use, ", ".join(names), len(names)) for use, names in listed]
        for place, (use, text, number) in enumerate(one for one in listed if one[2]):
            rows.append([Cell("" if place else called), Cell(f"{use}, {number}"), Cell(text)])
            records += [{"task": task, "use": use, "number": number, "languages": text} for task in named]
    caption = [
        "Languages in which each task is probed, and those among which its probes are transferred, in all directions."
        + (" Sources and targets are listed apart where they differ." if apart else "")
    ]
    return Table(2, title, ["Task", "Use", "Languages"], rows, caption, records, left=2, wide=True)


def _transfer(sources: Sequence[str], targets: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    """List the languages of transfer; sources and targets apart where they differ."""
    if sources == targets:
        return [("transfer", sources)]
    return [("transfer from", sources), ("transfer to", targets)]
