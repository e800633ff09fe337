"""How many parameters of a masked language model its languages share, counted from its sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polychron.models.sizes import Architecture


def count(architecture: Architecture, separate: Mapping[str, Any] | None = None) -> tuple[int, int]:
    """Count the parameters that all languages of a model share, and those that one language has for itself.

    Parameters
    ----------
    architecture : Architecture
        The sizes of what one language sees: the same for all of them.
    separate : mapping, optional
        What is separate, as in ``pretraining.separate``: ``embeddings`` (bool), which are the table of pieces, the
        positions, the layer norm after them, and the bias of the output; and ``layers`` (int), the layers from 1 up to
        that one. Nothing if not given.

    Returns
    -------
    shared, own : int
        Their sum is the number of parameters by which a language is computed. A separate table of pieces has a row for
        each entry of the vocabulary, of which the language reads its own.

    Examples
    --------
    Embeddings are 30, each layer 49, and the head 16 with a bias of 6; see `Architecture.parameters`.

    >>> sizes = Architecture(4, 5, 2, 3, 2)
    >>> count(sizes), count(sizes, {"embeddings": True, "layers": 1})
    ((144, 0), (59, 85))
    """
    separate = separate or {}
    own = separate.get("layers", 0) * architecture.layer
    if separate.get("embeddings"):
        own += architecture.embeddings + architecture.vocabulary + 2  # the bias, with fairseq's further pieces
    return architecture.parameters() - own, own
