"""Rows of the table of pieces, against the weights in the file."""

import numpy as np
import pytest
import torch
import zoo
from tiny import sentences

from polychron.errors import InputError
from polychron.features.type_embeddings import of_one_piece
from polychron.models.loading import load
from polychron.storage import files
from polychron.tokenization.pieces import BEYOND, EMPTY, Pieces

UNKNOWN = 3


def types(*cut):
    """Each type as a sentence of its own: its pieces, between <s> and </s>."""
    lengths = np.array([len(ids) for ids in cut])
    number = np.arange(len(cut))
    return Pieces(
        ids=np.concatenate([[0, *ids, 2] for ids in cut]).astype(np.int32),
        sentence_offsets=np.concatenate([[0], np.cumsum(lengths + 2)]),
        first=np.ones(len(cut), np.int32),
        stop=(1 + lengths).astype(np.int32),
        status=np.zeros(len(cut), np.int8),
        word_sentence=number.astype(np.int32),
        word_offsets=np.arange(len(cut) + 1),
        characters=lengths.astype(np.int32),
        special=(0, 1, 2, UNKNOWN),
    )


def table_of(model):
    tensors, _ = files.read_tensors(model[0], ["roberta.embeddings.word_embeddings.weight"])
    return tensors["roberta.embeddings.word_embeddings.weight"].astype(np.float64)


@pytest.mark.parametrize("family", zoo.FAMILIES)
def test_other_families_have_their_rows(family, tmp_path):
    made = zoo.save(family, tmp_path)
    encoder = load(tmp_path / "model.safetensors", tmp_path / "config.json", device="cpu")
    which, vectors = of_one_piece(encoder, types([7], [8, 9], [11]))
    expected = made.get_input_embeddings().weight.detach().double().numpy()[[7, 11]]
    assert which.tolist() == [0, 2] and vectors.tobytes() == expected.tobytes()


def test_a_family_without_a_table_has_no_rows(caplog):
    class Characters:
        device, dimension = "cpu", 4

        def embeddings(self, ids):
            raise NotImplementedError

    which, vectors = of_one_piece(Characters(), types([7]))
    assert len(which) == len(vectors) == 0 and "no table of pieces" in caplog.text


def test_a_type_of_one_piece_has_the_row_of_that_piece(model):
    pieces = types([7], [8, 9], [UNKNOWN], [11], [5], [12])
    pieces.status[4], pieces.status[5] = BEYOND, EMPTY
    which, vectors = of_one_piece(load(*model, device="cpu"), pieces)
    assert which.tolist() == [0, 3] and vectors.dtype == np.float64
    assert vectors.tobytes() == table_of(model)[[7, 11]].tobytes()


def test_without_a_type_of_one_piece_there_are_no_rows(model):
    which, vectors = of_one_piece(load(*model, device="cpu"), types([8, 9]))
    assert which.shape == (0,) and len(vectors) == 0


def test_a_row_that_is_not_finite_is_refused():
    class Diverged:
        device, precision = "cpu", "float32"

        def embeddings(self, ids):
            return torch.full((len(ids), 4), torch.inf)

    with pytest.raises(InputError, match="rows of the table of pieces are not finite"):
        of_one_piece(Diverged(), types([7]))


def test_types_of_many_sentences_are_found_in_theirs(model):
    """Where a sentence has several words, each is looked up in its own sentence."""
    pieces = sentences([8, 9], seed=3, words=3)
    which, vectors = of_one_piece(load(*model, device="cpu"), pieces)
    table = table_of(model)
    for word, vector in zip(which, vectors, strict=True):
        sentence = pieces.word_sentence[word]
        row = pieces.ids[pieces.sentence_offsets[sentence] :][pieces.first[word]]
        np.testing.assert_array_equal(vector, table[row])
