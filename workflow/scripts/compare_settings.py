"""Compare the findings of the same cells under several settings of the probes."""

from polychron.analysis import sensitivity
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    scores = files.read_table(snakemake.input.scores)
    files.write_table(snakemake.output[0], sensitivity.findings(scores, tuple(spec["setting"]), spec["onset"]))
