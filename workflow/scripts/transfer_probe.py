"""Score a cell's kept weights on the parallel test sets of all targets."""

from polychron import starter

starter.start(__name__)

from polychron import features, pieces, probe, store, task
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    given, targets = snakemake.input, spec["targets"]
    fitted = probe.from_file(*store.read_tensors(given.weights))
    cut = [store.read_table(path) for path in given.pieces]
    stored = [spec["stored"]] * len(targets)
    vectors = features.of_datasets(
        stored, given.features, cut, *given.checkpoint, spec["layer"], spec["tokens_per_batch"]
    )
    cell = {name: spec[name] for name in ("model", "task", "source", "layer", "step")}
    rows = []
    for target, path, table, array in zip(targets, given.examples, cut, vectors, strict=True):
        words, examples = pieces.from_table(table), store.read_table(path)
        split = task.examples(spec["task"], [examples], [words], splits=["test"], data_seed=spec["data_seed"])["test"]
        rows += [cell | {"target": target} | row for row in probe.transfer_scores(spec["task"], fitted, split, [array])]
    store.write_scores(snakemake.output[0], rows)
