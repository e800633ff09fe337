"""Estimate confidence intervals of what is computed from each curve, over seeds, test items and checkpoints."""

import pyarrow

from polychron.analysis import chance, gathering, joint, uncertainty
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    scores = gathering.without_fine_tuned(files.read_table(snakemake.input.scores))
    tables = (
        uncertainty.study(scores, spec["onset"]),
        chance.study(scores, spec["onset"], spec["seed"]),
        joint.study(scores, spec["expected_layer"]),
    )
    files.write_table(snakemake.output[0], pyarrow.concat_tables(tables).combine_chunks())
