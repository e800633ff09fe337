"""What is put on top of an encoder: a classifier of pieces, and a parser.

The parser is that of Dozat and Manning [1]_ without an encoder of its own: a word's state becomes four vectors, as head
and as dependent, of arcs and of relations, and two biaffine functions of them give the scores of arcs and of relations.
The first special piece of a sentence, such as ``<s>``, stands for the root.

References
----------
.. [1] Dozat, Manning: Deep Biaffine Attention for Neural Dependency Parsing. ICLR 2017.
"""

from __future__ import annotations

import logging

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from polychron.finetuning.splits import Split
from polychron.finetuning.trees import decode

logger = logging.getLogger("polychron")

ARCS, RELATIONS, DROPOUT = 512, 128, 0.33
"""Dimensions of a parser's vectors of arcs and of relations, and the dropout on them."""


class Batch:
    """The examples of some inputs of a split, on a device.

    Parameters
    ----------
    split : Split
    chosen : ndarray of int, shape (batch,)
        The inputs.
    device : torch.device

    Attributes
    ----------
    examples : ndarray of int64, shape (n,)
        Their examples, as places in the split.
    row, place, label : tensor of int64, shape (n,)
        The row and the piece of each, and its label.
    """

    def __init__(self, split: Split, chosen: np.ndarray, device: torch.device) -> None:
        self.counts = np.diff(split.offsets)[chosen]
        shift = np.repeat(split.offsets[chosen] - np.cumsum(self.counts) + self.counts, self.counts)
        self.examples = np.arange(self.counts.sum()) + shift
        self._row = np.repeat(np.arange(len(chosen)), self.counts)
        self._split, self._device = split, device
        self.row, self.place, self.label = map(
            self._there, (self._row, split.place[self.examples], split.label[self.examples])
        )

    def _there(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def states(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the states of the pieces that are asked, of shape (n, dimension)."""
        return hidden[self.row, self.place]

    def words(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the pieces of words as a rectangle after that of the root, what is a word, and the heads.

        Returns
        -------
        place : tensor of int64, shape (batch, words + 1)
        known : tensor of bool, shape (batch, words)
        head : tensor of int64, shape (n,)
            Of the words that are `known`, in their order.
        """
        known = np.arange(self.counts.max(initial=0)) < self.counts[:, None]
        place = np.zeros((len(known), known.shape[1] + 1), np.int64)
        place[:, 1:][known] = self._split.place[self.examples]
        return self._there(place), self._there(known), self._there(self._split.head[self.examples])


class Classifier(nn.Module):
    """A linear classifier of the states of pieces, with dropout.

    Parameters
    ----------
    dimension, classes : int
    dropout : float
    hidden : bool
        Whether a layer with the hyperbolic tangent comes before it, as in RoBERTa's head for sentences.
    deviation : float
        Of the weights that it begins with.
    """

    def __init__(self, dimension: int, classes: int, dropout: float, *, hidden: bool, deviation: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(dimension, dimension) if hidden else None
        self.output = nn.Linear(dimension, classes)
        for layer in (self.hidden, self.output):
            if layer is not None:
                nn.init.normal_(layer.weight, 0, deviation)
                nn.init.zeros_(layer.bias)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return the scores of the classes: (n, dimension) to (n, classes)."""
        states = self.dropout(states)
        if self.hidden is not None:
            states = self.dropout(torch.tanh(self.hidden(states)))
        return self.output(states)

    def loss(self, hidden: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy of the examples of a batch, from the states of all pieces."""
        return functional.cross_entropy(self(batch.states(hidden)), batch.label)

    def predict(self, hidden: torch.Tensor, batch: Batch) -> tuple[np.ndarray, ...]:
        """Return the class of each example: a tuple of one array of int64."""
        return (self(batch.states(hidden)).argmax(1).cpu().numpy(),)


class Parser(nn.Module):
    """A parser of words, see this module's docstring.

    Parameters
    ----------
    dimension, relations : int
        Of the encoder's states, and the number of relations.
    """

    def __init__(self, dimension: int, relations: int) -> None:
        super().__init__()
        # as dependents and as heads
        self.arcs = nn.ModuleList(_projection(dimension, ARCS) for _ in range(2))
        self.relations = nn.ModuleList(_projection(dimension, RELATIONS) for _ in range(2))
        self.arc = nn.Parameter(torch.zeros(ARCS + 1, ARCS))
        self.relation = nn.Parameter(torch.zeros(relations, RELATIONS + 1, RELATIONS + 1))

    def forward(self, hidden: torch.Tensor, place: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the scores of arcs, and the vectors of dependents and of heads from which those of relations follow.

        Parameters
        ----------
        hidden : tensor, shape (batch, length, dimension)
        place : tensor of int64, shape (batch, words + 1)
            The piece of the root and of each word.

        Returns
        -------
        tensor, shape (batch, words, words + 1)
        tensor, shape (batch, words, RELATIONS + 1)
        tensor, shape (batch, words + 1, RELATIONS + 1)
        """
        states = hidden.gather(1, place[:, :, None].expand(-1, -1, hidden.shape[2]))
        below, above = (part(states[:, start:]) for part, start in zip(self.arcs, (1, 0), strict=True))
        scores = _widened(below) @ self.arc @ above.transpose(1, 2)
        named = [_widened(part(states[:, start:])) for part, start in zip(self.relations, (1, 0), strict=True)]
        return scores, *named

    def _relations(self, below: torch.Tensor, above: torch.Tensor) -> torch.Tensor:
        """Return the scores of the relations of arcs, of shape (n, relations)."""
        return torch.einsum("nd,rde,ne->nr", below, self.relation, above)

    def loss(self, hidden: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy of heads, and that of relations to the right heads, added."""
        place, known, head = batch.words()
        scores, below, above = self(hidden, place)
        inside = torch.cat([known.new_ones(len(known), 1), known], 1)
        scores = scores.masked_fill(~inside[:, None], -torch.inf)[known]
        relations = self._relations(below[known], above[batch.row, head])
        return functional.cross_entropy(scores, head) + functional.cross_entropy(relations, batch.label)

    def predict(self, hidden: torch.Tensor, batch: Batch) -> tuple[np.ndarray, ...]:
        """Return the heads of a batch's words in the best trees with one root, and the best relations to them.

        A score that is not finite counts as 0: a training that diverged in its first epoch has such weights, and its
        trees are scored like those of any other one that has collapsed.
        """
        place, known, _ = batch.words()
        scores, below, above = self(hidden, place)
        if odd := int((~torch.isfinite(scores)).sum()):
            logger.warning("%d of %d scores of arcs are not finite, and count as 0", odd, scores.numel())
            scores = torch.nan_to_num(scores, nan=0.0, posinf=0.0, neginf=0.0)
        arrays = scores.double().cpu().numpy()
        trees = [decode(one[:number, : number + 1]) for one, number in zip(arrays, batch.counts, strict=True)]
        heads = np.concatenate([np.zeros(0, np.int64), *trees])
        above = above[batch.row, torch.from_numpy(heads).to(above.device)]
        return heads, self._relations(below[known], above).argmax(1).cpu().numpy()


def _projection(dimension: int, width: int) -> nn.Module:
    layer = nn.Linear(dimension, width)
    nn.init.orthogonal_(layer.weight)
    nn.init.zeros_(layer.bias)
    return nn.Sequential(layer, nn.LeakyReLU(0.1), nn.Dropout(DROPOUT))


def _widened(vectors: torch.Tensor) -> torch.Tensor:
    """Append 1 to vectors."""
    return torch.cat([vectors, vectors.new_ones(*vectors.shape[:-1], 1)], -1)
