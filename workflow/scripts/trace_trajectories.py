"""Compute from each curve of scores its best score, onset, forgetting, asymmetry and expected layer."""

from polychron.analysis import gathering, trajectories
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    scores = gathering.without_fine_tuned(files.read_table(snakemake.input.scores))
    files.write_table(snakemake.output[0], trajectories.study(scores, spec["onset"], spec["expected_layer"]))
