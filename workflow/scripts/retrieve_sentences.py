"""Search for the translations of sentences at one layer of one checkpoint."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from polychron.geometry import search, sentence_states
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    table = sentence_states.from_table(files.read_table(snakemake.input.parallel))
    paths = dict(zip(spec["languages"], snakemake.input.states, strict=True))
    states = sentence_states.of_layer(table, paths, spec["layer"])
    common = {name: spec[name] for name in ("model", "layer", "step")} | {"split": spec["set"]}
    rows = search.retrieve(states, sentence_states.kept(table, "fold"), spec)
    write_scores(snakemake.output[0], [common | row for row in rows])
