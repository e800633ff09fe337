"""The weights of a masked language model in XLM-R's layout, counted from its sizes."""

from __future__ import annotations

from typing import NamedTuple


class Architecture(NamedTuple):
    """The sizes of a model, and the numbers of weights that follow from them.

    Attributes
    ----------
    vocabulary : int
        Number of SentencePiece pieces; fairseq adds ``<mask>`` and one special piece.
    window : int
        Longest input in pieces; there are two more positions, which no piece has.
    dimension, feedforward : int
        Width of the hidden states, and inside the feed-forward blocks.
    layers : int
        Number of layers after the embeddings.
    """

    vocabulary: int
    window: int
    dimension: int
    feedforward: int
    layers: int

    @property
    def embeddings(self) -> int:
        """Weights of the embeddings of pieces (tied to the output) and positions, and of their normalisation."""
        return (self.vocabulary + 2 + self.window + 2 + 2) * self.dimension

    @property
    def layer(self) -> int:
        """Weights of one layer: four projections with biases, the feed-forward pair, two normalisations."""
        width, inner = self.dimension, self.feedforward
        return 4 * width * (width + 1) + 2 * width * inner + inner + width + 4 * width

    @property
    def head(self) -> int:
        """Weights of the head of the masked language model."""
        return (self.dimension + 1) * self.dimension + 2 * self.dimension + self.vocabulary + 2

    def parameters(self, token_types: int = 0) -> int:
        """Count all weights.

        Parameters
        ----------
        token_types : int
            Rows of the embedding of token types: none in fairseq, and one of zeros in transformers.

        Examples
        --------
        One layer of width 2 and feed-forward 3 over 4 + 2 pieces and 5 + 2 positions: embeddings 6 x 2 + 7 x 2 + 2 x 2
        = 30; projections 4 x (2 x 2 + 2) = 24, feed-forward 2 x 3 + 3 + 3 x 2 + 2 = 17, normalisations 2 x 2 x 2 = 8;
        head 2 x 2 + 2 + 2 x 2 + 6 = 16.

        >>> Architecture(4, 5, 2, 3, 1).parameters()
        95
        >>> base = Architecture(250_000, 512, 768, 3072, 12)
        >>> base.parameters(), base.parameters(token_types=1)
        (278294418, 278295186)
        """
        return self.embeddings + token_types * self.dimension + self.layers * self.layer + self.head
