"""Score the spans of a cell's kept weights: on its own dev and test splits, and on the test sets of all targets."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from polychron.features import extraction
from polychron.probing import probes, spans
from polychron.probing.tasks import base
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = snakemake.input
    fitted = probes.from_file(*files.read_tensors(given.weights))
    tables, cut = ([files.read_table(path) for path in paths] for paths in (given.examples, given.pieces))
    vectors = extraction.of_datasets(
        spec["stored"],
        given.features,
        cut,
        *(given.checkpoint or (None, None)),
        spec["layer"],
        spec["tokens_per_batch"],
        spec.get("precision", "float32"),
    )
    task = base.load(spec["enters"], spec["task"], spec["options"])
    words = [pieces.from_table(table) for table in cut]
    own = task.examples(tables[:1], words[:1], splits=["dev", "test"], file=given.examples[0])
    scored = [(spec["source"], 0, split, examples) for split, examples in own.items()]
    for place, target in enumerate(spec["targets"], start=1):
        examples = task.targets(tables[place], words[place], file=given.examples[place])
        scored.append((target, place, "parallel", examples))
    cell = {name: spec[name] for name in ("model", "task", "source", "layer", "step")}
    rows = []
    for target, place, split, examples in scored:
        sentence = tables[place]["sentence"].to_numpy()[examples.first]
        found = spans.scores(fitted, [vectors[place]], examples, sentence, split)
        rows += [cell | {"target": target} | row for row in found]
    write_scores(snakemake.output[0], rows)
