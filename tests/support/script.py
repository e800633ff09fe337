"""Run a script as Snakemake runs it: the same names, the same param, a log file."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

from place import ROOT

SCRIPTS = ROOT / "workflow" / "scripts"


class Files(list):
    """A rule's ``input`` or ``output``, as Snakemake passes it to a script: a list of names, some of which have a key.

    Parameters
    ----------
    *unnamed, **named : path-like or list of path-like
        An empty list is a key without files.
    """

    def __init__(self, *unnamed, **named):
        groups = [paths if isinstance(paths, list) else [paths] for paths in (*unnamed, *named.values())]
        super().__init__(str(path) for paths in groups for path in paths)
        self._keys = list(named)
        for key, paths in named.items():
            setattr(self, key, [str(path) for path in paths] if isinstance(paths, list) else str(paths))

    def items(self):
        return [(key, getattr(self, key)) for key in self._keys]

    def get(self, key, default=None):
        return getattr(self, key) if key in self._keys else default


def snakemake(inputs, outputs, log, *, config=None, wildcards=None, **spec):
    """Return the object that a script uses as ``snakemake``.

    Parameters
    ----------
    inputs, outputs : Files or list of str
        The job's files.
    log : path-like
        Its log.
    config, wildcards : dict or None
        The workflow's config and the job's wildcards; empty if None.
    **spec
        The values that decide the result.

    Returns
    -------
    SimpleNamespace
        With ``input``, ``output``, ``params.spec``, ``log``, ``config`` and ``wildcards``.
    """
    return SimpleNamespace(
        input=inputs,
        output=outputs,
        params=SimpleNamespace(spec=json.dumps(spec)),
        log=[str(log)],
        config=config or {},
        wildcards=SimpleNamespace(**(wildcards or {})),
    )


def run(name, inputs, outputs, log, *, config=None, wildcards=None, **spec):
    """Run ``workflow/scripts/{name}.py``; the parameters are those of `snakemake`."""
    job = snakemake(inputs, outputs, log, config=config, wildcards=wildcards, **spec)
    runpy.run_path(str(SCRIPTS / f"{name}.py"), init_globals={"snakemake": job})


def left_in(folder):
    """Return the names of the files below a folder, hidden ones included."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())
