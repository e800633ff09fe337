"""Read sentence pairs and their gold word alignment into a table."""

from polychron.data import bitext
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    options = {name: spec[name] for name in ("encoding", "first_word", "swapped", "drop")}
    pairs = bitext.read(spec["format"], spec["files"], **options)
    files.write_table(snakemake.output[0], bitext.table(pairs))
