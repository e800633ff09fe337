"""Members of one ensemble have states of one width; what a family calls it does not matter."""

import json

import pytest
from script import Files, run

from polychron.errors import InputError
from polychron.models import members


def config(folder, **told):
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(told))
    return folder / "config.json"


def test_widths_are_compared_over_families(tmp_path):
    one = config(tmp_path / "one", model_type="xlm-roberta", hidden_size=24, num_attention_heads=4)
    other = config(tmp_path / "other", model_type="gpt2", n_embd=24, n_head=4)
    wide = config(tmp_path / "wide", model_type="xlm-roberta", hidden_size=48, num_attention_heads=4)
    run("compare_members", Files(one, other), Files(tmp_path / "out.json"), tmp_path / "log", members=["a", "b"])
    assert json.loads((tmp_path / "out.json").read_text()) == {"a": 24, "b": 24}
    with pytest.raises(InputError, match=r"wide/config\.json: members .* 'a' of 24 dimensions, 'c' of 48\. Next"):
        members.widths({"a": one, "b": other, "c": wide})
