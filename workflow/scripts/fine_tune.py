"""Fine-tune one checkpoint for a task on one language, and score it there and on the test sets of all targets."""

from polychron.workflow import forkserver

forkserver.start(__name__)

import torch

from polychron import device
from polychron.finetuning import cell, datasets, network, recipes, sequences
from polychron.probing.tasks import base
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.tokenization import pieces
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    torch.set_num_threads(spec["threads"])
    given, task = snakemake.input, spec["task"]
    recipe = recipes.grid(spec["recipe"], task, spec["own"])[spec.get("point", 0)]
    asked = base.load(spec["enters"][0], task, spec["options"]) if spec.get("enters") else None
    template = sequences.template_of(given.tokenizer) if given.tokenizer else None
    reader = datasets.Reader(asked, template, min(recipe.length, spec["window"]))
    tables = [files.read_table(path) for path in given.examples]
    words = [pieces.from_table(files.read_table(path)) for path in given.pieces]
    sets, targets = spec["datasets"], spec["targets"]
    own = reader.own(tables[:sets], words[:sets], file=given.examples[0])
    tested = {
        target: reader.target(tables[place], words[place], file=given.examples[place])
        for place, target in enumerate(targets, start=sets)
    }
    oracles = {
        target: reader.own([tables[place]], [words[place]], names=["dev"], file=given.examples[place])["dev"]
        for place, target in enumerate(spec["oracles"], start=sets + len(targets))
    }
    encoder = network.load(given.config, device.choose())
    _, rows = cell.run(
        encoder,
        task,
        own,
        tested,
        recipe,
        seed=spec["seed"],
        tokens_per_batch=spec["tokens_per_batch"],
        oracles=oracles,
    )
    common = {name: spec[name] for name in ("model", "source", "layer", "step")} | {"task": f"{task}_tuned"}
    write_scores(snakemake.output[0], [common | {"target": target or spec["source"]} | row for target, row in rows])
