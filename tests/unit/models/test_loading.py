"""A checkpoint is loaded by the module that computes its family."""

import pytest
import torch
import zoo
from tiny import checkpoint, files_of

from polychron.errors import InputError
from polychron.models import transformer, xlmr
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
    with pytest.raises(InputError, match="half precision"):
        load(*files_of(folders / family), device="cpu", half=True)
