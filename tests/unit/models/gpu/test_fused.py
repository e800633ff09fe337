"""Fused normalisation and GELU, in Triton's interpreter where there is no card: what PyTorch computes.

The interpreter runs the kernels' text with NumPy. It cannot show how a card rounds, or how fast it is. That the text is
compiled for the cards is shown without one.
"""

import importlib.util
import logging
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from tiny import VOCABULARY, WINDOW, checkpoint, files_of
from torch.nn import functional

from polychron.errors import InputError
from polychron.models.gpu import fused
from polychron.models.loading import load
from polychron.models.packed import Packed
from polychron.paths import LIBRARY

torch.set_num_threads(1)
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
CPU, GPU = torch.device("cpu"), torch.device("cuda")
EPS = 1e-5
"""That of XLM-R, which is not the default of its config."""

interpreted = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None,
    reason="Triton is not installed, so that the fused kernels of the encoder are not tested",
)


# the kernels


def near(found, expected):
    """Compare with what was computed in float32: two roundings of the type may be between them."""
    torch.testing.assert_close(
        found.float(), expected, rtol={torch.float32: 1e-5, torch.float16: 1e-3}[found.dtype], atol=1e-5
    )


def drawn(kind, *shapes):
    draw = torch.Generator().manual_seed(len(shapes[0]) + shapes[0][0])
    return [torch.randn(*shape, generator=draw).to(DEVICE, kind) for shape in shapes]


@interpreted
@pytest.mark.parametrize("dimension", [128, 192, 768, 1024])
@pytest.mark.parametrize(("kind", "wide"), [(torch.float32, False), (torch.float16, False), (torch.float16, True)])
def test_bias_residual_and_normalisation(dimension, kind, wide):
    for rows in (1, 19):
        shapes = [(rows, dimension), (dimension,), (rows, dimension), (dimension,), (dimension,)]
        product, bias, residual, weight, shift = drawn(kind, *shapes)
        product[::2] *= 1e-3  # rows whose variance eps is seen in
        residual[::2] *= 1e-3
        bias *= 1e-3
        residual = residual.float() if wide else residual
        total = product.float() + bias.float() + residual.float()
        expected = functional.layer_norm(total, (dimension,), weight.float(), shift.float(), EPS)
        states, stream = fused.Kernels(dimension, EPS, wide).normalised(product, bias, residual, weight, shift)
        near(states, expected)
        near(stream, expected)
        assert states.dtype == kind and stream.dtype == (torch.float32 if wide else kind)


@interpreted
@pytest.mark.parametrize("width", [96, 512, 3072])
@pytest.mark.parametrize("kind", [torch.float32, torch.float16])
def test_bias_and_gelu(width, kind):
    for rows in (1, 7):
        product, bias = drawn(kind, (rows, width), (width,))
        product *= 3
        expected = functional.gelu(product.float() + bias.float())
        near(fused.Kernels(24, EPS).activated(product, bias), expected)
    tanh = functional.gelu(torch.full((1, 4), 2.0, device=DEVICE), approximate="tanh")
    with pytest.raises(AssertionError):  # the approximation is another function
        near(fused.Kernels(24, EPS).activated(*(torch.ones(*s, device=DEVICE) for s in ((1, 4), (4,)))), tanh)


@interpreted
@pytest.mark.parametrize("eps", [EPS, 1e-12])
@pytest.mark.parametrize(("kind", "wide"), [(torch.float32, False), (torch.float16, False), (torch.float16, True)])
def test_nothing_is_wrong_with_them(eps, kind, wide):
    assert fused.Kernels(48, eps, wide).fault(kind, 96, torch.device(DEVICE)) is None


COMPILED = """
import sys
from triton import compile
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from polychron.models.gpu import fused, kernels

for capability, kind in ((70, "fp16"), (70, "fp32"), (80, "fp16"), (80, "bf16"), (90, "fp16"), (90, "bf16")):
    wide = kind != "fp32"
    constants = {"dimension": 768, "wide": wide, "width": 3072}
    types = {"rows": "i32", "eps": "fp32", "stream": "*fp32", "residual": "*fp32"}
    for kernel, blocks, warps in (
        (kernels.normalise, (1, 1024), 4),
        (kernels.activate, (fused.ROWS, fused.COLUMNS), fused.WARPS),
    ):
        names = [one.name for one in kernel.params]
        known = {**constants, "block_m": blocks[0], "block_k": blocks[1]}
        known = {name: value for name, value in known.items() if name in names}
        kinds = {name: "constexpr" if name in known else types.get(name, f"*{kind}") for name in names}
        aligned = {(names.index(n),): [["tt.divisibility", 16]] for n in names if kinds[n].startswith("*")}
        given = {(names.index(name),): value for name, value in known.items()}
        source = ASTSource(kernel, kinds, given, aligned)
        made = compile(source, target=GPUTarget("cuda", capability, 32), options={"num_warps": warps})
        print(kernel.__name__, capability, kind, len(made.asm["cubin"]) > 1000)
"""


@interpreted
def test_the_kernels_are_compiled_from_a_v100_to_an_h100(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment |= {"TRITON_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(LIBRARY.parent)}
    said = subprocess.run(
        [sys.executable, "-c", COMPILED], env=environment, capture_output=True, text=True, check=False
    )
    assert said.stdout.splitlines() == [
        f"{kernel} {card} True"
        for card in ("70 fp16", "70 fp32", "80 fp16", "80 bf16", "90 fp16", "90 bf16")
        for kernel in ("normalise", "activate")
    ], said.stderr


# a whole model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    checkpoint(folder, layer_norm_eps=EPS, num_hidden_layers=2)
    return files_of(folder)


@pytest.fixture
def take(monkeypatch):
    """Return a function that names the way that is taken, whatever the device is."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda *_: "a card")
    return lambda way: monkeypatch.setattr(fused, "choose", lambda device: way)


def encoder_of(model, kind=torch.float32):
    """Load the model with embeddings as small as those of XLM-R, so that eps is seen."""
    encoder = load(*model, device=DEVICE)
    for name, tensor in encoder._tensors.items():
        encoder._tensors[name] = (tensor * 0.03 if "_embeddings" in name else tensor).to(kind)
    return encoder


def states_of(packed):
    """Compute sentences of 1 to 9 pieces."""
    groups = [(2, 1), (3, 4), (1, 9)]
    lengths = [length for number, length in groups for _ in range(number)]
    ids = torch.from_numpy(np.random.default_rng(2).integers(4, VOCABULARY - 1, sum(lengths)))
    within = torch.cat([torch.arange(length) for length in lengths])
    assert max(lengths) <= WINDOW
    return list(packed.layers(ids.to(DEVICE), within.to(DEVICE), groups))


def compare(found, expected):
    """Compare the states of all layers, which may differ by rounding."""
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


@interpreted
@pytest.mark.parametrize("way", ["fused", "wide"])
def test_all_layers_are_those_of_pytorchs_kernels(model, take, way, caplog):
    encoder = encoder_of(model)
    expected = states_of(Packed(encoder))
    take(way)
    with caplog.at_level(logging.INFO, logger="polychron"):
        packed = Packed(encoder)
    assert f"encoder: {way} normalisation and GELU, on a card" in caplog.text
    found = states_of(packed)
    assert len(found) == 3 and any(one.ne(other).any() for one, other in zip(found, expected, strict=True))
    compare(found, expected)
    nothing = torch.zeros(0, dtype=torch.int64, device=DEVICE)
    assert [one.shape for one in packed.layers(nothing, nothing, [])] == [(0, 24)] * 3


def without(kernels, name, place):
    """Leave an argument of a kernel out."""
    whole = getattr(kernels, name)

    def computed(*given):
        given = list(given)
        given[place] = torch.zeros_like(given[place])
        return whole(*given)

    setattr(kernels, name, computed)


WRONG = {
    "the default of eps": lambda kernels: setattr(kernels, "eps", 1e-12),
    "no bias before GELU": lambda kernels: without(kernels, "activated", 1),
    "no bias before normalisation": lambda kernels: without(kernels, "normalised", 1),
    "no residual": lambda kernels: without(kernels, "normalised", 2),
    "no bias of normalisation": lambda kernels: without(kernels, "normalised", 4),
}


@interpreted
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_kernel_is_found(model, take, wrong):
    """The control: both comparisons are fine enough to see it, that of a model and that before the first batch."""
    encoder = encoder_of(model)
    expected = states_of(Packed(encoder))
    take("fused")
    packed = Packed(encoder)
    assert packed._kernels.fault(torch.float32, 40, torch.device(DEVICE)) is None
    WRONG[wrong](packed._kernels)
    with pytest.raises(AssertionError):
        compare(states_of(packed), expected)
    if wrong == "the default of eps":
        return  # the comparison before the first batch takes it from the kernels
    fault = packed._kernels.fault(torch.float32, 40, torch.device(DEVICE))
    assert fault.endswith("PyTorch's: GELU" if "GELU" in wrong else "PyTorch's: normalisation")


@interpreted
def test_half_precision_is_nearer_to_float32_than_with_pytorchs_kernels(model, take):
    """And nearer still with a residual stream in float32. All have the same weights, which are numbers of float16."""
    encoder = encoder_of(model, torch.float16)
    encoder._tensors = {name: tensor.float() for name, tensor in encoder._tensors.items()}
    exact = states_of(Packed(encoder))[-1]
    errors = {}
    for way in fused.WAYS:
        take(way)
        last = states_of(Packed(encoder_of(model, torch.float16)))[-1]
        assert last.dtype == torch.float16
        errors[way] = ((last.float() - exact).norm() / exact.norm()).item()
    assert errors["wide"] < errors["fused"] < errors["plain"] < 5e-3


# when they are used


class Refused:
    """A kernel that does nothing, or that its compiler refuses."""

    def __init__(self, error=None):
        self.error = error

    def __getitem__(self, grid):
        def launch(*arguments, **constants):
            if self.error:
                raise self.error

        return launch


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        (Refused(), "what they compute differs from PyTorch's: normalisation and GELU; PyTorch's own are used"),
        (Refused(RuntimeError("no such card\nmore")), "do not run here (RuntimeError: no such card); PyTorch's own"),
    ],
)
def test_kernels_that_fail_or_compute_something_else_are_not_used(model, take, monkeypatch, caplog, kernel, said):
    from polychron.models.gpu import kernels

    encoder = encoder_of(model)
    expected, state = states_of(Packed(encoder)), torch.get_rng_state()
    take("fused")
    monkeypatch.setattr(kernels, "normalise", kernel)
    monkeypatch.setattr(kernels, "activate", kernel)
    with caplog.at_level(logging.WARNING, logger="polychron"):
        packed = Packed(encoder)
    assert "encoder: no fused kernels, for " in caplog.text and said in caplog.text
    assert packed._kernels is None and torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one, other) for one, other in zip(states_of(packed), expected, strict=True))


@pytest.fixture
def card(monkeypatch):
    """Pretend a card, and whether Triton is installed."""
    monkeypatch.delenv(fused.SWITCH, raising=False)

    def pretend(capability, triton):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: triton or None)

    return pretend


@pytest.mark.parametrize(
    ("capability", "triton", "expected"),
    [((9, 0), True, "fused"), ((7, 0), True, "fused"), ((6, 1), True, "plain"), ((9, 0), False, "plain")],
)
def test_the_way_of_a_card(card, capability, triton, expected):
    card(capability, triton)
    assert fused.choose(GPU) == expected
    assert fused.choose(CPU) == "plain"


@pytest.mark.parametrize("named", fused.WAYS)
def test_a_way_that_the_environment_names(card, monkeypatch, named):
    card((9, 0), True)
    monkeypatch.setenv(fused.SWITCH, named)
    assert fused.choose(GPU) == named
    assert fused.choose(CPU) == "plain" and fused.kernels_for(CPU, torch.float32, 24, 40, EPS) is None


def test_the_log_says_that_plain_kernels_are_taken_on_a_card(take, caplog):
    take("plain")
    with caplog.at_level(logging.INFO, logger="polychron"):
        assert fused.kernels_for(CPU, torch.float32, 24, 40, EPS) is None
        assert not caplog.text
        assert fused.kernels_for(GPU, torch.float32, 24, 40, EPS) is None
    assert "encoder: plain normalisation and GELU, on a card" in caplog.text


def test_a_way_that_there_is_not(card, monkeypatch):
    card((9, 0), False)
    monkeypatch.setenv(fused.SWITCH, "wide")
    with pytest.raises(InputError, match=r"POLYCHRON_ENCODER=wide.*Triton is not installed. Next: install torch for"):
        fused.choose(GPU)
    monkeypatch.setenv(fused.SWITCH, "quick")
    for device in (CPU, GPU):
        with pytest.raises(InputError, match=r"POLYCHRON_ENCODER=quick.*set it to plain, fused or wide"):
            fused.choose(device)
