"""What a study covers: its tasks (Table 1) and its languages (Table 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polychron.probing.tasks import registry
from polychron.reporting.formatting import among, counted
from polychron.reporting.tables import Cell, Table, nothing

Pairs = dict[tuple[str, str], float]


def tasks(scores: Any) -> Table:
    """Return Table 1: the tasks, with numbers of languages, pairs and examples."""
    title = "What the model is probed for"
    counts = _counts(scores)
    rows, records = [], []
    for task in registry.in_order(counts):
        inside, across, train, test = (counts[task].get(name, {}) for name in ("inside", "across", "train", "test"))
        apart = {pair for pair in across if pair[0] != pair[1]}
        sources, targets = ({pair[role] for pair in across} for role in (0, 1))
        pairs = f"{len(sources)} → {len(targets)}" if across else "–"
        rows.append(
            [
                Cell(registry.TITLES[task]),
                Cell(registry.of(task).setup),
                Cell(str(len(inside)) if inside else "–"),
                Cell(pairs),
                Cell(among(list(train.values()))),
                Cell(among(list(test.values()))),
            ]
        )
        numbers = {"languages": len(inside), "sources": len(sources), "targets": len(targets), "pairs": len(apart)}
        for name, known in (("train", train), ("test", test)):
            numbers |= {
                f"{name}_{end}": of(known.values()) if known else None for end, of in (("min", min), ("max", max))
            }
        records.append({"task": task, "setup": registry.of(task).setup, **numbers})
    if not rows:
        return nothing(1, title, "the study has no scores")
    caption = [
        "Languages in which each task is probed, sources and targets among which its probes are transferred, and "
        "examples, from the smallest to the largest language: training examples of a probe, and what the in-language "
        "score is measured on (masked pieces for bits per character, sentence pairs for word alignment)."
    ]
    if "xnli" in counts and "pos" in counts:
        caption += _union(counts)
    head = ["Task", "Setup", "Languages", "Source → target", "Training examples", "Test examples"]
    return Table(1, title, head, rows, caption, records, left=2)


def _union(counts: Mapping[str, Any]) -> list[str]:
    """Count the languages once that treebanks and inference share (A43), in a paragraph where there are some."""
    trees, inference = ({source for source, _ in counts[task]["inside"]} for task in ("pos", "xnli"))
    shared = sorted(trees & inference)
    twice = f"the {len(shared)} languages twice that have" if len(shared) > 1 else f"{''.join(shared)} twice, which has"
    said = (
        f"{len(trees)} + {len(inference)} = {len(trees) + len(inference)} counts {twice} a treebank and inference "
        f"data: {counted(len(trees | inference), 'language')} in all."
    )
    return [said] if shared else []


def _counts(scores: Any) -> dict[str, dict[str, Pairs]]:
    """Count examples by task, then by what they are for, then by source and target."""
    uses = {
        ("test", "accuracy"): ("inside", "test"),
        ("heldout", "bits_per_character"): ("inside", "test"),
        ("parallel", "accuracy"): ("across",),
        ("test", "f1"): ("across", "test"),
        ("train", "kept_epoch"): ("train",),
    }
    groups = scores.group_by(["task", "source", "target", "split", "metric"], use_threads=False)
    groups = groups.aggregate([("examples", "max")]).sort_by([("source", "ascending"), ("target", "ascending")])
    found: dict[str, dict[str, Pairs]] = {}
    for row in groups.to_pylist():
        for use in uses.get((row["split"], row["metric"]), ()):
            if row["examples_max"] or use in ("inside", "across"):
                found.setdefault(row["task"], {}).setdefault(use, {})[row["source"], row["target"]] = row[
                    "examples_max"
                ]
    return found


def languages(scores: Any) -> Table:
    """Return Table 2: the languages of each task; of transfer, those that are its sources and targets."""
    title = "The languages of each task"
    counts = _counts(scores)
    groups: dict[tuple, list[str]] = {}
    for task in registry.in_order(counts):
        inside = tuple(sorted({source for source, _ in counts[task].get("inside", {})}))
        across = tuple(sorted({language for pair in counts[task].get("across", {}) for language in pair}))
        pairs = tuple(sorted(counts[task].get("across", {}))) if task == "alignment" else ()
        groups.setdefault((inside, across, pairs), []).append(task)
    if not groups:
        return nothing(2, title, "the study has no scores")
    rows, records = [], []
    for (inside, across, pairs), named in groups.items():
        called = ", ".join(registry.TITLES[task] for task in named)
        if pairs:
            listed = [("pairs", ", ".join("–".join(pair) for pair in pairs), len(pairs))]
        else:
            listed = [("in-language", ", ".join(inside), len(inside)), ("transfer", ", ".join(across), len(across))]
        for place, (use, text, number) in enumerate(one for one in listed if one[2]):
            rows.append([Cell("" if place else called), Cell(f"{use}, {number}"), Cell(text)])
            records += [{"task": task, "use": use, "number": number, "languages": text} for task in named]
    caption = [
        "Languages in which each task is probed, and those among which its probes are transferred, in all directions."
    ]
    return Table(2, title, ["Task", "Use", "Languages"], rows, caption, records, left=2, wide=True)
