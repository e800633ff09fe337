"""Hold the gathered scores against what the study must show, and write the verdicts as a table and as a page."""

import logging

from polychron import checklist, expectation, store, world
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    rows = store.read_table(snakemake.input.scores).to_pylist()
    verdicts = expectation.verdicts(rows, spec["expect"] or [], world.relations())
    for line in checklist.lines(verdicts):
        logging.getLogger("polychron").info("%s", line)
    print(checklist.lines(verdicts)[-1])
    store.write_text(snakemake.output.table, checklist.table(verdicts))
    store.write_text(snakemake.output.page, checklist.page(verdicts, "What the study must show"))
