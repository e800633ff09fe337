"""Hold the checkpoints of a model against each other, and write what was found of all of them."""

from polychron import chart, inspection, itinerary, store
from polychron.provenance import job

with job(snakemake.input, snakemake.output, snakemake.params.spec, snakemake.log[0]) as spec:
    steps = sorted(spec["steps"])
    verdicts = dict(zip(steps, map(store.read_json, snakemake.input.verdicts), strict=True))
    moved = dict(zip(steps, [[], *map(store.read_json, snakemake.input.moved)], strict=True))
    rows = inspection.gather(verdicts, moved)
    made = dict(snakemake.output.items())
    store.write_text(made.pop("table"), itinerary.table(rows))
    store.write_text(made.pop("listing"), itinerary.page(rows, spec["model"]))
    chart.save(itinerary.moves(moved), bundle=snakemake.input.bundle, **made)
