"""Drawing the masks of bits per character for all sentences together, beside one sentence after the other.

    .bench/bin/python benchmarks/masks.py OUTPUT.json [threads]

The sentences are those of a real treebank; the vocabulary has as many pieces as that of XLM-R. The other way is how the
masks were drawn before they were drawn together: calls of NumPy's generator with arrays to choose from.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from pathlib import Path

import numpy as np
from pairing import ROOT, machine, paired

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import sample

from polychron.intrinsic import masking
from polychron.storage import files
from polychron.tokenization.pieces import Pieces

SENTENCES, DRAWS, REPETITIONS = 1000, 5, 5
SHARE, VOCABULARY = 0.15, 250_002


def one_by_one(cut: Pieces, seed: int) -> np.ndarray:
    """Return the pieces with masks in them, drawn by a generator for each sentence."""
    replacements = np.setdiff1d(np.arange(cut.vocabulary), cut.special)
    ids, (before, after) = cut.ids.copy(), cut.edges
    for sentence, start in enumerate(cut.sentence_offsets[:-1]):
        draw = np.random.default_rng([seed, sentence])
        candidates = np.arange(start + before, cut.sentence_offsets[sentence + 1] - after)
        number = int(SHARE * len(candidates) + draw.random())
        picked = np.sort(draw.choice(candidates, number, replace=False))
        fate, other = draw.random(number), draw.choice(replacements, number)
        kept = np.where(fate < masking.REPLACED + masking.KEPT, cut.ids[picked], cut.mask)
        ids[picked] = np.where(fate < masking.REPLACED, other, kept)
    return ids


def main(output: Path, threads: int) -> None:
    """Measure both on the same sentences."""
    facts = machine(threads)
    with tempfile.TemporaryDirectory() as name:
        cut = sample.tokens(Path(name), sample.sentences(sample.words()))
    cut = dataclasses.replace(sample.take(cut, range(SENTENCES)), vocabulary=VOCABULARY)
    known = [one_by_one(cut, seed) for seed in range(DRAWS)]

    def same(drawn: list[np.ndarray]) -> float:
        return float(np.mean([np.array_equal(ids, before) for ids, before in zip(drawn, known, strict=True)]))

    runs = {
        "polychron": lambda: same([masking.draw_masks(cut, SHARE, seed)[0] for seed in range(DRAWS)]),
        "a sentence after the other": lambda: same([one_by_one(cut, seed) for seed in range(DRAWS)]),
    }
    setting = f"{DRAWS} draws for {SENTENCES} sentences, {len(cut.ids)} pieces, {VOCABULARY} in the vocabulary"
    files.write_json(output, {"machine": facts, "rows": paired("masks", setting, runs, REPETITIONS)})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
