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
    export_dataset,
    push_dataset,
    publish,


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
            sources=study.added_sources,
            files=lambda wildcards: files_of_workflow(),
            content=lambda wildcards: content_of_workflow(),
        ),
    script:
        "../workflow/scripts/export_crate.py"


rule crate:
    "the finished study as one archive to hand on, a Workflow Run RO-Crate"
    input:
        rules.export_crate.output,


rule export_dataset:
    "the folder of the target publish"
    input:
        within_reach(SCORES + EXAMINATIONS + FIGURE_FILES + TABLE_FILES + AUDIT),
    output:
        files=f"results/publish/{study.name}.files.json",
        folder=directory(f"results/publish/{study.name}"),
    log:
        f"logs/{study.name}/export_dataset.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "export_dataset",
            folders=study.places,
            title=config["title"] or study.name,
            note=config["note"] or "",
            licence=config["publish"]["licence"],
            config=lambda wildcards: SETTINGS,
            sources=study.added_sources,
            models=lambda wildcards: [
                {**{key: model[key] for key in ("name", "provider", "source")}, "steps": study.steps(model["name"])}
                for model in study.models.values()
            ],
        ),
    script:
        "../workflow/scripts/export_dataset.py"


rule push_dataset:
    "the dataset of the target publish, on Hugging Face"
    input:
        **rules.export_dataset.output,
    output:
        f"results/publish/{study.name}.pushed.json",
    log:
        f"logs/{study.name}/push_dataset.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "push_dataset",
            title=config["title"] or study.name,
            **{key: config["publish"][key] for key in ("repository", "private")},
        ),
    script:
        "../workflow/scripts/push_dataset.py"


rule publish:
    "the finished study as a dataset of Hugging Face: its folder, pushed where publish.repository is given"
    input:
        rules.push_dataset.output if config["publish"]["repository"] else rules.export_dataset.output,
