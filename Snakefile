# polychron: when does a multilingual language model learn what, in which layer, and when does it forget it again?
# What is measured is in config.yaml, and how it is computed in rules/. README.md says how to run it.

from snakemake.utils import min_version

min_version("9.27")


configfile: f"{workflow.basedir}/config.yaml"


report: "workflow/report/workflow.rst"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/limits.smk"
include: "rules/planning.smk"
include: "rules/tokenization.smk"
include: "rules/pretraining.smk"
include: "rules/checkpoints.smk"
include: "rules/checks.smk"
include: "rules/features.smk"
include: "rules/probing.smk"
include: "rules/intrinsic.smk"
include: "rules/further_probes.smk"
include: "rules/geometry.smk"
include: "rules/analysis.smk"
include: "rules/figures.smk"
include: "rules/tables.smk"
include: "rules/audit.smk"
include: "rules/repeats.smk"
include: "rules/reproducibility.smk"


localrules:
    all,
    scores,
    figures,
    tables,


rule all:
    default_target: True
    input:
        within_reach(SCORES + EXAMINATIONS + FIGURE_FILES + TABLE_FILES + CHECKS + AUDIT + FINDINGS),


rule scores:
    input:
        within_reach(SCORES),


rule figures:
    input:
        within_reach(FIGURE_FILES),


rule tables:
    input:
        within_reach(TABLE_FILES),


include: "rules/runtime.smk"
