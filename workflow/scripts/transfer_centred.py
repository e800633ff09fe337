"""Score a cell's kept weights on all targets once more, with the mean of each target moved to that of the source."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from polychron.features import extraction
from polychron.probing import centring, probes, transfer
from polychron.probing.tasks import base
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given, targets = snakemake.input, spec["targets"]
    fitted = probes.from_file(*files.read_tensors(given.weights))
    splits, number = transfer.from_table(files.read_table(given.targets), targets)
    examples, cut = files.read_table(given.examples), files.read_table(given.source_pieces)
    vectors = extraction.of_datasets(
        [spec["source_stored"], *spec["stored"]],
        [*given.source_features, *given.features],
        [cut, *transfer.sized(number, spec["stored"], (files.read_table(path) for path in given.pieces))],
        *(given.checkpoint or (None, None)),
        spec["layer"],
        spec["tokens_per_batch"],
        spec.get("precision", "float32"),
    )
    task = base.load(spec["enters"], spec["task"], spec["options"])
    split = task.examples([examples], [pieces.from_table(cut)], splits=["train"], file=given.examples)["train"]
    origin = centring.mean(vectors[0], split)
    cell = {name: spec[name] for name in ("model", "task", "source", "layer", "step")}
    rows = []
    for name, split, array in zip(targets, splits, vectors[1:], strict=True):
        rows += [cell | {"target": name} | row for row in centring.scores(task, fitted, split, array, origin)]
    write_scores(snakemake.output[0], rows)
