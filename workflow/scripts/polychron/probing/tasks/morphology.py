"""Morphology: the value of an attribute of FEATS, such as Number, as the label of a word.

A module of its own, for it needs conllu: another version of that package trains no probe for parts of speech again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from polychron.probing.tasks import token_labels


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

    def labels(self, table: Any) -> Any:
        """See `token_labels.Task.labels`."""
        return attribute_of(table["feats"], self.attribute)


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
    values = [(parse_dict_value(text) or {}).get(attribute) for text in encoded.dictionary.to_pylist()]
    return pyarrow.chunked_array([pyarrow.array(values, pyarrow.string()).take(encoded.indices)])
