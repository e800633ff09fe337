"""Compute when two languages become alike, in which layer, and whether they stay so."""

from polychron.analysis.pairs import geometry_trajectories
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    geometry = files.read_table(snakemake.input[0])
    traced = geometry_trajectories.study(geometry, spec["onset"], spec["expected_layer"])
    files.write_table(snakemake.output[0], traced)
