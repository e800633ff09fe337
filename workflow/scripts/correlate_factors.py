"""Correlate how well, how early and for how long a model knows its languages with what they are like."""

from polychron import distance, factor, language, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    given = snakemake.input
    facts = factor.Facts(
        sizes=language.read_sizes(given.sizes),
        distances=distance.read(given.distances),
        examples=factor.training_examples(store.read_table(given.scores)),
        reference=spec["reference"],
    )
    tables = store.read_table(given.trajectories), store.read_table(given.intervals)
    settings = {name: spec[name] for name in ("layer", "onset", "forgetting", "permutations", "seed")}
    store.write_table(snakemake.output[0], factor.study(*tables, facts, **settings))
