# The run as an archive to hand on: a Workflow Run RO-Crate.


def files_of_workflow(wildcards):
    """Name the files that the workflow consists of, from the checkout."""
    checkout = Path(workflow.basedir)
    single = ["Snakefile", "config.yaml", "pyproject.toml", "uv.lock", "LICENSE", "README.md"]
    whole = [
        path.relative_to(checkout)
        for folder in ("rules", "workflow", "profiles", "envs", "studies")
        for path in (checkout / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    return single + sorted(map(str, whole))


localrules:
    crate,
    export_crate,


rule export_crate:
    input:
        within_reach(SCORES + EXAMINATIONS + FIGURES + TABLES + CHECKS + AUDIT + FINDINGS),
    output:
        f"results/crate/{STUDY}.zip",
    log:
        f"logs/{STUDY}/export_crate.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "export_crate",
            folders=PLACES,
            title=config["title"] or STUDY,
            note=config["note"] or "",
            config=lambda wildcards: config,
            checkout=str(workflow.basedir),
            files=files_of_workflow,
        ),
    script:
        "../workflow/scripts/export_crate.py"


rule crate:
    input:
        rules.export_crate.output,
