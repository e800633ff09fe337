"""States as fairseq saves them, with random weights."""

import argparse

import torch

LAYERS, DIMENSION, PIECES, WINDOW = 2, 8, 30, 12


def fairseq_state(layers=LAYERS, prefix="encoder.sentence_encoder.", norm="layernorm_embedding", **arguments):
    """Return a state as fairseq saves it, with random weights."""
    random = torch.Generator().manual_seed(1)

    def weights(*shape):
        return torch.randn(*shape, generator=random)

    model = {
        f"{prefix}embed_tokens.weight": weights(PIECES, DIMENSION),
        f"{prefix}embed_positions.weight": weights(WINDOW + 2, DIMENSION),
        f"{prefix}version": torch.tensor([3.0]),
    }
    modules = {f"{prefix}{norm}": (DIMENSION,)}
    for layer in range(layers):
        name = f"{prefix}layers.{layer}"
        for part in "qkv":
            modules[f"{name}.self_attn.{part}_proj"] = (DIMENSION, DIMENSION)
        modules[f"{name}.self_attn.out_proj"] = (DIMENSION, DIMENSION)
        modules[f"{name}.self_attn_layer_norm"] = modules[f"{name}.final_layer_norm"] = (DIMENSION,)
        modules[f"{name}.fc1"], modules[f"{name}.fc2"] = (16, DIMENSION), (DIMENSION, 16)
        model[f"{name}.in_proj_weight"] = torch.zeros(3 * DIMENSION, DIMENSION)  # the unused copy
    head = prefix.split(".")[0] + ".lm_head"
    modules[f"{head}.dense"], modules[f"{head}.layer_norm"] = (DIMENSION, DIMENSION), (DIMENSION,)
    for name, shape in modules.items():
        model[f"{name}.weight"], model[f"{name}.bias"] = weights(*shape), weights(shape[0])
    model[f"{head}.weight"], model[f"{head}.bias"] = model[f"{prefix}embed_tokens.weight"], weights(PIECES)
    namespace = argparse.Namespace(encoder_attention_heads=2, activation_fn="gelu", dropout=0.1, **arguments)
    return {"model": model, "args": None, "cfg": {"model": namespace}, "optimizer_history": [{"num_updates": 5}]}
