"""Score the baselines of a task in a language: what its labels give away without any vector."""

from polychron import starter

starter.start(__name__)

from polychron import baseline, pieces, store, task
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    tables = [store.read_table(path) for path in snakemake.input.examples]
    words = [pieces.from_table(store.read_table(path)) for path in snakemake.input.pieces]
    splits = task.examples(spec["task"], tables, words, labels=spec["labels"], data_seed=spec["data_seed"])
    rows = baseline.scores(spec["task"], splits, tables, words)
    cell = {"model": spec["model"], "task": spec["task"], "source": spec["language"], "target": spec["language"]}
    store.write_scores(snakemake.output[0], [cell | row for row in rows])
