"""Shared and separate parameters, compared with a model that fairseq trained."""

from small_separate import SETTINGS, trained

from polychron.models.shared_parameters import count
from polychron.models.sizes import Architecture
from polychron.pretraining.fairseq_checkpoint import COPIES, FairseqCheckpoint


def test_parameters_of_a_model_with_separate_parts_are_those_of_fairseq():
    tensors = FairseqCheckpoint(trained()).tensors()
    entries = tensors["encoder.sentence_encoder.embed_tokens.weight"].shape[0]
    tensors = {
        name: tensor.size
        for name, tensor in tensors.items()
        if not name.endswith((".version", ".own", "lm_head.weight"))
        and not COPIES.search(name.replace("more_layers.0.", "layers."))
    }
    more = sum(size for name, size in tensors.items() if ".more_" in name)
    sizes = Architecture(entries - 2, *(SETTINGS[key] for key in ("window", "dimension", "feedforward", "layers")))
    shared, own = count(sizes, SETTINGS["separate"])
    assert own == more > 0 and shared + own == sum(tensors.values()) - more
    assert count(sizes) == (shared + own, 0)
