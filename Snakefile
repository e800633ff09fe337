# polychron: when does a multilingual language model learn what, in which layer, and when does it forget it again?
# What is measured is in config.yaml, and how it is computed in rules/. README.md says how to run it.

from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")

# Snakemake fetches single files of a remote workflow, and neither the library nor the environment that belong to it.
if not Path(str(workflow.current_basedir)).is_dir():
    raise WorkflowError(
        f"polychron cannot be read from {workflow.current_basedir}: its scripts need the library beside them, and the "
        "environment that make installs. Next: clone the repository, at the tag that is asked for, or add it as a git "
        "submodule; run make in it; and write the path of its Snakefile in place of github(…) or gitfile(…). "
        "docs/module.md has an example"
    )


configfile: f"{workflow.current_basedir}/config.yaml"


report: "workflow/report/workflow.rst"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/limits.smk"
include: "rules/planning.smk"
include: "rules/tokenization.smk"
include: "rules/pretraining.smk"
include: "rules/checkpoints.smk"
include: "rules/vocabularies.smk"
include: "rules/checks.smk"
include: "rules/features.smk"
include: "rules/probing.smk"
include: "rules/intrinsic.smk"
include: "rules/further_probes.smk"
include: "rules/geometry.smk"
include: "rules/finetuning.smk"
include: "rules/analysis.smk"
include: "rules/ensembles.smk"
include: "rules/figures.smk"
include: "rules/tables.smk"
include: "rules/audit.smk"
include: "rules/explorer.smk"
include: "rules/repeats.smk"
include: "rules/reproducibility.smk"


localrules:
    all,
    scores,
    figures,
    tables,


rule all:
    "everything that the study asks for: scores, figures, tables, the explorer, the claims, and the checks"
    default_target: True
    input:
        within_reach(
            SCORES + EXAMINATIONS + FIGURE_FILES + TABLE_FILES + EXPLORER + CHECKS + AUDIT + FINDINGS + SUMMARIES
        ),


rule scores:
    "scores.parquet of each model, and geometry.parquet where the study has geometry"
    input:
        within_reach(SCORES),


rule figures:
    "the figures, as pages, SVG and PNG"
    input:
        within_reach(FIGURE_FILES),


rule tables:
    "the tables, as pages, CSV and LaTeX, and what they are made from"
    input:
        within_reach(TABLE_FILES),


include: "rules/runtime.smk"
