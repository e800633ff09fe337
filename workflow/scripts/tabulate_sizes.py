"""Write how much text of each language a model was pretrained on: counted, or by a published table."""

from pathlib import Path

from polychron.analysis import sizes
from polychron.data import languages
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = snakemake.input
    if given.elsewhere:
        table = sizes.elsewhere(given.elsewhere[0])
    else:
        published = languages.read_sizes(given.published)
        table = sizes.published(published, Path(given.published).name)
        if given.counts:
            counts = {Path(path).parent.name: files.read_json(path, dict) for path in given.counts}
            table = sizes.counted(counts, spec["languages"], published)
    files.write_table(snakemake.output[0], table)
