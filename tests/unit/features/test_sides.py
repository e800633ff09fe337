"""Word vectors of pairs whose sides are of one model each."""

import numpy as np
import pytest
from tiny import WINDOW, checkpoint, files_of, sentences

from polychron.errors import InputError
from polychron.features import sides, word_states
from polychron.models.loading import load

BUDGET = 200


@pytest.fixture(scope="module")
def pieces():
    return sentences(np.random.default_rng(3).integers(3, WINDOW + 1, 20), seed=3, words=6)


def test_source_words_have_the_vectors_of_one_model_and_target_words_those_of_the_other(model, pieces, tmp_path):
    checkpoint(tmp_path, seed=9)
    one, other = load(*model, device="cpu"), load(*files_of(tmp_path), device="cpu")
    found = sides.at_layers([one, other], pieces, [0, 2], BUDGET)
    own = [word_states.at_layers(encoder, pieces, [0, 2], BUDGET) for encoder in (one, other)]
    source = pieces.word_sentence < 10
    assert source.any() and not source.all()
    for layer in (0, 2):
        np.testing.assert_array_equal(found[layer][source], own[0][layer][source])
        np.testing.assert_array_equal(found[layer][~source], own[1][layer][~source])
        assert not np.array_equal(own[0][layer][~source], own[1][layer][~source])


def test_models_of_other_widths_are_refused(model, pieces, tmp_path):
    checkpoint(tmp_path, hidden_size=16)
    encoders = [load(*model, device="cpu"), load(*files_of(tmp_path), device="cpu")]
    with pytest.raises(InputError, match=r"states of \d+ and 16 dimensions"):
        sides.at_layers(encoders, pieces, [0], BUDGET)
