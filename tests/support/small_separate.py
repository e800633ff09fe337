"""A corpus of two artificial languages with a vocabulary each, and models with separate parts that train in seconds."""

import functools
import tempfile
from pathlib import Path

import small_pretraining

from polychron.pretraining import corpus, separate, training
from polychron.storage import files
from polychron.tokenization import tokenizer, vocabularies

_kept = tempfile.TemporaryDirectory(prefix="polychron-separate-")

LANGUAGES = ("aa", "bb")
SETTINGS = {**small_pretraining.SETTINGS, "separate": {"embeddings": True, "layers": 1}}


@functools.cache
def made() -> Path:
    """Make the corpus once for all tests: ``binarized``, ``text``, and a model and a tokenizer of each language."""
    folder = Path(_kept.name)
    texts = {
        "aa": small_pretraining.write_text(folder / "text/aa.txt", 1, 70, "abcdef12"),
        "bb": small_pretraining.write_text(folder / "text/bb.txt", 2, 40, "гдежзи12"),
    }
    models = vocabularies.train(texts, size=70, character_coverage=1.0, alpha=0.7, seed=1)
    joined = vocabularies.join(models, "union")
    data = folder / "binarized"
    files.write_text(data / "dict.txt", joined.dictionary())
    separate.write({language: joined.own(language) for language in LANGUAGES}, data)
    for language, text in texts.items():
        model = folder / language / "sentencepiece.bpe.model"
        model.parent.mkdir()
        model.write_bytes(models[language])
        files.write_text(folder / language / "tokenizer.json", vocabularies.member(model, joined, language))
        files.write_json(folder / language / "tokenizer_config.json", tokenizer.configuration(SETTINGS["window"]))
        corpus.binarize(text, model, data / "dict.txt", SETTINGS["window"], data / language)
    return folder


def train(output: Path, step: int, previous: Path | None = None, **changed) -> Path:
    """Train the small model up to a step."""
    settings = {**SETTINGS, "step": step, **changed}
    training.pretrain(settings, data=made() / "binarized", previous=previous, output=output)
    return output


@functools.cache
def trained() -> Path:
    """Train the small model without interruption, once for all tests; an epoch has seven updates."""
    return train(Path(_kept.name, "whole/checkpoint_last.pt"), SETTINGS["updates"])
