"""Compare the checkpoints of a model with each other, and write what was found in all of them."""

from polychron.checks import checkpoint_report, checkpoints
from polychron.figures import chart, displacement
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    steps = sorted(spec["steps"])
    verdicts = dict(zip(steps, [files.read_json(path, dict) for path in snakemake.input.verdicts], strict=True))
    moved = dict(zip(steps, [[], *(files.read_json(path, list) for path in snakemake.input.moved)], strict=True))
    rows = checkpoints.gather(verdicts, moved)
    made = dict(snakemake.output.items())
    files.write_text(made.pop("table"), checkpoint_report.table(rows))
    files.write_text(made.pop("listing"), checkpoint_report.page(rows, spec["model"]))
    chart.save(displacement.moves(moved), bundle=snakemake.input.bundle, **made)
