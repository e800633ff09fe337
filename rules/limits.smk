# What is looked at before jobs start: costs, disk, and what an earlier run left at work. Functions alone.

from polychron.planning import costs, rates
from polychron.planning.report import too_large, ways_on
from polychron.study.axes import Axes
from polychron.workflow import slurm


def axes():
    """Return the study in the plain values from which its costs are worked out."""
    drawn = {name: internals.rules_named(workflow, name) for name in ("draw_figure", "write_table")}
    return Axes(study, rates.sizes(), KNOWN, drawn).values


@functools.cache
def planned():
    """Work out what the study costs; the rules of all files are known by then."""
    return costs.lines(axes(), rates.sizes(), rates.rates())


def settle():
    """Wait until no Slurm job of an earlier run is at work in this folder; return whether there was one."""
    try:
        return slurm.settle(".", logger.warning)
    except InputError as error:
        raise WorkflowError(str(error))


def stop(message):
    """End the run with a message of its own: what an input function raises, Snakemake would wrap."""
    logger.error(message)
    raise SystemExit(1)


def refuse_beyond_reach(alone):
    """Stop a run that needs more than the disk holds, or that one machine should not start.

    A study whose scores were gathered once has its grid: a figure of it may be drawn anywhere.
    """
    gathered = config["scores"] or all(Path(f"results/{name}/scores.parquet").exists() for name in study.models)
    if gathered:
        return
    if alone and sum(line.jobs for line in planned()) > config["plan"]["local_jobs"]:
        stop(ways_on(study.name, planned(), config["plan"]))
    if beyond := too_large(planned(), config["plan"]["max_disk"]):
        stop(beyond)


def within_reach(targets):
    """Ask for targets, unless there is more behind them than the disk holds or one machine should start."""

    def ask(wildcards):
        internals.remake_incomplete(workflow)
        if internals.starts_jobs(workflow):
            alone = internals.runs_here(workflow)
            if alone:
                internals.lift_job_rate_limit(workflow)
            if internals.is_main_process(workflow):
                settle()
                refuse_beyond_reach(alone)
        return targets(wildcards) if callable(targets) else targets

    return ask
