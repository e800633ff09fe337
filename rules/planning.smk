# The estimate of what the study costs, made before anything runs.

internals.default_cores(workflow, "plan", 1)  # so that `snakemake plan` needs no options


localrules:
    plan,


rule plan:
    "what the study takes in jobs, hours, disk and downloads; nothing is run"
    log:
        f"logs/{study.name}/plan_study.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: spec("plan_study", study=axes(), limits=config["plan"], resources=study.resources)(
            wildcards
        ),
    script:
        "../workflow/scripts/plan_study.py"
