"""Fresh layers on a frozen layer of one model, read by the same layer of another one through a map of words.

Wu et al. [1]_ ask in this way whether models that were trained apart have layers that can take each other's place. The
source's model is frozen up to a layer. Four layers of Transformer that begin at random are trained on it, with the head
of a task. At test time the same layer of the target's model takes its place. States are normalised, and those of the
target mapped by an orthogonal map that is learnt from words in context which are translations of each other.

References
----------
.. [1] Wu, Conneau, Li, Zettlemoyer, Stoyanov: Emerging Cross-lingual Structure in Pretrained Language Models. ACL 2020.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from polychron.errors import InputError
from polychron.features import sides
from polychron.geometry import mapping
from polychron.geometry.words import links
from polychron.tokenization.pieces import KEPT, Pieces

logger = logging.getLogger("polychron")

LAYERS = 4
"""How many fresh layers there are."""

ROUNDS = 5
"""Rounds of normalisation, as in geometry."""

ENOUGH = 200
"""How many pairs of words a map takes."""

TINY = 1e-12


class Stacked(nn.Module):
    """A frozen model up to a layer, normalised and mapped, with fresh layers on top, called as an encoder is.

    Parameters
    ----------
    member : transformers.PreTrainedModel
        It is frozen.
    layer : int
        Its layer that is read; 0 is the embeddings.
    means : ndarray, shape (rounds, dimension)
        See `means_of`.
    top : nn.Module
        The fresh layers, see `fresh`.
    turn : ndarray, shape (dimension, dimension), optional
        The map that normalised states are multiplied with.
    """

    def __init__(self, member: Any, layer: int, means: np.ndarray, top: nn.Module, turn: np.ndarray | None = None):
        super().__init__()
        self.member, self.layer, self.top = member.requires_grad_(False), layer, top
        device = next(member.parameters()).device
        self.means, self.turn = (
            None if array is None else torch.from_numpy(array.astype(np.float32)).to(device) for array in (means, turn)
        )

    @property
    def config(self) -> Any:
        """The config of the frozen model."""
        return self.member.config

    def train(self, mode: bool = True) -> Stacked:
        """Set the fresh layers to training; the frozen ones have no dropout at any time."""
        super().train(mode)
        self.member.eval()
        return self

    def forward(self, **given: torch.Tensor) -> SimpleNamespace:
        """Return the states of the last fresh layer as ``last_hidden_state``, from what the frozen model reads."""
        with torch.no_grad():
            states = self.member(**given, output_hidden_states=True).hidden_states[self.layer]
            for mean in self.means:
                states = functional.normalize(states, dim=-1, eps=TINY) - mean
            states = functional.normalize(states, dim=-1, eps=TINY)
            if self.turn is not None:
                states = states @ self.turn
            # numbers of about 1, as after the norm of a layer
            states = states * math.sqrt(states.shape[-1])
        missing = ~given["attention_mask"].bool()
        for layer in self.top:
            states = layer(states, src_key_padding_mask=missing)
        return SimpleNamespace(last_hidden_state=states)


def fresh(config: Any, seed: int, device: Any) -> nn.Module:
    """Return `LAYERS` layers of Transformer of a model's width and heads, with weights of a seed.

    Parameters
    ----------
    config : transformers.PretrainedConfig
    seed : int
    device : torch.device or str
    """
    text = config.get_text_config()
    dropout = getattr(text, "hidden_dropout_prob", None)
    sizes = {"d_model": text.hidden_size, "nhead": text.num_attention_heads}
    sizes |= {"dim_feedforward": getattr(text, "intermediate_size", 4 * text.hidden_size)}
    sizes |= {"dropout": 0.1 if dropout is None else dropout, "activation": "gelu", "batch_first": True}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = nn.ModuleList(nn.TransformerEncoderLayer(**sizes) for _ in range(LAYERS))
        for name, parameter in made.named_parameters():
            if parameter.ndim > 1:
                nn.init.normal_(parameter, 0, getattr(text, "initializer_range", 0.02))
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
    return made.to(device)


def means_of(states: np.ndarray) -> np.ndarray:
    """Return what is subtracted in each round of iterative normalisation, see `polychron.geometry.mapping.normalise`.

    Parameters
    ----------
    states : ndarray, shape (words, dimension)

    Returns
    -------
    ndarray of float64, shape (rounds, dimension)
    """
    found, states = [], states.astype(np.float64)
    for _ in range(ROUNDS):
        states = mapping.unit(states)
        found.append(states.mean(axis=0))
        states = states - found[-1]
    return np.array(found)


def normalised(states: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Apply the rounds of `means_of` to states: float64, of unit length."""
    states = states.astype(np.float64)
    for mean in means:
        states = mapping.unit(states) - mean
    return mapping.unit(states)


def linked_words(
    bitext: Mapping[str, Sequence[Any]], words: Pieces, models: Sequence[Any], layer: int, tokens_per_batch: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the states of words that are each other's only translation, by gold links.

    Parameters
    ----------
    bitext : mapping
        ``sure`` and ``possible`` links of each pair of sentences.
    words : Pieces
        See `polychron.tokenization.sides.joined`.
    models : sequence of two encoders
        Of the first and the second language of the bitext, see `polychron.models.loading.load`.
    layer, tokens_per_batch : int

    Returns
    -------
    ndarray of floating point, each of shape (links, dimension)
        Of the first and the second language.

    Raises
    ------
    InputError
        There are fewer than `ENOUGH`.
    """
    number = len(words.lengths) // 2
    rows = links.one_to_one(bitext["sure"], bitext["possible"])
    halves, left_out = links.halves(rows, words.word_sentence, words.status == KEPT, number)
    places = [np.concatenate([getattr(half, side)[: half.linked] for half in halves]) for side in ("source", "target")]
    if len(places[0]) < ENOUGH:
        raise InputError(
            f"{len(places[0])} gold links pair a word with one other word alone ({left_out} more are beyond the "
            f"window), and a map takes {ENOUGH}",
            remedy="take this pair out of alignment.pairs, or set finetuning.stacked: null",
        )
    states = sides.at_layers(models, words, [layer], tokens_per_batch)[layer]
    return states[places[0]], states[places[1]]


def encoders(
    members: Sequence[Any],
    speakers: Mapping[str, int],
    linked: Mapping[str, tuple[np.ndarray, np.ndarray]],
    layer: int,
    seed: int,
) -> tuple[Stacked, dict[str, Stacked]]:
    """Return the encoder that is trained, and those that read the targets, which have its fresh layers.

    Parameters
    ----------
    members : sequence of transformers.PreTrainedModel
        The first speaks the source.
    speakers : mapping of str to int
        The place of the member of each target.
    linked : mapping of str to (ndarray, ndarray)
        Of each target but the source the states of linked words, of the source and of the target.
    layer, seed : int

    Raises
    ------
    InputError
        Two members have other widths.
    """
    top = fresh(members[0].config, seed, next(members[0].parameters()).device)
    own = means_of(np.concatenate([source for source, _ in linked.values()]))
    trained, read = Stacked(members[0], layer, own, top), {}
    for target, place in speakers.items():
        if target not in linked:
            read[target] = trained
            continue
        source, other = linked[target]
        means = means_of(other)
        turn = mapping.procrustes(normalised(other, means), normalised(source, own))
        read[target] = Stacked(members[place], layer, means, top, turn)
        logger.info("%s: a map of layer %d from %d pairs of words", target, layer, len(source))
    return trained, read
