"""Score a cell's structural probes on the parallel test sets of other languages, as they are."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from polychron.features import extraction
from polychron.probing.structural import scoring, trees
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = snakemake.input
    fitted = scoring.from_file(*files.read_tensors(given.probe))
    cuts = [files.read_table(path) for path in given.pieces]
    vectors = extraction.of_datasets(
        spec["stored"],
        given.features,
        cuts,
        given.weights,
        given.config,
        spec["layer"],
        spec["tokens_per_batch"],
        spec.get("precision", "float32"),
    )
    cell = {name: spec[name] for name in ("model", "layer", "step", "source")} | {"task": scoring.TASK}
    rows = []
    for target, path, cut, array in zip(spec["targets"], given.examples, cuts, vectors, strict=True):
        found = trees.of_split(files.read_table(path), pieces.from_table(cut), "test", file=path)
        rows += [cell | {"target": target} | row for row in scoring.scores(fitted, array, found, "parallel")]
    write_scores(snakemake.output[0], rows)
