"""Two models in place of one."""

import pytest
import torch
from tiny import VOCABULARY, checkpoint, files_of

from polychron.errors import InputError
from polychron.models.loading import load
from polychron.models.sides import Sides


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for seed, vocabulary in enumerate((VOCABULARY, 50)):
        checkpoint(folder / str(seed), seed=seed, vocab_size=vocabulary)
    checkpoint(folder / "narrow", hidden_size=16)
    return {name: load(*files_of(folder / name), device="cpu") for name in ("0", "1", "narrow")}


def batch():
    draw = torch.Generator().manual_seed(0)
    return torch.randint(4, 50, (6, 8), generator=draw), torch.ones(6, 8, dtype=torch.bool)


def test_each_half_of_a_batch_has_the_states_of_its_model(models):
    ids, mask = batch()
    ids[:3] += 30  # ids that the second model does not have
    one, other = (list(models[name].layers(ids.clamp(max=models[name].vocabulary - 1), mask)) for name in "01")
    found = list(Sides(models["0"], models["1"]).layers(ids, mask))
    assert len(found) == 4
    for layer, states in enumerate(found):
        assert torch.equal(states[:3], one[layer][:3]) and torch.equal(states[3:], other[layer][3:])
        assert not torch.equal(states[3:], one[layer][3:])  # the control: the other model's


def test_a_model_beside_itself_gives_its_own_bytes(models):
    ids, mask = batch()
    one = models["0"]
    for found, own in zip(Sides(one, one).layers(ids, mask), one.layers(ids, mask), strict=True):
        assert torch.equal(found, own)


def test_models_of_other_widths_are_refused(models):
    with pytest.raises(InputError, match="states of 24 and 16 dimensions"):
        Sides(models["0"], models["narrow"])
