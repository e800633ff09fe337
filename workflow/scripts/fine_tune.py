"""Fine-tune one checkpoint for a task on one language, and score it there and on the test sets of all targets."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron.finetuning import job as training
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    _, _, rows = training.run(spec, snakemake.input)
    write_scores(snakemake.output[0], rows)
