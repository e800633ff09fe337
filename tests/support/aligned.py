"""Sentence pairs to align, and a model that aligns them."""

import numpy as np
from place import SHARED
from tiny import checkpoint, tokenizer


def numbered(path, separator):
    """Read one sentence per line, without its number."""
    return [line.split(separator, 1)[1].split() for line in path.read_text(encoding="utf-8").splitlines()]


def naacl(path):
    text = path.read_text(encoding="utf-8").splitlines()
    return [line.split(">", 1)[1].split("</s>")[0].split() for line in text]


def artificial(number=60):
    """Return sentences of an artificial language, and the same ones with words moved, dropped and doubled."""
    draw = np.random.default_rng(0)
    words = ["".join(draw.choice(list("abdegiklmnoprstu"), draw.integers(1, 8))) for _ in range(120)]
    source, target = [], []
    for _ in range(number):
        sentence = [words[place] for place in draw.integers(0, len(words), draw.integers(1, 20))]
        other = [word[::-1] for word in sentence if draw.random() < 0.9] or ["x"]
        source.append(sentence)
        target.append([other[place] for place in np.argsort(np.arange(len(other)) + draw.normal(0, 1.5, len(other)))])
    return source, target


def samples():
    """Return pairs of sentences by language pair: artificial ones, and real ones where they are available."""
    found = {"artificial": artificial()}
    root = SHARED / "align"
    if root.is_dir():
        sample = root / "simalign-sample"
        found["en-de"] = [numbered(sample / f"sample_{language}.txt", "\t") for language in ("eng", "deu")]
        found["en-fr"] = [naacl(root / "en-fr" / f"trial.{side}") for side in "ef"]
        found["en-hi"] = [side[:30] for side in (naacl(root / "en-hi" / f"test.{side}") for side in ("eng", "hin"))]
    return found


def model(folder, samples, size, window):
    """Write a random model with its own tokenizer, as simalign loads one."""
    lines = [" ".join(words) for sides in samples.values() for side in sides for words in side]
    draw = np.random.default_rng(1)  # enough text for the vocabulary, also without the real pairs
    lines += ["".join(draw.choice(list("abdegiklmnoprstu "), 40)) for _ in range(400)]
    tokenizer(folder, lines, size)
    checkpoint(folder, vocab_size=size + 2, max_position_embeddings=window + 2, hidden_size=48)
    return folder
