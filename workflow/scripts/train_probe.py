"""Train a cell's probes, all seeds at once, and score them on the cell's own dev and test splits."""

from polychron import starter

starter.start(__name__)

import torch

from polychron import features, pieces, probe, store, task, training
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    torch.set_num_threads(spec["threads"])
    given = snakemake.input
    tables, cut = ([store.read_table(path) for path in paths] for paths in (given.examples, given.pieces))
    vectors = features.of_datasets(
        spec["stored"], given.features, cut, given.weights, given.config, spec["layer"], spec["tokens_per_batch"]
    )
    words = [pieces.from_table(table) for table in cut]
    splits = task.examples(spec["task"], tables, words, labels=spec["labels"], data_seed=spec["data_seed"])
    settings = {name: spec[name] for name in ("seeds", "epochs", "patience", "batch", "learning_rate")}
    control = spec.get("shuffled", False)
    fitted = training.fit(splits["train"], splits["dev"], vectors, shuffled=control, **settings)
    rows = probe.cell_scores(spec["task"], fitted, splits, vectors, tables[0], control=control)
    cell = {name: spec[name] for name in ("model", "task", "layer", "step")}
    facts = fitted.metadata(language=spec["language"], **cell)
    store.write_tensors(snakemake.output.weights, fitted.tensors(), facts)
    cell |= {"source": spec["language"], "target": spec["language"]}
    store.write_scores(snakemake.output.scores, [cell | row for row in rows])
