"""Write the files of a seeded world of artificial languages, in the formats of the real downloads."""

from polychron.storage import files
from polychron.synthetic import world
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    contents = dict(world.files(spec["seed"], spec["window"], spec["files"], spec["sentences"]))
    for output in snakemake.output.files:
        with files.whole(output) as path:
            path.write_bytes(contents[output.removeprefix(f"{spec['folder']}/")])
