"""Write the files of a language of a world that is another one of it in another script."""

from polychron.storage import files
from polychron.synthetic import twins
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    layout = spec["files"]
    contents = dict(twins.files(spec["seed"], spec["window"], spec["twin"], spec["of"], layout, spec["sentences"]))
    for output in snakemake.output.files:
        with files.whole(output) as path:
            path.write_bytes(contents[output.removeprefix(f"{spec['folder']}/")])
