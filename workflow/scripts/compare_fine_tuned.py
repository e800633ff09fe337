"""Write the geometry of a model beside that of the same model after fine-tuning."""

from polychron.analysis.pairs import forgetting
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = snakemake.input
    after = ((told, files.read_table(path)) for told, path in zip(spec["tuned"], given.after, strict=True))
    files.write_table(snakemake.output[0], forgetting.beside(files.read_table(given.before), after))
