"""Fine-tune the member of an ensemble that speaks the source, and score targets by the members that speak them."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron import device
from polychron.finetuning import job as training
from polychron.finetuning.ensembles import members
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    given = snakemake.input
    encoders = members.read(list(given.config), spec["frozen"], device.choose())
    speakers = {target: encoders[place] for target, place in spec["speakers"].items()}
    _, _, rows = training.run(spec, given, encoders[0], speakers)
    write_scores(snakemake.output[0], rows)
