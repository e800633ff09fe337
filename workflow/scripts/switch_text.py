"""Replace words of a pretraining text by translations from a dictionary."""

from polychron.data import dictionaries
from polychron.pretraining import code_switching
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    pairs = dictionaries.read(spec["format"], snakemake.input.dictionary[0])
    code_switching.write(
        snakemake.input.text,
        code_switching.lexicon(pairs, spec["inverse"]),
        snakemake.output[0],
        replace=spec["replace"],
        at_most=spec["at_most"],
        block=spec["block"],
        seed=[spec["seed"], int(spec["inverse"])],
    )
