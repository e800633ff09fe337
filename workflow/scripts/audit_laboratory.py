"""Compare the claims of two papers on pretraining with the variants of the laboratory, and write table and page."""

import logging

from polychron.analysis.laboratory import cautions
from polychron.audit.laboratory import judging, page, results
from polychron.audit.literature import statements
from polychron.audit.literature.measures import MEASURES
from polychron.audit.literature.rows import table
from polychron.data import languages
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    known = languages.read_distances(snakemake.input.distances, spec["languages"])
    ablation = files.read_table(snakemake.input.ablation)
    measured = results.Results(ablation, spec["roles"], spec["settings"], known, spec["shared"])
    claims = [statements.load(statements.file_of(paper), MEASURES) for paper in statements.PAPERS]
    settings = spec["pretraining"], spec["finetuning"]
    verdicts = [one for of_paper in claims for one in judging.audit(of_paper, measured, *settings)]
    logging.getLogger("polychron").info("%s", page.summary(verdicts))
    notes = cautions.of_transfers(ablation, spec["roles"]["default"]) if "default" in spec["roles"] else []
    files.write_text(snakemake.output.table, table(verdicts))
    files.write_text(snakemake.output.page, page.page(verdicts, spec["study"], spec["roles"], notes))
