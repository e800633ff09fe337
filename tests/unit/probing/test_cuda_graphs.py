"""What is recorded for a GPU; the recording itself needs one."""

import contextlib
import gc

import pytest
import torch

from polychron.probing import cuda_graphs


class Graph:
    """Stands in for a recording, which a CPU does not have."""

    def replay(self):
        return "replayed"


@pytest.fixture
def pretended(monkeypatch):
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", lambda graph: contextlib.nullcontext())


@pytest.mark.parametrize("before", [True, False])
def test_nothing_is_collected_while_a_step_is_recorded(pretended, before):
    seen, restore = [], gc.isenabled()
    try:
        (gc.enable if before else gc.disable)()
        assert cuda_graphs.capture(lambda: seen.append(gc.isenabled()))() == "replayed"
        assert seen == [False] and gc.isenabled() is before
        with pytest.raises(ZeroDivisionError):
            cuda_graphs.capture(lambda: 1 / 0)
        assert gc.isenabled() is before
    finally:
        (gc.enable if restore else gc.disable)()
