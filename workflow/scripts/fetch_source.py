"""Fetch a raw file from the folder of manual downloads, a mirror, its archive or the network, and check it."""

from polychron.data import fetch
from polychron.provenance import originals
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    # Where it is looked for is no part of the spec: what is recorded decides the file, not where it came from.
    config = snakemake.config
    place = fetch.place(config["mirror"], config["by_hand"], config["downloads"])
    here = fetch.at_hand(spec["source"]["file"], place)
    fetch.fetch(spec["source"]["file"], snakemake.output[0], place)

if here:
    originals.note(snakemake.output[0], here)
