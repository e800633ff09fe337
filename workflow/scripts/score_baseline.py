"""Score the baselines of a task in a language: what its labels give away without any vector."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import importlib

from polychron.probing.baselines import base as baselines
from polychron.probing.tasks import base
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    tables = [files.read_table(path) for path in snakemake.input.examples]
    words = [pieces.from_table(files.read_table(path)) for path in snakemake.input.pieces]
    module, *lexical = spec["enters"]
    task = base.load(module, spec["task"], spec["options"])
    splits = task.examples(tables, words, file=snakemake.input.examples[0])
    predicted = baselines.majority(splits)
    for name in lexical:
        predicted |= importlib.import_module(name).predictions(tables, words, splits)
    rows = baselines.scores(predicted, splits["test"])
    cell = {"model": spec["model"], "task": spec["task"], "source": spec["language"], "target": spec["language"]}
    write_scores(snakemake.output[0], [cell | row for row in rows])
