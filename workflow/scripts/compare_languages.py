"""Measure how similar languages are at one layer of one checkpoint."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from polychron.geometry import comparison, sentence_states
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = snakemake.input
    table = sentence_states.from_table(files.read_table(given.parallel))
    states, untrained = (
        sentence_states.of_layer(table, dict(zip(spec["languages"], paths, strict=True)), spec["layer"])
        if paths
        else None
        for paths in (given.states, given.untrained)
    )
    common = {name: spec[name] for name in ("model", "layer", "step")} | {"split": spec["set"]}
    write_scores(snakemake.output[0], [common | row for row in comparison.compare(states, untrained, spec)])
