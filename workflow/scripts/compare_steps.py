"""Measure how similar each language is at every step to itself at the step before and at the last, at one layer."""

from polychron.workflow import forkserver

forkserver.start(__name__)

from polychron.geometry import sentence_states, stability
from polychron.storage import files
from polychron.storage.scores import write_scores
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    table = sentence_states.from_table(files.read_table(snakemake.input.parallel))
    languages, paths = spec["languages"], iter(snakemake.input.states)
    at = {step: dict(zip(languages, paths, strict=False)) for step in spec["steps"]}
    common = {"model": spec["model"], "layer": spec["layer"], "split": spec["set"]}
    rows = []
    for language in languages:
        of_steps = {
            step: sentence_states.of_layer(table, {language: files_of[language]}, spec["layer"])[language]
            for step, files_of in at.items()
        }
        rows += [common | row for row in stability.compare_steps(language, of_steps)]
    write_scores(snakemake.output[0], rows)
