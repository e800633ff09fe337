"""Fetch the sentences of an evaluation set from the beginning of a language's text."""

import pyarrow

from polychron.data import fetch, text
from polychron.data.tables import merged
from polychron.provenance import originals
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    file, config = spec["source"]["file"], snakemake.config
    place = fetch.place(config["mirror"], config["by_hand"], config["downloads"])
    known = merged.known(config["sources"])
    lines = fetch.beginning(file, lambda pieces: text.first_lines(pieces, spec["sentences"], file), place, known)
    here = fetch.at_hand(file, place, known)
    files.write_table(snakemake.output[0], pyarrow.table({"sentence": pyarrow.array(lines, pyarrow.string())}))

if here:
    originals.note(snakemake.output[0], here)
