"""The scores of classes, a batch of examples after the other, all seeds in one product."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from polychron.probing.splits import Split

ROWS = 8192
"""Examples whose input vectors are built at a time: 75 MB of pairs of 768 values."""


def of_batches(weight: torch.Tensor, split: Split) -> Iterator[tuple[slice, slice, torch.Tensor, torch.Tensor]]:
    """Yield the scores of a split's examples.

    Parameters
    ----------
    weight : tensor of float32, shape (seeds, classes, width + 1)
        On the device of the split; the last column is the bias.
    split : Split
        The examples.

    Yields
    ------
    group, part : slice
        Which seeds, all of them unless each has examples of its own, and which examples.
    scores : tensor of float32, shape (seeds, classes, examples)
    inputs : tensor of float32, shape (examples, width + 1)
        What was multiplied by the weights; it is overwritten by the next batch.
    """
    seeds, classes, width = weight.shape
    scaling = split.scaling(list(range(seeds)))
    inputs = torch.ones(min(ROWS, len(split)), width, device=weight.device)
    groups = [slice(place, place + 1) for place in range(seeds)] if split.per_seed else [slice(0, seeds)]
    for start in range(0, len(split), ROWS):
        part = slice(start, min(start + ROWS, len(split)))
        seen = inputs[: part.stop - start]
        for group in groups:
            first = split.start(group.start)
            of_seed = None if scaling is None else scaling[:, group.start : group.start + 1]
            split.fill(seen, slice(first + part.start, first + part.stop), of_seed)
            yield group, part, (weight[group].reshape(-1, width) @ seen.T).view(-1, classes, len(seen)), seen
