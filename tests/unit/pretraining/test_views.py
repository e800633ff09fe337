"""A language's view has its own tensors under RoBERTa's names; swapped languages are refused."""

import fairseq_states
import numpy as np
import pytest
import torch
from small_separate import made, trained

from polychron.errors import InputError
from polychron.pretraining import separate, views
from polychron.pretraining.views import View


@pytest.fixture(scope="module")
def ids():
    return separate.read(made() / "binarized")


def test_the_tensors_of_a_view_are_the_languages(ids):
    first, second = (View(trained(), language, ids) for language in ("aa", "bb"))
    whole = first.tensors()
    assert whole.keys() == second.tensors().keys() and any(".more_" in name for name in whole)
    converted = [view.convert(layers=2, vocabulary=whole["encoder.own"].shape[1]) for view in (first, second)]
    assert converted[0][1] == converted[1][1]
    layer = "roberta.encoder.layer.{}.intermediate.dense.weight"
    for name, plain, more in (
        ("roberta.embeddings.word_embeddings.weight", "embed_tokens.weight", "more_tokens.0.weight"),
        ("roberta.embeddings.position_embeddings.weight", "embed_positions.weight", "more_positions.0.weight"),
        ("roberta.embeddings.LayerNorm.bias", "layernorm_embedding.bias", "more_norms.0.bias"),
        (layer.format(0), "layers.0.fc1.weight", "more_layers.0.0.fc1.weight"),
        (layer.format(1), "layers.1.fc1.weight", "layers.1.fc1.weight"),
    ):
        assert np.array_equal(converted[0][0][name], whole[f"encoder.sentence_encoder.{plain}"]), name
        assert np.array_equal(converted[1][0][name], whole[f"encoder.sentence_encoder.{more}"]), name
    for view, (tensors, _), bias in zip((first, second), converted, ("bias", "more_bias.0"), strict=True):
        expected = whole[f"encoder.lm_head.{bias}"]
        foreign = ~view.kept
        assert foreign.sum() > 10 and not foreign[:4].any()
        assert (tensors["lm_head.bias"][foreign] == -1e4).all()
        assert np.array_equal(tensors["lm_head.bias"][view.kept], expected[view.kept])
        assert view.arguments()["lang_id"] == view.number


def test_swapped_members_are_refused(ids):
    """The corpora of two languages under each other's names: what the model calls aa is bb."""
    swapped = {"aa": ids["bb"], "bb": ids["aa"]}
    with pytest.raises(InputError, match="has the languages bb, aa, in this order; expected aa, bb"):
        View(trained(), "aa", swapped)
    with pytest.raises(InputError, match="has the languages zz, ba, in this order; expected ba, zz"):
        View(trained(), "ba", {"zz": ids["aa"], "ba": ids["bb"]})
    with pytest.raises(InputError, match="has the languages aa, one of other pieces, in this order"):
        View(trained(), "aa", {**ids, "bb": ids["bb"][1:]})
    with pytest.raises(InputError, match="has 2 languages, in this order; expected aa, bb, cc"):
        View(trained(), "aa", {**ids, "cc": ids["bb"]})


def test_an_ordinary_checkpoint_has_no_views(ids, tmp_path):
    torch.save(fairseq_states.fairseq_state(), tmp_path / "plain.pt")
    with pytest.raises(InputError, match=r"plain\.pt: no checkpoint of a model with separate parts"):
        View(tmp_path / "plain.pt", "aa", ids)


def test_more_than_ten_languages_keep_their_parts():
    model = {f"encoder.lm_head.more_bias.{number}": number for number in range(12)}
    assert views._plain(model, 2) == {"encoder.lm_head.bias": 1}
    assert views._plain(model, 12) == {"encoder.lm_head.bias": 11}
