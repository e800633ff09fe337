"""Push the folder of a dataset to Hugging Face."""

from polychron.publishing import folder as dataset
from polychron.publishing import push
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    folder, message = snakemake.input.folder, f"polychron: {spec['title']}"
    dataset.check(folder, files.read_json(snakemake.input.files))
    made = push.push(folder, spec["repository"], spec["private"], message)
    files.write_json(snakemake.output[0], made)
