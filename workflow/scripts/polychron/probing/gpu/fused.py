"""The probes of several seeds in two kernels a step (`kernels`), launched many steps at once.

Before the first step of a stack, two steps are taken both ways, fused and in plain PyTorch (`captured`), from the same
weights. If the kernels do not compile for the card, or weights or gradients differ, the log says so and plain
PyTorch goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import torch

from polychron.probing.gpu.captured import Captured, up
from polychron.probing.multi_seed import ADAM

MOST_CLASSES = 64
"""The most classes: a program holds the scores of all of them in registers."""

ROWS, COLUMNS, BACK = 16, (64, 32), (32, 32)
"""Blocks of the kernels: examples of `forward`, its columns of an input of one and of two vectors, both of `backward`.

Up to 64 classes programs have the registers that they need on cards from the V100 on, but for `backward` on a V100 with
scaled pairs and more than 32 classes: it takes all 255 and keeps 72 bytes of each thread in memory.
"""

TRIED, STRAYED, MANY = 2, 0.01, 1e-3
"""Steps that are compared; a weight has strayed beyond so much of the learning rate; the share that may have strayed.

Where a gradient is nearly zero, Adam's first step is as long as the learning rate all the same, and its sign is that of
rounding errors. So a few weights may differ.
"""

FEW, GRADIENT = 0.05, 1e-3
"""The share of the biases that may have strayed; how far gradients may be from those of plain PyTorch, by norm."""

logger = logging.getLogger("polychron")


class Fused(Captured):
    """The weights of all seeds, and how they are trained; see `captured.Captured`."""

    def _allocate(self, size: int) -> None:
        super()._allocate(size)
        seeds, self._classes, padded = self.parameters.shape
        columns = 16
        while columns < self._classes:
            columns *= 2
        self._counter = torch.zeros(2, dtype=torch.int64, device=self.device)
        self._errors = torch.zeros(seeds, size, columns, device=self.device)
        self._rates = torch.zeros(self.epoch.batches, 2, device=self.device)
        self._moments = self._rates if self.scaling is None else self.scaling.contiguous()
        self._taken = 0
        self._constants = {
            "dimension": self._set.vectors.shape[1],
            "width": self.width,
            "padded": padded,
            "size": size,
            "columns": columns,
            "pairs": len(self._set.rows) == 2,
            "scaled": self.scaling is not None,
            "precision": precision_of_products(self.device),
        }
        # not the step itself: a stack that refers to itself waits for the garbage collector, and so do its recordings
        self._agrees = False

    def train(self, going: Sequence[bool]) -> None:
        """Go once over the training examples, each seed that goes on in its own order."""
        self.epoch.begin([place for place, on in enumerate(going) if on])
        self._correct()
        if self._taken == 0:
            self._agrees = self._tried()
        self._counter.zero_()
        self._repeated(self._step if self._agrees else super()._step, self.epoch.batches, self.device)
        self._taken += self.epoch.batches

    def _correct(self) -> None:
        """Compute the learning rates of the epoch's steps, and what roots of mean squares are divided by."""
        steps = torch.arange(self.epoch.batches, dtype=torch.float64, device=self.device) + (self._taken + 1)
        self._rates[:, 0] = self.learning_rate / (1 - ADAM["beta1"] ** steps)
        self._rates[:, 1] = (1 - ADAM["beta2"] ** steps).sqrt()

    def _tried(self) -> bool:
        """Return whether the fused step does what plain PyTorch does."""
        state = [self.parameters, self.mean, self.square]
        before = [one.clone() for one in state]
        tried = min(TRIED, self.epoch.batches)

        def taken(step: Callable[[], None]) -> tuple[torch.Tensor, torch.Tensor]:
            for _ in range(tried):
                step()
            found = self.parameters.clone(), self.mean.clone()
            for one, kept in zip(state, before, strict=True):
                one.copy_(kept)
            for counted in (*self._steps, self.epoch.step, self._counter):
                counted.zero_()
            return found

        expected = taken(super()._step)
        try:
            found = taken(self._step)
        except Exception as error:  # whatever a compiler says of a card that it does not know
            said = (str(error).strip() or "no more is said").splitlines()[0]
            self._refused(f"the kernels do not run here ({type(error).__name__}: {said})")
            taken(lambda: None)
            return False
        if wrong := _differing(found, expected, self.width, STRAYED * self.learning_rate):
            self._refused(f"after {tried} steps {wrong} differ from those of plain PyTorch")
            return False
        return True

    def _refused(self, reason: str) -> None:
        logger.warning("steps of probes: not fused, for %s; captured steps of plain PyTorch are taken", reason)

    def _step(self) -> None:
        """Take the step that the counter says, in place, and move the counter on."""
        from polychron.probing.gpu import kernels

        seeds, size = len(self.parameters), self._errors.shape[1]
        block_m, block_k = ROWS, COLUMNS[len(self._set.rows) - 1]
        epoch = self.epoch
        vectors = self._set.vectors
        kernels.forward[(size // block_m, seeds)](
            vectors,
            epoch.rows,
            epoch.labels,
            epoch.share,
            self.active,
            self._counter,
            self.parameters,
            self._moments,
            self._errors,
            seeds,
            self._classes,
            block_m=block_m,
            block_k=block_k,
            **self._constants,
        )
        block_m, block_k = BACK
        kernels.backward[(up(vectors.shape[1], block_k) // block_k, seeds)](
            vectors,
            epoch.rows,
            self.active,
            self._counter,
            self.parameters,
            self.mean,
            self.square,
            self._moments,
            self._errors,
            self._rates,
            seeds,
            self._classes,
            block_m=block_m,
            block_k=block_k,
            beta1=ADAM["beta1"],
            beta2=ADAM["beta2"],
            eps=ADAM["eps"],
            **self._constants,
        )


def _differing(
    found: tuple[torch.Tensor, torch.Tensor], expected: tuple[torch.Tensor, torch.Tensor], width: int, within: float
) -> str:
    """Return what of the weights and of Adam's mean gradients is not as expected; nothing if all of it is.

    Adam's steps have the same length whatever the size of a gradient, which its means alone show. Biases are one weight
    of many hundreds, so that all of them could be wrong and few weights differ.
    """
    (weights, means), (known, known_means) = found, expected
    if not (torch.isfinite(weights).all() and torch.isfinite(means).all()):
        return "numbers that are not finite"
    columns = {"weights": slice(0, width), "biases": slice(width, width + 1)}
    for name, own in columns.items():
        strayed = ((weights - known)[..., own].abs() > within).double().mean().item()
        if strayed > (MANY if name == "weights" else FEW):
            return f"{strayed:.1%} of the {name}"
    for name, own in columns.items():
        apart, size = (torch.linalg.vector_norm(one[..., own]).item() for one in (means - known_means, known_means))
        if apart > GRADIENT * size:
            return f"the gradients of the {name} by {apart / max(size, 1e-30):.1%}"
    return ""


def precision_of_products(device: torch.device) -> str:
    """Return how Triton is to multiply float32 numbers without losing digits.

    Parameters
    ----------
    device : torch.device
        Where; of several GPUs the current one.

    Returns
    -------
    {"tf32x3", "ieee"}
        The sum of three products of TF32 parts where the tensor cores have TF32 (from the A100 on), else float32.
    """
    capable = device.type == "cuda" and torch.cuda.get_device_capability() >= (8, 0)
    return "tf32x3" if capable else "ieee"
