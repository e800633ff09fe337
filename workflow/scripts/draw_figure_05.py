"""Draw figure 5: the asymmetry of transfer of each pair of languages."""

from polychron.figures import chart, transfer_matrices
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    trajectories = files.read_table(snakemake.input.trajectories)
    figure = transfer_matrices.asymmetry(trajectories, spec["tasks"], spec["layer"])
    chart.save(figure, bundle=snakemake.input.bundle, **dict(snakemake.output.items()))
