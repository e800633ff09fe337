"""Write Table 1: the tasks, with numbers of languages, pairs and examples."""

from polychron.reporting import tables
from polychron.storage import files
from polychron.tables import tasks_and_languages
from polychron.workflow.jobs import job

with job(snakemake):
    tables.save(tasks_and_languages.tasks(files.read_table(snakemake.input.scores)), **dict(snakemake.output.items()))
