"""How much text of each language a model was pretrained on, and how that is known (reading A32).

The corpus of a model that is pretrained here is counted. Of any other model, a published table is all there is.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from polychron.data.languages import Size, Sizes
from polychron.errors import InputError
from polychron.storage import files

log = logging.getLogger("polychron")

COUNTED = "counted"
"""The origin of sizes that were counted in the texts of a model's corpus."""

GIB, MILLION = 2**30, 10**6


def schema() -> Any:
    """Return the columns of a table of sizes, as a `pyarrow.Schema`.

    A row is the pretraining text of one language, by its `code`. `gib` (GiB of UTF-8) and `tokens` (millions, null
    where they are not known) are what scores are correlated with. `origin` is "counted", or the name of the file that
    the sizes are from. Counted ones come with `bytes`, `characters` and `lines` of the text, the `examples` that it was
    cut into, and the `pieces` in these; their tokens are millions of pieces.
    """
    import pyarrow

    text, real, whole = pyarrow.string(), pyarrow.float64(), pyarrow.int64()
    kinds = dict.fromkeys(("code", "name", "origin"), text) | dict.fromkeys(("gib", "tokens"), real)
    order = ("code", "name", "gib", "tokens", *COUNTS, "origin")
    return pyarrow.schema([(name, kinds.get(name, whole)) for name in order])


COUNTS = ("bytes", "characters", "lines", "examples", "pieces")
"""What is counted; see `polychron.pretraining.corpus.count`."""


def published(sizes: Sizes, origin: str) -> Any:
    """Return the sizes of a published table, as a table with the columns of `schema`.

    Parameters
    ----------
    sizes : Sizes
        See `polychron.data.languages.read_sizes`.
    origin : str
        The name of its file.
    """
    rows = [
        {"code": code, "name": size.name, "gib": size.gib, "tokens": _known(size.tokens), "origin": origin}
        for code, size in sizes.items()
    ]
    return _table(rows)


def counted(counts: Mapping[str, Mapping[str, int]], languages: Iterable[str], sizes: Sizes) -> Any:
    """Return what was counted in a corpus, as a table with the columns of `schema`.

    Parameters
    ----------
    counts : mapping of str to mapping
        By language, the counts of `polychron.pretraining.corpus.count`.
    languages : iterable of str
        All languages of the study. Of those that are not in the corpus, no text was read: their size is 0.
    sizes : Sizes
        A published table, for the names of languages.

    Examples
    --------
    >>> counts = {"mt": {"bytes": 2**29, "characters": 2**29, "lines": 9, "examples": 9, "pieces": 2_000_000}}
    >>> table = counted(counts, ["gd", "mt"], Sizes(mlt=Size("Maltese", 0.2)))
    >>> table.select(["code", "name", "gib", "tokens", "lines"]).to_pylist()[1]
    {'code': 'mt', 'name': 'Maltese', 'gib': 0.5, 'tokens': 2.0, 'lines': 9}
    >>> table["bytes"].to_pylist()
    [0, 536870912]
    """
    rows = []
    for code in sorted({*counts, *languages}):
        found = {name: counts.get(code, {}).get(name, 0) for name in COUNTS}
        amounts = {"gib": found["bytes"] / GIB, "tokens": found["pieces"] / MILLION}
        name = sizes[code].name if code in sizes else code
        rows.append({"code": code, "name": name, **amounts, **found, "origin": COUNTED})
    return _table(rows)


def _table(rows: list[dict[str, Any]]) -> Any:
    import pyarrow

    return pyarrow.Table.from_pylist(rows, schema=schema())


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def elsewhere(path: str | Path) -> Any:
    """Read a table of sizes that was made elsewhere, beside scores.

    Raises
    ------
    InputError
        It is no table, or has other columns, a size that is no number of 0 or more, or a language twice.
    """
    import pyarrow

    remedy = "copy sizes.parquet again from the results that the scores are from, or move it to another folder"
    try:
        table = files.read_table(path)
        table.validate(full=True)
    except (InputError, pyarrow.ArrowException, ValueError) as error:
        raise InputError("no readable Parquet table", file=path, remedy=remedy) from error
    if table.schema != schema():
        raise InputError("does not have the columns of a table of sizes", file=path, remedy=remedy)
    codes = table["code"].to_pylist()
    for row, (code, gib) in enumerate(zip(codes, table["gib"].to_pylist(), strict=True), start=1):
        if not code or gib is None or not 0 <= gib < math.inf:
            raise InputError(f"row {row}: a size of {gib} GiB of {code!r}", file=path, remedy=remedy)
    if len(set(codes)) < len(codes) or len(set(table["origin"].to_pylist())) > 1:
        raise InputError("a language twice, or sizes of two origins", file=path, remedy=remedy)
    return table


def read(table: Any) -> Sizes:
    """Return the sizes of a table, by code; a language is found by both of its codes of ISO 639.

    Examples
    --------
    >>> found = read(published(Sizes(mt=Size("Maltese", 0.2)), "table.csv"))
    >>> found["mlt"].gib, found["mlt"].tokens
    (0.2, nan)
    """
    return Sizes(
        {
            row["code"]: Size(row["name"], row["gib"], math.nan if row["tokens"] is None else row["tokens"])
            for row in table.to_pylist()
        }
    )


def said(table: Any) -> str:
    """Return in words how the sizes of a table are known.

    Examples
    --------
    >>> said(published(Sizes(mt=Size("Maltese", 0.2)), "cc100_sizes.csv"))
    'GiB of text, by the table cc100_sizes.csv'
    >>> said(counted({}, ["mt"], Sizes()))
    'GiB of text, counted in what the model was pretrained on'
    """
    origin = table["origin"][0].as_py() if table.num_rows else "of sizes, which is empty"
    where = "counted in what the model was pretrained on" if origin == COUNTED else f"by the table {origin}"
    return f"GiB of text, {where}"
