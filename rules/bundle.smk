# A job of a cluster is one Snakemake that runs all members of its bundle itself, one after another, in forks of one
# process. Left to the executor, each member would be a step of its own and start one more Snakemake, which costs more
# than a small probe. Pretraining is left to it: it clears the job's own variables for what is started on all nodes.
# Included last, for it names all rules.

from polychron.workflow import forkserver

if workflow.remote_exec:
    workflow.localrules(*(member.name for member in workflow.rules if member.name != "pretrain"))
    forkserver.share()
