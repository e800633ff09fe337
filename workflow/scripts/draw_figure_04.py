"""Draw figure 4: the best transfer score of each pair of languages."""

from polychron.figures import chart, transfer_matrices
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    figure = transfer_matrices.transfer(files.read_table(snakemake.input.trajectories), spec["tasks"], spec["layer"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
