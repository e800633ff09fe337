"""Count what is odd in the datasets of a study, and write it as a table and as a page."""

import logging

import pyarrow

from polychron.checks import datasets, overlap
from polychron.data import text
from polychron.reporting import tables
from polychron.storage import files
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    treebanks, found = {"treebank": {}, "parallel": {}}, []
    for dataset, examples, cut in zip(spec["datasets"], snakemake.input.examples, snakemake.input.pieces, strict=True):
        kind, _, language = dataset.partition("/")
        table = files.read_table(examples)
        found += datasets.examine(kind, language, table, pieces.from_table(files.read_table(cut)))
        treebanks.get(kind, {})[language] = table  # the others are too large to be kept
    found += datasets.aligned(treebanks["parallel"])
    sources = {language: treebanks["treebank"][language] for language in spec["sources"]}
    found += datasets.unseen(sources, treebanks["parallel"])
    if snakemake.input.texts:
        lines = dict(zip(spec["texts"], map(text.each_line, snakemake.input.texts), strict=True))
        # the held-out sentences are of the same text
        examples = (
            (name, files.read_table(path))
            for name, path in zip(spec["datasets"], snakemake.input.examples, strict=True)
            if not name.startswith("heldout/")
        )
        found += overlap.count(examples, lines)
    logging.getLogger("polychron").info("%d counts in %d datasets", len(found), len(spec["datasets"]))
    records = datasets.records(found)
    files.write_table(snakemake.output.table, pyarrow.Table.from_pylist(records, schema=datasets.schema()))
    files.write_text(snakemake.output.csv, tables.plain(records))
    files.write_text(
        snakemake.output.page, datasets.report(found, f"The data of the study, as {spec['model']} reads it")
    )
