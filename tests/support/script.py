"""Run a script as Snakemake runs it: the same names, the same param, a log file."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

from place import ROOT

SCRIPTS = ROOT / "workflow" / "scripts"


class Files(list):
    """What Snakemake gives as `input` and `output`: a list of names, some of which have a name themselves."""

    def __init__(self, *unnamed, **named):
        super().__init__(
            str(path)
            for paths in (*unnamed, *named.values())
            for path in (paths if isinstance(paths, list) else [paths])
        )
        for name, paths in named.items():
            setattr(self, name, [str(path) for path in paths] if isinstance(paths, list) else str(paths))


def run(name, given, made, log, *, config=None, **spec):
    """Run ``workflow/scripts/{name}.py``; what it logs goes to the file `log`."""
    job = SimpleNamespace(
        input=given, output=made, params=SimpleNamespace(spec=json.dumps(spec)), log=[str(log)], config=config or {}
    )
    runpy.run_path(str(SCRIPTS / f"{name}.py"), init_globals={"snakemake": job})


def left_in(folder):
    """Name the files below a folder, hidden ones included."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())
