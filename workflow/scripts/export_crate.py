"""Export the run as a Workflow Run RO-Crate."""

from pathlib import Path

from polychron import crate, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    places = sorted(path for folder in spec["folders"] for path in Path(folder).rglob("*.provenance.json"))
    run = crate.describe(
        spec["title"],
        spec["note"],
        spec["config"],
        Path(spec["checkout"]),
        spec["files"],
        {str(path): store.read_json(path) for path in places},
    )
    with store.whole(snakemake.output[0]) as archive:
        run.write_zip(archive)
