"""A view computes what the plug-in does, in all layers and probabilities, on a real checkpoint of fairseq."""

import json

import numpy as np
import pytest
import small_separate
from small_separate import made, trained

from polychron.checkpoints import conversion, views
from polychron.errors import InputError
from polychron.pretraining import separate
from polychron.pretraining.views import View

NAMES = {
    "weights": "model.safetensors",
    "config": "config.json",
    "tokenizer": "tokenizer.json",
    "tokenizer_config": "tokenizer_config.json",
}


def export(folder, language, checkpoint=None, **changed):
    settings = {
        "final_layer": 2,
        "window": 32,
        "tokenizer": made() / language / "tokenizer.json",
        "tokenizer_config": made() / language / "tokenizer_config.json",
    }
    paths = {name: str(folder / file) for name, file in NAMES.items()}
    ids = separate.read(made() / "binarized")
    return views.export(checkpoint or trained(), language, ids, paths, **{**settings, **changed})


@pytest.fixture(scope="module")
def computed():
    """What the plug-in computes of the second language's sentences, once for all tests."""
    view = View(trained(), "bb", separate.read(made() / "binarized"))
    sentences = views._sentences(view, 31)
    return views._of_plugin(view, *sentences, made())


def test_a_view_is_equal_to_the_plugin(tmp_path, monkeypatch, computed):
    monkeypatch.setattr(views, "_of_plugin", lambda *given: computed)
    proof = export(tmp_path, "bb")
    assert proof["layers"] < 1e-6 and proof["logits"] < 1e-6
    assert computed[0].shape == (3, 53, 16) and computed[1].sum(-1) == pytest.approx(1, abs=1e-5)
    assert (proof["precision"], proof["rounding"], proof["gpus"]) == ("float32", None, 0)
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == "xlm-roberta"
    assert (tmp_path / "tokenizer.json").read_bytes() == (made() / "bb/tokenizer.json").read_bytes()
    rounded = export(tmp_path, "bb", precision="float16")
    assert rounded.items() >= {"precision": "float16", "layers": proof["layers"]}.items()
    assert 1e-5 < rounded["rounding"] < 1e-2


def test_an_ordinary_loader_computes_the_same(tmp_path, monkeypatch, computed):
    """transformers' own class, on the exported directory."""
    import torch
    from transformers import AutoModelForMaskedLM

    monkeypatch.setattr(views, "_of_plugin", lambda *given: computed)
    export(tmp_path, "bb")
    view = View(trained(), "bb", separate.read(made() / "binarized"))
    ids, mask = views._sentences(view, 31)
    model = AutoModelForMaskedLM.from_pretrained(tmp_path).eval()
    with torch.inference_mode():
        found = model(torch.from_numpy(ids), torch.from_numpy(mask).long(), output_hidden_states=True)
    states = np.stack([state[torch.from_numpy(mask)].numpy() for state in found.hidden_states])
    assert np.allclose(states, computed[0], atol=1e-5)
    assert np.allclose(found.logits.softmax(-1)[torch.from_numpy(mask)].numpy(), computed[1], atol=1e-6)


def test_the_parts_of_the_other_language_are_not_the_plugins(tmp_path, monkeypatch, computed):
    """The language's id held constant: the first language's parts on the second one's sentences."""
    monkeypatch.setattr(views, "_of_plugin", lambda *given: computed)
    plain = View.__init__

    def constant(self, path, language, ids):
        plain(self, path, "aa", ids)
        second = View.__new__(View)
        plain(second, path, "bb", ids)
        self.kept, self.number = second.kept, second.number

    monkeypatch.setattr(View, "__init__", constant)
    with pytest.raises(InputError, match="the view of bb differs from the plug-in: layers by"):
        export(tmp_path, "bb")


def test_a_window_that_does_not_fit_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="positions for 32 pieces, expected 64 or more"):
        export(tmp_path, "bb", window=64)
    with pytest.raises(InputError, match="2 encoder layers, expected 4"):
        export(tmp_path, "bb", final_layer=4)


@pytest.mark.check
@pytest.mark.parametrize("parts", [{"embeddings": True, "layers": 1}, {"embeddings": True}, {"layers": 1}])
def test_every_view_of_every_kind_is_equal_to_the_plugin(tmp_path, parts):
    checkpoint = small_separate.train(tmp_path / "checkpoint_last.pt", 20, separate=parts)
    for language in ("aa", "bb"):
        proof = export(tmp_path / language, language, checkpoint)
        assert max(proof["layers"], proof["logits"]) < conversion.TOLERANCE / 10
