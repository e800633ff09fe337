"""Write what a study found: a page, and the opening of the report."""

from polychron.storage import files
from polychron.tables import summary
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    said = summary.summary(trajectories, names=spec["names"], **spec["settings"])
    drawings = {f"results/{spec['model']}/figures/{name}.svg": title for name, title in spec["drawings"].items()}
    files.write_text(snakemake.output.page, summary.page(spec["model"], said))
    files.write_text(snakemake.output.opening, summary.opening(said, drawings))
