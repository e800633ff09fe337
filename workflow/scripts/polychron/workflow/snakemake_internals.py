"""All that the rules use of Snakemake beyond its documented interface: check this module on an upgrade.

Most functions take Snakemake's ``workflow`` object, as it is in the Snakefile; the docstring of each names the
attributes that it uses. All were tried with Snakemake 9.27.1. No script imports this module, and importing it does not
import Snakemake.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

TRIED = "9.27.1"
"""The version of Snakemake that all of this was tried with."""


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
