"""Search for the translations of sentences at one layer of one checkpoint, with what was learnt on another set."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from polychron.geometry import search, sentence_states
from polychron.geometry.fitted import overlap
from polychron.geometry.fitted import search as fitted
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:

    def read(states, parallel):
        """Return the table of a set, and the states of each language at the layer."""
        table = sentence_states.from_table(files.read_table(parallel))
        return table, sentence_states.of_layer(table, dict(zip(spec["languages"], states, strict=True)), spec["layer"])

    def texts(table, examples):
        """Return the sentences of each language that are compared."""
        paths = zip(spec["languages"], examples, strict=True)
        read = {language: overlap.sentences(files.read_table(path)) for language, path in paths}
        return {name: [of[row] for row in sentence_states.kept(table, name)] for name, of in read.items()}

    table, states = read(snakemake.input.states, snakemake.input.parallel)
    fold = sentence_states.kept(table, "fold")
    if spec["fit"] == spec["set"]:
        rows = search.retrieve(states, fold, spec)
    else:
        learnt, fit = read(snakemake.input.fit_states, snakemake.input.fit_parallel)
        kept = overlap.apart(texts(learnt, snakemake.input.fit_examples), texts(table, snakemake.input.examples))
        rows = fitted.retrieve(states, fold, {language: array[kept] for language, array in fit.items()}, spec)
    common = {name: spec[name] for name in ("model", "layer", "step")} | {"split": spec["set"]}
    write_scores(snakemake.output[0], [common | row for row in rows])
