"""Records of provenance: a file beside each result says how it was made.

A record holds the spec of the job, checksums of its inputs and outputs, and where and when it ran. The results
themselves contain none of this, so that they can be compared byte by byte.
"""

from __future__ import annotations

import glob
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from polychron.errors import InputError
from polychron.provenance import checkout
from polychron.storage import files

CONFIG = "POLYCHRON_CONFIG"
"""The environment variable that holds a checksum of the whole config, for the records of the jobs."""

ENDING = ".provenance.json"
WRITTEN = ("results", "resources")
"""Folders of the working directory that jobs write to. What is elsewhere is the user's."""

SHOWN = 3
"""How many files at fault a message names."""

FACTS = ("commit", "config", "python", "host", "machine", "processor", "accelerator")
"""What a record says of where a job ran; each is a text, or None where nobody knows."""

YEARS = 1e10
"""More seconds than any job takes."""


def record_of(output: str | Path) -> Path:
    """Return the path of the record of a result, which is in the same folder."""
    output = Path(output)
    return output.with_name(output.name + ENDING)


def result_of(record: str | Path) -> str:
    """Return the path of the result that a record is beside."""
    return str(record).removesuffix(ENDING)


def read(path: str | Path) -> dict[str, Any]:
    """Read a record.

    Returns
    -------
    dict
        What `made` returned. Facts of the machine that an older version did not record are None.

    Raises
    ------
    InputError
        The file is missing or holds no record, for example because a disk lost it.
    """
    try:
        record = files.read_json(path, dict)
    except InputError as error:
        raise InputError(error.what, file=path, remedy=again(result_of(path))) from error
    if fault := _fault(record):
        raise InputError(f"no sound record: {fault}", file=path, remedy=again(result_of(path)))
    return dict.fromkeys((*FACTS, "uncommitted")) | record


def _fault(record: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a record, None if nothing is."""
    spec, seconds = record.get("spec"), record.get("seconds")
    if not isinstance(spec, dict) or not isinstance(spec.get("rule"), str):
        return "it does not say which rule made what"
    for name in ("inputs", "outputs"):
        known = record.get(name)
        if not isinstance(known, dict) or not all(isinstance(value, str) for value in known.values()):
            return f"it has no checksums of {name}"
    if not record["outputs"]:
        return "it names no output"
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < YEARS:
        return f"it says that the job took {seconds!r} seconds"
    try:
        datetime.fromisoformat(record["started"]) + timedelta(seconds=seconds)
    except (KeyError, TypeError, ValueError, OverflowError):
        return f"it says that the job started at {record.get('started')!r}"
    for name in FACTS:
        if not isinstance(record.get(name), str | None):
            return f"its {name} is no text"
    edited = record.get("uncommitted")
    if edited is not None and not (isinstance(edited, list) and all(isinstance(name, str) for name in edited)):
        return "its uncommitted files are no list of names"
    return None


def again(*results: str) -> str:
    """Return the next step where results have to be made again."""
    return f"make it again: snakemake ... --forcerun {' '.join(results)} -- all"


def read_records(folders: Iterable[str | Path], unsound: list[InputError] | None = None) -> dict[str, dict[str, Any]]:
    """Read every record below some folders.

    Parameters
    ----------
    folders : iterable of path-like
    unsound : list of InputError, optional
        To this list, the fault of each record that cannot be read is added. Without it, such a record is an error.

    Returns
    -------
    dict of str to dict
        The records that can be read, by their paths and sorted by them.

    Raises
    ------
    InputError
        A record cannot be read, and `unsound` is None.
    """
    found: dict[str, dict[str, Any]] = {}
    faults: list[InputError] = []
    for path in sorted(path for folder in folders for path in Path(folder).glob(f"**/*{ENDING}")):
        try:
            found[str(path)] = read(path)
        except InputError as error:
            faults.append(error)
    if unsound is None and faults:
        raise _together(faults)
    if unsound is not None:
        unsound += faults
    return found


def _together(faults: Sequence[InputError]) -> InputError:
    """Return one error for several files: what is wrong with the first, and the names of some others."""
    first = faults[0]
    if len(faults) == 1:
        return first
    names = [str(fault.file) for fault in faults]
    rest = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return InputError(
        f"{first.what.rstrip('.')}. At fault as well: {', '.join(names[1:SHOWN])}{rest}",
        file=first.file,
        remedy=again(*map(result_of, names[:SHOWN])) + (", and then the others" if rest else ""),
    )


def check(inputs: Mapping[str, str]) -> None:
    """Compare the inputs of a job with what the jobs that made them recorded.

    Inputs without a record are taken as they are: results that were copied without their records, and all that is
    outside the folders that jobs write to, which is the user's.

    Parameters
    ----------
    inputs : mapping of str to str
        The sha256 of each input, by its path relative to the working directory.

    Raises
    ------
    InputError
        An input has other bytes than were recorded, or the record beside it cannot be read or is of another file.
    """
    faults = []
    for path, found in inputs.items():
        parts = Path(path).parts
        if parts[:1] and parts[0] in WRITTEN and ".." not in parts:
            try:
                _compare(path, found)
            except InputError as error:
                faults.append(error)
    if faults:
        raise _together(faults)


def _compare(path: str, found: str) -> None:
    """Compare the sha256 of a file with its record, if there is one."""
    own = record_of(path)
    known = [read(own)] if own.exists() else [*_naming(Path(path))]
    if not known or any(found in (record["outputs"].get(path), *_moved(record, path)) for record in known):
        return
    rule, recorded = known[0]["spec"]["rule"], known[0]["outputs"].get(path)
    if recorded is None:
        other = next(iter(known[0]["outputs"]))
        raise InputError(f"the record beside it is of another file, {other}", file=path, remedy=again(path))
    raise InputError(
        f"damaged or changed since {rule} made it: its sha256 is {found[:12]}…, recorded is {recorded[:12]}…",
        file=path,
        remedy=f"delete {Path(path).parent} and run again" if rule == "fetch_tokenizer" else again(path),
    )


def _moved(record: Mapping[str, Any], path: str) -> Iterable[str]:
    """Return the checksums that may be those of a file which has another name in its record: it was moved with it."""
    return () if path in record["outputs"] else record["outputs"].values()


def _naming(path: Path) -> Iterator[dict[str, Any]]:
    """Read the records that name a file as one of several outputs.

    They are beside it, elsewhere below its study or model, or beside the encoder of a fine-tuned model that was kept.
    """
    top = Path(*path.parts[:2])
    elsewhere = top.rglob(f"*{ENDING}") if path.parts[0] == "resources" else top.glob(f"*/*{ENDING}")
    kept = top.parent.glob(f"{glob.escape(top.name)}.*/checkpoints/*/*{ENDING}")
    for place in (path.parent.glob(f"*{ENDING}"), elsewhere, kept):
        found = [
            read(record)
            for record in sorted(place)
            if json.dumps(str(path), ensure_ascii=False).encode() in record.read_bytes()
        ]
        named = [record for record in found if str(path) in record["outputs"]]
        yield from named
        if named:
            return


def made(
    spec: Mapping[str, Any], inputs: Mapping[str, str], outputs: Mapping[str, str], seconds: float
) -> dict[str, Any]:
    """Return the record of a job that has just ended.

    Parameters
    ----------
    spec : mapping
        The values that decide the result.
    inputs, outputs : mapping of str to str
        The checksum of each file.
    seconds : float
        How long the job took.
    """
    started = time.gmtime(time.time() - seconds)
    return {
        "spec": spec,
        "inputs": inputs,
        "outputs": outputs,
        **checkout.state_of_run(),
        "config": os.environ.get(CONFIG),
        "python": platform.python_version(),
        "host": platform.node(),
        **hardware(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", started),
        "seconds": round(seconds, 3),
    }


def hardware() -> dict[str, str | None]:
    """Return what decides, besides the versions of packages, whether a result has the same bytes again.

    Returns
    -------
    dict
        ``machine``: system, architecture and number of CPUs; ``processor``: its model; ``accelerator``: the name of the
        GPU that torch sees, None if torch was not imported or sees none.
    """
    torch = sys.modules.get("torch")
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "processor": _processor(),
        "accelerator": torch.cuda.get_device_name() if torch is not None and torch.cuda.is_available() else None,
    }


def _processor() -> str | None:
    """Return the model of the processor: from Linux if it says, otherwise from Python."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or None)
