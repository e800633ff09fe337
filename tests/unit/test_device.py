"""The device of a job: a card that the installed torch has kernels for, or the CPU. The cards are pretended."""

import pytest
import torch

from polychron import device
from polychron.errors import InputError


@pytest.fixture
def card(monkeypatch):
    """Pretend a card and what torch was compiled for."""

    def pretend(available, capability=(7, 0), kernels=()):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla V100")
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: list(kernels))

    monkeypatch.delenv("SLURM_JOB_GPUS", raising=False)
    monkeypatch.delenv("SLURM_STEP_GPUS", raising=False)
    return pretend


CUDA_13 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
CUDA_12 = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")


def test_a_card_without_kernels_is_refused_before_the_first_product(card):
    card(True, (7, 0), CUDA_13)
    with pytest.raises(InputError, match=r"no kernels for this card, Tesla V100 \(sm_70\).*make TORCH=cu126"):
        device.choose()
    card(True, (7, 0), CUDA_12)
    assert device.choose() == "cuda"
    card(False)
    assert device.choose() == "cpu"


def test_a_job_that_was_given_a_card_does_not_compute_beside_it(card, monkeypatch, tmp_path):
    card(False)
    monkeypatch.setenv("SLURM_JOB_GPUS", "0")
    monkeypatch.setattr(device, "CARDS", f"{tmp_path}/nvidia[0-9]*")
    assert device.choose() == "cpu", "a pretend cluster without cards"
    (tmp_path / "nvidia0").touch()
    with pytest.raises(InputError, match=r"Slurm gave this job a GPU \(0\).*needs a driver from 580 on"):
        device.choose()


@pytest.mark.parametrize(
    ("capability", "kernels", "runs"),
    [
        ((8, 6), ["sm_80"], True),
        ((8, 0), ["sm_86"], False),
        ((9, 0), ["sm_80"], False),
        ((9, 0), ["sm_80", "compute_80"], True),
        ((9, 0), ["sm_90a"], True),
        ((10, 3), ["sm_100a"], False),
        ((10, 3), ["sm_100"], True),
        ((12, 1), ["sm_120", "compute_120"], True),
        ((7, 0), ["compute_75"], False),
        ((9, 4), ["gfx90a"], False),
    ],
)
def test_which_code_runs_on_which_card(capability, kernels, runs):
    assert device.has_kernels(kernels, capability) == runs


def test_half_precision_needs_a_card_that_has_it(card):
    with pytest.raises(InputError, match=r"features.precision is float16, and there is no GPU here.*set features"):
        device.of_precision("float16", "cpu")
    card(True, (7, 0), CUDA_12)
    with pytest.raises(InputError, match=r"bfloat16, which Tesla V100 does not compute in"):
        device.of_precision("bfloat16", "cuda")
    assert device.of_precision("float16", "cuda") == torch.float16
    card(True, (8, 0), CUDA_12)
    assert device.of_precision("bfloat16", "cuda") == torch.bfloat16
