"""Fine-tune one checkpoint as `fine_tune` does, and write the encoder of the best epoch as a Hugging Face directory."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from pathlib import Path

import torch

from polychron.finetuning import job as training
from polychron.finetuning import keeping
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    given, made = snakemake.input, dict(snakemake.output.items())
    network, own, rows = training.run(spec, given)
    write_scores(made.pop("scores"), rows)
    proof = keeping.write(network, given.weights, given.config, made, own["dev"])
    files.write_text(made["tokenizer"], Path(given.kept_tokenizer).read_text(encoding="utf-8"))
    files.write_json(made["tokenizer_config"], files.read_json(given.kept_tokenizer_config))
    files.write_json(made["conversion"], proof)
