"""Probes trained to convergence: logistic regression with an L2 penalty, by L-BFGS.

The problem is convex, so that the result depends neither on a seed nor on a learning rate, a batch or the number of
epochs. That makes small and large cells comparable, which early stopping by patience in epochs does not. The loss is
that of scikit-learn's `LogisticRegression` [1]_ with ``C = 1 / l2``; the penalty is chosen by dev accuracy. All is
computed in float64, for in float32 the line search finds no smaller loss long before the gradient is zero.

References
----------
.. [1] Pedregosa et al.: Scikit-learn: Machine Learning in Python. JMLR 12, 2011.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch.nn import functional

from polychron.probing.probes import Probe
from polychron.probing.scaling import unscaled
from polychron.probing.splits import Split, prepare
from polychron.probing.tasks.base import Examples

logger = logging.getLogger("polychron")

SETTINGS = ("seeds", "l2", "scaling")
"""The settings of `fit` that a study has."""

PORTION = 4096
"""Examples whose input vectors are built at a time."""

ITERATIONS, CLOSE = 1000, 1e-6
"""The most iterations, and the largest entry of the mean gradient at which the loss counts as smallest."""


def fit(
    train: Examples,
    dev: Examples,
    features: Sequence[np.ndarray],
    *,
    seeds: Sequence[int],
    l2: Sequence[float] = (1.0,),
    labels: Mapping[str, np.ndarray] | None = None,
    classes: Sequence[str] | None = None,
    scaling: str = "none",
    device: str | torch.device | None = None,
) -> Probe:
    """Train a probe to convergence.

    Parameters
    ----------
    train, dev : Examples
        Splits of one task. Labels of dev that train lacks count as errors.
    features : sequence of ndarray, each of shape (words, dimension)
        One array of word vectors for each dataset.
    seeds : sequence of int
        Every seed has the same weights, unless labels or examples differ between them.
    l2 : sequence of float
        Strengths of the penalty ``l2 / 2 * |weight|^2``, which is added to the sum of the losses of all examples. The
        one with the best dev accuracy is kept; of equally good ones the strongest. The biases are free, unless a class
        has no training examples, as in the first blocks of a description length: then they are penalised like weights.
    labels, classes, scaling, device
        See `polychron.probing.training.fit`.

    Returns
    -------
    Probe
        Its kept epochs are the iterations of L-BFGS.

    Raises
    ------
    InputError
        A split is empty, a feature is not finite, or train and dev disagree in their datasets' dimensions.
    """
    train_set, dev_set, classes, moments = prepare(
        train, dev, features, labels=labels, classes=classes, scaling=scaling, device=device
    )
    strengths, trained = sorted(l2, reverse=True), len(seeds) if labels or train_set.per_seed else 1
    found = [_best(train_set, dev_set, len(classes), place, strengths) for place in range(trained)]
    found *= len(seeds) // trained
    weight = np.stack([parameters[:, :-1].T.cpu().numpy() for parameters, _ in found])
    bias = np.stack([parameters[:, -1].cpu().numpy() for parameters, _ in found])
    if moments is not None:
        weight, bias = unscaled(weight, bias, *moments)
    return Probe(
        weight=np.ascontiguousarray(weight, np.float32),
        bias=np.ascontiguousarray(bias, np.float32),
        classes=classes,
        seeds=tuple(seeds),
        kept_epochs=tuple(iterations for _, iterations in found),
    )


def _best(train: Split, dev: Split, classes: int, seed: int, strengths: Sequence[float]) -> tuple[torch.Tensor, int]:
    """Return the weights with the best dev accuracy, and their number of iterations; weaker penalties start warm."""
    parameters = torch.zeros(classes, train.width + 1, device=train.vectors.device, dtype=torch.float64)
    best, kept = -1, None
    for strength in strengths:
        parameters, iterations, gradient = _minimise(train, parameters, seed, strength)
        right = _count_correct(dev, parameters, seed)
        logger.info(
            "l2 %g: %d iterations, largest entry of the mean gradient %.1e, dev accuracy %.4f",
            *(strength, iterations, gradient, right / len(dev)),
        )
        if gradient > CLOSE:
            logger.warning("l2 %g: not converged after %d iterations", strength, iterations)
        if right > best:
            best, kept = right, (parameters, iterations)
    return kept


def _minimise(train: Split, start: torch.Tensor, seed: int, strength: float) -> tuple[torch.Tensor, int, float]:
    """Minimise the loss; return the weights, the iterations, and the largest entry of the mean gradient."""
    parameters = start.clone().requires_grad_()
    search = torch.optim.LBFGS(
        [parameters],
        max_iter=ITERATIONS,
        max_eval=2 * ITERATIONS,
        tolerance_grad=CLOSE,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )
    number = len(train)
    # If a class has no examples, free biases would part without end: its probability would fall with the iterations.
    penalised = slice(None if len(train.labels([seed])[0].unique()) < len(parameters) else -1)

    def closure() -> torch.Tensor:
        search.zero_grad()
        total = torch.zeros((), dtype=torch.float64, device=parameters.device)
        for seen, label in _portions(train, seed):
            logits = seen @ parameters[:, :-1].T + parameters[:, -1]
            loss = functional.cross_entropy(logits, label, reduction="sum") / number
            loss.backward()
            total += loss.detach()
        # Of two classes, scikit-learn has one vector, the difference of the two here: its penalty is twice theirs.
        penalty = (2 if len(parameters) == 2 else 1) * strength / (2 * number) * parameters[:, penalised].square().sum()
        penalty.backward()
        return total + penalty.detach()

    search.step(closure)
    closure()
    iterations = search.state[parameters]["n_iter"]
    return parameters.detach(), iterations, float(parameters.grad.abs().max())


def _count_correct(split: Split, parameters: torch.Tensor, seed: int) -> int:
    return sum(
        int(((seen @ parameters[:, :-1].T + parameters[:, -1]).argmax(1) == label).sum())
        for seen, label in _portions(split, seed)
    )


def _portions(split: Split, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    labels, first, scaling = split.labels([seed])[0], split.start(seed), split.scaling([seed])
    for start in range(0, len(split), PORTION):
        part = slice(start, min(start + PORTION, len(split)))
        seen = torch.empty(part.stop - start, split.width, device=labels.device)
        split.fill(seen, slice(first + part.start, first + part.stop), scaling)
        yield seen.double(), labels[part]
