"""All that the rules use of Snakemake beyond its documented interface: check this module on an upgrade.

Most functions take Snakemake's ``workflow`` object, as it is in the Snakefile; the docstring of each names the
attributes that it uses. All were tried with Snakemake 9.27.1. No script imports this module, and importing it does not
import Snakemake.
"""

from __future__ import annotations

import ast
import logging
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

TRIED = "9.27.1"
"""The version of Snakemake that all of this was tried with."""


class Wanted(NamedTuple):
    """A job that a run will do: Snakemake's number of it, the name of its rule, and its wildcards."""

    number: int
    rule: str
    wildcards: dict[str, str]


class Cause(NamedTuple):
    """A job that a run will do of itself, and not only because it follows another that runs.

    Attributes
    ----------
    rule : str
        The name of its rule.
    output : str
        Its first output.
    spec : str
        Its param ``spec``, as it is now.
    reason : str
        Why it runs, in Snakemake's words.
    """

    rule: str
    output: str
    spec: str
    reason: str


def is_main_process(workflow: Any) -> bool:
    """Whether this is the process that the user started, and not that of a job.

    Uses ``workflow.is_main_process``.
    """
    return workflow.is_main_process


def is_module(workflow: Any) -> bool:
    """Whether the Snakefile is read as a module of another workflow, which gives it its config.

    Uses ``workflow.modifier.skip_configfile``.
    """
    return workflow.modifier.skip_configfile


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


def keeps_going(workflow: Any) -> bool:
    """Whether jobs that do not depend on a failed one are still run.

    Uses ``workflow.execution_settings.keep_going``.
    """
    return workflow.execution_settings.keep_going


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


def going_on(workflow: Any, target: str, ask: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return an input function, with which a run for a target goes on with other jobs when one has failed.

    It is as with ``--keep-going``, and `remake_incomplete` is called. Uses ``workflow.execution_settings.keep_going``,
    which is read when the scheduler is made; the settings are None while rules are read, and if nothing runs.
    """

    def asked(wildcards: Any) -> Any:
        remake_incomplete(workflow)
        if workflow.execution_settings is not None and is_asked(target):
            workflow.execution_settings.keep_going = True
        return ask(wildcards)

    return asked


def filter_terminal(chosen: Any) -> None:
    """Let a filter choose what Snakemake writes to the terminal; its log file, and a logger plugin's, have all.

    Uses the handler that ``snakemake.logging`` names ``DefaultStreamHandler``.
    """
    for handler in logging.getLogger("snakemake.logging").handlers:
        if handler.name == "DefaultStreamHandler":
            handler.addFilter(chosen)


def finish_report(stylesheet: str, finish: Callable[[str], str]) -> None:
    """Give Snakemake's report of one HTML page a stylesheet, unless one is named, and change its text once written.

    Uses ``snakemake.report.html_reporter.Reporter``, its ``render``, ``custom_stylesheet``, ``mode_embedded`` and
    ``settings.path``. Snakemake has imported the module before a Snakefile is read.
    """
    reporter = sys.modules["snakemake.report.html_reporter"].Reporter
    render = getattr(reporter, "unfinished", reporter.render)

    def finished(self: Any) -> None:
        self.custom_stylesheet = self.custom_stylesheet or stylesheet
        render(self)
        if self.mode_embedded:
            path = Path(self.settings.path)
            path.write_text(finish(path.read_text(encoding="utf-8")), encoding="utf-8")

    reporter.unfinished, reporter.render = render, finished


def command_line() -> list[str]:
    """Return the words of the command line. Targets are not known yet when rules are read."""
    return list(sys.argv)


def is_asked(target: str) -> bool:
    """Whether a target is named on the command line, which is all that is looked at."""
    return target in sys.argv


def is_dry_run(workflow: Any) -> bool:
    """Whether this is a dry run, by the command line or a profile; known while rules are read.

    Uses ``workflow.output_settings.dryrun``.
    """
    return workflow.output_settings.dryrun


def is_forced(workflow: Any, *names: str) -> bool:
    """Whether a rule or file is to be made again, by an option of the command line or of a profile.

    It is named by ``--forcerun``, is a target with ``--force``, or all are (``--forceall``). Uses
    ``workflow.dag_settings``. They are None while rules are read: then they are those of the ``DAGApi`` that has them
    read, which is looked for on the stack. Without one, as where rules are listed, nothing is made.
    """
    settings, frame = workflow.dag_settings, sys._getframe()
    while settings is None and (frame := frame.f_back):
        one = frame.f_locals.get("self")
        settings = one.dag_settings if type(one).__name__ == "DAGApi" else None
    if settings is None:
        return False
    named = {*settings.forcerun, *(settings.targets if settings.forcetargets else ())}
    return settings.forceall or not named.isdisjoint(names)


def force(workflow: Any, path: str) -> None:
    """Make a file again, as with ``--forcerun``; call it in an input function of the rule that makes the file.

    Uses ``workflow.dag.forcefiles``, a set of paths that is read after a job's inputs are known.
    """
    workflow.dag.forcefiles.add(path)


def bundle_in_order() -> None:
    """Cut bundles from jobs in the order of their outputs, in which the layers of a dataset follow each other.

    Snakemake cuts them from a set, so that a bundle has one or two of a language's layers. Replaces
    ``snakemake.dag.group_into_chunks``, which is given the jobs of a group; uses ``output`` of each.
    """
    from snakemake import dag

    plain = dag.group_into_chunks
    if getattr(plain, "in_order", False):
        return

    def first(component: Any) -> list[tuple[int, str]]:
        path = min(str(file) for job in component for file in job.output)
        return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", path)]

    def chunks(number: int, components: Iterable[Any]) -> Iterable[Any]:
        return plain(number, sorted(components, key=first))

    chunks.in_order = True
    dag.group_into_chunks = chunks


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


def targets(workflow: Any) -> list[str]:
    """Return the names of the rules that can be asked for: those of ``--list-target-rules`` that say what they are.

    Uses ``workflow.rules`` and, of a rule, ``docstring`` and ``has_wildcards()``.
    """
    return [rule.name for rule in workflow.rules if rule.docstring and not rule.has_wildcards()]


def wanted(workflow: Any) -> list[Wanted]:
    """Return the jobs that this run will do. They are known once the run starts (``onstart``).

    Uses ``workflow.dag.needrun_jobs()`` and, of a job, ``jobid``, ``rule.name`` and ``wildcards_dict``.
    """
    return [Wanted(job.jobid, job.rule.name, dict(job.wildcards_dict)) for job in workflow.dag.needrun_jobs()]


def once_planned(workflow: Any, check: Callable[[], object]) -> None:
    """Call a function when the jobs of this run are known, in a dry run too; to be called in an input function.

    Replaces ``workflow.dag.postprocess``, which is called with `check_initial` before any job starts or is listed.
    """
    dag = workflow.dag
    if getattr(dag.postprocess, "checks", None) == check:
        return
    plain = dag.postprocess

    async def postprocess(*arguments: Any, check_initial: bool = False, **options: Any) -> None:
        await plain(*arguments, check_initial=check_initial, **options)
        if check_initial:
            check()

    postprocess.checks = check
    dag.postprocess = postprocess


def made_again(workflow: Any, rule: str) -> dict[str, list[Cause]]:
    """Return the existing outputs of a rule that this run would make again without having been asked to, with causes.

    It was asked to if each cause `is_forced`, as a rule or a file, or was interrupted. With ``--touch`` nothing is
    made. Call it in a function given to `once_planned`. Uses ``workflow.touch``; ``workflow.dag`` with
    ``needrun_jobs()``, ``needrun``, ``reason`` and ``dependencies``; ``workflow.persistence._filter_incomplete_keys``;
    and the attributes of Snakemake's ``Reason``.
    """
    dag = workflow.dag
    known: dict[Any, frozenset[Any]] = {}

    def asked(job: Any) -> bool:
        outputs = [str(path) for path in job.output]
        named = is_forced(workflow, job.rule.name, *outputs)
        return named or bool(workflow.persistence._filter_incomplete_keys(outputs))

    def causes(job: Any) -> frozenset[Any]:
        if job not in known:
            reason, found = dag.reason(job), frozenset()
            own = ("forced", "params_changed", "input_changed", "code_changed", "software_stack_changed")
            if not (reason.updated_input or any(getattr(reason, name) for name in own)):
                for other, files in dag.dependencies[job].items():
                    if dag.needrun(other) and not reason.updated_input_run.isdisjoint(files):
                        found |= causes(other)
            known[job] = found or frozenset([job])
        return known[job]

    found = {}
    for job in () if workflow.touch else dag.needrun_jobs():
        if job.rule.name == rule and os.path.exists(job.output[0]) and not asked(job):
            unasked = sorted((one for one in causes(job) if not asked(one)), key=lambda one: str(one.output[0]))
            if unasked:
                found[str(job.output[0])] = [
                    Cause(one.rule.name, str(one.output[0]), one.params.spec, str(dag.reason(one))) for one in unasked
                ]
    return found


def specs_of(workflow: Any, paths: Iterable[str], without: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield the path of each file that a rule makes, and the ``spec`` that it would be made with now.

    Rules named in `without` are left out. Uses ``workflow.rules`` and, of a rule, ``output``, ``params.spec``,
    ``is_producer`` and ``get_wildcards``.
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
