"""Which way the steps of probes are computed; the cards are pretended."""

import importlib.util
import logging

import pytest
import torch
from cells import fit, planted

from polychron.errors import InputError
from polychron.probing.gpu import steps, switch

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def card(monkeypatch):
    """Pretend a card, and whether Triton is installed."""
    monkeypatch.delenv(switch.SWITCH, raising=False)

    def pretend(capability, triton):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: triton or None)

    return pretend


@pytest.mark.parametrize(
    ("capability", "triton", "classes", "expected"),
    [
        ((9, 0), True, 17, "fused"),
        ((7, 0), True, 64, "fused"),
        ((9, 0), True, 65, "captured"),
        ((6, 1), True, 17, "captured"),
        ((9, 0), False, 17, "captured"),
    ],
)
def test_the_way_of_a_card(card, capability, triton, classes, expected):
    card(capability, triton)
    assert steps.choose(GPU, classes) == expected
    assert steps.choose(CPU, classes) == "plain"


@pytest.mark.parametrize("named", switch.WAYS)
def test_a_way_that_the_environment_names(card, monkeypatch, named):
    card((9, 0), True)
    monkeypatch.setenv(switch.SWITCH, named)
    assert steps.choose(GPU, 17) == named
    assert steps.choose(CPU, 17) == "plain"


def test_a_way_that_there_is_not(card, monkeypatch):
    card((9, 0), False)
    monkeypatch.setenv(switch.SWITCH, "fused")
    with pytest.raises(InputError, match=r"Triton is not installed. Next: install torch for CUDA"):
        steps.choose(GPU, 17)
    monkeypatch.setenv(switch.SWITCH, "quick")
    for device in (CPU, GPU):
        with pytest.raises(InputError, match=r"POLYCHRON_PROBE_STEPS=quick.*set it to plain, captured or fused"):
            steps.choose(device, 17)


def test_on_a_cpu_nothing_is_said_of_the_way(caplog):
    splits, vectors = planted(60, 6, 2, pairs=False)
    with caplog.at_level(logging.INFO, logger="polychron"):
        fit(splits, vectors, epochs=1)
    assert "dev accuracy" in caplog.text and "steps of probes" not in caplog.text
