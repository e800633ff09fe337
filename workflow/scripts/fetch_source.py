"""Fetch a raw file from the folder of manual downloads, a mirror, its archive or parts, or the network; check it."""

from polychron.data import fetch
from polychron.data.derived import joins
from polychron.data.hub import datasets
from polychron.data.sources import lookup
from polychron.data.tables import merged
from polychron.provenance import originals
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    # Where it is looked for is no part of the spec: what is recorded decides the file, not where it came from.
    config, file = snakemake.config, spec["source"]["file"]
    rows = merged.rows(config["sources"])
    known = {name: row.source for name, row in rows.items()}
    place = fetch.place(config["mirror"], config["by_hand"], config["downloads"])
    here, source = fetch.at_hand(file, place, known), lookup(known, file)
    with merged.naming(rows, file):
        if here is None and joins.is_address(source.url):
            joins.fetch(source, snakemake.output[0], place, known)
        elif here is None and not place.mirror and datasets.is_address(source.url):
            datasets.fetch(source, snakemake.output[0], place)
        else:
            fetch.fetch(file, snakemake.output[0], place, known)

if here:
    originals.note(snakemake.output[0], here)
