"""Compare the models of the laboratory with what they must show, and write the verdicts as a table and as a page."""

import logging

from polychron.checks import laboratory, study_report
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    verdicts = laboratory.verdicts(files.read_table(snakemake.input.ablation), spec["expect"])
    for line in study_report.lines(verdicts):
        logging.getLogger("polychron").info("%s", line)
    print(study_report.lines(verdicts)[-1])
    files.write_text(snakemake.output.table, study_report.table(verdicts))
    files.write_text(snakemake.output.page, study_report.page(verdicts, "What the laboratory must show"))
