"""The fused steps, in Triton's interpreter where there is no card: the weights and predictions of the CPU's path.

The interpreter runs the kernels' text with NumPy. What it cannot show is how a card rounds the parts of a product. That
the text is compiled for the cards is shown without one.
"""

import gc
import logging
import os
import subprocess
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
from cells import alike, fit, per_seed, planted

from polychron.paths import LIBRARY
from polychron.probing import multi_seed
from polychron.probing.gpu import captured, epochs, fused, steps
from polychron.probing.splits import prepare

pytest.importorskip("triton", reason="Triton is not installed, so that the fused steps of probes are not tested")

torch.set_num_threads(1)
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

CASES = {
    "one batch that is not full": (dict(number=30, dimension=16, classes=3, pairs=False), {}),
    "words, and a short last batch": (dict(number=150, dimension=45, classes=17, pairs=False), {"batch": 40}),
    "two classes of pairs": (dict(number=120, dimension=24, classes=2, pairs=True, noise=0.5), {"batch": 64}),
    "sixty classes": (dict(number=400, dimension=12, classes=60, pairs=False), {"batch": 128}),
    "many classes of pairs": (dict(number=150, dimension=33, classes=37, pairs=True), {"batch": 64}),
    "scaled words": (dict(number=90, dimension=20, classes=5, pairs=False), {"batch": 32, "scaling": "standard"}),
    "scaled pairs": (dict(number=90, dimension=34, classes=5, pairs=True), {"batch": 32, "scaling": "standard"}),
}


@pytest.fixture
def fusing(monkeypatch):
    """Train with the fused steps; it is an error if others are taken instead."""
    monkeypatch.setattr(steps, "choose", lambda device, classes: "fused")
    monkeypatch.setattr(fused.Fused, "_refused", lambda stack, reason: pytest.fail(reason))


@pytest.mark.parametrize("case", CASES)
def test_the_probes_of_the_cpu(request, case):
    shape, settings = CASES[case]
    splits, vectors = planted(**shape)
    settings = {"seeds": (3, 4), "epochs": 2, "learning_rate": 3e-3, **settings}
    expected = fit(splits, vectors, **settings)
    request.getfixturevalue("fusing")
    alike(fit(splits, vectors, device=DEVICE, **settings), expected, splits, vectors)


def test_sentence_pairs_with_dev_in_another_dataset(request):
    splits, vectors = planted(120, 24, 3, pairs=True, noise=0.5)
    moved, vectors = {**splits, "dev": replace(splits["dev"], dataset=1)}, [vectors[0], vectors[0].copy()]
    expected = fit(moved, vectors, seeds=(3, 4), epochs=2, batch=64)
    request.getfixturevalue("fusing")
    alike(fit(moved, vectors, device=DEVICE, seeds=(3, 4), epochs=2, batch=64), expected, splits, vectors)


def test_five_seeds_that_stop_at_different_epochs(request):
    splits, vectors = planted(150, 16, 4, pairs=False, noise=1.0, seed=4)
    settings = {"epochs": 9, "patience": 1, "batch": 64, "learning_rate": 0.003}
    expected = fit(splits, vectors, **settings)
    assert len({*expected.kept_epochs}) > 2 and max(expected.kept_epochs) < 9
    request.getfixturevalue("fusing")
    alike(fit(splits, vectors, device=DEVICE, **settings), expected, splits, vectors)


def test_examples_of_each_seed(request):
    splits, _, vectors = per_seed(number=120)
    settings = {"seeds": (5, 6, 7), "epochs": 2, "batch": 64, "scaling": "standard"}
    expected = fit(splits, vectors, **settings)
    request.getfixturevalue("fusing")
    found = fit(splits, vectors, device=DEVICE, **settings)
    assert found.kept_epochs == expected.kept_epochs
    np.testing.assert_allclose(found.weight, expected.weight, atol=3e-6)


def skip_a_row(monkeypatch):
    """Leave an example of each first batch out."""
    begin = epochs.Epoch.begin

    def without(epoch, active):
        begin(epoch, active)
        epoch.share[0, 5] = 0

    monkeypatch.setattr(epochs.Epoch, "begin", without)


@pytest.mark.parametrize("wrong", [{"beta1": 0.899}, {"beta2": 0.99}, skip_a_row])
def test_a_wrong_step_is_found(request, monkeypatch, wrong):
    """The control: the comparison is fine enough to see it."""
    splits, vectors = planted(120, 16, 3, pairs=False, noise=1.0)
    settings = {"epochs": 4, "batch": 32, "learning_rate": 3e-3, "seeds": (3,)}
    expected = fit(splits, vectors, **settings)
    request.getfixturevalue("fusing")
    alike(fit(splits, vectors, **settings, device=DEVICE), expected, splits, vectors)
    monkeypatch.setattr(fused, "GRADIENT", np.inf)  # the check before the first step finds some of it already
    if callable(wrong):
        wrong(monkeypatch)
    else:
        monkeypatch.setattr(fused, "ADAM", {**multi_seed.ADAM, **wrong})
    with pytest.raises(AssertionError):
        alike(fit(splits, vectors, **settings, device=DEVICE), expected, splits, vectors)


class Idle:
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
        (Idle(), "of the weights differ from those of plain PyTorch"),
        (Idle(RuntimeError("no such card\nmore of it")), "do not run here (RuntimeError: no such card)"),
    ],
)
def test_kernels_that_fail_or_compute_something_else_are_not_used(monkeypatch, caplog, kernel, said):
    from polychron.probing.gpu import kernels

    splits, vectors = planted(300, 16, 4, pairs=True, noise=1.0)
    settings = {"epochs": 6, "patience": 2, "batch": 64}
    expected = fit(splits, vectors, **settings)
    monkeypatch.setattr(steps, "choose", lambda device, classes: "fused")
    monkeypatch.setattr(kernels, "backward", kernel)
    with caplog.at_level(logging.WARNING, logger="polychron"):
        found = fit(splits, vectors, device=DEVICE, **settings)
    assert said in caplog.text and "captured steps of plain PyTorch are taken" in caplog.text
    alike(found, expected, splits, vectors)


class Altered:
    """A kernel that is launched as it is, and then something of a stack is changed."""

    def __init__(self, kernel, change):
        self.kernel, self.change = kernel, change

    def __getitem__(self, grid):
        def launch(*arguments, **constants):
            self.kernel[grid](*arguments, **constants)
            self.change(arguments)

        return launch


def twice(arguments):
    """Double all errors, and with them the gradient, which Adam's steps hardly show."""
    arguments[8].mul_(2)


def biased(arguments):
    """Move all biases by a tenth of the learning rate, which is one number in 601."""
    arguments[4][:, :, 600] += 3e-4


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [("forward", twice, "the gradients of the weights by 100.0%"), ("backward", biased, "100.0% of the biases")],
)
def test_another_gradient_and_other_biases_are_refused(monkeypatch, caplog, name, change, said):
    from polychron.probing.gpu import kernels

    splits, vectors = planted(150, 600, 4, pairs=False, noise=1.0)
    settings = {"epochs": 2, "batch": 64, "seeds": (3, 4), "learning_rate": 3e-3}
    expected = fit(splits, vectors, **settings)
    monkeypatch.setattr(steps, "choose", lambda device, classes: "fused")
    with caplog.at_level(logging.WARNING, logger="polychron"):
        alike(fit(splits, vectors, device=DEVICE, **settings), expected, splits, vectors)
        assert "not fused" not in caplog.text
        monkeypatch.setattr(kernels, name, Altered(getattr(kernels, name), change))
        found = fit(splits, vectors, device=DEVICE, **settings)
    assert f"after 2 steps {said} differ from those of plain PyTorch" in caplog.text
    alike(found, expected, splits, vectors)


@pytest.mark.parametrize("kind", [fused.Fused, captured.Captured])
def test_a_stack_is_freed_when_it_is_let_go(kind):
    """With its recordings: the garbage collector might free them while those of another stack are made."""
    splits, vectors = planted(70, 16, 3, pairs=False)
    train_set, _, classes, _ = prepare(
        *(splits["train"], splits["dev"], vectors), labels=None, classes=None, scaling="none", device=DEVICE
    )
    gc.collect()
    gc.disable()
    try:
        stack = kind((3, 4), train_set, len(classes), 32, 3e-3)
        stack.train([True, True])
        stack.close()
        known = weakref.ref(stack)
        del stack
        assert known() is None
    finally:
        gc.enable()


COMPILED = """
import sys
from triton import compile
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from polychron.probing.gpu import fused, kernels

TYPES = {"vectors": "*fp16", "rows": "*i32", "active": "*i32", "labels": "*i64", "counter": "*i64"}
TYPES |= {"seeds": "i32", "classes": "i32"}
SHARED = {70: 96 << 10, 80: 163 << 10, 90: 227 << 10}  # bytes that a program may share, by CUDA's table of capabilities
WORDS, PAIRS = {"pairs": False, "scaled": False, "columns": 32}, {"pairs": True, "scaled": True, "columns": 64}
WORDS |= {"width": 768, "padded": 800}
PAIRS |= {"width": 3 * 768, "padded": 3 * 768 + 32}
for capability, case in ((70, WORDS), (70, PAIRS), (80, WORDS), (90, PAIRS)):
    precision = "ieee" if capability < 80 else "tf32x3"
    constants = {"dimension": 768, "size": 256, "precision": precision, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    constants |= case
    for kernel, (block_m, block_k) in (
        (kernels.forward, (fused.ROWS, fused.COLUMNS[case["pairs"]])),
        (kernels.backward, fused.BACK),
    ):
        names = [one.name for one in kernel.params]
        known = {**constants, "block_m": block_m, "block_k": block_k}
        known = {name: value for name, value in known.items() if name in names}
        types = {name: "constexpr" if name in known else TYPES.get(name, "*fp32") for name in names}
        aligned = {(names.index(n),): [["tt.divisibility", 16]] for n in names if types[n].startswith("*")}
        given = {(names.index(name),): value for name, value in known.items()}
        made = compile(ASTSource(kernel, types, given, aligned), target=GPUTarget("cuda", capability, 32))
        fitting = made.metadata.shared <= SHARED[capability]
        print(kernel.__name__, capability, "mma" in made.asm["ptx"], len(made.asm["cubin"]) > 1000 and fitting)
"""


def test_the_kernels_are_compiled_for_cards_with_and_without_tf32(tmp_path):
    """A V100, an A100 and an H100, none of which is needed for that; tensor cores are used where they have TF32."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment |= {"TRITON_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(LIBRARY.parent)}
    said = subprocess.run(
        [sys.executable, "-c", COMPILED], env=environment, capture_output=True, text=True, check=False
    )
    assert said.stdout.splitlines() == [
        *("forward 70 False True", "backward 70 False True") * 2,
        *("forward 80 True True", "backward 80 True True"),
        *("forward 90 True True", "backward 90 True True"),
    ], said.stderr
