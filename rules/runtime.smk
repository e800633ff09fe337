# How a run goes on: its progress, and the members of a bundle on a cluster. Included last, for it names all rules.

from polychron.workflow import forkserver, progress


def report_progress():
    """Report from now on how far the run is, in the process that the user started."""
    if internals.is_main_process(workflow):
        seconds = {line.rule: 3600 * (line.gpu_hours + line.core_hours) / max(line.jobs, 1) for line in planned()}
        jobs = progress.jobs_of(internals.wanted(workflow), seconds, study.probing["tasks"])
        logger.addHandler(progress.Reporter(jobs))


onstart:
    # Targets that are files do not pass through within_reach(), and the plan of this run does not know what ended.
    if settle():
        raise WorkflowError(
            "Slurm jobs of an earlier run have ended: the same command goes on from what they made."
        )
    report_progress()


# A job of a cluster is one Snakemake that runs all members of its bundle itself, one after another, in forks of one
# process. Left to the executor, each member would be a step of its own and start one more Snakemake, which costs more
# than a small probe. Pretraining is left to it: it clears the job's own variables for what is started on all nodes.
if internals.is_job_of_cluster(workflow):
    internals.run_here(workflow, but=["pretrain"])
    forkserver.share()
