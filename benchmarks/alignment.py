"""Word alignment of real sentence pairs at six layers of XLM-R base, compared with six runs of the simalign package.

    .bench/bin/python benchmarks/alignment.py OUTPUT.json [threads]

The package aligns one layer per run, one pair at a time, and always runs the whole model. The time to load the model is
left out on both sides, and one aligner serves all six layers. The score is the number of edges that both have, as a
share of those that either has.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import torch
from pairing import ROOT, machine, paired

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import sample

from polychron.intrinsic import word_alignment
from polychron.models import loading
from polychron.storage import files

LAYERS, ITERATIONS = (2, 4, 6, 8, 10, 12), 2
PAIRS, SIZE, BUDGET, REPETITIONS = 64, 2000, 2048, 2


def main(output: Path, threads: int) -> None:
    """Measure both on the same pairs."""
    import simalign

    torch.set_num_threads(threads)
    facts = machine(threads)
    source, target = sample.pairs()
    with tempfile.TemporaryDirectory() as name:
        folder, number = Path(name), len(source)
        everything = sample.checkpoint(folder, [*source, *target], SIZE)
        own = loading.load(folder / "model.safetensors", folder / "config.json", device="cpu")
        package = simalign.SentenceAligner(str(folder), token_type="word", matching_methods="i")
    chosen = range(0, number, number // PAIRS)[:PAIRS]
    cut = sample.take(everything, [*chosen, *(pair + number for pair in chosen)])

    def edges() -> set[tuple[int, ...]]:
        found = word_alignment.align(own, cut, LAYERS, ITERATIONS, BUDGET)
        return {(layer, *edge) for layer in LAYERS for edge in found[layer].tolist()}

    reference = edges()

    def common(found: set[tuple[int, ...]]) -> float:
        return len(found & reference) / len(found | reference)

    def ours() -> float:
        return common(edges())

    def by_package() -> float:
        found = set()
        for layer in LAYERS:
            package.embed_loader.layer = layer
            for place, pair in enumerate(chosen):
                links = package.get_word_aligns(source[pair], target[pair])["itermax"]
                found |= {(layer, place, *link) for link in links}
        return common(found)

    setting = (
        f"{PAIRS} pairs, {int(cut.lengths.sum())} pieces, {len(LAYERS)} layers, {len(reference)} edges; "
        f"{sample.LAYERS} layers of 768, float32"
    )
    rows = paired(
        "alignment", setting, {"polychron": ours, "six runs of simalign": by_package}, REPETITIONS, warm=False
    )
    files.write_json(output, {"machine": facts, "rows": rows})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
