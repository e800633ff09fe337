"""The last checkpoint of each model, averaged over languages, and baselines (Table 3)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from polychron.analysis import bits
from polychron.probing.tasks import registry
from polychron.reporting import baselines
from polychron.reporting.formatting import counted, enumerated, percentage, signed
from polychron.reporting.tables import Cell, Table, nothing
from polychron.tables.averages import ACROSS, INSIDE, average, by_pair, known

ASIDE = {
    "best": "Best",
    "untrained": "Step 0",
    "majority": "Majority",
    "lexical": "Lexical",
    "distance": "Distance",
    "distance_upos": "Distance + UPOS",
    "shuffled": "Shuffled",
    "control": "Control",
    "selectivity": "Selectivity",
    "description_length": "Bits/label",
    "compression": "Compression",
}
"""Columns beside the last checkpoint in Table 3."""


def final(models: Sequence[str], scores: Sequence[Any], trajectories: Sequence[Any], layer: int) -> Table:
    """Return Table 3: the last checkpoint, averaged over languages and pairs, with its baselines.

    The last checkpoint of a model that is not trained is its only one, step 0.

    Parameters
    ----------
    models : sequence of str
        Names of the models, in the order of their rows. All but the first have their difference from it beside them,
        over the languages or pairs that both have.
    scores, trajectories : sequence of pyarrow.Table
        Those of each model; see `scores.score_schema` and `trajectories.schema`.
    layer : int
        The layer whose curves are averaged: the final one.
    """
    title = "The last checkpoint, averaged over languages, and what is known without it"
    rows, records, low, absent = [], [], [], []
    first: dict[tuple[str, str], pd.Series] = {}
    trained = dict(zip(models, map(_is_trained, trajectories), strict=True))
    for model, measured, traced in zip(models, scores, trajectories, strict=True):
        at_last = "final" if trained[model] else "untrained"
        for setting in (INSIDE, ACROSS):
            curves = known(traced, setting, ["final", "best", "untrained"], layer)
            label, scored = setting if len(models) == 1 else f"{model}: {setting.lower()}", []
            there = curves["task"][curves["quantity"] == at_last].unique()
            place = setting.lower() if len(models) == 1 else f"{model}, {setting.lower()}"
            absent += [f"{registry.TITLES[task]} ({place})" for task in registry.in_order({*curves["task"]} - {*there})]
            for task in registry.in_order(there):
                last, best, untrained = (by_pair(curves, task, name) for name in (at_last, "best", "untrained"))
                others = {"best": best["value"], "untrained": untrained["value"]}
                beside = _baselines(measured, task, layer, int(last["step"].max()))
                if setting == INSIDE:
                    others |= beside
                elif registry.of(task).dataset == "inference":
                    others |= _of_targets(beside, last.index)
                record = _final(task, last, setting, others)
                other = first.get((setting, task))
                record |= NO_PAIR if other is None else _difference(last["value"], other, setting)
                if model == models[0]:
                    first[setting, task] = last["value"]
                rows.append([Cell(label), *_final_row(record, setting, trained[model])])
                records.append({"model": model, "setting": setting, **record})
                scored += [
                    {"task": task, "source": source, "target": target, "value": value}
                    for (source, target), value in last["value"].items()
                ]
                label = ""
            said = baselines.below(baselines.of_scores(measured), scored, "last score")
            low += [f"{setting if len(models) == 1 else f'{model}, {setting.lower()}'}. {text}" for text in said]
    if not rows:
        return nothing(3, title, "no curve has a score at the last step")
    caption = [
        "Means over languages, and over ordered pairs of different languages; accuracy in percent, of probes at "
        f"layer {layer}; bits per character, of the whole model (lower is better). In brackets, 95% intervals: "
        "Student's over languages, and over pairs with the variance of dyads, in which pairs that share a language "
        "covary; below, how far other seeds, other test items and both would move the mean. Best is the mean of each "
        "curve's best checkpoint.",
        "Beside it what is known without the trained model: its random weights (step 0), the most frequent label, the "
        "most frequent label of the word forms (of one word, or of both words of a relation) or of the "
        "hypothesis alone (lexical; across languages that of the target), the most frequent label at the signed "
        "distance of two words, and at that with their parts of speech, and probes trained on shuffled labels. In the "
        "control task each word form has a random label of its own; selectivity is last minus control (Hewitt and "
        "Liang 2019). Bits/label is the length of the train labels given the vectors, by online coding, and "
        "compression how many times shorter that is than log2 of the number of labels (Voita and Titov 2020).",
    ]
    if absent:
        caption.append(f"Without a score at the last step, and so without a row: {enumerated(absent)}.")
    caption += low
    if any(record["difference"] is not None for record in records):
        caption.append(
            f"Below the other models' means, their difference from {models[0]} with its 95% interval: of the "
            "differences in each language or pair, so that what is hard for both does not widen it."
        )
    before = [record for record in records if trained[record["model"]] and record["untrained"] is not None]
    if before:
        caption.append(" ".join(_summary(record, several=len(models) > 1) for record in before))
    if plain := list(dict.fromkeys(record["model"] for record in records if not trained[record["model"]])):
        are_not = "is not trained: its" if len(plain) == 1 else "are not trained: their"
        caption.append(f"{enumerated(plain)} {are_not} last checkpoint is step 0.")
    for model, traced in zip(models, trajectories, strict=True):
        said = [*_spans(traced, layer), *bits.captions(traced)]
        caption += [f"{model}: {one}" if len(models) > 1 else one for one in said]
    missing = [
        title.lower()
        for name, title in ASIDE.items()
        if all(record[name] is None for record in records)
        and any(_applies(name, record["task"], record["setting"], trained[record["model"]]) for record in records)
    ]
    if missing:
        beside = {"shuffled", "control", "selectivity", "bits/label", "compression"}
        asked = " Ask for these with probing.controls and probing.description_length." if beside & {*missing} else ""
        caption.append(f"Not run in this study: {', '.join(missing)}.{asked}")
    return Table(3, title, ["Setting", "Task", "n", "Last", *ASIDE.values()], rows, caption, records, left=2)


def _is_trained(trajectories: Any) -> bool:
    """Whether a model has a step beside step 0, so that its trajectories have a last one."""
    return "final" in trajectories["quantity"].unique().to_pylist()


def _applies(name: str, task: str, setting: str, trained: bool) -> bool:
    """Whether a baseline applies: all of them to probes in-language, two to all, and one to transfer of inference."""
    if name in ("best", "untrained"):
        return trained or name == "untrained"
    if name == "lexical" and registry.of(task).dataset == "inference":
        return True
    if setting != INSIDE or task == "bits":
        return False
    if name in ("control", "selectivity"):
        return registry.of(task).dataset != "inference"
    if name.startswith("distance"):
        return registry.of(task).order is not None
    return name != "lexical" or registry.of(task).lexical is not None


def _spans(traced: Any, layer: int) -> list[str]:
    """Return a sentence with the F1 of the names that tasks of named entities find; none where there are none."""
    said, trained = [], _is_trained(traced)
    at_last = "final" if trained else "untrained"
    for setting in (INSIDE, ACROSS):
        curves = known(traced, setting, ["final", "untrained"], layer, ["span_f1"])
        for task in registry.in_order(curves["task"][curves["quantity"] == at_last].unique()):
            last, before = (by_pair(curves, task, name)["value"] for name in (at_last, "untrained"))
            untrained = f", {percentage(before.mean())} before training" if trained and len(before) else ""
            number = counted(len(last), "language" if setting == INSIDE else "pair")
            found = f"F1 of whole names is {percentage(last.mean())}{untrained} (mean of {number})"
            said.append(f"{registry.TITLES[task]}, {setting.lower()}, {found}.")
    return [" ".join(said)] if said else []


def _summary(record: Mapping[str, Any], several: bool) -> str:
    """Return a sentence with the last checkpoint's score beside that of random weights; of several models, with one."""
    written = signed if record["task"] == "bits" else percentage
    before, after = written(record["untrained"]), written(record["final"])
    place = f"{record['model']}, {record['setting'].lower()}" if several else record["setting"]
    return f"{place}, {registry.TITLES[record['task']]}: {before} before training, {after} after."


def _baselines(scores: Any, task: str, layer: int, step: int) -> dict[str, pd.Series]:
    """Return the baselines of a task by name, each by source and target; means over seeds.

    Controls and description lengths may have been run at all layers and steps: those of `layer` and `step` are taken.
    """
    import pyarrow.compute as pc

    names = {"majority": "majority", "shuffled_accuracy": "shuffled", "word_type_accuracy": "control"}
    names |= {name: name for name in ("distance", "distance_upos", "description_length", "compression")}
    if lexical := registry.of(task).lexical:
        names[lexical] = "lexical"
    chosen = scores.filter(
        (pc.field("task") == task) & (pc.field("split") != "dev") & pc.field("metric").isin([*names])
    )
    for name, here in (("layer", layer), ("step", step)):
        chosen = chosen.filter(pc.field(name).is_null() | (pc.field(name) == here))
    # pyarrow's mean of a few seeds: that of pandas differs in the last bit
    groups = chosen.group_by(["metric", "source", "target"], use_threads=False).aggregate([("value", "mean")])
    rows = groups.to_pandas().set_index(["source", "target"])
    return {names[metric]: of["value_mean"] for metric, of in rows.groupby("metric")}


def _of_targets(known: Mapping[str, pd.Series], pairs: pd.Index) -> dict[str, pd.Series]:
    """Return the lexical baseline of the target of each pair, where transfer is scored on the same examples."""
    if "lexical" not in known:
        return {}
    of = known["lexical"].groupby(level="target").first()
    targets = [pair for pair in pairs if pair[1] in of.index]
    return (
        {"lexical": pd.Series([of[target] for _, target in targets], pd.MultiIndex.from_tuples(targets))}
        if targets
        else {}
    )


def _final(task: str, last: pd.DataFrame, setting: str, others: Mapping[str, pd.Series]) -> dict[str, Any]:
    mean, low, high = average(last["value"], setting)
    record = {"task": task, "n": len(last), "final": mean, "final_low": low, "final_high": high}
    noise = {over: reach(last, over) for over in ("seeds", "items")}
    # independent of each other: the seeds of a curve share its test items
    noise["both"] = None if None in noise.values() else math.hypot(*noise.values())
    record |= {f"final_{over}": width for over, width in noise.items()}
    if "control" in others:
        others = {**others, "selectivity": selectivity(last["value"], others["control"])}
    for name in ASIDE:
        values = others.get(name, ())
        record[name] = float(values.mean(skipna=False)) if len(values) else None
        record[f"{name}_n"] = len(values)
    return record


def selectivity(values: pd.Series, control: pd.Series) -> pd.Series:
    """Return how much better probes do on a task than on its control task, where both were trained.

    In the control task each word form has a random label, so that a probe can only have memorised what it gets right
    (Hewitt and Liang 2019).

    Examples
    --------
    >>> values = pd.Series({("de", "de"): 0.75, ("en", "en"): 0.875})
    >>> selectivity(values, pd.Series({("de", "de"): 0.25})).to_dict()
    {('de', 'de'): 0.5}
    """
    shared = values.index.intersection(control.index)
    return values[shared] - control[shared]


NO_PAIR = {"difference": None, "difference_low": None, "difference_high": None, "difference_n": 0}


def _difference(values: pd.Series, other: pd.Series, setting: str) -> dict[str, Any]:
    """Average the differences of two models over what both have, paired by language or pair."""
    shared = (values - other).dropna()
    if shared.empty:
        return NO_PAIR
    mean, low, high = average(shared, setting)
    return {"difference": mean, "difference_low": low, "difference_high": high, "difference_n": len(shared)}


def _final_row(record: Mapping[str, Any], setting: str, trained: bool) -> list[Cell]:
    written = signed if record["task"] == "bits" else percentage
    ends = (record["final_low"], record["final_high"])
    below = [f"[{written(ends[0])}, {written(ends[1])}]"] if all(map(math.isfinite, ends)) else []
    known = [(over, record[f"final_{over}"]) for over in ("seeds", "items", "both")]
    below += [f"{over} ±{written(value)}" for over, value in known if value is not None]
    if record["difference"] is not None:
        low, high = record["difference_low"], record["difference_high"]
        interval = f" [{written(low)}, {written(high)}]" if math.isfinite(low) and math.isfinite(high) else ""
        below.append(f"difference {written(record['difference'])}{interval}")
    cells = [Cell(written(record["final"]), below)]
    for name in ASIDE:
        number = record[f"{name}_n"]
        few = [f"n = {number}"] if number and number != record["n"] else []
        silent = record[name] is None and _applies(name, record["task"], setting, trained)
        plain = name in ("description_length", "compression") and record[name] is not None
        cells.append(Cell("not run" if silent else f"{record[name]:.2f}" if plain else written(record[name]), few))
    return [Cell(registry.TITLES[record["task"]]), Cell(str(record["n"])), *cells]


def reach(rows: pd.DataFrame, over: str) -> float | None:
    """Return half of the 95% interval of a mean of curves: how much other seeds or test items would change it.

    Of one curve, the squared standard error is s^2 / n over n seeds with standard deviation s, and p (1 - p) / n over n
    test items. Curves of different languages are independent; those of one source share its probes, those of one
    target its test items, and are taken to err together: for pairs it is an upper bound.

    Examples
    --------
    Two languages with accuracies of 0.5 and 0.8 on 100 items: 1.96 / 2 sqrt(0.0025 + 0.0016).

    >>> values = pd.Series({("en", "en"): 0.5, ("de", "de"): 0.8})
    >>> rows = pd.DataFrame(dict(value=values, metric="accuracy", runs=5, deviation=0.01, examples=100))
    >>> round(reach(rows, "items"), 4), round(reach(rows, "seeds"), 4)
    (0.0628, 0.0062)
    """
    if over == "seeds":
        errors = rows["deviation"] / np.sqrt(rows["runs"])
    else:
        variances = (rows["value"] * (1 - rows["value"])).clip(lower=0) / rows["examples"]
        errors = np.sqrt(variances.where((rows["metric"] == "accuracy") & (rows["examples"] > 0)))
    if errors.isna().any():
        return None
    # Python's sum, in the order of the rows: that of pandas differs in the last bit
    together = errors.groupby(level=0 if over == "seeds" else 1, sort=False).agg(sum)
    return 1.96 * math.sqrt(sum(together**2)) / len(rows)
