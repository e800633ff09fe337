"""Compare the widths of the states of an ensemble's members, before anything of one is measured on those of another."""

from polychron.models import members
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    configs = dict(zip(spec["members"], snakemake.input, strict=True))
    files.write_json(snakemake.output[0], members.widths(configs))
