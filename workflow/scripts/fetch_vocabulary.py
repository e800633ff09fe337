"""Fetch the SentencePiece model of fairseq checkpoints; fetch their dictionary too, or make it in the model's order."""

from pathlib import Path

from polychron.checkpoints import providers
from polychron.data import fetch
from polychron.storage import files
from polychron.tokenization import vocabulary
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    config = snakemake.config
    where = fetch.place(config["mirror"], config["by_hand"], config["downloads"])
    with files.whole(snakemake.output.model) as temporary:
        providers.fetch_file(spec["sentencepiece"], temporary, spec["sha256"], where)
        model = temporary.read_bytes()
    with files.whole(snakemake.output.vocabulary) as temporary:
        if spec["dictionary"]:
            providers.fetch_file(spec["dictionary"], temporary, where=where)
        else:
            Path(temporary).write_text(vocabulary.dictionary(model), encoding="utf-8")
