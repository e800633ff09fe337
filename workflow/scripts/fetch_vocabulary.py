"""Fetch the SentencePiece model of fairseq checkpoints, and their dictionary, or make it in the order of the model."""

from pathlib import Path

from polychron import delivery, provider, store, vocabulary
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    where = delivery.place(snakemake.config)
    with store.whole(snakemake.output.model) as temporary:
        provider.fetch_file(spec["sentencepiece"], temporary, spec["sha256"], where)
        model = temporary.read_bytes()
    with store.whole(snakemake.output.vocabulary) as temporary:
        if spec["dictionary"]:
            provider.fetch_file(spec["dictionary"], temporary, where=where)
        else:
            Path(temporary).write_text(vocabulary.dictionary(model), encoding="utf-8")
