"""Relate scores and transfer to the factors of languages and pairs, each alone and beside all others."""

from polychron.analysis import factors, sizes
from polychron.analysis.pairs import references, regressions
from polychron.data import languages
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = snakemake.input
    tables = [files.read_table(path) for path in (given.trajectories, given.intervals, given.factors)]
    facts = factors.LanguageFacts(
        sizes=sizes.read(files.read_table(given.sizes)),
        distances=languages.read_distances(given.distances, factors.languages_of(tables[0])),
        examples=factors.training_examples(files.read_table(given.scores)),
        reference=spec["reference"],
    )
    settings = {name: spec[name] for name in ("layer", "onset", "forgetting", "permutations", "seed")}
    rows = [row for one in (references, regressions) for row in one.study(*tables, facts, **settings)]
    files.write_table(snakemake.output[0], regressions.tabulate(spec["model"], rows))
