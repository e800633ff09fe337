"""Export a finished study as the folder of a dataset of Hugging Face."""

from polychron.provenance import records
from polychron.publishing import folder
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    written = folder.write(
        snakemake.output.folder,
        spec["title"],
        spec["note"],
        spec["config"],
        spec["models"],
        records.read_records(spec["folders"]),
        map(str, snakemake.input),
        spec["licence"],
        spec["sources"],
    )
    files.write_json(snakemake.output.files, written)
