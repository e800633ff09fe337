"""Pretrain from one checkpoint to the next."""

from pathlib import Path

from polychron.pretraining import training
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    training.pretrain(
        spec,
        data=Path(snakemake.input.vocabulary).parent,
        previous=snakemake.input.get("previous") or None,
        output=snakemake.output[0],
        gpus=snakemake.resources.get("gpus_per_node", 0),
        nodes=snakemake.resources.get("nodes", 1),
    )
