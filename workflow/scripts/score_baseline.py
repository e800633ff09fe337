"""Score the baselines of a task in a language: what its labels give away without any vector."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from polychron.probing import baselines
from polychron.probing.tasks import base
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    tables = [files.read_table(path) for path in snakemake.input.examples]
    words = [pieces.from_table(files.read_table(path)) for path in snakemake.input.pieces]
    splits = base.examples(spec["task"], tables, words, labels=spec["labels"], data_seed=spec["data_seed"])
    rows = baselines.scores(spec["task"], splits, tables, words)
    cell = {"model": spec["model"], "task": spec["task"], "source": spec["language"], "target": spec["language"]}
    write_scores(snakemake.output[0], [cell | row for row in rows])
