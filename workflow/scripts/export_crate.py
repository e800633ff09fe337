"""Export the run as a Workflow Run RO-Crate."""

from pathlib import Path

from polychron import crate, outlook, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    run = crate.describe(
        spec["title"],
        spec["note"],
        spec["config"],
        Path(spec["checkout"]),
        spec["files"],
        outlook.read_records(spec["folders"], store.read_json),
    )
    with store.whole(snakemake.output[0]) as archive:
        run.write_zip(archive)
