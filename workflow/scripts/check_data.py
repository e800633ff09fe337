"""Read the raw files of a dataset, and write the faults that are found in them."""

from polychron.checks import raw_data
from polychron.provenance import originals
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    found = [
        # of a copy, the user's own file is named
        fault._replace(file=originals.original_of(fault.file) or fault.file)._asdict()
        for fault in raw_data.read(spec["dataset"], spec["named"])
    ]
    files.write_json(snakemake.output[0], found)
