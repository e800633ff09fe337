"""The encoder is that of the checkpoint, and predictions do not depend on how examples are batched."""

import numpy as np
import pytest
import tiny
import torch

from polychron.errors import InputError
from polychron.features import batching
from polychron.finetuning import heads, network
from polychron.finetuning.splits import of_trees, of_words
from polychron.models import loading
from polychron.probing.tasks.base import Examples


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("model")
    tiny.checkpoint(made, num_hidden_layers=2)
    return made


def words(seed=0):
    pieces = tiny.sentences([9, 12, 7, 20, 5], seed=seed, words=4)
    number = len(pieces.status)
    return of_words(Examples(0, np.arange(number), None, np.arange(number) % 3, ("a", "b", "c"), 0), pieces), pieces


def test_states_are_those_of_the_checkpoint(folder):
    split, pieces = words()
    made = network.Network(network.load(folder / "config.json", "cpu"), split.labels, "pos", seed=0).eval()
    chosen = np.arange(5)
    with torch.inference_mode():
        found = made._hidden(split, chosen)
    ids, mask = batching.pad(pieces, chosen)
    expected = loading.load(*tiny.files_of(folder))(ids, mask)[-1]
    assert torch.allclose(found[mask], expected[mask], atol=1e-5)


@pytest.mark.parametrize("task", ["pos", "parsing"])
def test_predictions_do_not_depend_on_batches(folder, task):
    if task == "pos":
        split, _ = words()
    else:
        from cells import one_piece_each, treebank

        table = treebank(12, seed=1)
        split = of_trees(table, one_piece_each(np.bincount(table["sentence"].to_numpy())), "train")
    made = network.Network(network.load(folder / "config.json", "cpu"), split.labels, task, seed=0)
    for parameter in (*made.head.parameters(),):
        torch.nn.init.normal_(parameter, 0, 0.3, generator=torch.Generator().manual_seed(1))
    whole, alone = (made.predict(split, tokens) for tokens in (4096, 1))
    assert len(whole) == (2 if task == "parsing" else 1)
    for one, other in zip(whole, alone, strict=True):
        assert np.array_equal(one, other) and len({*one.tolist()}) > 1


def test_the_loss_of_a_parser_is_that_of_each_sentence_by_itself(folder):
    """The mean over words: sentences of a batch do not see each other, nor what fills them up."""
    from cells import one_piece_each, treebank

    table = treebank(12, seed=1)
    split = of_trees(table, one_piece_each(np.bincount(table["sentence"].to_numpy())), "train")
    made = network.Network(network.load(folder / "config.json", "cpu"), split.labels, "parsing", seed=0).eval()
    torch.nn.init.normal_(made.head.arc, 0, 0.1, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        together = made.loss(split, np.arange(4)).item()
        each = [made.loss(split, np.array([place])).item() for place in range(4)]
    counts = np.diff(split.offsets)[:4]
    assert together == pytest.approx(np.average(each, weights=counts), rel=1e-4)


def test_the_seed_decides_the_head_alone(folder):
    first, second, other = (
        network.Network(network.load(folder / "config.json", "cpu"), ("a", "b"), "pos", seed=seed) for seed in (0, 0, 1)
    )
    assert torch.equal(first.head.output.weight, second.head.output.weight)
    assert not torch.equal(first.head.output.weight, other.head.output.weight)
    same = dict(other.encoder.named_parameters())
    assert all(torch.equal(value, same[name]) for name, value in first.encoder.named_parameters())


def test_scores_that_are_not_finite_count_as_0_and_are_told(folder, caplog):
    from cells import one_piece_each, treebank

    table = treebank(6, seed=1)
    split = of_trees(table, one_piece_each(np.bincount(table["sentence"].to_numpy())), "train")
    made = network.Network(network.load(folder / "config.json", "cpu"), split.labels, "parsing", seed=0)
    torch.nn.init.constant_(made.head.arc, float("nan"))
    found, relations = made.predict(split, 100)
    assert "scores of arcs are not finite, and count as 0" in caplog.text
    torch.nn.init.zeros_(made.head.arc)
    expected, _ = made.predict(split, 100)
    assert found.tolist() == expected.tolist() and len(relations) == len(found)
    assert heads.ARCS == 512


def test_a_causal_model_and_weights_that_are_not_whole_are_refused(folder, tmp_path):
    from safetensors.torch import load_file, save_file
    from transformers import GPT2Config

    GPT2Config(n_layer=1, n_head=2, n_embd=8, vocab_size=20).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="a causal language model"):
        network.load(tmp_path / "config.json", "cpu")
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    tensors = load_file(folder / "model.safetensors")
    lacking = {name: tensor for name, tensor in tensors.items() if "layer.1.attention.self.query" not in name}
    save_file(lacking, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"lack 'encoder.layer.1.attention.self.query.bias' \(2 such tensors\)"):
        network.load(tmp_path / "config.json", "cpu")
