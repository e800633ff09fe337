# Functions for the checks before jobs start: costs, disk, and jobs of an earlier run that are still running.

from polychron.planning import costs, rates
from polychron.planning.report import beyond_limits, ways_on
from polychron.study.axes import Axes
from polychron.workflow import repeated_pretraining, slurm


def axes():
    """Return the study in plain values, from which its costs are estimated."""
    drawn = {name: internals.rules_named(workflow, name) - study.ablation_items[name] for name in study.ablation_items}
    return Axes(study, rates.sizes(), KNOWN, drawn).values


@functools.cache
def planned():
    """Estimate what the study costs; call it once the rules of all files are known."""
    return costs.lines(axes(), rates.sizes(), rates.of(config))


@functools.cache
def check_cluster():
    """Stop a run that would submit jobs to Slurm where it cannot."""
    status = internals.slurm_status_command(workflow)
    if status is not None:
        stopping_at(
            lambda: (surroundings.check_slurm({}, status), slurm.check(status)), "The profile cannot be used:\n  "
        )


def settle():
    """Wait until no Slurm job of a run that has ended is running here; return whether there was one. Lock the folder."""
    return stopping_at(lambda: slurm.settle(".", logger.warning, locks.claim(Path(".snakemake"), patience=5)))


def refuse_beyond_reach(alone):
    """Stop a run that needs more disk than it may use, or more jobs than a single machine should start.

    If the scores of a study have been gathered, its grid is finished, and figures may be drawn on any machine.
    """
    gathered = config["scores"] or all(Path(f"results/{name}/scores.parquet").exists() for name in study.measured)
    if gathered:
        return
    if alone and sum(line.jobs for line in planned()) > config["plan"]["local_jobs"]:
        stop(ways_on(study.name, planned(), config["plan"]))
    if beyond := beyond_limits(planned(), config["plan"], config["note"]):
        stop(beyond[0])


def refuse_to_repeat_pretraining():
    """Stop a run that would train existing checkpoints again, unless it was asked to."""
    stopping_at(lambda: repeated_pretraining.refuse(internals.made_again(workflow, "pretrain")))


def once(ask):
    """Return an input function of the rule for pretraining, which stops a run that would repeat it by accident."""

    def asked(wildcards):
        if internals.is_main_process(workflow):
            internals.once_planned(workflow, refuse_to_repeat_pretraining)
        return ask(wildcards)

    return asked


def within_reach(targets):
    """Return an input function for targets, which stops a run that needs too much disk or too many jobs."""

    def ask(wildcards):
        internals.remake_incomplete(workflow)
        if internals.starts_jobs(workflow):
            alone = internals.runs_here(workflow)
            if alone:
                internals.lift_job_rate_limit(workflow)
            if internals.is_main_process(workflow):
                check_cluster()
                settle()
                refuse_beyond_reach(alone)
        return targets(wildcards) if callable(targets) else targets

    return ask
