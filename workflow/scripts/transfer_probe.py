"""Score a cell's kept weights on the parallel test sets of all targets."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from polychron.features import extraction
from polychron.probing import probes, transfer
from polychron.probing.gpu import prediction
from polychron.probing.tasks import base
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given, targets = snakemake.input, spec["targets"]
    fitted = probes.from_file(*files.read_tensors(given.weights))
    splits, number = transfer.from_table(files.read_table(given.targets), targets)
    sets = transfer.sized(number, spec["stored"], (files.read_table(path) for path in given.pieces))
    model = given.checkpoint or (None, None)
    vectors = extraction.of_datasets(
        spec["stored"],
        given.features,
        sets,
        *model,
        spec["layer"],
        spec["tokens_per_batch"],
        spec.get("precision", "float32"),
    )
    task = base.load(spec["enters"], spec["task"], spec["options"])
    cell = {name: spec[name] for name in ("model", "task", "source", "layer", "step")}
    rows = []
    found = prediction.of_targets(fitted, vectors, splits)
    for name, split, array, predicted in zip(targets, splits, vectors, found, strict=True):
        scored = probes.transfer_scores(task, fitted, split, [array], predicted=predicted)
        rows += [cell | {"target": name} | row for row in scored]
    write_scores(snakemake.output[0], rows)
