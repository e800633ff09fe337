"""Join the scores of the same cells under several settings of the probes into one table."""

from polychron.analysis import sensitivity
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = snakemake.input
    own, others = ([(path, files.read_table(path)) for path in paths] for paths in (given.own, given.others))
    files.write_table(snakemake.output[0], sensitivity.gather(own, tuple(spec["setting"]), others))
