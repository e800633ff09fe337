"""Overviews of a study: its tasks (Table 1), its languages (Table 2), and where the model ends up (Table 3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron import dyad, trace, uncertainty
from polychron.tabular import Cell, Table, among, nothing, percentage, signed

TASKS = {
    "bits": "Bits per character",
    "pos": "POS tagging",
    "arc_prediction": "Arc prediction",
    "arc_classification": "Arc classification",
    "xnli": "XNLI",
    "alignment": "Word alignment",
}

SETUPS = {
    "bits": "Masked LM",
    "pos": "Token labelling",
    "arc_prediction": "Token pair labelling",
    "arc_classification": "Token pair labelling",
    "xnli": "Sentence pair labelling",
    "alignment": "Unsupervised alignment",
}

LEXICAL = {
    "pos": "word_majority",
    "arc_classification": "pair_majority",
    "xnli": "hypothesis_only",
}
"""What is known without the model: the form's most frequent tag, the two forms' relation, naive Bayes."""

ASIDE = {
    "best": "Best",
    "untrained": "Step 0",
    "majority": "Majority",
    "lexical": "Lexical",
    "shuffled": "Shuffled",
    "selectivity": "Selectivity",
}
"""What stands beside the last checkpoint in Table 3."""

INSIDE, ACROSS = "In-language", "Across languages"

Pairs = dict[tuple[str, str], float]
Rows = dict[tuple[str, str], dict[str, Any]]


def tasks(scores: Any) -> Table:
    """Make Table 1: the tasks, with numbers of languages, pairs and examples."""
    title = "What the model is probed for"
    counts = _counts(scores)
    rows, records = [], []
    for task in (task for task in TASKS if task in counts):
        inside, across, train, test = (counts[task].get(name, {}) for name in ("inside", "across", "train", "test"))
        apart = {pair for pair in across if pair[0] != pair[1]}
        sources, targets = ({pair[role] for pair in across} for role in (0, 1))
        pairs = f"{len(sources)} → {len(targets)}" if across else "–"
        rows.append(
            [
                Cell(TASKS[task]),
                Cell(SETUPS[task]),
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
        records.append({"task": task, "setup": SETUPS[task], **numbers})
    if not rows:
        return nothing(1, title, "the study has no scores")
    caption = [
        "Languages in which each task is probed, sources and targets among which its probes are transferred, and "
        "examples, from the smallest to the largest language: training examples of a probe, and what the in-language "
        "score is measured on (masked pieces for bits per character, sentence pairs for word alignment)."
    ]
    if "xnli" in counts and "pos" in counts:
        caption.append(_union(counts))
    head = ["Task", "Setup", "Languages", "Source → target", "Training examples", "Test examples"]
    return Table(1, title, head, rows, caption, records, left=2)


def _union(counts: Mapping[str, Any]) -> str:
    """Count the languages once that treebanks and inference share (reading A43)."""
    trees, inference = ({source for source, _ in counts[task]["inside"]} for task in ("pos", "xnli"))
    return (
        f"{len(trees)} + {len(inference)} = {len(trees) + len(inference)} counts the {len(trees & inference)} "
        f"languages twice that have a treebank and inference data: they are {len(trees | inference)}."
    )


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
    """Make Table 2: the languages of each task; of transfer, those that are its sources and targets."""
    title = "The languages of each task"
    counts = _counts(scores)
    groups: dict[tuple, list[str]] = {}
    for task in (task for task in TASKS if task in counts):
        inside = tuple(sorted({source for source, _ in counts[task].get("inside", {})}))
        across = tuple(sorted({language for pair in counts[task].get("across", {}) for language in pair}))
        pairs = tuple(sorted(counts[task].get("across", {}))) if task == "alignment" else ()
        groups.setdefault((inside, across, pairs), []).append(task)
    if not groups:
        return nothing(2, title, "the study has no scores")
    rows, records = [], []
    for (inside, across, pairs), named in groups.items():
        called = ", ".join(TASKS[task] for task in named)
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


def final(models: Mapping[str, tuple[Any, Any]], layer: int) -> Table:
    """Make Table 3: the last checkpoint, averaged over languages and pairs, with its baselines.

    Parameters
    ----------
    models : mapping of str to (pyarrow.Table, pyarrow.Table)
        Scores and trajectories of each model; the models stand below each other.
    layer : int
        The layer whose curves are averaged: the final one.
    """
    title = "The last checkpoint, averaged over languages, and what is known without it"
    rows, records = [], []
    for model, (scores, trajectories) in models.items():
        for setting in (INSIDE, ACROSS):
            of = _settings(trajectories, setting, layer)
            label = setting if len(models) == 1 else f"{model}: {setting.lower()}"
            for task in (task for task in TASKS if task in of):
                record = _final(task, of[task], setting, _baselines(scores, task, layer) if setting == INSIDE else {})
                rows.append([Cell(label), *_final_row(record)])
                records.append({"model": model, "setting": setting, **record})
                label = ""
    if not rows:
        return nothing(3, title, "no curve has a score at the last step")
    run = [name for name in ASIDE if any(record[name] is not None for record in records)]
    kept = [*range(4), *(4 + place for place, name in enumerate(ASIDE) if name in run)]
    caption = [
        "Means over languages, and over ordered pairs of different languages; accuracy in percent, bits per character "
        "(lower is better). In brackets, 95% intervals: Student's over languages, and over pairs with the variance of "
        "dyads, in which pairs that share a language covary; below, how far other seeds and other test items would "
        "move the mean. Best is the mean of each curve's best checkpoint.",
        "Beside it what is known without the trained model: its random weights (step 0), the most frequent label, the "
        "most frequent label of the word forms (part of speech by form, relation by the two forms) or of the "
        "hypothesis alone (lexical), and probes trained on shuffled labels; selectivity is last minus shuffled "
        "(Hewitt and Liang 2019).",
    ]
    trained = [record for record in records if record["untrained"] is not None]
    if trained:
        caption.append(" ".join(f"{record['setting']}, {_summary(record)}" for record in trained))
    missing = [ASIDE[name].lower() for name in ASIDE if name not in run]
    if missing:
        caption.append(f"Not run in this study: {', '.join(missing)}.")
    head = ["Setting", "Task", "n", "Last", *(ASIDE[name] for name in run)]
    rows = [[row[place] for place in kept] for row in rows]
    return Table(3, title, head, rows, caption, records, left=2)


def _summary(record: Mapping[str, Any]) -> str:
    """Say what training has brought: the last checkpoint's score beside that of random weights."""
    written = signed if record["task"] == "bits" else percentage
    return f"{TASKS[record['task']]}: {written(record['untrained'])} before training, {written(record['final'])} after."


def _settings(trajectories: Any, setting: str, layer: int) -> dict[str, dict[str, Rows]]:
    """Give rows of final, best and untrained scores by task, then by quantity, then by source and target."""
    splits = ["test", "heldout"] if setting == INSIDE else ["parallel"]
    rows = trace.select(
        trajectories,
        quantity=["final", "best", "untrained"],
        layer=layer,
        split=splits,
        metric=["accuracy", "bits_per_character"],
    )
    found: dict[str, dict[str, Rows]] = {}
    for row in rows:
        if row["value"] is not None and (setting == INSIDE or row["source"] != row["target"]):
            place = found.setdefault(row["task"], {}).setdefault(row["quantity"], {})
            place[row["source"], row["target"]] = row
    return {task: quantities for task, quantities in found.items() if "final" in quantities}


def _baselines(scores: Any, task: str, layer: int) -> dict[str, Pairs]:
    """Give the baselines of a task by name, then by source and target; means over seeds."""
    import pyarrow.compute as pc

    names = {"majority": "majority", "control_accuracy": "shuffled"}
    if task in LEXICAL:
        names[LEXICAL[task]] = "lexical"
    chosen = scores.filter(
        (pc.field("task") == task) & (pc.field("split") == "test") & pc.field("metric").isin([*names])
    )
    chosen = chosen.filter(pc.field("layer").is_null() | (pc.field("layer") == layer))
    groups = chosen.group_by(["metric", "source", "target"], use_threads=False).aggregate([("value", "mean")])
    found: dict[str, Pairs] = {}
    for row in groups.to_pylist():
        found.setdefault(names[row["metric"]], {})[row["source"], row["target"]] = row["value_mean"]
    return found


def _final(task: str, of: Mapping[str, Rows], setting: str, baselines: Mapping[str, Pairs]) -> dict[str, Any]:
    numbers = {name: {pair: row["value"] for pair, row in rows.items()} for name, rows in of.items()}
    values = numbers["final"]
    mean, low, high = average(values, setting)
    record = {"task": task, "n": len(values), "final": mean, "final_low": low, "final_high": high}
    record |= {f"final_{over}": reach(of["final"], over) for over in ("seeds", "items")}
    others = {"best": numbers["best"], "untrained": numbers.get("untrained", {}), **baselines}
    control = others.get("shuffled", {})
    others["selectivity"] = {pair: values[pair] - control[pair] for pair in values if pair in control}
    for name in ASIDE:
        known = others.get(name, {})
        record[name] = float(np.mean(list(known.values()))) if known else None
        record[f"{name}_n"] = len(known)
    return record


def _final_row(record: Mapping[str, Any]) -> list[Cell]:
    written = signed if record["task"] == "bits" else percentage
    ends = (record["final_low"], record["final_high"])
    below = [f"[{written(ends[0])}, {written(ends[1])}]"] if all(map(math.isfinite, ends)) else []
    known = [(over, record[f"final_{over}"]) for over in ("seeds", "items")]
    below += [f"{over} ±{written(value)}" for over, value in known if value is not None]
    cells = [Cell(written(record["final"]), below)]
    for name in ASIDE:
        number = record[f"{name}_n"]
        few = [f"n = {number}"] if number and number != record["n"] else []
        cells.append(Cell(written(record[name]), few))
    return [Cell(TASKS[record["task"]]), Cell(str(record["n"])), *cells]


def average(values: Pairs, setting: str) -> tuple[float, float, float]:
    """Average over languages, or over ordered pairs of different languages, with a 95% interval.

    Examples
    --------
    >>> mean, low, high = average({("en", "en"): 0.8, ("de", "de"): 0.6}, INSIDE)
    >>> round(mean, 6), bool(low < mean < high)
    (0.7, True)
    """
    if setting == INSIDE:
        return uncertainty.mean_interval(list(values.values()))
    return dyad.mean_interval(matrix(values))


def reach(rows: Rows, over: str) -> float | None:
    """Say how far the mean of curves could be another one, with other seeds or test items: half of its 95% interval.

    Of one curve, the squared standard error is s^2 / n over n seeds with standard deviation s, and p (1 - p) / n over n
    test items. Curves of different languages are independent; those of one source share its probes, those of one
    target its test items, and are taken to err together: for pairs it is an upper bound.

    Examples
    --------
    Two languages with accuracies of 0.5 and 0.8 on 100 items: 1.96 / 2 sqrt(0.0025 + 0.0016).

    >>> row = dict(metric="accuracy", runs=5, deviation=0.01, examples=100)
    >>> rows = {("en", "en"): {**row, "value": 0.5}, ("de", "de"): {**row, "value": 0.8}}
    >>> round(reach(rows, "items"), 4), round(reach(rows, "seeds"), 4)
    (0.0628, 0.0062)
    """
    errors: dict[str, float] = {}
    for (source, target), row in rows.items():
        if over == "seeds":
            known = row["deviation"] is not None
            error = row["deviation"] / math.sqrt(row["runs"]) if known else None
        else:
            known = row["metric"] == "accuracy" and bool(row["examples"])
            error = math.sqrt(max(row["value"] * (1 - row["value"]), 0) / row["examples"]) if known else None
        if error is None:
            return None
        common = source if over == "seeds" else target
        errors[common] = errors.get(common, 0.0) + error
    return 1.96 * math.sqrt(sum(error**2 for error in errors.values())) / len(rows)


def matrix(values: Pairs) -> np.ndarray:
    """Put values of pairs into a square, from the row's language to the column's; NaN where there is none."""
    languages = sorted({language for pair in values for language in pair})
    return np.array([[values.get((source, target), math.nan) for target in languages] for source in languages])
