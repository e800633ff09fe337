"""Stacked heads: a layer in another language's space is mapped back, and nothing below the fresh layers is trained."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tiny
import torch
from cells import one_piece_each

from polychron.errors import InputError
from polychron.finetuning import cell
from polychron.finetuning.ensembles import stacked
from polychron.finetuning.recipes import Recipe
from polychron.finetuning.splits import of_words
from polychron.geometry import mapping
from polychron.models import loading
from polychron.probing.tasks.base import Examples
from polychron.tokenization import sides

RECIPE = Recipe(epochs=12, batch=16, learning_rate=3e-3)
IDS, WIDTH = 40, 16


class Rotated(torch.nn.Module):
    """A model whose states are those of another one, rotated and moved: a language in a space of its own."""

    def __init__(self, model, turn, offset):
        super().__init__()
        self.model, self.turn, self.offset, self.config = model, turn, offset, model.config

    def forward(self, **given):
        states = self.model(**given).hidden_states
        return SimpleNamespace(hidden_states=[state @ self.turn + self.offset for state in states])


def model(seed=0):
    from transformers import XLMRobertaConfig, XLMRobertaModel

    sizes = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    torch.manual_seed(seed)
    return XLMRobertaModel(XLMRobertaConfig(**sizes, vocab_size=IDS, max_position_embeddings=20)).eval()


@pytest.fixture(scope="module")
def planted():
    """Return a model, the same in another space, and states of the same 400 words in both."""
    draw = np.random.default_rng(0)
    turn, _ = np.linalg.qr(draw.normal(size=(WIDTH, WIDTH)))
    one = model()
    # an offset that normalisation takes away only if the means of the language are taken
    other = Rotated(
        one, *(torch.from_numpy(array.astype(np.float32)) for array in (turn, 0.2 * draw.normal(size=WIDTH)))
    )
    ids = torch.from_numpy(draw.integers(4, IDS, (40, 10)))
    with torch.inference_mode():
        states = [
            found(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True).hidden_states[1]
            for found in (one, other)
        ]
    return one, other, [state.reshape(-1, WIDTH).numpy() for state in states]


def tagged(number, seed):
    draw = np.random.default_rng(seed)
    pieces = one_piece_each(draw.integers(3, 8, number))
    ids = pieces.ids.copy()
    inner = np.flatnonzero((ids != 0) & (ids != 2))
    ids[inner] = draw.integers(4, IDS, len(inner))
    examples = Examples(0, np.arange(len(inner)), None, ids[inner] % 3, ("A", "B", "C"), 0)
    return of_words(examples, replace(pieces, ids=ids))


OWN = {name: tagged(150 if name == "train" else 40, seed) for seed, name in enumerate(("train", "dev", "test"))}


def test_rounds_of_normalisation_are_those_of_geometry():
    states = np.random.default_rng(3).normal(1.0, size=(50, 8))
    fit, test = states[:30], states[30:]
    expected = mapping.normalise(fit, test, stacked.ROUNDS)
    means = stacked.means_of(fit)
    assert np.allclose(stacked.normalised(fit, means), expected[0], atol=1e-12)
    assert np.allclose(stacked.normalised(test, means), expected[1], atol=1e-12)


def test_a_language_in_a_rotated_space_has_nearly_the_score_of_the_language_itself(planted):
    one, other, (source, target) = planted
    trained, read = stacked.encoders([one, other], {"x": 1, "own": 0}, {"x": (source, target)}, 1, 0)
    before = {name: value.clone() for name, value in one.state_dict().items()}
    unmapped = stacked.Stacked(other, 1, stacked.means_of(target), trained.top)
    speakers = {**read, "unmapped": unmapped}
    targets = dict.fromkeys(("x", "own", "unmapped"), OWN["test"])
    _, rows = cell.run(trained, "pos", OWN, targets, RECIPE, seed=0, tokens_per_batch=512, speakers=speakers)
    found = {(row[0], row[1]["split"]): row[1]["value"] for row in rows if row[1]["metric"] == "accuracy"}
    assert found[None, "test"] > 0.7 and found["own", "parallel"] == found[None, "test"]
    # offsets change lengths, so that normalised states are nearly but not quite those of the source
    assert found["x", "parallel"] > found[None, "test"] - 0.03
    # the control: without the map
    assert found["unmapped", "parallel"] < 0.5
    assert all(torch.equal(value, before[name]) for name, value in one.state_dict().items())


def test_the_seed_decides_the_fresh_layers_and_each_is_another(planted):
    one, *_ = planted
    first, second, other = (stacked.fresh(one.config, seed, "cpu").state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    name = "0.linear1.weight"
    assert not torch.equal(first[name], other[name]) and not torch.equal(first[name], first["1.linear1.weight"])
    assert len({key.split(".")[0] for key in first}) == stacked.LAYERS


def test_predictions_do_not_depend_on_batches(planted):
    from polychron.finetuning.network import Network

    one, _, (source, _) = planted
    encoder = stacked.Stacked(one, 1, stacked.means_of(source), stacked.fresh(one.config, 0, "cpu"))
    made = Network(encoder, ("A", "B", "C"), "pos", seed=0)
    torch.nn.init.normal_(made.head.output.weight, 0, 1, generator=torch.Generator().manual_seed(1))
    whole, alone = (made.predict(OWN["test"], tokens)[0] for tokens in (4096, 1))
    assert np.array_equal(whole, alone) and len({*whole.tolist()}) > 1


def bitext(tmp_path, pairs):
    """Return links of `pairs` pairs of sentences, word by word, their pieces, and a model for both sides."""
    tiny.checkpoint(tmp_path / "m")
    encoder = loading.load(*tiny.files_of(tmp_path / "m"))
    pieces = tiny.sentences([10] * (2 * pairs), words=4)
    linked = [[[word, word] for word in range(4)]] * pairs
    return {"sure": linked, "possible": linked}, sides.joined(pieces, pieces), [encoder, encoder]


def test_words_are_those_that_gold_links_pair(tmp_path):
    told, words, models = bitext(tmp_path, 60)
    one, other = stacked.linked_words(told, words, models, 2, 512)
    assert one.shape == other.shape == (240, 24) and not np.allclose(one, other)
    swapped = stacked.linked_words(told, words, models[::-1], 2, 512)
    assert np.array_equal(one, swapped[0])  # both models are the same here


def test_a_map_of_few_words_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"40 gold links .* a map takes 200.*\n?.*finetuning\.stacked"):
        stacked.linked_words(*bitext(tmp_path, 10), 2, 512)
