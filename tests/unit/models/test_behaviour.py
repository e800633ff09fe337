"""What a model does is found by asking it: planted dependences, and families of transformers that have them."""

import numpy as np
import pytest
import torch
import zoo
from tiny import files_of, sentences

from polychron.errors import InputError
from polychron.features import extraction
from polychron.intrinsic import bits_per_character
from polychron.models import behaviour, transformer
from polychron.models.loading import load, read

VOCABULARY = 90
TABLE = torch.from_numpy(np.random.default_rng(0).normal(size=(VOCABULARY, 6)))


def asked(layer, length=31):
    """Ask a model whose last layer is a function of the states of the layer before, and of their mask."""

    def states(ids, mask):
        embedded = TABLE[ids] + torch.arange(ids.shape[1])[:, None] / 10
        return [embedded, layer(embedded, mask)]

    return behaviour.ask(states, VOCABULARY, length)


def centre(states, mask):
    """Return each state with the mean of its sentence."""
    real = mask[..., None]
    return states + (states * real).sum(1, keepdim=True) / real.sum(1, keepdim=True)


def before(states, mask):
    """Return each state with the mean of those up to it."""
    return states + states.cumsum(1) / torch.arange(1, states.shape[1] + 1)[:, None]


@pytest.mark.parametrize(
    ("layer", "alone", "sees_ahead"),
    [
        (lambda states, mask: states, False, False),
        (centre, False, True),
        (before, False, False),
        (lambda states, mask: states + states.mean(1, keepdim=True), True, True),
        (lambda states, mask: before(states, mask) + states.mean((0, 1)) * 0.01, True, True),
        (lambda states, mask: before(states, mask) * (1 + 0.1 * len(states)), True, False),
        (lambda states, mask: states.roll(-1, 1), True, True),
    ],
    ids=["by itself", "sentence", "before", "padding", "batch", "size of the batch", "next piece"],
)
def test_planted_dependences_are_found(layer, alone, sees_ahead):
    found = asked(layer)
    assert (found.alone, found.sees_ahead) == (alone, sees_ahead)
    assert found.again == 0 and found.pieces > 0.1 and found.largest < 20


def test_chance_memory_nothing_and_no_numbers_are_found():
    random = torch.Generator().manual_seed(0)
    assert asked(lambda states, mask: states + torch.randn(states.shape, generator=random)).again > 0.1
    seen = []

    def remembering(states, mask):
        seen.append(states.shape[1])
        return states if min(seen) < states.shape[1] else states * 2

    assert asked(remembering).again > 0.1
    assert asked(lambda states, mask: torch.ones_like(states)).pieces == 0
    assert asked(lambda states, mask: states * 0).pieces == 0
    assert not np.isfinite(asked(lambda states, mask: states / 0).largest)
    assert not np.isfinite(asked(lambda states, mask: states * np.nan).largest)
    assert asked(lambda states, mask: states * 1e30).largest > 1e29


def test_what_begins_with_a_long_sentence_only_is_found_there():
    def local(states, mask):
        return states if states.shape[1] < 64 else states + states.mean(1, keepdim=True)

    assert not asked(local).alone and asked(local, 100).alone


@pytest.fixture(scope="module", params=[*zoo.FAMILIES, "fnet", "gemma3", "gemma3 both ways"])
def checkpoint(request, tmp_path_factory):
    folder, name = tmp_path_factory.mktemp(request.param.replace(" ", "-")), request.param
    if name in zoo.FAMILIES:
        zoo.model(name, VOCABULARY).save_pretrained(folder)
        return name, folder
    import transformers

    sizes = {"hidden_size": 24, "num_hidden_layers": 3, "intermediate_size": 40, "vocab_size": VOCABULARY}
    torch.manual_seed(0)
    if name == "fnet":
        config = transformers.FNetConfig(**sizes, max_position_embeddings=zoo.WINDOW, pad_token_id=0)
        made = transformers.FNetForMaskedLM(config)
    else:
        heads = {"num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8, "pad_token_id": 0}
        config = transformers.Gemma3TextConfig(
            **sizes, **heads, max_position_embeddings=zoo.WINDOW, use_bidirectional_attention=name != "gemma3"
        )
        made = transformers.Gemma3ForCausalLM(config)
    made.save_pretrained(folder)
    return name, folder


def test_families_are_asked_when_they_are_loaded(checkpoint):
    name, folder = checkpoint
    model = load(*files_of(folder), device="cpu")
    assert model.alone == (name == "fnet")
    assert model.sees_ahead == (name not in (*zoo.CAUSAL, "gemma3"))
    assert model.causal == (name in zoo.CAUSAL or name.startswith("gemma3"))


def test_vectors_do_not_depend_on_the_batch(checkpoint):
    name, folder = checkpoint
    pieces = sentences([5, 9, 21, 30, 30], seed=2, words=3)
    model = load(*files_of(folder), device="cpu")
    found = extraction.extract(model, pieces, 2, 1000).astype(np.float32)
    single = extraction.extract(model, pieces, 2, 1).astype(np.float32)
    np.testing.assert_allclose(found, single, rtol=2**-9, atol=1e-3)
    plain = read(*files_of(folder), upto=None, head=False, device="cpu")
    together = extraction.extract(plain, pieces, 2, 1000).astype(np.float32)
    assert (np.abs(together - single).max() > 0.1) == (name == "fnet")


def test_bits_of_a_decoder_that_sees_what_it_predicts_are_refused(checkpoint):
    name, folder = checkpoint
    facts = {"mask": VOCABULARY - 1, "vocabulary": VOCABULARY, "special": (0, 1, 2, 3)}
    pieces = sentences([9, 21, 30], seed=2, **facts)
    model = load(*files_of(folder), head=True, device="cpu")
    assert isinstance(model, transformer.Transformer)
    if name == "gemma3 both ways":
        with pytest.raises(InputError, match=r"depend on the pieces after them.* set the model's parts to"):
            bits_per_character.measure(model, pieces, 0.3, 1, 100)
    else:
        assert bits_per_character.measure(model, pieces, 0.3, 1, 100).per_piece > 1
