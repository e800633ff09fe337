"""Write one of the paper's tables, with the function of the library that its rule names."""

import importlib

from polychron.reporting import tables
from polychron.storage import files
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    given = {
        name: files.read_table(paths) if isinstance(paths, str) else [files.read_table(path) for path in paths]
        for name, paths in snakemake.input.items()
    }
    write = getattr(importlib.import_module(spec["enters"]), spec["writes"])
    tables.save(write(**given, **spec["settings"]), **dict(snakemake.output.items()))
