"""List the faults of all raw data as a page and as a table, and fail where one of them would stop the study."""

from polychron.checks import raw_data
from polychron.errors import InputError
from polychron.workflow.jobs import job

with job(snakemake) as spec:
    found = raw_data.collected(snakemake.input)
    about = {name: spec[name] for name in ("folder", "study", "datasets", "files")}
    page = raw_data.save(found, **about)
    if said := raw_data.message(found):
        raise InputError(
            said.splitlines()[0].rstrip(":"), remedy=f"look at the list at the end of this run, or at {page}"
        )
    print(
        f"{spec['files']:,} files of {spec['datasets']:,} datasets have been read: nothing in them stops the study. "
        f"There are {len(found):,} warnings: {page}",
        flush=True,
    )
