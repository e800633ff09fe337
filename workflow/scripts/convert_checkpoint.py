"""Write a fairseq checkpoint as a Hugging Face directory, with its tokenizer."""

import json
from pathlib import Path

from polychron import checkpoint, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    tokenizer = Path(snakemake.input.tokenizer).read_text(encoding="utf-8")
    tensors, config = checkpoint.convert(
        snakemake.input.checkpoint,
        layers=spec["final_layer"],
        vocabulary=len(json.loads(tokenizer)["model"]["vocab"]),
    )
    store.write_tensors(snakemake.output.weights, tensors, {"format": "pt"})
    store.write_json(snakemake.output.config, config)
    store.write_text(snakemake.output.tokenizer, tokenizer)
    store.write_json(snakemake.output.tokenizer_config, store.read_json(snakemake.input.tokenizer_config))
