"""Weights counted from sizes, compared with those of transformers and of fairseq."""

import small_pretraining

from polychron.models.sizes import Architecture
from polychron.pretraining.fairseq_checkpoint import COPIES, FairseqCheckpoint


def test_parameters_are_those_of_transformers():
    from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

    config = XLMRobertaConfig(
        vocab_size=100, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=12, type_vocab_size=1,
    )  # fmt: skip
    model = XLMRobertaForMaskedLM(config)
    sizes = Architecture(vocabulary=98, window=10, dimension=8, feedforward=16, layers=2)
    assert sizes.parameters(token_types=1) == sum(tensor.numel() for tensor in model.parameters())
    assert sizes.layer == sum(tensor.numel() for tensor in model.roberta.encoder.layer[0].parameters())


def test_parameters_are_those_of_fairseq():
    """In a checkpoint that fairseq trained, without the copies that it never trains and the tied output."""
    tensors = FairseqCheckpoint(small_pretraining.trained()).tensors()
    trained = {
        name: tensor for name, tensor in tensors.items()
        if not name.endswith((".version", "lm_head.weight")) and not COPIES.search(name)
    }  # fmt: skip
    embeddings = next(tensor for name, tensor in trained.items() if name.endswith("embed_tokens.weight"))
    positions = next(tensor for name, tensor in trained.items() if name.endswith("embed_positions.weight"))
    inner = next(tensor for name, tensor in trained.items() if name.endswith("layers.0.fc1.weight"))
    layers = sum(name.endswith(".fc1.weight") for name in trained)
    sizes = Architecture(len(embeddings) - 2, len(positions) - 2, embeddings.shape[1], len(inner), layers)
    assert sizes.parameters() == sum(tensor.size for tensor in trained.values())
