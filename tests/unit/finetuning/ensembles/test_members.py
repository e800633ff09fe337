"""Members of an ensemble: a twin is tested to the digit, what they share is trained, and their own parts are frozen."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from cells import one_piece_each

from polychron.errors import InputError
from polychron.finetuning import cell
from polychron.finetuning.ensembles import members
from polychron.finetuning.recipes import Recipe
from polychron.finetuning.splits import of_words
from polychron.probing.tasks.base import Examples
from polychron.storage import files

SHORT = Recipe(epochs=3, batch=8, learning_rate=3e-3)
IDS = 40
EMBEDDINGS, EVERYTHING = ["embeddings."], [""]


def saved(folder, seed=0):
    from transformers import XLMRobertaConfig, XLMRobertaModel

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    torch.manual_seed(seed)
    made = XLMRobertaModel(XLMRobertaConfig(**sizes, vocab_size=IDS, max_position_embeddings=20))
    made.save_pretrained(folder)
    return folder / "config.json"


@pytest.fixture
def twins(tmp_path):
    """Return the configs of a model and of its twin, whose pieces have other ids, and the ids of the twin."""
    one, two = (saved(tmp_path / name) for name in ("one", "two"))
    order = np.arange(IDS)
    order[4:] = np.random.default_rng(1).permutation(order[4:])
    name = "embeddings.word_embeddings.weight"
    arrays, _ = files.read_tensors(two.with_name("model.safetensors"))
    table = np.empty_like(arrays[name])
    table[order] = arrays[name]
    files.write_tensors(two.with_name("model.safetensors"), {**arrays, name: table}, {"format": "pt"})
    return one, two, order


def tagged(number, seed):
    draw = np.random.default_rng(seed)
    pieces = one_piece_each(draw.integers(3, 8, number))
    ids = pieces.ids.copy()
    inner = np.flatnonzero((ids != 0) & (ids != 2))
    ids[inner] = draw.integers(4, IDS, len(inner))
    label = np.where(draw.random(len(inner)) < 0.3, draw.integers(3, size=len(inner)), ids[inner] % 3)
    examples = Examples(0, np.arange(len(label)), None, label, ("A", "B", "C"), 0)
    return of_words(examples, replace(pieces, ids=ids))


OWN = {name: tagged(30, seed) for seed, name in enumerate(("train", "dev", "test"))}


def translated(split, order):
    return replace(split, inputs=replace(split.inputs, ids=order[split.inputs.ids].astype(np.int32)))


def run(encoders, targets, speakers):
    made, rows = cell.run(encoders[0], "pos", OWN, targets, SHORT, seed=0, tokens_per_batch=64, speakers=speakers)
    return made, {(target, row["split"]): row["value"] for target, row in rows if row["metric"] == "accuracy"}


@pytest.mark.parametrize("frozen", [EMBEDDINGS, EVERYTHING, [*EMBEDDINGS, "encoder.layer.0."]])
def test_a_twin_with_permuted_ids_has_the_score_of_the_language_itself_to_the_digit(twins, frozen):
    one, two, order = twins
    encoders = members.read([one, two], frozen, "cpu")
    _, found = run(encoders, {"twin": translated(OWN["test"], order)}, {"twin": encoders[1]})
    assert found["twin", "parallel"] == found[None, "test"]


def test_the_same_sentences_read_by_the_member_of_the_source_have_another_score(twins):
    """The control: without its own member the twin is a language that the model has not seen."""
    one, two, order = twins
    encoders = members.read([one, two], EMBEDDINGS, "cpu")
    _, found = run(encoders, {"twin": translated(OWN["test"], order)}, {})
    assert found["twin", "parallel"] != found[None, "test"]


def test_what_is_shared_is_trained_in_both_and_what_is_a_members_own_in_neither(twins):
    one, two, _ = twins
    before = [dict(encoder.state_dict()) for encoder in members.read([one, two], EVERYTHING, "cpu")]
    before = [{name: value.clone() for name, value in state.items()} for state in before]
    encoders = members.read([one, two], [*EMBEDDINGS, "encoder.layer.0."], "cpu")
    run(encoders, {}, {})
    for encoder, old in zip(encoders, before, strict=True):
        new = encoder.state_dict()
        same = {name for name in new if torch.equal(new[name], old[name])}
        assert {name for name in new if name.startswith(("embeddings.", "encoder.layer.0."))} <= same
        assert not any(name.startswith("encoder.layer.1.") and "key.bias" not in name for name in same)
    first, second = (encoder.state_dict() for encoder in encoders)
    assert all(torch.equal(first[name], second[name]) for name in first if name.startswith("encoder."))


def test_a_head_is_trained_where_all_is_frozen(twins):
    one, _, _ = twins
    [encoder] = members.read([one], EVERYTHING, "cpu")
    old = {name: value.clone() for name, value in encoder.state_dict().items()}
    made, _ = run([encoder], {}, {})
    assert all(torch.equal(value, old[name]) for name, value in made.encoder.state_dict().items())
    assert made.head.output.bias.abs().max() > 0


def test_members_that_differ_in_what_they_share_are_refused(twins, tmp_path):
    one, _, _ = twins
    other = saved(tmp_path / "other", seed=5)
    with pytest.raises(InputError, match=r"encoder\.layer\.0\..* is not that of .*one") as raised:
        members.read([one, other], EMBEDDINGS, "cpu")
    assert "other" in str(raised.value)
    assert len(members.read([one, other], EVERYTHING, "cpu")) == 2
