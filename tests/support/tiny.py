"""Tiny models for the tests: random XLM-R checkpoints, random sentences, tokenizers trained on the spot."""

from pathlib import Path

import numpy as np
import torch

from polychron.tokenization.pieces import Pieces

VOCABULARY, WINDOW = 90, 32

torch.set_num_threads(1)


def checkpoint(folder, seed=0, **changes):
    """Save a random model as transformers does. No tensor is near 0, so a missing one shows."""
    from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

    sizes = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 40}
    sizes |= {"vocab_size": VOCABULARY, "max_position_embeddings": WINDOW + 2, "type_vocab_size": 1}
    torch.manual_seed(seed)
    model = XLMRobertaForMaskedLM(XLMRobertaConfig(**{**sizes, **changes})).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    model.save_pretrained(folder)
    return model


def files_of(folder):
    """Return the two files of a checkpoint that the library reads."""
    return Path(folder) / "model.safetensors", Path(folder) / "config.json"


def sentences(lengths, seed=0, words=1, **facts):
    """Return random sentences of `lengths` pieces, of about `words` words each."""
    draw = np.random.default_rng(seed)
    ids, first, stop, word_sentence = [], [], [], []
    for sentence, length in enumerate(lengths):
        ids += [0, *draw.integers(4, VOCABULARY - 1, length - 2), 2]
        inner = draw.choice(np.arange(2, length - 1), min(words - 1, max(length - 3, 0)), replace=False)
        borders = [1, *sorted(inner), length - 1]
        first += borders[:-1]
        stop += borders[1:]
        word_sentence += [sentence] * (len(borders) - 1)
    return Pieces(
        ids=np.array(ids, np.int32),
        sentence_offsets=np.cumsum([0, *lengths], dtype=np.int64),
        first=np.array(first, np.int32),
        stop=np.array(stop, np.int32),
        status=np.zeros(len(first), np.int8),
        word_sentence=np.array(word_sentence, np.int32),
        word_offsets=np.searchsorted(word_sentence, np.arange(len(lengths) + 1)),
        characters=np.array(lengths, np.int32),
        **facts,
    )


def tokenizer(folder, lines, size):
    """Train a vocabulary, write its tokenizer as transformers reads it, and return the SentencePiece model."""
    from polychron.storage import files
    from polychron.tokenization import tokenizer as tokenizers
    from polychron.tokenization import vocabulary

    text = Path(folder) / "text.txt"
    text.write_text("\n".join(lines) + "\n", encoding="utf-8")
    model = vocabulary.train({"all": text}, size=size, character_coverage=0.9995, alpha=1, seed=0)
    (Path(folder) / "sentencepiece.bpe.model").write_bytes(model)
    files.write_text(Path(folder) / "dict.txt", vocabulary.dictionary(model))
    content = tokenizers.build(Path(folder) / "sentencepiece.bpe.model", Path(folder) / "dict.txt")
    files.write_text(Path(folder) / "tokenizer.json", content)
    files.write_json(Path(folder) / "tokenizer_config.json", tokenizers.configuration(WINDOW))
    return vocabulary.load(model)
