"""A checkpoint is loaded by the module that computes its family."""

import pytest
import torch
import zoo
from tiny import checkpoint, files_of

from polychron.errors import InputError
from polychron.models import behaviour, loading, transformer, xlmr
from polychron.models.loading import load


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    checkpoint(folder / "xlm-roberta")
    zoo.save("bert", folder / "bert")
    return folder


@pytest.mark.parametrize(("family", "expected"), [("xlm-roberta", xlmr.Encoder), ("bert", transformer.Transformer)])
def test_xlmr_is_computed_here_and_other_families_by_transformers(folders, family, expected):
    model = load(*files_of(folders / family), upto=2)
    assert type(model) is expected
    assert (model.depth, model.dimension, model.causal) == (2, 24, False)
    assert model.device.type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("family", ["xlm-roberta", "bert"])
def test_half_precision_is_refused_on_the_cpu(folders, family):
    for precision in ("float16", "bfloat16"):
        with pytest.raises(InputError, match=f"features.precision is {precision}, and there is no GPU here"):
            load(*files_of(folders / family), device="cpu", precision=precision)


@pytest.mark.parametrize("family", ["xlm-roberta", "bert"])
def test_half_precision_is_that_of_weights_and_states(folders, family, monkeypatch):
    """The CPU computes these small products in half precision too, if it is not asked whether it may."""
    monkeypatch.setattr(loading, "of_precision", lambda name, device: getattr(torch, name))
    ids, mask = torch.tensor([[0, 5, 6, 2]]), torch.ones(1, 4, dtype=torch.bool)
    whole = load(*files_of(folders / family), device="cpu").at(2, ids, mask)
    assert whole.dtype == torch.float32
    for precision, error in (("float16", 2e-3), ("bfloat16", 2e-2)):
        found = load(*files_of(folders / family), device="cpu", precision=precision).at(2, ids, mask)
        assert found.dtype == getattr(torch, precision)
        difference = (found.float() - whole).norm() / whole.norm()
        assert 0 < difference < error


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_rounding_in_half_precision_is_not_taken_for_a_dependence_on_the_batch(folders, precision, monkeypatch):
    monkeypatch.setattr(loading, "of_precision", lambda name, device: getattr(torch, name))
    model = load(*files_of(folders / "bert"), device="cpu", precision=precision)
    assert not model.alone and model.sees_ahead
    assert behaviour.of(model).alone, "the control: asked in half precision, it would be computed sentence by sentence"
