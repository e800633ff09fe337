# What happens during a run: reports of its progress, and bundles of jobs on a cluster. Included last, because it needs
# the names of all rules.

import atexit

from polychron.checks import raw_data, servers
from polychron.study import surroundings
from polychron.workflow import forkserver, passes, progress, quiet, shared_scripts, stopping, targets

internals.finish_report((paths.CHECKOUT / "workflow/report/report.css").read_text("utf-8"), shared_scripts.finish)

# A misspelt target is answered with what may have been meant.
NAMED = internals.targets(workflow), FIGURE_FILES + TABLE_FILES + AUDIT + SCORES
logger.addFilter(targets.Hints(*NAMED, internals.command_line()))


REPORTERS = []  # of this run, once it has started

if internals.is_main_process(workflow) and not quiet.asked():
    internals.filter_terminal(
        quiet.Quiet(
            lambda: internals.starts_jobs(workflow),
            before=lambda: [reporter.clear() for reporter in REPORTERS],
        )
    )


def report_progress():
    """Start to report the progress of the run, in the process that the user started."""
    if internals.is_main_process(workflow):
        seconds = {line.rule: 3600 * (line.gpu_hours + line.core_hours) / max(line.jobs, 1) for line in planned()}
        jobs = progress.jobs_of(internals.wanted(workflow), seconds, study.probing["tasks"])
        REPORTERS.append(progress.Reporter(jobs))
        logger.addHandler(REPORTERS[-1])


onstart:
    for folder in ("logs", "results"):
        refuse(lambda: disk.check(folder, disk.ROOM))
    # Snakemake does not say where a disk was full.
    atexit.register(disk.tell, [*TEMPORARY, "logs", "results"])
    check_cluster()
    if internals.slurm_status_command(workflow) is not None:  # jobs are submitted to Slurm
        gpus = internals.requests(workflow, "gres")["gres"]
        refuse(lambda: surroundings.check_torch(gpus, *surroundings.torch_here()))
        refuse(lambda: surroundings.check_precision(gpus, config["features"]["precision"]))
    # Targets that are files do not pass through within_reach(), and this run was planned before those jobs ended.
    # Nor does `plan`, which starts nothing else and is answered beside another run.
    started = {job.rule for job in internals.wanted(workflow)}
    if started != {"plan"} and settle():
        raise WorkflowError(
            "Slurm jobs of an earlier run have ended. Run the same command again: it goes on from what they made."
        )
    if internals.is_main_process(workflow):
        needed = servers.needed(internals.wanted(workflow), study, PLACE, KNOWN)
        told = logger.warning if internals.keeps_going(workflow) else None
        refuse(lambda: servers.check(needed, told), "Not all that the run needs can be downloaded:\n  ")
        stopping.end_by_sigterm()
    report_progress()
    passes.start(workflow, inputs.cell, inputs.cell_stored)


# The faults of all files of data come last, after the messages of single jobs.
onerror:
    if internals.is_main_process(workflow) and internals.is_asked("data"):
        logger.error(raw_data.ending(inputs.checks, inputs.fetched, inputs.checked))


internals.bundle_in_order()

# A job on a cluster is one Snakemake process that runs all members of its bundle itself, one after another, in forks of
# one server. With the executor, each member would be a step of its own and start another Snakemake, which takes longer
# than a small probe. Only pretraining is left to the executor, which clears the job's variables for all of its nodes.
if internals.is_job_of_cluster(workflow):
    internals.run_here(workflow, but=["pretrain"])
    forkserver.share()
