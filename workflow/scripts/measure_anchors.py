"""Measure how much of the pretraining texts of two languages are entries of the vocabulary that both have."""

from itertools import combinations
from pathlib import Path

from polychron.pretraining import piece_counts
from polychron.storage import files
from polychron.tokenization import anchors
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    entries = Path(snakemake.input.vocabulary).read_text(encoding="utf-8").count("\n")
    # four special ids before the dictionary's entries, and the mask after them
    counts = [piece_counts.count(path, entries + 5) for path in snakemake.input.corpora if path.endswith(".idx")]
    pairs = combinations(zip(spec["languages"], counts, strict=True), 2)
    rows = [{"source": one, "target": other} | anchors.measure(own, theirs) for (one, own), (other, theirs) in pairs]
    files.write_json(snakemake.output[0], rows)
