"""Read a language's rows of natural language inference into a table."""

from polychron import entailment, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    splits = {
        part["split"]: entailment.read(path, layout=part["format"], language=spec["language"], rows=part["rows"])
        for part, path in zip(spec["splits"], snakemake.input.files, strict=True)
    }
    store.write_table(snakemake.output[0], entailment.table(splits))
