"""Tiny random models of several families, each with a tokenizer of its kind, trained on the spot."""

import functools
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXT = [
    "the cat sat on the mat and looked at the other cat",
    "der Hund schläft auf dem Sofa, und die Katze schläft auch",
    "собака спит на диване, кошка спит на стуле",
    "犬がソファで寝ている。猫も寝ている。",
    "is it so, is it not so",
] * 10
WINDOW = 32

torch.set_num_threads(1)


def _word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        TEXT, trainers.WordPieceTrainer(vocab_size=150, special_tokens=special, show_progress=False)
    )
    return _with_edges(tokenizer, "[CLS]", "[SEP]")


def _byte_level(special, prefix=False):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    return tokenizer


def _with_edges(tokenizer, before, after=None):
    single = [before, "$A", *([after] if after else [])]
    named = [(piece, tokenizer.token_to_id(piece)) for piece in {before, after} - {None}]
    tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=named)
    return tokenizer


def _modern_bert():
    return _with_edges(_byte_level(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]), "[CLS]", "[SEP]")


def _neox():
    tokenizer = _byte_level(["<|endoftext|>", "<|padding|>"])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    return tokenizer


def _llama():
    return _with_edges(_byte_level(["<unk>", "<s>", "</s>"], prefix=True), "<s>")


TOKENIZERS = {"bert": _word_piece, "modernbert": _modern_bert, "gpt_neox": _neox, "llama": _llama}
FAMILIES = list(TOKENIZERS)
CAUSAL = ("gpt_neox", "llama")


def model(family, vocabulary, seed=0, **changes):
    """Return a random model with its head. No tensor is near 0, so a missing one shows."""
    import transformers

    sizes = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 40}
    sizes |= {"vocab_size": vocabulary, "max_position_embeddings": WINDOW}
    name, config, extra = {
        "bert": ("BertForMaskedLM", "BertConfig", {}),
        "modernbert": (
            "ModernBertForMaskedLM",
            "ModernBertConfig",
            {"global_attn_every_n_layers": 2, "local_attention": 8, "pad_token_id": 0, "cls_token_id": 2}
            | {"sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3},
        ),
        "gpt_neox": ("GPTNeoXForCausalLM", "GPTNeoXConfig", {"bos_token_id": 0, "eos_token_id": 0}),
        "llama": (
            "LlamaForCausalLM",
            "LlamaConfig",
            {"num_key_value_heads": 2, "bos_token_id": 1, "eos_token_id": 2},
        ),
    }[family]
    torch.manual_seed(seed)
    made = getattr(transformers, name)(getattr(transformers, config)(**{**sizes, **extra, **changes})).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return made


@functools.cache
def tokenizer(family):
    """Train the tokenizer of a family once: the trainer does not always choose the same of equally frequent pairs."""
    return TOKENIZERS[family]()


def save(family, folder, seed=0, **changes):
    """Save a random model of a family and its tokenizer, and return the model."""
    cut = tokenizer(family)
    made = model(family, cut.get_vocab_size(), seed, **changes)
    made.save_pretrained(folder)
    cut.save(str(Path(folder) / "tokenizer.json"))
    (Path(folder) / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    return made


def cache(root, repository, snapshots, refs):
    """Write a repository as in the hub's local cache.

    `snapshots` are folders by commit; `refs` are commits by the name of a branch or tag.
    """
    import hashlib

    place = Path(root) / f"models--{repository.replace('/', '--')}"
    (place / "blobs").mkdir(parents=True, exist_ok=True)
    for commit, folder in snapshots.items():
        for file in sorted(Path(folder).iterdir()):
            content = file.read_bytes()
            git = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
            name = hashlib.sha256(content).hexdigest() if file.suffix in (".safetensors", ".bin") else git
            (place / "blobs" / name).write_bytes(content)
            link = place / "snapshots" / commit / file.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"../../blobs/{name}")
    for name, commit in refs.items():
        (place / "refs" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "refs" / name).write_text(commit)
    return place
