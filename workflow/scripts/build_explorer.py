"""Write the explorer: one page over the gathered scores of all models of a study."""

from pathlib import Path

from polychron.analysis import sizes
from polychron.analysis.pairs import factors
from polychron.explorer import page
from polychron.explorer.names import Known, in_order
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    names = {}
    for path in snakemake.input.sizes:
        for code, size in sizes.read(files.read_table(path)).items():
            names.setdefault(code, size.name)
    related = {code: factors.related(code) for code in names}
    known = [
        Known(code, name, order=spec["orders"].get(code, related[code][0]), family=related[code][1])
        for code, name in names.items()
    ]
    tables = map(files.read_table, snakemake.input.tables)
    bundle = Path(snakemake.input.bundle).read_text(encoding="utf-8")
    files.write_text(snakemake.output[0], page.page(spec["title"], tables, in_order(known), bundle))
