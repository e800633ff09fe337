"""Write Table 5: what of the languages goes along with measures of transfer."""

from polychron.reporting import tables
from polychron.storage import files
from polychron.tables import correlations
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    rows = files.read_table(snakemake.input.correlations).to_pylist()
    tables.save(correlations.correlations(rows, 5, spec["onset"]), **dict(snakemake.output.items()))
