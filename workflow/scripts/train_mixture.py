"""Train probes of a task on mixtures of all layers of one checkpoint, and score them on dev and test."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron.features import layerwise
from polychron.models import loading
from polychron.probing import mixture
from polychron.probing.tasks import base
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    given = snakemake.input
    table = files.read_table(given.examples)
    words = pieces.from_table(files.read_table(given.pieces))
    precision = spec.get("precision", "float32")
    model = loading.load(given.weights, given.config, upto=spec["layer"], precision=precision)
    vectors = layerwise.extract(model, words, spec["tokens_per_batch"])
    task = base.load(spec["enters"], spec["task"], spec["options"])
    splits = task.examples([table], [words], seeds=spec["settings"]["seeds"], file=given.examples)
    rows = mixture.scores(mixture.fit(splits["train"], splits["dev"], vectors, **spec["settings"]), splits, vectors)
    cell = {name: spec[name] for name in ("model", "task", "step")}
    cell |= {"source": spec["language"], "target": spec["language"]}
    write_scores(snakemake.output[0], [cell | row for row in rows])
