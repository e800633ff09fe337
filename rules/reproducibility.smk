# The comparison of results with their records and of cells with repetitions of them; and the run as an archive.


use rule train_probe as retrain_probe with:
    input:
        unpack(as_they_are(inputs.cell)),
    output:
        # deleted once they have been compared: the next comparison trains them from scratch
        scores=f"results/reproduction/{{model}}/{CELL}.parquet",
        weights=f"results/reproduction/{{model}}/{CELL}.safetensors",
    log:
        f"logs/{{model}}/retrain_probe/{CELL}.log",


internals.default_cores(workflow, "reproduce", os.cpu_count())  # so that `snakemake reproduce` needs no options


localrules:
    reproduce,
    crate,
    export_crate,


rule reproduce:
    "compare each result with its record, and train some cells again"
    input:
        scores=repeated(rules.retrain_probe.output.scores),
        weights=repeated(rules.retrain_probe.output.weights),
    log:
        f"logs/{study.name}/reproduce.log",
    conda:
        "../envs/polychron.yaml"
    threads: 4
    params:
        spec=lambda wildcards: spec(
            "reproduce",
            study=study.name,
            folders=study.places,
            expected=specs_of_results(),
            originals=refusing(lambda _: freshness.other_originals(study, PLACE, KNOWN))(wildcards),
            cells=[rules.train_probe.output.scores.format(**cell) for cell in cells_to_repeat()],
            drawn=config["reproduction"]["cells"],
            tolerance=config["reproduction"]["tolerance"],
            page=pages.fingerprint("plan.html"),
        )(wildcards),
    script:
        "../workflow/scripts/reproduce.py"


rule export_crate:
    "the archive of the target crate"
    input:
        packed(SCORES + EXAMINATIONS + FIGURE_FILES + TABLE_FILES + EXPLORER + CHECKS + AUDIT + FINDINGS + SUMMARIES),
    output:
        f"results/crate/{study.name}.zip",
    log:
        f"logs/{study.name}/export_crate.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "export_crate",
            folders=study.places,
            title=config["title"] or study.name,
            note=config["note"] or "",
            config=lambda wildcards: SETTINGS,
            files=lambda wildcards: files_of_workflow(),
            content=lambda wildcards: content_of_workflow(),
        ),
    script:
        "../workflow/scripts/export_crate.py"


rule crate:
    "the finished study as one archive to hand on, a Workflow Run RO-Crate"
    input:
        rules.export_crate.output,
