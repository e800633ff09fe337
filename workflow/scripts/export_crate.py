"""Export the run as a Workflow Run RO-Crate."""

from polychron import paths
from polychron.provenance import records, ro_crate
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    run = ro_crate.describe(
        spec["title"],
        spec["note"],
        spec["config"],
        paths.CHECKOUT,
        spec["files"],
        records.read_records(spec["folders"]),
        map(str, snakemake.input),
        spec["sources"],
    )
    with files.whole(snakemake.output[0]) as archive:
        run.write_zip(archive)
