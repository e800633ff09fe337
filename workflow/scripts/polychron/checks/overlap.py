"""Sentences of datasets that are in the pretraining text: a model that has seen them may do better on them."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from polychron.checks.datasets import Finding

logger = logging.getLogger("polychron")

NAME = "sentences in the pretraining text"
"""What the finding is called."""


def spelling(text: str) -> str:
    """Return what is compared of a sentence: its characters in Unicode's form NFC, without spaces.

    The words of a treebank are compared too, of which it is not known where spaces are.

    Examples
    --------
    >>> spelling(" One  sentence.")
    'Onesentence.'
    """
    return "".join(unicodedata.normalize("NFC", text).split())


def sentences_of(language: str, table: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the sentences of a table of examples.

    Parameters
    ----------
    language : str
        Of the dataset, or two languages separated by ``/``.
    table : pyarrow.Table
        Words of a treebank, pairs of premise and hypothesis, pairs of translations, or sentences.

    Yields
    ------
    split, language, sentence : str
        A sentence of a treebank is its words without spaces, so that one with contracted words is not its text.
    """
    names = table.column_names
    number = table.num_rows
    splits = table["split"].to_pylist() if "split" in names else [""] * number
    if "form" in names:
        forms = table["form"].to_pylist()
        starts = np.flatnonzero(np.diff(table["sentence"].to_numpy(), prepend=-1)).tolist()
        for start, stop in zip(starts, [*starts[1:], number], strict=True):
            yield splits[start], language, "".join(forms[start:stop])
    elif "source" in names:
        for side, of_side in zip(("source", "target"), language.split("/"), strict=True):
            for words in table[side].to_pylist():
                yield "", of_side, "".join(words)
    else:
        for side in ("premise", "hypothesis", "sentence"):
            if side in names:
                for split, sentence in zip(splits, table[side].to_pylist(), strict=True):
                    yield split, language, sentence


def count(datasets: Iterable[tuple[str, Any]], texts: Mapping[str, Iterable[str]]) -> Iterator[Finding]:
    """Count the sentences of each dataset and split that are a line of the pretraining text of their language.

    Training splits are left out: no score is measured on them.

    Parameters
    ----------
    datasets : iterable of (str, pyarrow.Table)
        ``KIND/LANGUAGE`` and the examples.
    texts : mapping of str to iterable of str
        The lines of each language's text, which are read once and not kept.

    Yields
    ------
    Finding
        For each dataset, split and language with a text, each sentence counted once; none where it has no sentence.
    """
    given: dict[tuple[str, str, str], dict[str, str]] = {}
    for dataset, table in datasets:
        _, _, name = dataset.partition("/")
        for split, language, sentence in sentences_of(name, table):
            if split != "train" and language in texts and (key := spelling(sentence)):
                given.setdefault((dataset, split, language), {}).setdefault(key, sentence)
    seen: dict[str, set[str]] = {}
    for language, lines in texts.items():
        wanted = set().union(*(own for (_, _, of), own in given.items() if of == language))
        seen[language] = {key for key in map(spelling, lines) if key in wanted} if wanted else set()
    for (dataset, split, language), own in given.items():
        kind, _, name = dataset.partition("/")
        found = [sentence for key, sentence in own.items() if key in seen[language]]
        if found:
            logger.warning(
                "%s%s: %d of %d sentences are in the pretraining text of %s",
                dataset,
                f" {split}" * bool(split),
                len(found),
                len(own),
                language,
            )
        detail = f"the first is {_short(found[0])!r}" if found else ""
        yield Finding(kind, name, split, NAME, language, len(found), len(own), detail)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
