"""The steps of a GPU in plain PyTorch, run on the device that is here: the weights and scores of the CPU's path.

On a CPU the code is the same but for the recording, for which a recorder of PyTorch's operations stands in.
"""

import numpy as np
import pytest
import torch
from cells import alike, fit, per_seed, planted
from recorded import Recorder, recorder

from polychron.probing import cuda_graphs, multi_seed, training
from polychron.probing.gpu import captured, graphs, loop, steps
from polychron.probing.gpu.orders import Orders

torch.set_num_threads(1)
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

CASES = {
    "one batch that is not full": (dict(number=50, dimension=16, classes=3, pairs=False), {}),
    "batches that are no multiple of 32": (
        dict(number=300, dimension=21, classes=7, pairs=False, noise=1.0),
        {"batch": 40},
    ),
    "two classes": (dict(number=500, dimension=24, classes=2, pairs=True, noise=0.5), {"batch": 64}),
    "sixty classes": (dict(number=900, dimension=12, classes=60, pairs=False, noise=1.0), {"batch": 128}),
    "scaled vectors": (
        dict(number=400, dimension=10, classes=5, pairs=True, noise=0.5),
        {"batch": 64, "scaling": "standard"},
    ),
}


@pytest.fixture
def forced(monkeypatch):
    """Train as a GPU does."""
    monkeypatch.setattr(steps, "choose", lambda device, classes: "captured")


@pytest.mark.parametrize("case", CASES)
def test_the_probes_of_the_cpu(request, case):
    shape, settings = CASES[case]
    splits, vectors = planted(**shape)
    settings = {"epochs": 12, "patience": 2, "learning_rate": 3e-3, **settings}
    expected = fit(splits, vectors, device="cpu", **settings)
    request.getfixturevalue("forced")
    alike(fit(splits, vectors, device=DEVICE, **settings), expected, splits, vectors)


@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_seeds_that_stop_at_different_epochs_and_have_examples_of_their_own(request, scaling):
    splits, _, vectors = per_seed()
    settings = {"seeds": (5, 6, 7), "epochs": 30, "patience": 1, "batch": 64, "scaling": scaling}
    expected = fit(splits, vectors, device="cpu", **settings)
    assert len({*expected.kept_epochs}) > 1
    request.getfixturevalue("forced")
    found = fit(splits, vectors, device=DEVICE, **settings)
    assert found.kept_epochs == expected.kept_epochs
    np.testing.assert_allclose(found.weight, expected.weight, atol=3e-6)


@pytest.mark.parametrize("wrong", [{"beta1": 0.899}, {"beta2": 0.9985}])
def test_a_wrong_constant_of_adam_is_found(monkeypatch, wrong):
    """The control: the comparison is fine enough to see it."""
    splits, vectors = planted(500, 16, 3, pairs=False, noise=1.0)
    settings = {"epochs": 6, "batch": 32, "learning_rate": 3e-3}
    expected = fit(splits, vectors, **settings)
    monkeypatch.setattr(steps, "choose", lambda device, classes: "captured")
    alike(fit(splits, vectors, **settings, device=DEVICE), expected, splits, vectors)
    monkeypatch.setattr(captured, "ADAM", {**multi_seed.ADAM, **wrong})
    with pytest.raises(AssertionError):
        alike(fit(splits, vectors, **settings, device=DEVICE), expected, splits, vectors)


@pytest.mark.parametrize("pairs", [False, True])
def test_recorded_steps_give_the_same_bytes(monkeypatch, forced, pairs):
    """What differs between steps is read from places that stay the same, over epochs of whole and part recordings."""
    splits, vectors = planted(900, 20, 5, pairs=pairs, noise=0.5)
    settings = {"epochs": 12, "patience": 1, "batch": 64, "device": "cpu"}
    plain = fit(splits, vectors, **settings)
    assert len({*plain.kept_epochs}) > 1, "seeds stop at different times"
    capture, captures = recorder()
    monkeypatch.setattr(cuda_graphs, "capture", capture)
    monkeypatch.setattr(cuda_graphs, "CAPTURED", {"cpu"})
    monkeypatch.setattr(graphs, "STEPS", 4)
    again = fit(splits, vectors, **settings)
    assert len(captures) == 2 and captures[0] == 4 * captures[1]
    assert again.kept_epochs == plain.kept_epochs
    assert again.weight.tobytes() == plain.weight.tobytes() and again.bias.tobytes() == plain.bias.tobytes()


def test_no_list_of_seeds_is_copied_to_the_device_in_an_epoch(monkeypatch, forced):
    """A tensor that is indexed by a list is: a GPU would be waited for once more in each epoch."""
    splits, _, vectors = per_seed()
    draw = np.random.default_rng(2)
    labels = {split: draw.integers(4, size=(3, len(splits[split]))) for split in ("train", "dev")}
    operations, train = set(), loop.train

    def watched(*arguments):
        with Recorder() as seen:
            found = train(*arguments)
        operations.update(str(operation) for operation, *_ in seen.calls)
        return found

    monkeypatch.setattr(training.loop, "train", watched)
    fit(splits, vectors, seeds=(5, 6, 7), epochs=2, batch=64, scaling="standard", labels=labels)
    assert "aten.gather.default" in operations and "aten.index.Tensor" not in operations


@pytest.mark.parametrize("number", [1, 7, 5000])
def test_orders_drawn_ahead_are_those_of_a_lone_generator(number):
    expected = [torch.Generator().manual_seed(seed) for seed in range(3)]
    orders = Orders([torch.Generator().manual_seed(seed) for seed in range(3)], number, pinned=False)
    for active in ([0, 1, 2], [0, 1, 2], [0, 2], [2]):
        drawn = orders.next(active)
        for place in active:
            assert (drawn[place] == torch.randperm(number, generator=expected[place])).all()
    orders.close()
