"""Read the sentences of a language's rows of natural language inference into a table, each once."""

from polychron.data import xnli
from polychron.geometry import parallel_sentences
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    splits = {
        part["split"]: xnli.read(path, layout=part["format"], language=spec["language"], rows=part["rows"])
        for part, path in zip(spec["splits"], snakemake.input.files, strict=True)
    }
    files.write_table(snakemake.output[0], parallel_sentences.table(parallel_sentences.of_inference(splits)))
