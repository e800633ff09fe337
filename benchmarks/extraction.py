"""Extraction of word vectors from the last layer of XLM-R base for a real treebank, compared with common tools.

    .bench/bin/python benchmarks/extraction.py OUTPUT.json [threads]

The bound is the matrix products of all layers, by PyTorch's own function, on as many pieces as the sentences have,
without padding. For comparison, the same products are done by oneDNN, which PyTorch includes but never uses for float32
on a CPU by itself. The score is the greatest difference between a word vector and ours, divided by our greatest value.
The pipeline returns pieces, which are averaged afterwards.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from pairing import ROOT, machine, paired

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import sample
from torch.nn import functional

from polychron.features import extraction
from polychron.models import loading
from polychron.storage import files

SENTENCES, BUDGET, REPETITIONS = 100, 2048, 2

LARGE = 2048
"""Pieces that are multiplied at once for the bound."""

SHAPES = ((768, 768, 4), (768, 3072, 1), (3072, 768, 1))
"""Inputs, outputs and number of a layer's matrices."""


def onednn(states: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Multiply by oneDNN, through a private function of PyTorch's compiler."""
    return torch.ops.mkldnn._linear_pointwise(states, weight, bias, "none", [], "")


def products(way: Callable[..., torch.Tensor], tokens: int) -> None:
    """Do all matrix products of so many pieces, in whole batches and a smaller last one; there is no score."""
    with torch.inference_mode():
        for start in range(0, tokens, LARGE):
            size = min(LARGE, tokens - start)
            for inputs, outputs, number in SHAPES:
                states, weight, bias = torch.ones(size, inputs), torch.ones(outputs, inputs), torch.ones(outputs)
                for _ in range(number * sample.LAYERS):
                    way(states, weight, bias)


def main(output: Path, threads: int) -> None:
    """Measure all on the same sentences."""
    torch.set_num_threads(threads)
    facts = machine(threads)
    sentences = sample.sentences(sample.words())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        everything = sample.checkpoint(folder, sentences)
        chosen = np.linspace(0, len(sentences) - 1, SENTENCES).astype(int)
        sentences, cut = [sentences[one] for one in chosen], sample.take(everything, chosen)
        sample_text = folder / "sentences.txt"
        sample_text.write_text("".join(" ".join(words) + "\n" for words in sentences), encoding="utf-8")
        own = loading.load(folder / "model.safetensors", folder / "config.json", device="cpu")
        tokens = int(cut.lengths.sum())
        reference = extraction.extract(own, cut, sample.LAYERS, BUDGET).astype(np.float32)

        def difference(vectors: np.ndarray) -> float:
            return float(np.abs(vectors - reference).max() / np.abs(reference).max())

        def ours() -> float:
            return difference(extraction.extract(own, cut, sample.LAYERS, BUDGET))

        from transformers import AutoTokenizer, XLMRobertaModel, pipeline

        model = XLMRobertaModel.from_pretrained(folder, add_pooling_layer=False).eval()
        extractor = pipeline(
            "feature-extraction", model=model, tokenizer=AutoTokenizer.from_pretrained(folder), device="cpu"
        )

        def by_pipeline(size: int) -> float:
            lines = sample_text.read_text("utf-8").splitlines()
            states = [one[0].numpy() for one in extractor(lines, batch_size=size, return_tensors=True)]
            vectors = np.stack(
                [
                    states[sentence][first:stop].mean(0)
                    for sentence, first, stop in zip(cut.word_sentence, cut.first, cut.stop, strict=True)
                ]
            )
            return difference(vectors)

        from neurox.data.extraction import transformers_extractor

        with contextlib.redirect_stdout(io.StringIO()):
            loaded = transformers_extractor.get_model_and_tokenizer(str(folder))

        def by_neurox() -> float:
            counts: dict[str, int] = {}
            with contextlib.redirect_stdout(io.StringIO()):
                states = [
                    transformers_extractor.extract_sentence_representations(
                        line, *loaded, aggregation="average", tokenization_counts=counts
                    )[0][sample.LAYERS]
                    for line in sample_text.read_text("utf-8").splitlines()
                ]
            return difference(np.concatenate(states))

        runs = {
            "polychron": ours,
            "bound": partial(products, functional.linear, tokens),
            "pipeline, file order, batches of 16": partial(by_pipeline, 16),
            "pipeline, file order, one by one": partial(by_pipeline, 1),
            "NeuroX": by_neurox,
            "matrix products by oneDNN": partial(products, onednn, tokens),
        }
        setting = f"{SENTENCES} sentences, {tokens} pieces, {sample.LAYERS} layers of 768, float32; batches of {BUDGET}"
        rows = paired("extraction", setting, runs, REPETITIONS, warm=False)
    files.write_json(output, {"machine": facts, "rows": rows})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
