"""The data of the benchmarks: a real treebank, a tokenizer trained on its text, and XLM-R base with random weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from pairing import ROOT

from polychron.data import bitext, treebanks
from polychron.storage import files
from polychron.tokenization import pieces, segmentation, tokenizer, vocabulary
from polychron.tokenization.pieces import Pieces
from polychron.tokenization.sentences import sentences_of

DATA = Path(os.environ.get("POLYCHRON_DATA", ROOT.parent / "shared" / "data"))
TREEBANK = "UD_English-ParTUT/en_partut-ud-{split}.conllu"
BITEXT = "en-fr/test.{side}"
VOCABULARY, WINDOW, LAYERS = 4000, 512, 12


def found(*names: str) -> list[Path]:
    """Return files of the real data, or stop if they are missing."""
    files = [DATA / name for name in names]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise SystemExit(f"The benchmarks read real data, and {missing[0]} is not there (see POLYCHRON_DATA).")
    return files


def words() -> Any:
    """Read the treebank: the table of its 43,503 train, 2,722 dev and 3,408 test words."""
    splits = ("train", "dev", "test")
    return treebanks.read(
        dict(zip(splits, found(*(f"ud/{TREEBANK.format(split=one)}" for one in splits)), strict=True))
    )


def sentences(table: Any) -> list[list[str]]:
    """List the words of each sentence of a treebank."""
    return [list(one) for one in sentences_of("treebank", table)[0]]


def pairs() -> tuple[list[list[str]], list[list[str]]]:
    """Read the sentence pairs of a gold alignment: the words of 447 English and of 447 French sentences."""
    names = {"source": "e", "target": "f", "links": "wa.nonullalign"}
    files = found(*(f"align/{BITEXT.format(side=side)}" for side in names.values()))
    read = bitext.read("naacl", dict(zip(names, files, strict=True)))
    return [list(pair.source) for pair in read], [list(pair.target) for pair in read]


def checkpoint(folder: Path, sentences: list[list[str]], size: int = VOCABULARY) -> Pieces:
    """Write a tokenizer and a random model in the format of transformers, and cut the sentences into pieces."""
    cut = tokens(folder, sentences, size)
    model_of(folder, cut.vocabulary)
    return cut


def tokens(folder: Path, sentences: list[list[str]], size: int = VOCABULARY) -> Pieces:
    """Train a tokenizer on sentences, write it in the format of transformers, and cut the sentences into pieces."""
    text = folder / "text.txt"
    files.write_text(text, "".join(" ".join(sentence) + "\n" for sentence in sentences))
    model = vocabulary.train({"en": text}, size=size, character_coverage=0.9995, alpha=1, seed=0)
    (folder / "sentencepiece.bpe.model").write_bytes(model)
    files.write_text(folder / "dict.txt", vocabulary.dictionary(model))
    made = tokenizer.build(folder / "sentencepiece.bpe.model", folder / "dict.txt")
    files.write_text(folder / "tokenizer.json", made)
    files.write_json(folder / "tokenizer_config.json", tokenizer.configuration(WINDOW))
    return segmentation.segment(sentences, segmentation.load(folder / "tokenizer.json"), WINDOW)


def model_of(folder: Path, pieces: int, layers: int = LAYERS, width: int = 768) -> None:
    """Write a random model for so many pieces, by default of the shape of XLM-R base."""
    from transformers import XLMRobertaConfig, XLMRobertaModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        intermediate_size=4 * width,
        vocab_size=pieces,
        max_position_embeddings=WINDOW + 2,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
    )
    XLMRobertaModel(config).save_pretrained(folder)
    _rename(folder)


def _rename(folder: Path) -> None:
    """Rename the tensors as in the model with its head, which polychron reads; transformers reads both."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    renamed = {name if name.startswith("roberta.") else f"roberta.{name}": value for name, value in tensors.items()}
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})


def take(cut: Pieces, sentences: Sequence[int]) -> Pieces:
    """Take some sentences."""
    return pieces.from_table(pieces.to_table(cut).take(list(sentences)))
