"""A stand-in for CUDA graphs on a CPU: PyTorch's operations are recorded once and run again on the same places."""

from collections.abc import Callable

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Recorder(TorchDispatchMode):
    """Records operations with the places that they read and write, as a CUDA graph does."""

    def __enter__(self):
        self.calls = []
        return super().__enter__()

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        out = operation(*args, **(kwargs or {}))
        self.calls.append((operation, args, kwargs or {}, out))
        return out

    def replay(self):
        for operation, args, kwargs, out in self.calls:
            again = operation(*args, **kwargs)
            for place, value in zip(tree_leaves(out), tree_leaves(again), strict=True):
                if isinstance(place, torch.Tensor) and place.data_ptr() != value.data_ptr():
                    place.copy_(value)


def recorder() -> tuple[Callable, list[int]]:
    """Return a stand-in for `polychron.probing.cuda_graphs.capture`, and a list of the lengths of its recordings."""
    captures = []

    def capture(step):
        with Recorder() as recorded:
            step()
        captures.append(len(recorded.calls))
        once = iter([lambda: None])  # it has run while it was recorded
        return lambda: next(once, recorded.replay)()

    return capture, captures
