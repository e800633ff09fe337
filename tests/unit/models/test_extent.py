"""A config whose model is far larger than the weights is refused, and takes no memory."""

import json
import re

import memory
import pytest
import zoo

from polychron.errors import InputError
from polychron.models import extent


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, None),
        (
            {"max_position_embeddings": 10**9},
            "describes a model of 2[0-9],000,0[0-9,]* numbers, and its weights are 20,000",
        ),
        ({"vocab_size": 10**12}, "describes a model of 2[0-9],000,000,0[0-9,]* numbers"),
        ({"hidden_size": 10**18}, "Storage size calculation overflowed"),
        ({"num_attention_heads": 5}, "multiple of the number of attention heads"),
    ],
)
def test_a_model_and_its_weights(tmp_path, changes, message):
    config = zoo.model("bert", 150).config.to_dict()
    (tmp_path / "config.json").write_text(json.dumps({**config, **changes}))
    before = memory.peak(afresh=True)
    if message is None:
        extent.check(tmp_path / "config.json", 20_000, tmp_path)
    else:
        with pytest.raises(InputError, match=rf"{re.escape(str(tmp_path))}.*: .*{message}.* Next: correct"):
            extent.check(tmp_path / "config.json", 20_000, tmp_path)
    assert memory.peak() - before < 500_000  # KiB
