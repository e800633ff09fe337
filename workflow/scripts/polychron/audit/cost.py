"""Cost: what a study's own files say of the machines and of the time that it took (section 2.3, Appendix A.2)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from polychron.audit.evidence import Found


def facts(conversion: Mapping[str, Any] | None, records: Iterable[Mapping[str, Any]]) -> dict[str, Found]:
    """Put together what is known.

    Parameters
    ----------
    conversion : mapping, optional
        What was noted when the last checkpoint was converted, see `conversion.convert`.
    records : iterable of mapping
        The records of provenance beside the scores of cells, see `jobs.job`.

    Returns
    -------
    dict of str to Found
        ``gpus`` and ``probe_minutes``, as far as they are known.
    """
    known = {"gpus": gpus(conversion or {}), "probe_minutes": probe_minutes(records)}
    return {name: found for name, found in known.items() if found is not None}


def gpus(conversion: Mapping[str, Any]) -> Found | None:
    """Give the number of GPUs of the last run of pretraining, which fairseq saves with each checkpoint.

    Examples
    --------
    >>> gpus({"gpus": 64})
    Found(value=64, detail='the processes of fairseq that wrote the last checkpoint')
    """
    number = conversion.get("gpus")
    return None if number is None else Found(number, "the processes of fairseq that wrote the last checkpoint")


def probe_minutes(records: Iterable[Mapping[str, Any]]) -> Found | None:
    """Give the longest time of a training of a probe, in whole minutes, rounded up, as the paper gives it.

    All runs of a cell are trained together: each takes its share of the cell's time, with the vectors that the cell
    reads or computes.

    Examples
    --------
    Five runs in 700 seconds take 140 each, more than two minutes; others take 20.

    >>> cell = {"spec": {"seeds": [0, 1, 2, 3, 4]}, "accelerator": "V100"}
    >>> probe_minutes([{**cell, "seconds": 700}, {**cell, "seconds": 100}])
    Found(value=3, detail='the longest of 2 cells, on V100')
    """
    records = [record for record in records if record["spec"].get("seeds")]
    if not records:
        return None
    longest = max(record["seconds"] / len(record["spec"]["seeds"]) for record in records)
    machines = sorted({record["accelerator"] or "processors alone" for record in records})
    return Found(math.ceil(longest / 60), f"the longest of {len(records)} cells, on {' and '.join(machines)}")
