"""The card of a dataset: what its tables are, and how they were made.

The front matter has the fields of the hub's dataset cards (https://huggingface.co/docs/hub/datasets-cards).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from huggingface_hub import DatasetCardData

CATEGORIES = (
    *((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M")),
    *((10**7, "1M<n<10M"), (10**8, "10M<n<100M")),
)
"""The hub's names for sizes, each with the number of rows that it is below."""

CODE = re.compile("(?!q[a-t][a-z])[a-z]{2,3}")
"""A language's code of ISO 639 that is not for private use."""

FIRST = "scores"
"""The table that the hub's viewer shows first."""

TABLES = {
    "scores": "one measured number in each row: model, task, source, target, layer, step, seed, split, metric, value",
    "trajectories": "what follows over steps: best scores, onsets, forgetting, expected layers",
    "intervals": "95% intervals of every curve",
    "correlations": "correlations with facts of the languages",
    "geometry": "how similar languages are, and how well translations are found, by layer and step",
    "geometry_trajectories": "the same over steps",
    "factors": "what the languages of each pair share",
    "regressions": "how transfer follows it",
    "sizes": "how much text of each language a model was pretrained on",
    "models": "the models beside published ones",
}
"""What the tables say, by name; in the card in this order, others after them."""


def size(rows: int) -> str:
    """Return the hub's name for a number of rows.

    Examples
    --------
    >>> size(999), size(1_000), size(314_478), size(10**9)
    ('n<1K', '1K<n<10K', '100K<n<1M', 'n>100M')
    """
    return next((name for limit, name in CATEGORIES if rows < limit), "n>100M")


def languages(codes: Iterable[str]) -> list[str]:
    """Return codes of languages as the hub takes them, sorted: without script, and without those for private use.

    Examples
    --------
    >>> languages(["zh-Hans", "zh-Hant", "de", "qsa", "Klingon"])
    ['de', 'zh']
    """
    return sorted({base for base in (code.partition("-")[0] for code in codes) if CODE.fullmatch(base)})


def card(
    title: str,
    note: str,
    tables: Mapping[str, Sequence[str]],
    rows: int,
    codes: Iterable[str],
    models: Iterable[Mapping[str, Any]],
    records: Iterable[Mapping[str, Any]],
    licence: str | None,
) -> str:
    """Return the card of a dataset, as Markdown with its front matter.

    Parameters
    ----------
    title, note : str
        Those of the study.
    tables : mapping of str to sequence of str
        The files of each table, relative to the card; a table has a file for each model.
    rows : int
        The number of scores.
    codes : iterable of str
        The languages that scores are of.
    models : iterable of mapping
        ``name``, ``provider``, ``source`` and ``steps`` of each model.
    records : iterable of mapping
        The record of each job that the results hang on.
    licence : str or None
        The name that the hub has for the licence of the results; None if none is given.
    """
    known = [name for name in TABLES if name in tables] + sorted(set(tables) - set(TABLES))
    front = DatasetCardData(
        license=licence,
        language=languages(codes) or None,
        pretty_name=_one_line(title),
        size_categories=size(rows),
        tags=["probing", "interpretability", "multilingual", "pretraining-dynamics", "polychron"],
        configs=[
            {"config_name": name, "data_files": list(tables[name]), **({"default": True} if name == FIRST else {})}
            for name in known
        ],
    )
    lines = [
        *("---", front.to_yaml().rstrip("\n"), "---", f"# {_one_line(title)}", ""),
        "Scores of probes of language models over their pretraining checkpoints, and all that was computed from them,",
        "made by the Snakemake workflow polychron.",
    ]
    lines += ["", note.strip()] if note.strip() else []
    lines += ["", "## Tables", "", "| table | what it says |", "|---|---|"]
    lines += [f"| `{name}` | {TABLES.get(name, 'another table of the study')} |" for name in known]
    lines += [
        *("", "Each model has a folder, with its tables, and `figures/` and `tables/` for print. In a notebook, after"),
        "`pip install .` in a checkout of polychron, where `FOLDER` is a download of this dataset:",
        *("", "```python", "import polychron", 'study = polychron.Study("FOLDER/MODEL")', "study.scores()", "```"),
        *("", "## Models", "", "| model | from | steps |", "|---|---|---|"),
    ]
    lines += [f"| {_cell(one['name'])} | {_cell(_origin(one))} | {_steps(one['steps'])} |" for one in models]
    lines += ["", "## Provenance", "", *_provenance(list(records))]
    lines += ["", "## Licence", ""]
    lines += [f"The results: {licence}." if licence else "No licence of the results is stated: ask their authors."]
    lines += ["The models and the data that they were probed on are others' work and not part of this dataset."]
    return "\n".join(lines) + "\n"


def _origin(model: Mapping[str, Any]) -> str:
    source = model.get("source")
    return f"{model['provider']}: {source}" if source else str(model["provider"])


def _steps(steps: Sequence[int]) -> str:
    return f"{len(steps)}, from {min(steps):,} to {max(steps):,}" if steps else "none"


def _provenance(records: list[Mapping[str, Any]]) -> list[str]:
    """Return what the records of jobs say together."""
    begins = [datetime.fromisoformat(record["started"]) for record in records]
    seconds = [record["seconds"] for record in records]
    ends = [begin + timedelta(seconds=took) for begin, took in zip(begins, seconds, strict=True)]
    edited = any(record["uncommitted"] for record in records)
    said = {
        "jobs": f"{len(records):,}, {sum(seconds) / 3600:,.1f} hours in all",
        "made": f"{min(begins):%Y-%m-%d} to {max(ends):%Y-%m-%d}",
        "commit": ", ".join(_values(records, "commit")) + (" with uncommitted edits" if edited else ""),
        "Python": ", ".join(_values(records, "python")),
        "processors": ", ".join(_values(records, "processor")),
        "accelerators": ", ".join(_values(records, "accelerator")) or "none",
    }
    return [
        *("| | |", "|---|---|", *(f"| {name} | {_cell(value)} |" for name, value in said.items()), ""),
        "`provenance.json` has the record of each job: its settings, the checksums of what it read and wrote, and",
        "versions of packages. `config.json` is the study's config.",
    ]


def _values(records: list[Mapping[str, Any]], name: str) -> list[str]:
    return sorted({record[name] for record in records if record[name]})


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _one_line(str(text)).replace("|", "\\|")
