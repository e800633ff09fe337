"""Write the dictionary of two languages of a world of artificial languages."""

from polychron.storage import files
from polychron.synthetic import dictionaries
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    files.write_text(snakemake.output[0], dictionaries.dictionary(spec["seed"], *spec["pair"], spec["twins"]))
