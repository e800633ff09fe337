"""All that the rules use of Snakemake beyond its documented interface: check this module on an upgrade.

Most functions take Snakemake's ``workflow`` object, as it is in the Snakefile; the docstring of each names the
attributes that it uses. All were tried with Snakemake 9.27.1. No script imports this module, and importing it does not
import Snakemake.
"""

from __future__ import annotations

import ast
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from polychron.errors import InputError

TRIED = "9.27.1"
"""The version of Snakemake that all of this was tried with."""

FOLDERS = (
    *("metadata", "incomplete", "locks", "shadow", "auxiliary", "iocache"),
    *("conda", "conda-archive", "singularity", "log"),
)
"""What Snakemake keeps in ``.snakemake``."""

TOLD = 5
"""How many notes that cannot be read are named in a run."""


class Wanted(NamedTuple):
    """A job that a run will do.

    Attributes
    ----------
    number : int
        Snakemake's number of the job.
    rule : str
        The name of its rule.
    wildcards : dict of str to str
        Its wildcards.
    """

    number: int
    rule: str
    wildcards: dict[str, str]


def is_main_process(workflow: Any) -> bool:
    """Whether this is the process that the user started, and not that of a job.

    Uses ``workflow.is_main_process``.
    """
    return workflow.is_main_process


def is_job_of_cluster(workflow: Any) -> bool:
    """Whether this process is a job that an executor submitted.

    Uses ``workflow.remote_exec``.
    """
    return workflow.remote_exec


def starts_jobs(workflow: Any) -> bool:
    """Whether this process will start jobs: not in a dry run, with ``--touch``, or for a listing.

    Uses ``workflow.executor_plugin``, ``dryrun`` and ``touch``. The plugin is None if nothing runs.
    """
    return workflow.executor_plugin is not None and not workflow.dryrun and not workflow.touch


def runs_here(workflow: Any) -> bool:
    """Whether jobs run on this machine, and not on a cluster.

    Uses ``workflow.local_exec``.
    """
    return workflow.local_exec


def command_line_config(workflow: Any) -> Mapping[str, Any]:
    """Return the values of ``--config`` as they were written: inside lists and mappings everything is text.

    Uses ``workflow.config_settings.config``.
    """
    return workflow.config_settings.config


def config_files(workflow: Any) -> list[str]:
    """Return the files that the config was merged from, in that order.

    Uses ``workflow.configfiles``, in which the files of ``--configfile`` come first although they are merged last, and
    ``workflow.config_settings.configfiles``, those of ``--configfile`` alone.
    """
    given = [str(file) for file in workflow.config_settings.configfiles]
    return [*(str(file) for file in workflow.configfiles if str(file) not in given), *given]


def requests(workflow: Any, *names: str) -> dict[str, set[str]]:
    """Return the texts that profiles and the command line ask for as resources, by the name of the resource.

    Uses ``workflow.resource_settings._parsed_default_resources`` and ``_parsed_overwrite_resources`` and ``raw`` of a
    resource: what was written, a Python expression. Expressions that are not plain texts are left out.
    """
    settings = workflow.resource_settings
    found: dict[str, set[str]] = {name: set() for name in names}
    for resources in (settings._parsed_default_resources, *settings._parsed_overwrite_resources.values()):
        for name in found.keys() & resources.keys():
            try:
                value = ast.literal_eval(str(resources[name].raw))
            except (ValueError, SyntaxError):
                continue
            if isinstance(value, str):
                found[name].add(value)
    return found


def slurm_status_command(workflow: Any) -> str | None:
    """Return how states of Slurm jobs are asked for, None without Slurm. It is known once the run starts (``onstart``).

    Uses ``workflow.executor_settings.status_command``.
    """
    return getattr(workflow.executor_settings, "status_command", None)


def remake_incomplete(workflow: Any) -> None:
    """Make outputs again that a killed run left half-written, as with ``--rerun-incomplete``.

    Uses ``workflow.dag_settings.force_incomplete``, which is read when the graph of jobs has been built.
    """
    workflow.dag_settings.force_incomplete = True


def lift_job_rate_limit(workflow: Any) -> None:
    """Remove the limit on the number of jobs started per second.

    Snakemake 9.27 starts one more timer, which never ends, for each job that ends. Uses
    ``workflow.scheduling_settings.max_jobs_per_timespan``, which is read when the scheduler is made.
    """
    workflow.scheduling_settings.max_jobs_per_timespan = None


def limit_resource(workflow: Any, name: str, limit: int) -> None:
    """Limit a resource, unless the user set a limit (``--resources NAME=N``).

    Uses ``workflow.global_resources`` and ``workflow.register_resource``.
    """
    if name not in workflow.global_resources:
        workflow.register_resource(name, limit)


def default_cores(workflow: Any, target: str, cores: int) -> None:
    """Let a target run without ``--cores``, on a number of cores.

    Uses ``workflow.resource_settings.cores``, None if the user gave none, and the command line, because targets are
    not known yet when rules are read.
    """
    if workflow.is_main_process and workflow.resource_settings.cores is None and target in sys.argv:
        workflow.resource_settings.cores = cores


def is_forced(name: str) -> bool:
    """Whether a rule or file is named on the command line (``--forcerun NAME``), which is all that is looked at."""
    return name in sys.argv


def force(workflow: Any, path: str) -> None:
    """Make a file again, as with ``--forcerun``; call it in an input function of the rule that makes the file.

    Uses ``workflow.dag.forcefiles``, a set of paths that is read after a job's inputs are known.
    """
    workflow.dag.forcefiles.add(path)


def run_here(workflow: Any, but: Collection[str] = ()) -> None:
    """Make all rules except some local to this process: it runs their jobs itself and submits nothing.

    Uses ``workflow.rules`` and ``workflow.localrules``.
    """
    workflow.localrules(*(rule.name for rule in workflow.rules if rule.name not in but))


def rules_named(workflow: Any, start: str) -> int:
    """Return how many rules have a name with this beginning.

    Uses ``workflow.rules``.
    """
    return sum(rule.name.startswith(start) for rule in workflow.rules)


def check_folders(folder: str | Path) -> None:
    """Refuse files in place of the folders that Snakemake keeps in a working directory.

    Uses the names that ``snakemake.persistence`` gives them.

    Raises
    ------
    InputError
        There is such a file.
    """
    for path in (Path(folder), *(Path(folder, name) for name in FOLDERS)):
        if os.path.lexists(path) and not path.is_dir():
            raise InputError("Snakemake keeps a folder here, and this is a file", file=path, remedy="move it away")


def bear_damaged_notes(say: Callable[[str], object]) -> None:
    """Take notes that cannot be read for missing, as Snakemake takes those that are no JSON, and say so.

    Snakemake keeps a note of each output in ``metadata``, one of each unfinished output in ``incomplete``, and lists in
    ``locks``. Bytes that are no text, JSON of another kind, or a folder in place of a note would end every call with a
    traceback. Replaces ``_io_read``, ``_io_write``, ``_io_delete`` and ``_read_locks`` of
    ``snakemake.persistence.file.FilePersistence``, for this process.

    Parameters
    ----------
    say : callable
        Called with a message for the user.
    """
    from snakemake.persistence.file import FilePersistence

    plain = {name: getattr(FilePersistence, name) for name in ("_io_read", "_io_write", "_io_delete", "_read_locks")}
    told: set[str] = set()

    def tell(path: str, fault: object) -> None:
        if path not in told and len(told) <= TOLD:
            rest = " Further notes of this kind are not listed." if len(told) == TOLD else ""
            said = str(fault).splitlines()[0]
            say(f"{path}: this note of Snakemake's cannot be read, and is taken for missing ({said}).{rest}")
        told.add(path)

    def read(self: Any, subject: str, key: str) -> Any:
        path = self._record_path(subject, key)
        try:
            found = plain["_io_read"](self, subject, key)
            fault = _fault_of_note(found, whole=subject == self._metadata_path)
        except (OSError, ValueError, RecursionError) as error:
            fault = str(error)
        if not fault:
            return found
        tell(path, fault)
        return {}

    def write(self: Any, subject: str, value: Any, key: str, **options: Any) -> None:
        _clear(subject, self._record_path(subject, key))
        plain["_io_write"](self, subject, value, key, **options)

    def delete(self: Any, subject: str, key: str) -> bool:
        _clear(subject, self._record_path(subject, key))
        return plain["_io_delete"](self, subject, key)

    def locks(self: Any) -> Iterator[tuple[str, str]]:
        try:
            yield from [*plain["_read_locks"](self)]
        except (OSError, ValueError) as error:
            tell(self._lockdir, error)

    FilePersistence._io_read, FilePersistence._io_write = read, write
    FilePersistence._io_delete, FilePersistence._read_locks = delete, locks


def _fault_of_note(note: Any, whole: bool) -> str | None:
    """Return why a note is none, None if it is one; `whole` notes are those of finished outputs."""
    from snakemake.persistence import MetadataRecord

    if not isinstance(note, dict):
        return f"it holds {type(note).__name__}"
    if whole and note:
        record = MetadataRecord.model_validate(note)  # raises a ValueError
        texts = [*(record.params or []), *filter(None, (record.input_checksums or {}).values())]
        if not all(isinstance(text, str) for text in texts):
            return "it holds params or checksums that are no text"
    return None


def _clear(subject: str, path: str) -> None:
    """Remove what is in the way of a note below Snakemake's folder `subject`: folders in its place, files above it."""
    note = Path(path)
    if note.is_dir() and not note.is_symlink():
        shutil.rmtree(note)
    for above in note.parents:
        if above == Path(subject):
            return
        if os.path.lexists(above) and not above.is_dir():
            above.unlink()


def wanted(workflow: Any) -> list[Wanted]:
    """Return the jobs that this run will do. They are known once the run starts (``onstart``).

    Uses ``workflow.dag.needrun_jobs()`` and, of a job, ``jobid``, ``rule.name`` and ``wildcards_dict``.
    """
    return [Wanted(job.jobid, job.rule.name, dict(job.wildcards_dict)) for job in workflow.dag.needrun_jobs()]


def specs_of(workflow: Any, paths: Iterable[str], without: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield for each file the ``spec`` that it would be made with now, from the rule that makes it.

    Uses ``workflow.rules`` and, of a rule, ``output``, ``params.spec``, ``is_producer`` and ``get_wildcards``.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
    paths : iterable of str
    without : collection of str
        Names of rules to leave out.

    Yields
    ------
    tuple of (str, str)
        A path and its spec. Files that no rule makes are left out.
    """
    from snakemake.iocontainers import Wildcards

    makers = [rule for rule in workflow.rules if rule.name not in without and rule.output and rule.params]
    for path in paths:
        maker = next((maker for maker in makers if maker.is_producer(path)), None)
        if maker is None:
            continue
        makers.sort(key=lambda other: other is not maker)  # the next file is likely to be its as well
        spec = maker.params.spec
        yield path, spec(Wildcards(fromdict=maker.get_wildcards(path))) if callable(spec) else spec
