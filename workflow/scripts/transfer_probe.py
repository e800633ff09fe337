"""Score a cell's kept weights on the parallel test sets of all targets."""

from polychron import starter

starter.start(__name__)

from polychron import features, probe, store, target
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    given, targets = snakemake.input, spec["targets"]
    fitted = probe.from_file(*store.read_tensors(given.weights))
    splits, number = target.from_table(store.read_table(given.targets), targets)
    sets = target.sized(number, spec["stored"], (store.read_table(path) for path in given.pieces))
    model = given.checkpoint or (None, None)
    vectors = features.of_datasets(
        spec["stored"], given.features, sets, *model, spec["layer"], spec["tokens_per_batch"]
    )
    cell = {name: spec[name] for name in ("model", "task", "source", "layer", "step")}
    rows = []
    for name, split, array in zip(targets, splits, vectors, strict=True):
        rows += [cell | {"target": name} | row for row in probe.transfer_scores(spec["task"], fitted, split, [array])]
    store.write_scores(snakemake.output[0], rows)
