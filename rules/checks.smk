# Checks: of checkpoints before any probe, of datasets, and of what the study must show.

from types import SimpleNamespace

from polychron.storage import files

# by which distances and sizes of languages are read
CODES = files.checksum(paths.DATA / "iso_639.tsv")


rule examine_checkpoint:
    input:
        **directory_of("{model}", "{step}"),
        expected="results/{model}/tokenizer/tokenizer.json",
        origin=rules.resolve_checkpoint.output[0],
    output:
        "results/{model}/checkpoints/step-{step}/verdict.json",
    log:
        "logs/{model}/examine_checkpoint/step-{step}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "examine_checkpoint",
            bits=lambda wildcards: any(job["model"] == wildcards.model for job in study.bits),
            **SIZES_OF_MODEL,
        ),
    script:
        "../workflow/scripts/examine_checkpoint.py"


rule measure_displacement:
    input:
        before=inputs.weights_before,
        after="results/{model}/checkpoints/step-{step}/model.safetensors",
    output:
        "results/{model}/checkpoints/step-{step}/displacement.json",
    log:
        "logs/{model}/measure_displacement/step-{step}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("measure_displacement"),
    script:
        "../workflow/scripts/measure_displacement.py"


rule describe_models:
    input:
        verdicts=inputs.last_verdicts,
    output:
        "results/{model}/models.parquet",
    log:
        "logs/{model}/describe_models.log",
    wildcard_constraints:
        model=among(study.described),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            study.made_by("describe_models"),
            published=files.checksum(paths.DATA / "models.tsv"),
            families=files.checksum(paths.DATA / "model_families.tsv"),
            models=lambda wildcards: study.converted_first(wildcards.model),
            languages={model: study.languages_known(model) for model in study.pretrained},
        ),
    script:
        f"../workflow/scripts/{study.made_by('describe_models')}.py"


rule compare_checkpoints:
    input:
        verdicts=inputs.of_steps("verdict"),
        moved=inputs.of_steps("displacement", first=1),
        bundle=study.resource("vega.js"),
    output:
        table="results/{model}/checkpoints/examination.csv",
        listing=report(
            "results/{model}/checkpoints/examination.html",
            caption="../workflow/report/examination.rst",
            category="1 Overview",
            labels={"item": "the checkpoints", "model": "{model}"},
        ),
        page=report(
            "results/{model}/checkpoints/displacement.html",
            caption="../workflow/report/displacement.rst",
            category="1 Overview",
            labels={"item": "how far the weights moved", "model": "{model}"},
        ),
        svg="results/{model}/checkpoints/displacement.svg",
        png="results/{model}/checkpoints/displacement.png",
        caption="results/{model}/checkpoints/displacement.rst",
    log:
        "logs/{model}/compare_checkpoints.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "compare_checkpoints",
            steps=lambda wildcards: sorted(study.steps(wildcards.model)),
            model=wildcard("model"),
            page=pages.fingerprint("checkpoints.html"),
        ),
    script:
        "../workflow/scripts/compare_checkpoints.py"


# Once a checkpoint has been admitted, no rule makes its file of admission. Otherwise the examination, made again, would
# hide changes of cells: Snakemake does not consider jobs that depend on one that has to run, even through ancient().
# It is made where this run may replace the checkpoint.
AWAITED = [
    f"{model}/checkpoints/step-{step}"
    for model in study.single
    for step in study.steps(model)
    if internals.is_forced(workflow, *freshness.replacing(study, model, step))
    or str(freshness.origin_of(model, step)) in REPLACED
    or not freshness.admitted(model, step, inputs.asked(SimpleNamespace(model=model, step=str(step))))
]


localrules:
    admit_checkpoint,


rule admit_checkpoint:
    input:
        examination=inputs.examination,
        origin="results/{place}/origin.json",
    output:
        "results/{place}/admission.json",
    log:
        "logs/{place}/admit_checkpoint.log",
    wildcard_constraints:
        place=among(map(re.escape, AWAITED)),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("admit_checkpoint"),
    script:
        "../workflow/scripts/admit_checkpoint.py"


EXAMINATIONS = expand("results/{model}/checkpoints/examination.html", model=study.single)


# Oddities in the data. No other rule reads these files, so they rerun nothing.
rule examine_data:
    input:
        unpack(inputs.examined),
        texts=inputs.pretraining_texts,
    output:
        table="results/{model}/data/findings.parquet",
        page=report(
            "results/{model}/data/findings.html",
            caption="../workflow/report/findings.rst",
            category="1 Overview",
            labels={"item": "what is odd in the data", "model": "{model}"},
        ),
        csv="results/{model}/data/findings.csv",
    log:
        "logs/{model}/examine_data.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "examine_data",
            model=wildcard("model"),
            datasets=lambda wildcards: study.of(wildcards.model).datasets,
            page=pages.fingerprint("table.html"),
            sources=lambda wildcards: study.of(wildcards.model).treebank_sources,
            texts=lambda wildcards: inputs.pretraining_languages(wildcards.model),
        ),
    script:
        "../workflow/scripts/examine_data.py"


FINDINGS = expand("results/{model}/data/findings.html", model=study.analysed)


# The raw data themselves: all faults of all files in one run. No job of a study reads these files either.
rule check_data:
    input:
        internals.going_on(workflow, "data", inputs.readable),
    output:
        f"results/data/{study.name}/{{named}}.json",
    log:
        f"logs/{study.name}/check_data/{{named}}.log",
    wildcard_constraints:
        named=among(map(re.escape, inputs.named)),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "check_data",
            dataset=wildcard("named"),
            named=lambda wildcards: inputs.named[wildcards.named],
            codes=lambda wildcards: CODES if wildcards.named in ("distances", "sizes") else None,
        ),
    script:
        "../workflow/scripts/check_data.py"


localrules:
    data,
    findings,


rule data:
    "check all files that the study reads, before anything is trained; list every fault"
    input:
        [*inputs.checks],
    log:
        f"logs/{study.name}/data.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("report_faults", **inputs.checked),
    script:
        "../workflow/scripts/report_faults.py"


rule findings:
    "what is odd in the data: duplicates, unseen labels, words beyond the window"
    input:
        FINDINGS,


rule check_study:
    input:
        scores="results/{model}/scores.parquet",
    output:
        table="results/{model}/checks/checks.csv",
        page=report(
            "results/{model}/checks/checks.html",
            caption="../workflow/report/checks.rst",
            category="1 Overview",
            labels={"item": "what the study must show", "model": "{model}"},
        ),
    log:
        "logs/{model}/check_study.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("check_study", expect=study.expected_of_scores, page=pages.fingerprint("checks.html")),
    script:
        "../workflow/scripts/check_study.py"


# What is expected of geometry is on a page of its own: what is expected of scores is compared without it.
rule check_geometry:
    input:
        geometry=inputs.described_geometry,
    output:
        table="results/{model}/checks/geometry.csv",
        page=report(
            "results/{model}/checks/geometry.html",
            caption="../workflow/report/checks-geometry.rst",
            category="1 Overview",
            labels={"item": "what the geometry must show", "model": "{model}"},
        ),
    log:
        "logs/{model}/check_geometry.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "check_geometry",
            expect=study.expected_of_geometry,
            set=study.shown_set,
            page=pages.fingerprint("checks.html"),
        ),
    script:
        "../workflow/scripts/check_geometry.py"


rule check_laboratory:
    input:
        ablation="results/{lab}/ablation.parquet",
    output:
        table="results/{lab}/checks/laboratory.csv",
        page=report(
            "results/{lab}/checks/laboratory.html",
            caption="../workflow/report/checks-laboratory.rst",
            category="1 Overview",
            labels={"item": "what the laboratory must show", "model": "{lab}"},
        ),
    log:
        "logs/{lab}/check_laboratory.log",
    wildcard_constraints:
        lab=among(study.laboratories),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("check_laboratory", expect=study.expected_of_laboratory, page=pages.fingerprint("checks.html")),
    script:
        "../workflow/scripts/check_laboratory.py"


CHECKS = study.checks
