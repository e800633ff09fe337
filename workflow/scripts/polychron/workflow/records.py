"""Records of provenance: a file beside each result says how it was made.

A record holds the spec of the job, checksums of its inputs and outputs, and where and when it ran. The results
themselves contain none of this, so that they can be compared byte by byte.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from polychron.workflow import checkout

CONFIG = "POLYCHRON_CONFIG"
"""The environment variable that holds a checksum of the whole config, for the records of the jobs."""


def record_of(output: str | Path) -> Path:
    """Return the path of the record of a result, which is in the same folder."""
    output = Path(output)
    return output.with_name(output.name + ".provenance.json")


def read_records(folders: Iterable[str | Path], read: Callable[[Path], Any]) -> dict[str, Any]:
    """Read every record below some folders.

    Parameters
    ----------
    folders : iterable of path-like
    read : callable
        Reads one record.

    Returns
    -------
    dict of str to object
        What was read, by the record's path and sorted by it.
    """
    found = sorted(path for folder in folders for path in Path(folder).glob("**/*.provenance.json"))
    return {str(path): read(path) for path in found}


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
