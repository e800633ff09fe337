"""Find what the address of a checkpoint refers to: a commit, or the checksums of its files."""

from polychron.checkpoints import admission, providers
from polychron.data import fetch
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    config = snakemake.config
    place = fetch.place(config["mirror"], config["by_hand"], config["downloads"])
    found = providers.resolve(spec["kind"], spec["address"], spec["revision"], place)
    known = providers.config_of(found)
    if known:
        admission.admit(known)
    files.write_json(snakemake.output[0], found)
