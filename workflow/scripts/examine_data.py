"""Examine all datasets of a study, and write what is odd in them as a table and as a page."""

import logging

import pyarrow

from polychron import examination, pieces, store, tabular
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    treebanks, found = {"treebank": {}, "parallel": {}}, []
    for dataset, examples, cut in zip(spec["datasets"], snakemake.input.examples, snakemake.input.pieces, strict=True):
        kind, _, language = dataset.partition("/")
        table = store.read_table(examples)
        found += examination.examine(kind, language, table, pieces.from_table(store.read_table(cut)))
        treebanks.get(kind, {})[language] = table  # the others are too large to be kept
    found += examination.aligned(treebanks["parallel"])
    sources = {language: treebanks["treebank"][language] for language in spec["sources"]}
    found += examination.unseen(sources, treebanks["parallel"])
    logging.getLogger("polychron").info("%d counts in %d datasets", len(found), len(spec["datasets"]))
    records = examination.records(found)
    store.write_table(snakemake.output.table, pyarrow.Table.from_pylist(records, schema=examination.schema()))
    store.write_text(snakemake.output.csv, tabular.plain(records))
    store.write_text(
        snakemake.output.page, examination.report(found, f"The data of the study, as {spec['model']} reads it")
    )
