"""Draw one of the paper's figures, with the function of the library that its rule names."""

import importlib

from polychron.figures import chart
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = dict(snakemake.input.items())
    bundle = given.pop("bundle")
    given = {name: files.read_table(path) if path.endswith(".parquet") else path for name, path in given.items()}
    draw = getattr(importlib.import_module(spec["enters"]), spec["draws"])
    figure = draw(**given, **spec["settings"])
    chart.save(figure, bundle=bundle, names=spec["names"], **dict(snakemake.output.items()))
