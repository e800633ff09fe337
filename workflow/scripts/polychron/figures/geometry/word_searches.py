"""What captions say of the search for translations of words."""

from __future__ import annotations

from typing import Any

from polychron.reporting.formatting import counted, enumerated, percent

KINDS = {
    "bitext": ("words in context, by gold links", "links"),
    "dictionary": ("word types, by dictionaries", "source words"),
}
"""What the splits of words are, and what a value rests on."""


def said(geometry: Any, metric: str) -> list[str]:
    """Return what a caption says of the words that are searched, and of those that are not.

    Parameters
    ----------
    geometry : pyarrow.Table
        See `scores.score_schema`.
    metric : str
        The metric that is shown, such as ``p_at_1.centred.cosine``.

    Returns
    -------
    list of str
        Which words are shown, on how many a value rests, the share that guessing finds, what is no number, and the
        sentence pairs beyond a limit. Empty without words.
    """
    import pyarrow.compute as pc

    words = geometry.filter(pc.equal(geometry["task"], "word_retrieval"))
    splits = [name for name in KINDS if name in words["split"].unique().to_pylist()]
    if not splits:
        return []
    name, unit = KINDS[splits[0]]
    of = words.filter(pc.equal(words["split"], splits[0])).select(
        ["source", "target", "seed", "metric", "value", "examples"]
    )
    rows = of.filter(pc.is_in(of["metric"], value_set=_strings(metric, "p_at_1.chance"))).to_pylist()
    shown = [row for row in rows if row["metric"] == metric]
    known = [row for row in shown if row["value"] is not None and row["value"] == row["value"]]
    caption = f"P@1 of words: of {name}"
    if known:
        caption += f"; a value rests on {_range([row['examples'] for row in known])} {unit}"
    chance = [row["value"] for row in rows if row["metric"] == "p_at_1.chance" and row["value"] == row["value"]]
    if chance:
        ends = dict.fromkeys(percent(end, 2) for end in (min(chance), max(chance)))
        caption += f", and guessing finds {' to '.join(ends)}"
    found = [caption + "."]
    if len(splits) > 1:
        found.append(f"Not shown: {KINDS[splits[1]][0]}.")
    lost = [row for row in shown if row not in known]
    if lost:
        pairs = sorted({f"{row['source']} → {row['target']}" for row in lost})
        found.append(
            f"Left out: {counted(len(lost), 'value')} of {len(shown):,} that are no numbers, where a half has too few "
            f"{unit}: {enumerated(pairs)}."
        )
    return found + _limited(of)


def _limited(of: Any) -> list[str]:
    """Return what is said of the sentence pairs beyond `geometry.words.linked_sentences`."""
    import pyarrow.compute as pc

    rows = {
        (row["source"], row["target"]): f"{row['value']:,.0f} of {row['examples']:,} of {row['source']}–{row['target']}"
        for row in of.filter(pc.equal(of["metric"], "excluded_pairs")).to_pylist()
    }
    if not rows:
        return []
    return [f"Sentence pairs beyond the limit, whose words are not searched: {enumerated([*rows.values()])}."]


def _strings(*names: str) -> Any:
    import pyarrow

    return pyarrow.array(names, pyarrow.string())


def _range(numbers: list[int]) -> str:
    low, high = f"{min(numbers):,}", f"{max(numbers):,}"
    return low if low == high else f"{low} to {high}"
