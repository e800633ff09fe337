"""Morphology: the value of an attribute of FEATS, such as Number, as the label of a word.

A module of its own, for it needs conllu: another version of that package trains no probe for parts of speech again.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from polychron.errors import InputError
from polychron.probing.tasks import token_labels

PAIRS = re.compile(r"[^=|]+=[^=|]+(\|[^=|]+=[^=|]+)*")
"""FEATS as it can be read: attributes and their values. Their order does not matter."""


@dataclass(frozen=True)
class Task(token_labels.Task):
    """An example is a word, its label the value of an attribute; see `token_labels.Task`.

    Parameters
    ----------
    name : str
        What the study calls the task.
    column : {"feats"}
        The column of the table of examples.
    missing : {"exclude", "label"}
        What becomes of words without the attribute.
    attribute : str
        Its name, such as ``Number``. Several values, such as ``Acc,Dat``, are one label.
    """

    column: str = "feats"
    attribute: str = ""

    @property
    def called(self) -> str:
        """See `token_labels.Task.called`."""
        return f"{self.attribute} in FEATS"

    def labels_of(self, table: Any) -> Any:
        """See `token_labels.Task.labels_of`."""
        return attribute_of(table["feats"], self.attribute)

    def empty(self, split: str, tables: Sequence[Any]) -> tuple[str, str]:
        """See `base.Task.empty`: it may be that the attribute is called otherwise."""
        what, remedy = super().empty(split, tables)
        there = attributes(tables[0]["feats"])
        near = difflib.get_close_matches(self.attribute.lower(), [name.lower() for name in there], 1, 0.75)
        meant = next((name for name in there if name.lower() in near), self.attribute)
        if meant != self.attribute:
            remedy = f"write {meant!r}, or {remedy}"
        return f"{what}, which has {', '.join(there) or 'no attributes'}", remedy


def attributes(column: Any) -> list[str]:
    """Return the names of all attributes in a column of FEATS, sorted.

    Examples
    --------
    >>> import pyarrow
    >>> attributes(pyarrow.chunked_array([["Case=Acc|Number=Sing", None, "Case=Nom"]]))
    ['Case', 'Number']
    """
    from conllu.parser import parse_dict_value

    return sorted({name for text in column.unique().drop_null().to_pylist() for name in parse_dict_value(text) or {}})


def attribute_of(column: Any, attribute: str) -> Any:
    """Return the value of an attribute in each row of a column of FEATS.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of str
        Such as ``Case=Acc,Dat|Number=Sing``; null where a word has no features.
    attribute : str
        Its name, such as ``Number``.

    Returns
    -------
    pyarrow.ChunkedArray of str
        Null where a word does not have it.

    Raises
    ------
    InputError
        A value of the column is not of the form ``Name=Value|Name=Value``, or it has an attribute twice. Treebanks with
        such values are read for tasks that do not ask for FEATS.

    Examples
    --------
    >>> import pyarrow
    >>> feats = pyarrow.chunked_array([["Case=Acc,Dat|Number=Sing", None, "Case=Nom", "Number=Plur"]])
    >>> attribute_of(feats, "Number").to_pylist(), attribute_of(feats, "Case").to_pylist()
    (['Sing', None, None, 'Plur'], ['Acc,Dat', None, 'Nom', None])
    """
    import pyarrow
    from conllu.parser import parse_dict_value

    encoded = column.combine_chunks().dictionary_encode()
    for text in encoded.dictionary.to_pylist():
        names = [pair.partition("=")[0] for pair in text.split("|")]
        if not PAIRS.fullmatch(text) or len(set(names)) < len(names):
            raise InputError(
                f"FEATS is {text[:80]!r}, expected Name=Value pairs separated by '|', each name once",
                remedy=f"fix this value in the treebank's files, or take the task of {attribute} out",
            )
    values = [(parse_dict_value(text) or {}).get(attribute) for text in encoded.dictionary.to_pylist()]
    return pyarrow.chunked_array([pyarrow.array(values, pyarrow.string()).take(encoded.indices)])
