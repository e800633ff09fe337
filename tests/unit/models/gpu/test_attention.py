"""cuDNN's attention is left out wherever hidden states are computed; a CPU has none, but the same setting."""

import contextlib

import numpy as np
import pytest
import torch
from tiny import checkpoint, files_of, sentences
from torch.nn import functional

from polychron.features.batching import pad
from polychron.models import loading
from polychron.models.gpu import attention
from polychron.models.packed import Packed

torch.set_num_threads(1)
LENGTHS = [3, 3, 7]


@pytest.fixture
def model(tmp_path):
    checkpoint(tmp_path)
    return files_of(tmp_path)


@pytest.fixture
def allowed(monkeypatch):
    """Return whether cuDNN's attention was allowed at each call of attention."""
    seen, plain = [], functional.scaled_dot_product_attention

    def watched(*arguments, **settings):
        seen.append(torch.backends.cuda.cudnn_sdp_enabled())
        return plain(*arguments, **settings)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", watched)
    return seen


def padded(encoder):
    return encoder.layers(*pad(sentences(LENGTHS), np.arange(len(LENGTHS))))


def packed(encoder):
    places = torch.cat([torch.arange(length) for length in LENGTHS])
    return Packed(encoder).layers(4 + torch.arange(sum(LENGTHS)), places, [(2, 3), (1, 7)])


@pytest.mark.parametrize(("compute", "family"), [(padded, "xlmr"), (packed, "xlmr"), (padded, "another")])
def test_it_is_left_out_while_states_are_computed_and_allowed_afterwards(model, monkeypatch, allowed, compute, family):
    if family == "another":
        monkeypatch.setattr(loading, "XLMR", "none")  # so that transformers computes it
    encoder = loading.load(*model, device="cpu")
    allowed.clear()  # another family was asked how it behaves
    states = []
    for one in compute(encoder):
        states.append(one)
        assert torch.backends.cuda.cudnn_sdp_enabled()
    assert len(allowed) >= encoder.depth and not any(allowed)
    monkeypatch.setattr(attention, "without_cudnn", contextlib.nullcontext)
    assert all(torch.equal(one, other) for one, other in zip(states, compute(encoder), strict=True))
    assert any(allowed), "the control: it is allowed otherwise"


@pytest.mark.parametrize("before", [True, False])
def test_the_setting_is_put_back_after_an_error(before):
    was = torch.backends.cuda.cudnn_sdp_enabled()
    try:
        torch.backends.cuda.enable_cudnn_sdp(before)
        with pytest.raises(ZeroDivisionError), attention.without_cudnn():
            raise ZeroDivisionError
        assert torch.backends.cuda.cudnn_sdp_enabled() is before
    finally:
        torch.backends.cuda.enable_cudnn_sdp(was)
