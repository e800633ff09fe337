"""Reproduction: whether results are what their records say, are up to date, and can be reproduced.

Snakemake looks at modification times and at what it wrote into ``.snakemake``. It does not notice a result that was
truncated or overwritten with its time kept, or a large input that was replaced by an older file. The record beside each
result (`polychron.provenance.records`) holds checksums of all files that the job read and wrote, and the values and the
code that the result was made with. This module compares the records with the files and with the study.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from polychron.errors import InputError

VERDICTS = {
    "damaged": "its bytes are not those that were written, or it is missing",
    "not repeated": "trained again, it has other scores or bytes",
    "unrecorded": "no sound record says what made it",
    "other data": "an input is no longer the one that was read",
    "other code": "the code that makes it has changed since",
    "other packages": "a package that it is made with has another version",
    "other values": "the config asks for it with other values",
}
"""What may be wrong with a result, the most serious first."""

NAMED_APART = {"code": "other code", "packages": "other packages"}


class Result(NamedTuple):
    """A result and what is wrong with it, if anything.

    Attributes
    ----------
    file : str
        Its first output, or a file without a record.
    rule : str
        The rule that made it; empty if there is no record.
    verdict : str
        One of `VERDICTS`; empty if nothing is wrong.
    detail : str
        The file or the values at fault.
    """

    file: str
    rule: str
    verdict: str = ""
    detail: str = ""


class Again(NamedTuple):
    """A cell that was trained again.

    Attributes
    ----------
    file : str
        Its scores.
    same : bool
        Whether scores and weights have the same bytes.
    difference : float
        The largest absolute difference of a score, infinite if a row is missing.
    here : bool
        Whether the stored cell was made on hardware of this kind.
    """

    file: str
    same: bool
    difference: float
    here: bool


def fingerprints(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return a short checksum of each value of a spec, so that those of a whole grid can be passed to a job.

    Parameters
    ----------
    spec : mapping
        Names and plain values, as in a record.

    Returns
    -------
    dict of str to str
        The first ten hexadecimal digits of each value's sha256.

    Examples
    --------
    >>> before, after = fingerprints({"batch": 256, "seeds": [0, 1]}), fingerprints({"batch": 64, "seeds": [0, 1]})
    >>> [name for name in before if before[name] != after[name]]
    ['batch']
    """
    return {
        name: hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:10]
        for name, value in spec.items()
    }


def checksums(paths: Iterable[str], checksum: Callable[[str], str], threads: int) -> dict[str, str | None]:
    """Return the checksum of every file, None if it cannot be read; each file is read once, several at a time."""

    def of(path: str) -> str | None:
        try:
            return checksum(path)
        except (OSError, ValueError):  # ValueError: no path at all
            return None

    paths = sorted(set(paths))
    with ThreadPoolExecutor(threads) as pool:
        return dict(zip(paths, pool.map(of, paths), strict=True))


def repeatable(record: Mapping[str, Any], checksum: Callable[[str], str]) -> bool:
    """Whether all files that a record names exist, with the bytes that were read and written."""
    known = {**record["inputs"], **record["outputs"]}
    return checksums(known, checksum, 1) == known


def draw(
    cells: Sequence[Mapping[str, Any]],
    record_of: Callable[[Mapping[str, Any]], Path],
    read: Callable[[Path], Any],
    checksum: Callable[[str], str],
    *,
    number: int,
    seed: int,
) -> list[Mapping[str, Any]]:
    """Draw cells of a study whose files and inputs are those that their records name.

    Parameters
    ----------
    cells : sequence of mapping
        The wildcards of each cell.
    record_of : callable
        Returns the path of a cell's record.
    read, checksum : callable
        Read a record, and return a file's checksum. Cells are left out whose record raises an `InputError`.
    number : int
        How many are drawn; fewer if there are not that many.
    seed : int
        Seed of the draw.
    """

    def can_be_repeated(cell: Mapping[str, Any]) -> bool:
        try:
            return repeatable(read(record_of(cell)), checksum)
        except InputError:  # no record, or none that can be read
            return False

    order = random.Random(seed).sample(cells, len(cells))
    return list(islice(filter(can_be_repeated, order), number))


def files_of(record: Mapping[str, Any]) -> list[str]:
    """List the files that a record names."""
    return [*record["outputs"], *record["inputs"]]


def examine(
    records: Sequence[Mapping[str, Any]],
    expected: Mapping[str, Mapping[str, str]],
    found: Mapping[str, str | None],
    unreadable: Mapping[str, str] = MappingProxyType({}),
) -> list[Result]:
    """Compare records with the files that exist, and with what the study asks for.

    Parameters
    ----------
    records : sequence of mapping
        Records as `polychron.workflow.jobs.job` writes them.
    expected : mapping of str to mapping of str to str
        For each file that a rule of the study makes, the `fingerprints` of the spec that it would be made with now.
    found : mapping of str to str or None
        The checksums of the files that the records name.
    unreadable : mapping of str to str, optional
        The first outputs of the jobs whose records cannot be read, and what is wrong with each record.

    Returns
    -------
    list of Result
        At least one for each record whose result a rule of the study still makes, and one for each file of `expected`
        without a record, sorted by name. A result may have several faults.
    """
    results = []
    recorded: set[str] = set()
    for record in records:
        outputs = record["outputs"]
        recorded.update(outputs)
        file = next((name for name in outputs if name in expected), None)
        if file is None:
            continue
        rule = record["spec"]["rule"]
        faults = [*_damage(outputs, found), *_other_data(record["inputs"], found)]
        faults += _no_longer(fingerprints(record["spec"]), expected[file])
        results += [Result(file, rule, *fault) for fault in faults] or [Result(file, rule)]
    lacking = (file for file in expected if file not in recorded)
    results += [Result(file, "", "unrecorded", unreadable.get(file, "")) for file in lacking]
    return sorted(results)


def of_other_files(originals: Iterable[tuple[str, str, str]]) -> list[Result]:
    """Return results that would be read from files with other content now, from their paths, rules, and those files."""
    return [Result(file, rule, "other data", f"{original} is another file now") for file, rule, original in originals]


def _damage(outputs: Mapping[str, str], found: Mapping[str, str | None]) -> Iterable[tuple[str, str]]:
    for name, written in outputs.items():
        if found[name] is None:
            yield "damaged", f"{name} is missing"
        elif found[name] != written:
            yield "damaged", f"{name} has the sha256 {found[name][:12]}…, recorded is {written[:12]}…"


def _other_data(inputs: Mapping[str, str], found: Mapping[str, str | None]) -> Iterable[tuple[str, str]]:
    for name, read in inputs.items():
        if found[name] not in (None, read):
            yield "other data", f"{name} has the sha256 {found[name][:12]}…, read was {read[:12]}…"


def _no_longer(made: Mapping[str, str], asked: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    names = sorted(name for name in {*made, *asked} if made.get(name) != asked.get(name))
    for name, verdict in NAMED_APART.items():
        if name in names:
            yield verdict, ""
    values = [name for name in names if name not in NAMED_APART]
    if values:
        yield "other values", ", ".join(values)


def difference(stored: Iterable[Mapping[str, Any]], again: Iterable[Mapping[str, Any]]) -> float:
    """Return the largest absolute difference between the accuracies of two tables of scores.

    The rows of the kept epoch are left out: if it differs, the accuracies show it.

    Parameters
    ----------
    stored, again : iterable of mapping
        Rows of scores; all columns but ``value`` name a row.

    Returns
    -------
    float
        Infinite if one table has a row that the other lacks, or a number where the other has NaN.

    Examples
    --------
    >>> one = {"metric": "accuracy", "seed": 0, "value": 0.5}
    >>> difference([one], [one | {"value": 0.75}])
    0.25
    >>> difference([one], [])
    inf
    """
    one, other = (
        {tuple((key, item) for key, item in row.items() if key != "value"): row["value"] for row in rows}
        for rows in ([row for row in table if row["metric"] == "accuracy"] for table in (stored, again))
    )
    if one.keys() != other.keys():
        return math.inf
    apart = [
        0.0 if one[key] == other[key] or (math.isnan(one[key]) and math.isnan(other[key])) else one[key] - other[key]
        for key in one
    ]
    return max((math.inf if math.isnan(number) else abs(number) for number in apart), default=0.0)


def faults_of(again: Sequence[Again], stale: Iterable[str], tolerance: float) -> list[Result]:
    """Return the cells that were not reproduced.

    Parameters
    ----------
    again : sequence of Again
        The cells that were trained again.
    stale : iterable of str
        Files with a known fault. They are not expected to have the same bytes again.
    tolerance : float
        The largest difference of a score between two kinds of hardware, or between versions.

    Returns
    -------
    list of Result
        Cells beyond the tolerance, and up-to-date cells of this hardware whose bytes differ.
    """
    stale = set(stale)
    return [
        Result(cell.file, "train_probe", "not repeated", f"a score differs by {cell.difference:.4g}")
        for cell in again
        if cell.difference > tolerance or (not cell.same and cell.here and cell.file not in stale)
    ]


def rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """Count results by rule and by fault, as the rows of a table; the last row is the sum."""
    rules = sorted({result.rule for result in results})
    head = ("made by", "results", "current", *VERDICTS)
    lines = []
    for name, among in [
        *((rule or "no record", [result for result in results if result.rule == rule]) for rule in rules),
        ("in all", results),
    ]:
        files = {result.file for result in among}
        wrong = {result.file for result in among if result.verdict}
        counted = Counter(verdict for _, verdict in {(result.file, result.verdict) for result in among})
        numbers = (len(files), len(files - wrong), *(counted[verdict] for verdict in VERDICTS))
        lines.append((name, *(f"{number:,}" if number else "-" for number in numbers)))
    return [head, *lines]


def told(cells: Sequence[Again], drawn: int, results: Sequence[Result], tolerance: float, shown: int = 20) -> list[str]:
    """Report in words on the cells that were trained again, and list the faults.

    Parameters
    ----------
    cells : sequence of Again
        The cells that were trained again.
    drawn : int
        The number of cells that should have been drawn.
    results : sequence of Result
        All results, with the faults of `cells`.
    tolerance : float
        As in `faults_of`.
    shown : int
        How many faults are listed.

    Returns
    -------
    list of str
        Paragraphs.
    """
    same = sum(cell.same for cell in cells)
    other = [cell for cell in cells if not cell.same]
    lines = [f"Cells trained again from their inputs: {len(cells)} of {drawn} drawn; {same} with the same bytes."]
    if len(cells) < drawn:
        lines.append("The others are missing, or their files or inputs have changed since.")
    if other:
        largest = max(cell.difference for cell in other)
        lines.append(
            f"In {len(other)} others a score differs by at most {largest:.4g} (tolerance {tolerance:g}); "
            f"{sum(cell.here for cell in other)} of them were made on hardware of this kind."
        )
    wrong = [result for result in results if result.verdict]
    for result in wrong[:shown]:
        lines.append(f"{result.file}: {VERDICTS[result.verdict]}{result.detail and f' ({result.detail})'}.")
    if len(wrong) > shown:
        lines.append(f"... and {len(wrong) - shown:,} more.")
    return lines


def remove(*paths: str | Path) -> None:
    """Remove files, and the folders that are empty then."""
    for path in map(Path, paths):
        path.unlink()
        with contextlib.suppress(OSError):
            os.removedirs(path.parent)
