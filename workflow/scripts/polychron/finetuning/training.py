"""Training of an encoder with its head: AdamW, and the epoch kept that is best on the source's dev set.

All updates follow from the seed: the weights that the head begins with, the order of the examples, and dropout. On a
CPU with one thread, two runs give the same bytes.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from polychron.errors import InputError
from polychron.finetuning.network import Network
from polychron.finetuning.recipes import Recipe
from polychron.finetuning.splits import Split

logger = logging.getLogger("polychron")


@dataclass(frozen=True)
class Trained:
    """What became of a training.

    Parameters
    ----------
    epoch : int
        The epoch that is kept, counted from 1; 0 where no epoch ended with finite weights.
    dev : tuple of float
        The score on dev after each epoch.
    """

    epoch: int
    dev: tuple[float, ...]

    @property
    def best(self) -> float:
        """The score of the epoch that is kept, NaN where there is none."""
        return self.dev[self.epoch - 1] if self.epoch else float("nan")


def fit(
    network: Network,
    train: Split,
    judge: Callable[[], float],
    recipe: Recipe,
    *,
    seed: int,
    after: Callable[[int], None] | None = None,
) -> Trained:
    """Train a network, and leave it as it was after its best epoch.

    Parameters
    ----------
    network : Network
        It is changed.
    train : Split
        With labels as positions in the network's classes, all of them known.
    judge : callable
        Return the score of the network as it is, on dev of the language that it is trained on. Of epochs that are
        equally good, the first is kept.
    recipe : Recipe
    seed : int
        Of the order of the examples and of dropout.
    after : callable, optional
        Called with the number of each epoch, when the network is as it was at its end.

    Returns
    -------
    Trained
        A loss that is not finite ends the training with the epochs before it.

    Raises
    ------
    InputError
        There is nothing to train on.
    """
    if not len(train):
        raise InputError("train: no examples", remedy="look at the file of this split")
    size = min(recipe.size or len(train.inputs), len(train.inputs))
    number = math.ceil(size / recipe.batch)
    optimizer, schedule = _optimizer(network, recipe, number * recipe.epochs)
    waiting, scores, kept, best = _epochs(len(train.inputs), size, seed), [], None, 0
    with _deterministic(network.device, seed):
        for epoch in range(1, recipe.epochs + 1):
            network.train()
            total = 0.0
            for chosen in np.array_split(next(waiting), range(recipe.batch, size, recipe.batch)):
                optimizer.zero_grad()
                loss = network.loss(train, chosen)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
                optimizer.step()
                schedule.step()
                total += loss.item()
            if not math.isfinite(total) or not _finite(network):
                logger.warning("epoch %d of %d: the loss is not finite; the training ends here", epoch, recipe.epochs)
                break
            scores.append(judge())
            if after:
                after(epoch)
            if not best or scores[-1] > scores[best - 1]:
                best, kept = epoch, {name: value.detach().clone() for name, value in network.state_dict().items()}
            logger.info("epoch %d of %d: loss %.4f, dev %.4f", epoch, recipe.epochs, total / number, scores[-1])
    if kept is not None:
        network.load_state_dict(kept)
    return Trained(best, tuple(scores))


def _epochs(number: int, size: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the examples of one epoch after the other, all of them in a random order before any comes again."""
    order, waiting = np.random.default_rng(seed), np.zeros(0, np.int64)
    while True:
        if len(waiting) < size:
            waiting = np.concatenate([waiting, order.permutation(number)])
        yield waiting[:size]
        waiting = waiting[size:]


def _optimizer(
    network: Network, recipe: Recipe, updates: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    warm = recipe.warmup * updates

    def factor(update: int) -> float:
        if update < warm:
            return update / warm
        return (updates - update) / max(updates - warm, 1) if recipe.decay else 1.0

    head = recipe.learning_rate if recipe.head_rate is None else recipe.head_rate
    groups = [
        {"params": [*network.encoder.parameters()], "lr": recipe.learning_rate},
        {"params": [*network.head.parameters()], "lr": head},
    ]
    optimizer = torch.optim.AdamW(groups, eps=1e-8, weight_decay=0.0, fused=True)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def _finite(network: Network) -> bool:
    return all(bool(torch.isfinite(tensor).all()) for tensor in network.parameters())


@contextlib.contextmanager
def _deterministic(device: torch.device, seed: int) -> Iterator[None]:
    """Compute with kernels that add in one order, and with a seed; afterwards all is as it was."""
    before = torch.are_deterministic_algorithms_enabled()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before)
