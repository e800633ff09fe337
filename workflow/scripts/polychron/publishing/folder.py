"""The folder of a dataset: tables, figures and records of a study, with its card."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from polychron.errors import InputError
from polychron.provenance import ro_crate
from polychron.provenance.records import again
from polychron.publishing import card, push
from polychron.redaction import redact
from polychron.storage import files

PUBLISHED = (
    *("*.parquet", "figures/*.svg", "figures/*.png", "figures/*.rst"),
    *("tables/*.csv", "tables/*.tex", "audit/*.csv", "audit/*.html", "checkpoints/examination.csv"),
)
"""What is published, as patterns below ``results/MODEL``: numbers and drawings, and no text of others."""

PAGES = "figures/*.html"
"""Pages of figures. Their records are published, by which they can be drawn again; the pages are large and are not."""

CARD = "README.md"


def published(path: str) -> bool:
    """Whether a result is part of the dataset.

    Examples
    --------
    >>> [published(f"results/m/{name}") for name in ("scores.parquet", "figures/figure-01.svg", "pieces/de.parquet")]
    [True, True, False]
    >>> published("results/m/prepared/translations.parquet")
    False
    """
    return _fits(path, PUBLISHED)


def check(folder: str | Path, known: Mapping[str, str]) -> None:
    """Check that a folder has what was exported, and nothing else.

    Parameters
    ----------
    folder : path-like
    known : mapping of str to str
        What `write` returned.

    Raises
    ------
    InputError
        A file was added, changed or taken away.
    """
    there = {path.relative_to(folder).as_posix(): path for path in Path(folder).rglob("*") if path.is_file()}
    there.pop(push.TIMESTAMP, None)
    other = sorted({*there} ^ {*known}) or [name for name in known if files.checksum(there[name]) != known[name]]
    if other:
        raise InputError(
            "was added, changed or taken away since the dataset was exported, and nothing was pushed",
            file=Path(folder) / other[0],
            remedy="export it again: snakemake ... --forcerun export_dataset -- publish",
        )


def _fits(path: str, patterns: Iterable[str]) -> bool:
    parts = PurePosixPath(path).parts
    inner = PurePosixPath(*parts[2:])
    return parts[:1] == ("results",) and any(
        inner.match(pattern) and len(inner.parts) == pattern.count("/") + 1 for pattern in patterns
    )


def write(
    folder: str | Path,
    title: str,
    note: str,
    config: Mapping[str, Any],
    models: Iterable[Mapping[str, Any]],
    records: Mapping[str, Mapping[str, Any]],
    targets: Iterable[str],
    licence: str | None = None,
    sources: str = "",
) -> dict[str, str]:
    """Write the folder of a dataset. What an earlier version of it has there is removed.

    Parameters
    ----------
    folder : path-like
        Where it goes.
    title, note : str
        Those of the study.
    config : mapping
        The whole config of the run; without places where files are looked for.
    models : iterable of mapping
        See `card.card`.
    records : mapping of str to mapping
        The record of each job, by the record's own path; paths are relative to the working directory.
    targets : iterable of str
        The results that are asked for. Jobs that they do not hang on are left out.
    licence : str, optional
        The hub's name for the licence of the results.
    sources : str, optional
        The rows that the config adds to the workflow's table of sources, as the text of a table.

    Returns
    -------
    dict of str to str
        The sha256 of each file, by its path below `folder`.

    Raises
    ------
    InputError
        There are no results, or one is not what its record says.
    """
    reached = ro_crate.reached(targets, records)
    results = {path: sha for record in reached.values() for path, sha in record["outputs"].items() if published(path)}
    if not any(path.endswith("/scores.parquet") for path in results):
        raise InputError("no scores to publish", remedy="run the study first: snakemake --configfile ... -- all")
    folder, outside = Path(folder), ro_crate.Outside()
    shutil.rmtree(folder, ignore_errors=True)
    for path, sha in sorted(results.items()):
        if not Path(path).is_file() or files.checksum(path) != sha:
            raise InputError("gone, or not what its record says", file=path, remedy=again(path))
        target = folder / _below(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    told = {path: _told(record, outside) for path, record in sorted(reached.items())}
    for path, record in told.items():
        if any(published(output) or _fits(output, [PAGES]) for output in record["outputs"]):
            files.write_json(folder / _below(path), record)
    files.write_json(folder / "provenance.json", told)
    files.write_json(folder / "config.json", outside.within(config))
    if sources:
        files.write_text(folder / "sources.tsv", redact(sources))
    tables: dict[str, list[str]] = {}
    for path in sorted(results):
        if path.endswith(".parquet"):
            tables.setdefault(Path(path).stem, []).append(_below(path))
    scores = [files.read_table(folder / path, ["target"])["target"] for path in tables[card.FIRST]]
    codes = {code for column in scores for name in column.unique().to_pylist() for code in (name or "").split("/")}
    said = card.card(
        *(outside.within(title), outside.within(note), tables, sum(map(len, scores)), codes),
        *([outside.within(dict(model)) for model in models], told.values(), licence),
    )
    files.write_text(folder / CARD, said)
    written = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): files.checksum(path) for path in written}


def _below(path: str) -> str:
    """Return where a result is in the dataset: without ``results``."""
    return PurePosixPath(*PurePosixPath(path).parts[1:]).as_posix()


def _told(record: Mapping[str, Any], outside: ro_crate.Outside) -> dict[str, Any]:
    """Return a record as others may read it: without the host, and with other names for paths outside."""
    return outside.within({name: value for name, value in record.items() if name not in ro_crate.PRIVATE})
