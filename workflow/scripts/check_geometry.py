"""Compare the geometry of a model with what the study must show, and write the verdicts as a table and as a page."""

import logging

from polychron.checks import geometry, study_report
from polychron.storage import files
from polychron.synthetic import languages
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    table = files.read_table(snakemake.input.geometry) if snakemake.input.geometry else None
    verdicts = geometry.verdicts(table, spec["expect"], languages.relations(), spec["set"])
    for line in study_report.lines(verdicts):
        logging.getLogger("polychron").info("%s", line)
    print(study_report.lines(verdicts)[-1])
    files.write_text(snakemake.output.table, study_report.table(verdicts))
    files.write_text(snakemake.output.page, study_report.page(verdicts, "What the geometry of the study must show"))
