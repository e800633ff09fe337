"""cuDNN's attention is left out wherever hidden states are read; a CPU has none, but the same setting."""

import contextlib

import numpy as np
import pytest
import torch
from tiny import VOCABULARY, checkpoint, files_of, sentences
from torch.nn import functional

from polychron.features import extraction, layerwise, packing, type_means, word_states
from polychron.intrinsic import bits_per_character, matching, word_alignment
from polychron.models import loading
from polychron.models.gpu import attention

torch.set_num_threads(1)
TEXT = sentences([5, 5, 9, 7, 12, 12], words=3, mask=VOCABULARY - 1, vocabulary=VOCABULARY)
TYPES = np.arange(len(TEXT.status)) % 4

READERS = {
    "features": lambda encoder: extraction.extract(encoder, TEXT, 2, 20),
    "features without padding": lambda encoder: packing.vectors(encoder, TEXT, [2], 20)[0][2],
    "features of all layers": lambda encoder: layerwise.extract(encoder, TEXT, 20),
    "features of some layers": lambda encoder: word_states.at_layers(encoder, TEXT, [1, 3], 20)[3],
    "means of types": lambda encoder: type_means.average(encoder, TEXT, TYPES, [1, 3], 20)[3],
    "alignment": lambda encoder: word_alignment.align(encoder, TEXT, [1, 3], 2, 40)[3],
    "alignment by another method": lambda encoder: matching.align(encoder, TEXT, [1, 3], ["match"], 40)["match"][3],
    "bits": lambda encoder: np.array(bits_per_character.measure(encoder, TEXT, 0.5, 1, 20).per_piece),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    checkpoint(folder)
    return files_of(folder)


@pytest.fixture
def allowed(monkeypatch):
    """Return whether cuDNN's attention was allowed at each call of attention."""
    seen, plain = [], functional.scaled_dot_product_attention

    def watched(*arguments, **settings):
        seen.append(torch.backends.cuda.cudnn_sdp_enabled())
        return plain(*arguments, **settings)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", watched)
    return seen


@pytest.mark.parametrize(
    ("name", "family"), [*((name, "XLM-R") for name in READERS), ("features", "another"), ("alignment", "another")]
)
def test_it_is_left_out_while_states_are_computed_and_allowed_afterwards(model, monkeypatch, allowed, name, family):
    if family == "another":
        monkeypatch.setattr(loading, "XLMR", "none")  # so that transformers computes it
    encoder = loading.load(*model, head=name == "bits", device="cpu")
    allowed.clear()  # another family was asked how it behaves
    found = READERS[name](encoder)
    assert len(allowed) > 1 and not any(allowed) and torch.backends.cuda.cudnn_sdp_enabled()
    monkeypatch.setattr(attention, "without_cudnn", contextlib.nullcontext)
    assert found.tobytes() == READERS[name](encoder).tobytes()
    assert any(allowed), "the control: it is allowed otherwise"


def test_between_layers_it_is_as_it_was(model):
    encoder = loading.load(*model, device="cpu")
    ids = torch.arange(4, 12)[None]
    layers = attention.computed(encoder.layers(ids, torch.ones_like(ids, dtype=torch.bool)))
    assert [torch.backends.cuda.cudnn_sdp_enabled() for _ in layers] == [True] * 4


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
