"""All seeds at once give the bytes of lone runs, in one call as seed by seed, captured as not."""

import numpy as np
import pytest
import torch
from cells import SEEDS, fit, per_seed, planted
from recorded import recorder

from polychron.probing import cuda_graphs, multi_seed, probes

torch.set_num_threads(1)


def test_first_weights_are_those_of_torch_linear():
    torch.manual_seed(3)
    expected = torch.nn.Linear(50, 7)
    weight, bias, _ = multi_seed.initial(3, 50, 7)
    torch.testing.assert_close(weight, expected.weight.data)
    torch.testing.assert_close(bias, expected.bias.data)


@pytest.mark.parametrize("dimension, classes", [(5, 2), (16, 1), (21, 3), (64, 17), (100, 40)])
@pytest.mark.parametrize("number, batch", [(50, 256), (459, 256), (1100, 256), (700, 100)])
@pytest.mark.parametrize("pairs", [False, True])
def test_each_seed_is_its_lone_run_to_the_byte(dimension, classes, number, batch, pairs):
    splits, vectors = planted(number, dimension, classes, pairs=pairs, noise=1.0)
    together = fit(splits, vectors, epochs=9, patience=2, batch=batch)
    for place, seed in enumerate(SEEDS):
        alone = fit(splits, vectors, epochs=9, patience=2, batch=batch, seeds=[seed])
        assert together.weight[place].tobytes() == alone.weight[0].tobytes()
        assert together.bias[place].tobytes() == alone.bias[0].tobytes()
        assert together.kept_epochs[place] == alone.kept_epochs[0]


@pytest.mark.parametrize("seeds", [(4, 2), (2, 3, 4), (7, 4, 0, 2, 9, 11, 13, 1)])
def test_other_seeds_change_nothing(seeds):
    splits, vectors = planted(900, 33, 9, pairs=True, noise=1.0)
    everything = fit(splits, vectors, epochs=40)
    others = fit(splits, vectors, epochs=40, seeds=seeds)
    for seed in set(seeds) & set(SEEDS):
        one, other = everything.seeds.index(seed), others.seeds.index(seed)
        assert everything.weight[one].tobytes() == others.weight[other].tobytes()


@pytest.mark.parametrize("pairs", [False, True])
def test_the_product_of_a_gpu_gives_the_same_probes(monkeypatch, pairs):
    """On a GPU one batched product stands in for a loop over seeds; here it runs on the CPU, into the same views."""
    splits, vectors = planted(900, 20, 5, pairs=pairs, noise=0.5)
    loop = fit(splits, vectors, epochs=30, patience=1, batch=64)
    assert len(set(loop.kept_epochs)) > 1, "seeds leave the stack at different times"
    monkeypatch.setattr(multi_seed, "seeds_per_call", lambda seeds, device: seeds)
    batched = fit(splits, vectors, epochs=30, patience=1, batch=64)
    assert batched.kept_epochs == loop.kept_epochs
    np.testing.assert_allclose(batched.weight, loop.weight, atol=1e-5)


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("at_once", [False, True], ids=["seed by seed", "all seeds in a call"])
@pytest.mark.parametrize("own", [False, True], ids=["shared examples", "examples per seed"])
def test_a_step_that_was_captured_gives_the_same_bytes(monkeypatch, pairs, at_once, own):
    """What a CUDA graph asks for: all that differs between steps is read from places that stay the same."""
    if at_once:
        monkeypatch.setattr(multi_seed, "seeds_per_call", lambda seeds, device: seeds)
    splits, vectors = planted(900, 20, 5, pairs=pairs, noise=0.5)
    settings = {"epochs": 30, "patience": 1, "batch": 64}
    if own:
        splits, _, vectors = per_seed(classes=2)
        settings |= {"scaling": "standard", "seeds": (5, 6, 7)}
    plain = fit(splits, vectors, **settings)
    assert len(set(plain.kept_epochs)) > 1, "seeds leave the stack at different times"
    capture, captures = recorder()
    monkeypatch.setattr(cuda_graphs, "capture", capture)
    monkeypatch.setattr(cuda_graphs, "CAPTURED", {"cpu"})
    again = fit(splits, vectors, **settings)
    assert len(captures) > 1
    assert again.kept_epochs == plain.kept_epochs
    assert again.weight.tobytes() == plain.weight.tobytes()
    assert again.bias.tobytes() == plain.bias.tobytes()


@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_with_examples_of_its_own_each_seed_is_its_lone_run_to_the_byte(scaling):
    together, lone, vectors = per_seed()
    settings = {"epochs": 30, "patience": 1, "batch": 64, "scaling": scaling}
    fitted = fit(together, vectors, seeds=(5, 6, 7), **settings)
    assert len({*fitted.kept_epochs}) > 1, "seeds leave the stack at different times"
    for place, (seed, splits) in enumerate(zip((5, 6, 7), lone, strict=True)):
        alone = fit(splits, vectors, seeds=[seed], **settings)
        assert fitted.weight[place].tobytes() == alone.weight[0].tobytes()
        assert fitted.bias[place].tobytes() == alone.bias[0].tobytes()
        assert fitted.kept_epochs[place] == alone.kept_epochs[0]
        expected = probes.predict(alone, vectors[0], splits["dev"])[0]
        assert (probes.predict(fitted, vectors[0], together["dev"])[place] == expected).all()
    shared = fit(lone[0], vectors, seeds=(5, 6, 7), **settings)
    assert shared.weight[0].tobytes() == fitted.weight[0].tobytes()
    assert shared.weight[1].tobytes() != fitted.weight[1].tobytes()


@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_with_examples_of_its_own_all_seeds_in_a_call_give_the_same_probes(monkeypatch, scaling):
    together, _, vectors = per_seed(classes=2)
    settings = {"seeds": (5, 6, 7), "epochs": 30, "patience": 1, "batch": 64, "scaling": scaling}
    loop = fit(together, vectors, **settings)
    monkeypatch.setattr(multi_seed, "seeds_per_call", lambda seeds, device: seeds)
    batched = fit(together, vectors, **settings)
    assert batched.kept_epochs == loop.kept_epochs and len({*loop.kept_epochs}) > 1
    np.testing.assert_allclose(batched.weight, loop.weight, atol=1e-5)
