"""The plan of a study for a reader: a table on the terminal, a page, and a message if the study cannot start."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from polychron.planning.costs import Line
from polychron.planning.rates import Rate
from polychron.planning.storage import original
from polychron.reporting import pages


class Spent(NamedTuple):
    """What a rule actually took: jobs with a record, bytes of their outputs and records, and hours."""

    jobs: int
    bytes: int
    hours: float


def spent(records: Iterable[tuple[int, Mapping[str, Any]]], size_of: Any) -> dict[str, Spent]:
    """Add up what finished jobs took, from the records beside their results.

    Parameters
    ----------
    records : iterable of (int, mapping)
        Each record's own size in bytes, and the record.
    size_of : callable
        Returns the size of a file in bytes, 0 if it is missing.

    Returns
    -------
    dict of str to Spent
        By rule; all figures are one rule, and all tables another. Hours are those inside the scripts, without the start
        of Python.
    """
    found: dict[str, Spent] = {}
    for own, record in records:
        rule = record["spec"]["rule"]
        before = found.get(rule, Spent(0, 0, 0.0))
        size = own + sum(size_of(path) for path in record["outputs"])
        found[rule] = Spent(before.jobs + 1, before.bytes + size, before.hours + record["seconds"] / 3600)
    return found


def amount(number: float) -> str:
    """Write a number of bytes for a reader.

    Examples
    --------
    >>> amount(43_420_000_000), amount(1500)
    ('43.4 GB', '1.50 kB')
    """
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 999.5 or unit == "TB":
            return f"{number:.0f} B" if unit == "B" else f"{number:#.3g} {unit}".replace(". ", " ")
        number /= 1000
    raise AssertionError  # the loop ends with TB


def hours(number: float) -> str:
    """Write a number of hours for a reader.

    Examples
    --------
    >>> hours(0.25), hours(3.21), hours(1234.5)
    ('15 min', '3.2 h', '1,234 h')
    """
    return f"{number * 60:.0f} min" if number < 1 else f"{number:.1f} h" if number < 100 else f"{number:,.0f} h"


def total(lines: Sequence[Line]) -> Line:
    """Return the sum of all lines; `temporary` is summed too, because models may be fetched in parallel."""
    return Line(
        "in all",
        jobs=sum(line.jobs for line in lines),
        bytes=sum(line.bytes for line in lines),
        temporary=sum(line.temporary for line in lines),
        gpu_hours=sum(line.gpu_hours for line in lines),
        core_hours=sum(line.core_hours for line in lines),
    )


def wall(lines: Sequence[Line], gpus: int, cores: int) -> float:
    """Return the hours from start to end if all GPUs and all cores are busy in parallel."""
    everything = total(lines)
    return max(everything.gpu_hours / max(gpus, 1), everything.core_hours / cores)


HEAD = ("rule", "jobs", "disk", "GPU", "core")
FOUND = ("jobs found", "disk found", "hours found")


def rows(lines: Sequence[Line], found: Mapping[str, Spent]) -> list[tuple[str, ...]]:
    """Return the plan as rows of text, one for each rule and one for all, with what was spent if there is any."""
    laid = [HEAD + (FOUND if found else ())]
    for line in [*lines, total(lines)]:
        row = (
            line.rule,
            f"{line.jobs:,}",
            amount(line.bytes),
            hours(line.gpu_hours) if line.gpu_hours else "",
            hours(line.core_hours) if line.core_hours else "",
        )
        if found:
            known = list(found.values()) if line.rule == "in all" else [found[line.rule]] if line.rule in found else []
            fact = Spent(*(sum(part) for part in zip(*known, strict=True))) if known else None
            row += (f"{fact.jobs:,}", amount(fact.bytes), hours(fact.hours)) if fact else ("", "", "")
        laid.append(row)
    return laid


def text(laid: Sequence[tuple[str, ...]], notes: Sequence[str]) -> str:
    """Return rows in aligned columns, with notes below."""
    widths = [max(map(len, column)) for column in zip(*laid, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in laid
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], "", *notes])


def page(title: str, laid: Sequence[tuple[str, ...]], notes: Sequence[str]) -> str:
    """Return an HTML page of rows, with notes below."""
    head, *rows = laid
    return pages.render("plan.html", title=title, head=head, rows=rows, notes=notes)


def sources(study: Mapping[str, Any], counted: Mapping[str, int]) -> str:
    """Return a sentence on what will be fetched, and one on where the sizes of the datasets are from.

    Examples
    --------
    >>> files = {"ud/a.conllu": 10, "ud/b.conllu": None, "xnli.zip": 5}
    >>> sources({"downloads": files, "beginnings": 3, "models": [], "datasets": {"treebank/en": {}}}, {}).split(". ")[0]
    'To be fetched: 2 files of ud (10 B, and 1 of unknown size), 1 of xnli.zip (5 B), the beginnings of 3 texts'
    """
    folders: dict[str, list[int | None]] = {}
    for path, size in study["downloads"].items():
        folders.setdefault(path.split("/")[0], []).append(size)
    told = []
    for folder, found in sorted(folders.items()):
        known = [size for size in found if size is not None]
        unknown = f", and {len(found) - len(known)} of unknown size" if len(known) < len(found) else ""
        noun = "" if told else " file" if len(found) == 1 else " files"
        told.append(f"{len(found)}{noun} of {folder} ({amount(sum(known))}{unknown})")
    if study["beginnings"]:
        told.append(f"the beginnings of {study['beginnings']} texts")
    for model in study["models"]:
        steps = model["grid"].get("steps", study.get("steps"))
        whole = f"{steps} checkpoint{'s' * (steps > 1)} of {model['name']}"
        if model["provider"] == "published":
            told.append(f"{whole} (up to {amount(steps * original(model))}, should they hold an optimizer's state)")
        elif model["provider"] == "hub":
            told.append(f"{whole} (some {amount(steps * original(model))}, which the hub's cache keeps)")
    fetched = f"To be fetched: {', '.join(told)}" if told else "Nothing is fetched"
    own = {} if study.get("packed", True) else study["texts"]
    if absent := sorted(language for language, size in own.items() if size is None):
        fetched += (
            f". Texts that are not there are taken to be as long as those of CC100, which may be far too long: "
            f"{', '.join(absent)}"
        )
    return (
        f"{fetched}. {len(counted)} of "
        f"{len(study['datasets'])} datasets are here and their words were counted; the sizes of the others are "
        "published, recalled or assumed ones (workflow/data/sizes.tsv). Models are taken to be of the sizes in "
        "pretraining."
    )


def notes(lines: Sequence[Line], limits: Mapping[str, Any], speed: Mapping[str, Rate], origins: str) -> list[str]:
    """Return notes on the numbers of a plan and their sources: `origins` (see `sources`), and that of each rate."""
    everything, gpus, cores = total(lines), limits["gpus"], limits["cores"]
    devices = (f"{gpus} {limits['card'].upper()} and " if gpus else "") + f"{cores} cores"
    said = [
        f"With {devices} (plan.gpus, plan.cores): {hours(wall(lines, gpus, cores))}, all of them busy.",
        f"At the peak {amount(everything.bytes + everything.temporary)} on disk, downloads included. Of this, "
        f"{amount(everything.temporary)} are needed only while checkpoints are converted, or are in the hub's cache. "
        "Logs and Snakemake's own records are not included (some 5 kB a job).",
        origins,
        *(f"Rate of {name}: {rate.source}." for name, rate in speed.items()),
    ]
    return [*said, *beyond_limits(lines, limits)]


def on_cards(found: Mapping[str, float]) -> str:
    """Return a sentence on the hours of one GPU of each kind.

    Examples
    --------
    >>> on_cards({"v100": 60.2, "h100": 20})
    'On one GPU: 60.2 h of a V100 (scaled by data sheets), 20.0 h of an H100.'
    """
    told = []
    for card, number in found.items():
        article, scaled = "an" if card[0] in "ah" else "a", "" if card == "h100" else " (scaled by data sheets)"
        told.append(f"{hours(number)} of {article} {card.upper()}{scaled}")
    return f"On one GPU: {', '.join(told)}."


def too_large(lines: Sequence[Line], limit: float) -> str | None:
    """Return a message if a study needs more disk than it may use, with what can be done; None otherwise."""
    everything = total(lines)
    peak = everything.bytes + everything.temporary
    if peak <= limit * 1e9:
        return None
    largest = sorted(lines, key=lambda line: -line.bytes)[:3]
    taken = ", ".join(f"{line.rule} {amount(line.bytes)}" for line in largest)
    return (
        f"The study takes {amount(peak)}, and plan.max_disk allows {amount(limit * 1e9)}: a run does not start. "
        f"Most of it: {taken}. Next: take kinds of dataset out of features.store (what is not stored is computed "
        "where it is read), ask for fewer steps, layers or languages, or raise plan.max_disk."
    )


def too_costly(lines: Sequence[Line], limits: Mapping[str, Any], note: str | None = None) -> str | None:
    """Return a message if a study needs more hours of GPUs than it may use; None where it may.

    Parameters
    ----------
    lines : sequence of Line
    limits : mapping
        ``max_gpu_hours``, in hours of one GPU or None, and ``card``.
    note : str, optional
        What the study says of itself.
    """
    limit, needed = limits.get("max_gpu_hours"), total(lines).gpu_hours
    if limit is None or needed <= limit:
        return None
    largest = sorted(lines, key=lambda line: -line.gpu_hours)[:3]
    taken = ", ".join(f"{line.rule} {hours(line.gpu_hours)}" for line in largest if line.gpu_hours)
    consent = 10 ** math.ceil(math.log10(needed))
    return (
        f"The study takes {hours(needed)} of one {limits['card'].upper()} by the plan, and plan.max_gpu_hours allows "
        f"{hours(limit)}: a run does not start. Most of it: {taken}. {f'{note} ' if note else ''}Next: ask for fewer "
        "models, steps or updates, or, if this is meant, raise plan.max_gpu_hours: "
        f"--config 'plan={{max_gpu_hours: {consent}}}'."
    )


def beyond_limits(lines: Sequence[Line], limits: Mapping[str, Any], note: str | None = None) -> list[str]:
    """Return why a study does not start: it needs more disk or more hours of GPUs than it may use; see these."""
    return [message for message in (too_large(lines, limits["max_disk"]), too_costly(lines, limits, note)) if message]


def ways_on(study: str, lines: Sequence[Line], limits: Mapping[str, Any]) -> str:
    """Return a message that a study does not start on a single machine, with what can be done instead."""
    everything = total(lines)
    card = limits["card"].upper()
    main = [line for line in sorted(lines, key=lambda line: -line.jobs)[:6] if line.jobs > 1]
    return "\n".join(
        [
            f"The study {study!r} needs a cluster, and nothing was started. Its plan:",
            f"  {everything.jobs:>9,}  jobs, among them",
            *(f"  {line.jobs:>9,}  {line.rule}" for line in main),
            f"  {amount(everything.bytes + everything.temporary):>9}  on disk",
            f"  {hours(everything.gpu_hours):>9}  of one {card}, {hours(everything.core_hours)} of one core",
            f"A single machine starts at most {limits['local_jobs']:,} jobs (plan.local_jobs). What you can do:",
            "  the plan in full:             snakemake plan",
            "  on a Slurm cluster:           snakemake --profile slurm-v100",
            "  the embedded toy study:       snakemake --configfile studies/toy.yaml -c all",
            "  real data on a laptop:        snakemake --configfile studies/mini.yaml -c all",
            "  from scores of a cluster:     snakemake -c all --config scores=FOLDER (with MODEL/scores.parquet)",
            "  what would run, job by job:   snakemake -n",
            "  here all the same:            snakemake -c all --config 'plan={local_jobs: 1000000}'",
        ]
    )
