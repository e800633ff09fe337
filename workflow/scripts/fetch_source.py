"""Fetch a raw file, from a mirror or from the network, and check it."""

from polychron import source
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    file = spec["source"]["file"]
    known = source.catalogue().get(file, source.Source(file))
    # The mirror is no part of the spec: what is recorded decides the file, not where it came from.
    source.fetch(known, snakemake.output[0], mirror=snakemake.config["mirror"])
