"""A tiny random model of each masked and causal class of transformers, and what becomes of it in polychron.

Run as a program, it tries all of them, and writes the table and the page that the tests compare with it.
"""

import contextlib
import io
import re
import tempfile
import warnings
from pathlib import Path

import torch

from polychron.models import huggingface, loading

torch.set_num_threads(1)

VOCABULARY, WINDOW, LAYERS = 99, 64, 4
TOLERANCE = 1e-4

HYBRID = ["linear_attention", "full_attention", "linear_attention", "full_attention"]
ROPE = {"rope_type": "default", "rope_theta": 10000.0}
SIZES = (
    (r"(^|_)vocab_size(_per_layer_input)?$", VOCABULARY),
    (r"^(num_hidden_layers|n_layers?|num_layers|num_decoder_layers|(en|de)coder_layers|num_encoder_layers)$", LAYERS),
    (r"^(hidden_size|d_model|n_embd|dim|emb_dim|embed_dim|embedding_size|embedding_dim|word_embed_proj_dim)$", 32),
    (r"^(dim_model|model_dim|lru_width|d_latents)$", 32),
    (r"^(num_attention_heads|n_heads?|num_heads|(en|de)coder_attention_heads|linear_num_(value_)?heads)$", 4),
    (r"^(num_key_value_heads|num_kv_heads|multi_query_group_num|num_global_key_value_heads|linear_num_key_heads)$", 2),
    (r"^((global_|index_|swa_|linear_|linear_key_|linear_value_|attention_)?head_dim|swa_v_head_dim)$", 8),
    (r"^(qk_(nope|rope)_head_dim|v_head_dim|kv_channels|dim_head|d_kv|rotary_dim)$", 8),
    (r"^(kv_lora_rank|q_lora_rank|o_lora_rank)$", 16),
    (r"(intermediate_size|ffn_dim|d_ff|n_inner|d_inner|dim_ff|ffn_hidden_size)$", 48),
    (r"^(num_experts|n_routed_experts|num_local_experts|moe_num_experts|num_routed_experts)$", 4),
    (r"^(num_experts_per_tok|num_experts_per_token|top_k_experts|moe_topk|moe_k|topk|top_k)$", 2),
    (r"^(n_group|topk_group|num_expert_groups?)$", 1),
    (r"^(max_position_embeddings|n_positions|n_ctx|max_seq_len|max_sequence_length|block_size|max_seqlen)$", WINDOW),
    (r"^(sliding_window|window_size|attention_window_size|local_attention|sliding_window_size)$", 16),
    (r"^(mamba_d_state|state_size|ssm_state_size|mamba_n_heads|mamba_num_heads|mamba_d_head|mamba_head_dim)$", 8),
    (r"^hidden_size_per_layer_input$", 8),
)
"""What numbers of a config become, by their names."""

OTHERS = {
    "bailing_hybrid": {"layer_types": HYBRID},
    "bamba": {"attn_layer_indices": [1, 3]},
    "bert-generation": {"is_decoder": True},
    "blt": {"encoder_hash_byte_group_vocab": 50},
    "cohere_compass_text": {"rope_parameters": {"full_attention": ROPE, "sliding_attention": ROPE}},
    "dbrx": {
        "attn_config": {"kv_n_heads": 2, "rope_theta": 10000.0, "clip_qkv": 8}, "ffn_config": {"ffn_hidden_size": 48},
    },
    "deepseek_v2": {"num_experts_per_tok": 2, "n_routed_experts": 4, "first_k_dense_replace": 1},
    "dots1": {
        "n_routed_experts": 4, "n_shared_experts": 1, "moe_intermediate_size": 16, "num_experts_per_tok": 2,
        "first_k_dense_replace": 1,
    },
    "dots3_note_text": {
        "num_key_value_heads": 4, "head_dim": 16, "index_n_heads": 4, "index_head_dim": 8,
        "layer_types": ["indexed_attention", "sliding_attention"] * 2,
        "shared_experts_intermediate_size": 16, "per_layer_config": {}, "sliding_window": 16,
    },
    "esm": {"vocab_size": VOCABULARY, "pad_token_id": 1},
    "esmc": {"num_key_value_heads": 4},
    "falcon_h1": {"mamba_d_ssm": 64},
    "gemma3n_text": {
        "intermediate_size": 48, "activation_sparsity_pattern": None, "num_kv_shared_layers": 2,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
    },
    "gpt_neo": {"attention_types": [[["global", "local"], 2]]},
    "granitemoehybrid": {"layer_types": ["mamba", "attention"] * 2},
    "hunyuan_v1_dense": {"head_dim": 8},
    "hunyuan_v1_moe": {"head_dim": 8, "moe_topk": 1},
    "inkling2_loop_text": {"unpadded_vocab_size": VOCABULARY},
    "inkling2_text": {"unpadded_vocab_size": VOCABULARY},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 2, "mamba_dt_rank": 4},
    "kimi_linear": {"layer_types": HYBRID},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"] * 2},
    "longformer": {"attention_window": [8, 8, 8, 8]},
    "mamba2": {"num_heads": 8, "expand": 2, "n_groups": 1},
    "ministral": {"head_dim": 8},
    "nemotron": {"num_key_value_heads": 2},
    "neomme": {"head_dim": 16, "per_layer_config": {}},
    "perceiver": {
        "num_latents": 8, "num_blocks": 1, "num_self_attends_per_block": 2, "num_cross_attention_heads": 2,
        "num_self_attention_heads": 2,
    },
    "reformer": {
        "axial_pos_embds_dim": [16, 16], "axial_pos_shape": [8, 8], "attn_layers": ["local", "lsh", "local", "lsh"],
        "attention_head_size": 8, "num_buckets": 4,
    },
    "roc_bert": {"shape_embed_dim": 8, "pronunciation_embed_dim": 8},
    "qwen4_exp_text": {
        "indexer_n_heads": 2, "indexer_kv_heads": 1, "indexer_head_dim": 8, "indexer_budget": 16,
        "indexer_compress_ratio": 4,
        "layer_types": ["linear_attention", "indexed_attention"] * 2, "hc_lowrank": 16, "ngram_vocab_size_base": 50,
        "heads_per_ngram": 2, "moe_intermediate_size": 16,
    },
    "xlstm": {"num_blocks": LAYERS, "hidden_size": 128, "embedding_dim": 128, "num_heads": 2},
    "zamba": {"layers_block_type": ["linear_attention", "linear_attention", "hybrid", "hybrid"], "mamba_dt_rank": 4},
    "zamba2": {
        "layers_block_type": ["linear_attention", "hybrid", "linear_attention", "hybrid"], "mamba_headdim": 8,
        "n_mamba_heads": 8,
    },
    "zaya": {"layer_types": ["hybrid"] * LAYERS, "head_dim": 8, "num_experts_per_tok": 1},
}  # fmt: skip
"""What a family needs besides."""


def every():
    """Return all pairs of a family and whether it is causal, with the name of the class."""
    from transformers.models.auto import modeling_auto as auto

    for causal, names in (
        (False, auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES),
        (True, auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES),
    ):
        for family, name in names.items():
            yield family, causal, name if isinstance(name, str) else name[0]


def _size(name):
    return next((small for pattern, small in SIZES if re.search(pattern, name)), None)


def _smaller(config):
    from transformers import PreTrainedConfig

    found = {}
    for name, value in config.to_dict().items():
        try:
            part = getattr(config, name, None)
        except Exception:  # a number that differs between layers
            part = None
        if isinstance(part, PreTrainedConfig):
            found[name] = _smaller(part)
        elif isinstance(value, int) and not isinstance(value, bool):
            if small := _size(name):
                found[name] = small
            if name.endswith("_token_id") and value >= VOCABULARY:
                found[name] = 2
    if "kv_lora_rank" in found:
        found["num_key_value_heads"] = 4
    return found


def configuration(family, causal, **changes):
    """Return a tiny config of a family."""
    from transformers import CONFIG_MAPPING
    from transformers.models.auto import modeling_auto as auto

    kind = CONFIG_MAPPING[family]
    found = {**_smaller(kind()), **OTHERS.get(family, {}), **changes}
    if isinstance(found.get("text_config"), dict):
        found["text_config"] |= OTHERS.get(f"{family}_text", {})
    if causal and family in auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        found["causal" if family == "xlm" else "is_decoder"] = True
    if causal and hasattr(kind(), "is_encoder_decoder"):
        found["is_encoder_decoder"] = False
    return kind(**found)


def model(family, causal, seed=0, **changes):
    """Return a random model with its head. No tensor is near 0, so a missing one shows."""
    import transformers

    name = next(name for other, way, name in every() if (other, way) == (family, causal))
    config, kind = configuration(family, causal, **changes), getattr(transformers, name)
    if kind.config_class is config.sub_configs.get("text_config"):  # as it is published, with its other parts
        kind = transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING[type(config)]
    torch.manual_seed(seed)
    if hasattr(config, "use_cache"):
        config.use_cache = False
    made = kind(config).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
        for part in made.modules():
            if isinstance(part, torch.nn.Embedding) and part.padding_idx is not None:
                part.weight[part.padding_idx] = 0  # as in every trained model
    return made


def alone(made, ids, **extra):
    """Return what a model of transformers computes for one sentence."""
    with torch.no_grad():
        return made(input_ids=ids[None], output_hidden_states=True, **extra)


class Unlike(Exception):
    """Polychron computes something else than transformers."""


REASONS = {
    "made": "not tried: no small model of it could be made",
    "text alone": "needs more than the pieces of a text",
    "saved": "not tried: its small model could not be saved",
    "facts": "its config does not say how many layers it has",
    "contents": "its tensors are not found again under their names",
    "layers": "does not return one hidden state of each piece for each of its layers",
    "padding": "its hidden states depend on the padding of a batch",
    "head": "its predictions are not made from the hidden states of its last layer",
    "causal": "a causal class that looks at the pieces that follow",
    "window": "cannot read a text of the length that its config says",
    "cropped": "cannot be loaded up to a layer",
}
"""What it means to fail at a stage."""

KNOWN = {
    "blt": "reads bytes, which it gathers in patches of its own",
    "dots3_note": "not tried, a model of images and sound; its text alone, dots3_note_text, is studied",
    "emu3": "needs more than the pieces of a text",
    "funnel": "pools its pieces, so inner layers have fewer states than pieces",
    "gemma3n": "needs a model of images besides",
    "gemma4_assistant": "drafts for another model, whose states it reads",
    "gemma4_unified_assistant": "drafts for another model, whose states it reads",
    "llama4": "a model of images; its text alone, llama4_text, is studied",
    "musicgen": "writes sound for the states of another model",
    "musicgen_melody": "writes sound for the states of another model",
    "xlm-roberta": "is computed as an encoder only, and its config says is_decoder",
    "xmod": "needs to be told the language of each text, which a study does not say",
}
"""Reasons of families, where more is known than the stage."""


def _compare(what, found, expected):
    if found.shape != expected.shape:
        raise Unlike(f"{what}: shape {tuple(found.shape)}, expected {tuple(expected.shape)}")
    far = float((found - expected).abs().max() / expected.abs().max())
    if not far <= TOLERANCE:
        raise Unlike(f"{what}: {far:.1g}")


def _stages(family, causal, folder):
    """Yield the name of each stage before it is tried. A stage that fails raises any exception."""
    yield "made"
    made = model(family, causal)
    yield "text alone"
    draw, lengths = torch.Generator().manual_seed(0), [3, 7, 12, 33]
    sentences = [torch.randint(5, VOCABULARY - 5, (length,), generator=draw) for length in lengths]
    expected = [alone(made, ids) for ids in sentences]
    states = [output.hidden_states for output in expected]
    yield "saved"
    made.save_pretrained(folder)
    path = Path(folder) / "config.json"
    yield "facts"
    known = huggingface.facts(path)
    if known.causal != causal:
        raise Unlike("taken for a model of the other kind")
    yield "contents"
    fit = huggingface.contents(path)
    if fit.missing or fit.headless or fit.mismatched:
        raise Unlike(str(fit))
    yield "layers"
    files = Path(folder) / "model.safetensors", path
    own = loading.load(*files, head=True, device="cpu")
    for ids, theirs in zip(sentences, states, strict=True):
        for layer, (mine, other) in enumerate(zip(_run(own, ids), theirs, strict=True)):
            if layer > known.layers or other.shape != (1, len(ids), known.dimension):
                raise Unlike(f"layer {layer} has the shape {tuple(other.shape)}")
            _compare(f"layer {layer}", mine, other)
    if len(states[0]) != known.layers + 1:
        raise Unlike(f"{len(states[0])} states, {known.layers} layers")
    yield "padding"
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    batch = torch.full(mask.shape, 7)
    batch[mask] = torch.cat(sentences)
    found = own(batch, mask)
    for row, theirs in enumerate(states):
        for layer, other in enumerate(theirs):
            _compare(f"layer {layer}", found[layer][row][mask[row]], other[0])
    yield "head"
    # more states at once than the model has positions
    predicted = own.predict(torch.cat([theirs[-1][0] for theirs in states] * 2))
    _compare("predictions", predicted, torch.cat([output.logits[0] for output in expected] * 2))
    if predicted.shape[1] != known.vocabulary:
        raise Unlike(f"{predicted.shape[1]} predictions, {known.vocabulary} pieces")
    yield "causal"
    if causal:
        changed = torch.cat([sentences[3][:20], sentences[3][:13].flip(0)])
        _compare("an earlier piece", alone(made, changed).hidden_states[-1][0, :20], states[3][-1][0, :20])
    yield "window"
    if known.window:
        long = torch.randint(5, VOCABULARY - 5, (min(known.window, 200),), generator=draw)
        _compare("a text as long as the window", _run(own, long)[-1], alone(made, long).hidden_states[-1])
    yield "cropped"
    for layer in range(known.layers):
        part = loading.load(*files, upto=layer, device="cpu")(batch, mask)
        if len(part) != layer + 1:
            raise Unlike(f"{len(part)} states")
        _compare(f"layer {layer} alone", part[layer][mask], found[layer][mask])


def _run(own, ids):
    return own(ids[None], torch.ones(1, len(ids), dtype=torch.bool))


def outcome(family, causal, folder):
    """Try a family in an empty folder, and return the stage at which it fails, and how; None and None if it works."""
    stage = None
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            for at in _stages(family, causal, folder):
                stage = at
    except (Exception, SystemExit) as error:  # whatever 247 classes raise
        said = next((line for line in str(error).splitlines() if line.strip()), "")
        return stage, f"{type(error).__name__}: {said}"
    return None, None


def row(family, causal, name):
    """Try a family, and return its row of the table."""
    from transformers import CONFIG_MAPPING

    with tempfile.TemporaryDirectory() as folder:
        stage, said = outcome(family, causal, folder)
    reason = "" if stage is None else KNOWN.get(family, REASONS[stage])
    if not causal and stage and getattr(CONFIG_MAPPING[family](), "is_encoder_decoder", False):
        reason = "is an encoder-decoder"
    kind = "causal" if causal else "masked"
    return {
        "family": family,
        "kind": kind,
        "class": name,
        "supported": "no" if stage else "yes",
        "reason": reason,
    }, said


def page(rows):
    """Return the page of the documentation that lists the families, from the rows of the table."""
    import transformers

    lines = [
        "# Families of models",
        "",
        f"Every masked and causal class of transformers {transformers.__version__}. A tiny random model of each was",
        "tried. The hidden states of every layer must be those of transformers: alone, in a padded batch, in a long",
        "text, and when only the layers up to one are loaded. So must the predictions. A causal model must not see the",
        "pieces that follow. Where states depend on the padding of a batch, as in `fnet`, each sentence is computed by",
        "itself. *No* is refused by the checkpoint's `config.json`, before its weights are downloaded.",
        "",
        "*Written by `tests/support/families.py`; `make check` compares it with what happens.*",
        "",
        "| family | kind | class | studied? |",
        "|---|---|---|---|",
    ]
    for entry in rows:
        studied = "yes" if entry["supported"] == "yes" else f"no: {entry['reason']}"
        lines.append(f"| `{entry['family']}` | {entry['kind']} | `{entry['class']}` | {studied} |")
    return "\n".join(lines) + "\n"


def table(rows):
    """Return the table that `polychron.checkpoints.admission` reads."""
    lines = ["\t".join(rows[0]), *("\t".join(entry.values()) for entry in rows)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    checkout = Path(__file__).parents[2]
    tried = []
    for given in every():
        found, said = row(*given)
        tried.append(found)
        if said:
            print(*given, said, sep="\t", flush=True)
    tried.sort(key=lambda entry: (entry["family"], entry["kind"]))
    (checkout / "workflow/data/model_families.tsv").write_text(table(tried), encoding="utf-8")
    (checkout / "docs/model_families.md").write_text(page(tried), encoding="utf-8")
