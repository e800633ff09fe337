"""A corpus of two artificial languages and a model of two layers, small enough to be trained within a test."""

import functools
import tempfile
from pathlib import Path

import numpy as np

from polychron.pretraining import corpus, training
from polychron.pretraining.fairseq_checkpoint import COPIES
from polychron.storage import torch_files
from polychron.tokenization import vocabulary

_kept = tempfile.TemporaryDirectory(prefix="polychron-pretraining-")

SETTINGS = {
    "languages": ["aa", "bb"],
    "window": 32,
    "sampling_alpha": 0.7,
    "updates": 20,
    "sentences_per_batch": 16,
    "sample_break_mode": "eos",
    "layers": 2,
    "dimension": 16,
    "feedforward": 32,
    "heads": 2,
    "learning_rate": 0.01,
    "warmup": 3,
    "weight_decay": 0.01,
    "dropout": 0.1,
    "mask_probability": 0.15,
    "seed": 1,
}


def write_text(path: Path, seed: int, sentences: int, letters: str) -> Path:
    """Write sentences of words from a small random lexicon."""
    random = np.random.default_rng(seed)
    words = ["".join(random.choice(list(letters), random.integers(2, 6))) for _ in range(60)]
    lines = [" ".join(random.choice(words, random.integers(3, 9))) for _ in range(sentences)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@functools.cache
def made() -> Path:
    """Make the corpus once for all tests: ``binarized``, ``text`` and ``sentencepiece.bpe.model`` in a folder."""
    folder = Path(_kept.name)
    texts = {
        "aa": write_text(folder / "text/aa.txt", 1, 70, "abcdefg"),
        "bb": write_text(folder / "text/bb.txt", 2, 40, "гдежзик"),
    }
    model, data = folder / "sentencepiece.bpe.model", folder / "binarized"
    model.write_bytes(vocabulary.train(texts, size=60, character_coverage=1.0, alpha=0.7, seed=1))
    data.mkdir()
    (data / "dict.txt").write_text(vocabulary.dictionary(model.read_bytes()), encoding="utf-8")
    for language, text in texts.items():
        corpus.binarize(text, model, data / "dict.txt", SETTINGS["window"], data / language)
    return folder


def train(output: Path, step: int, previous: Path | None = None, **changed) -> Path:
    """Train the small model up to a step."""
    settings = {**SETTINGS, "step": step, **changed}
    training.pretrain(settings, data=made() / "binarized", previous=previous, output=output)
    return output


@functools.cache
def trained() -> Path:
    """Train the small model without interruption, once for all tests."""
    return train(Path(_kept.name, "whole/checkpoint_last.pt"), SETTINGS["updates"])


def weights(path: Path) -> dict[str, np.ndarray]:
    """Read all that training changes: the weights, and Adam's moments of each."""
    state = torch_files.read(path)
    found = {
        name: tensor.read()
        for name, tensor in state["model"].items()
        if not COPIES.search(name)  # zeros in a fresh run, anything after a restart, never used
    }
    for number, moments in state["last_optimizer_state"]["state"].items():
        for name in ("exp_avg", "exp_avg_sq"):
            found[f"{name} {number}"] = moments[name].read()
    return found


def pieces() -> int:
    """Return the size of the small model's vocabulary: four special entries, the dictionary, the mask."""
    return 4 + len((made() / "binarized/dict.txt").read_text(encoding="utf-8").splitlines()) + 1
