"""Which of PyTorch's kernels compute attention on a GPU."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import torch


@contextlib.contextmanager
def without_cudnn() -> Iterator[None]:
    """Leave cuDNN's attention out, and put back what was set before.

    On an H100 PyTorch prefers it in half precision. It makes a plan for each new number and length of sentences, which
    takes the host tens of milliseconds, more than such a call of attention. FlashAttention and the others need no plan.
    On a CPU this changes nothing.
    """
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)


def computed(layers: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
    """Yield what a model yields layer by layer, each computed `without_cudnn`.

    The encoders do not see to it themselves, since checkpoints are proved by their code, and would all be fetched again
    after an edit of it.
    """
    waiting = iter(layers)
    while True:
        with without_cudnn():
            states = next(waiting, None)
        if states is None:
            return
        yield states
