"""The geometry of a model before and after it was fine-tuned, value beside value.

Liu et al. [1]_ fine-tune a multilingual model on English and find that it loses what it knew across languages.

References
----------
.. [1] Liu, Winata, Madotto, Fung: Exploring Fine-tuning Techniques for Pre-trained Cross-lingual Models via Continual
   Learning. RepL4NLP 2021.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from polychron.errors import InputError

log = logging.getLogger("polychron")

PLACE = ("task", "source", "target", "layer", "step", "seed", "split", "metric")
"""What identifies a value of a model's geometry."""

JOINT = "joint"
"""What trainings on all sources together have for their source."""

TUNED = ("tuned", "tuned_source", "tuned_seed")
"""The columns that say what the model was fine-tuned for: the task, the source, and the seed."""


def beside(before: Any, after: Iterable[tuple[Mapping[str, Any], Any]]) -> Any:
    """Join the geometry of a model with that of the same model after fine-tuning.

    Parameters
    ----------
    before : pyarrow.Table
        Rows with the columns of `polychron.storage.scores.score_schema`.
    after : iterable of (mapping, pyarrow.Table)
        Of each fine-tuned model ``task``, ``source`` and ``seed`` of its training, and its rows.

    Returns
    -------
    pyarrow.Table
        The columns ``model``, `TUNED`, `PLACE`, ``before``, ``after`` and ``examples``, sorted by these. A value that
        only one of the two models has is left out, and counted in the log.

    Raises
    ------
    InputError
        No value is measured of both.
    """
    import pyarrow
    import pyarrow.compute

    parts, lost = [], 0
    known = _keyed(before).select(["model", *PLACE, "value"]).rename_columns(["model", *PLACE, "before"])
    for told, table in after:
        own = _keyed(table).select([*PLACE, "value", "examples"]).rename_columns([*PLACE, "after", "examples"])
        # other steps of the model are no part of the comparison
        here = known.filter(pyarrow.compute.is_in(known["step"], value_set=own["step"].unique()))
        joined = here.join(own, [*PLACE], join_type="inner", use_threads=False)
        lost += own.num_rows + here.num_rows - 2 * joined.num_rows
        values = [told["task"], told["source"], told["seed"]]
        kinds = [pyarrow.string(), pyarrow.string(), pyarrow.int32()]
        for name, value, kind in zip(TUNED, values, kinds, strict=True):
            joined = joined.append_column(name, pyarrow.array([value] * joined.num_rows, kind))
        parts.append(joined.select(["model", *TUNED, *PLACE, "before", "after", "examples"]))
    made = pyarrow.concat_tables(parts) if parts else None
    if made is None or not made.num_rows:
        raise InputError(
            "no value of geometry is measured both before and after fine-tuning",
            remedy="run the same command again with --forcerun gather_geometry",
        )
    if lost:
        log.info("%d values are of one of the two models alone, and are left out", lost)
    made = made.sort_by([(name, "ascending") for name in ("model", *TUNED, *PLACE)])
    seed = pyarrow.compute.if_else(pyarrow.compute.less(made["seed"], 0), None, made["seed"])
    return made.set_column(made.column_names.index("seed"), "seed", seed)


def _keyed(table: Any) -> Any:
    """Return a table whose rows without a seed have -1, for a null equals no other one."""
    import pyarrow.compute

    place = table.column_names.index("seed")
    return table.set_column(place, "seed", pyarrow.compute.fill_null(table["seed"], -1))
