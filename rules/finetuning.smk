# Fine-tuning: all weights of a checkpoint are trained for a task on one language, and the model is tested on all
# targets. Its scores are rows of scores.parquet. Where the recipe is a grid, each point of it is a job. Encoders that are
# kept are models of the study of their own, so that their geometry is measured by the rules of geometry.

from polychron.study.finetuning.patterns import KEPT, POINT, STACKED, STACKED_POINT, TUNED


rule fine_tune:
    input:
        unpack(inputs.tuning),
        **checkpoint_files(),
        admitted=admitted,
    output:
        f"results/{{model}}/finetuned/{POINT if study.gridded else TUNED}.parquet",
    log:
        f"logs/{{model}}/fine_tune/{POINT if study.gridded else TUNED}.log",
    wildcard_constraints:
        model=among(set(study.tuned_models) - set(study.ensembles)),
        task=among(study.tuned_tasks),
        source=among(study.tuned_from),
        seed=r"\d+",
        point=r"\d+",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec("fine_tune", **inputs.training),
    script:
        "../workflow/scripts/fine_tune.py"


rule fine_tune_members:
    input:
        unpack(inputs.tuning),
        unpack(inputs.tuned_members),
        admitted=lambda wildcards: [ancient(file) for file in inputs.tuned_admissions(wildcards)],
    output:
        rules.fine_tune.output[0],
    log:
        f"logs/{{model}}/fine_tune_members/{POINT if study.gridded else TUNED}.log",
    wildcard_constraints:
        model=among(study.ensembles),
        task=among(study.tuned_tasks),
        source=among(study.tuned_from),
        seed=r"\d+",
        point=r"\d+",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec("fine_tune_members", **inputs.training, **inputs.training_of_members),
    script:
        "../workflow/scripts/fine_tune_members.py"


rule fine_tune_stacked:
    input:
        unpack(inputs.stacked),
        admitted=lambda wildcards: [ancient(file) for file in inputs.stacked_admissions(wildcards)],
    output:
        f"results/{{model}}/stacked/{STACKED_POINT if study.gridded else STACKED}.parquet",
    log:
        f"logs/{{model}}/fine_tune_stacked/{STACKED_POINT if study.gridded else STACKED}.log",
    wildcard_constraints:
        model=among(study.ensembles),
        task=among(study.tuned_tasks),
        source=among(study.tuned_from),
        seed=r"\d+",
        point=r"\d+",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec("fine_tune_stacked", **inputs.training_of_stacked),
    script:
        "../workflow/scripts/fine_tune_stacked.py"


if study.gridded:

    rule select_settings:
        input:
            inputs.points,
        output:
            f"results/{{model}}/finetuned/{TUNED}.parquet",
        log:
            f"logs/{{model}}/select_settings/{TUNED}.log",
        wildcard_constraints:
            model=among(study.tuned_models),
            task=among(study.tuned_tasks),
            seed=r"\d+",
        conda:
            "../envs/polychron.yaml"
        params:
            spec=spec("select_settings", task=wildcard("task")),
        script:
            "../workflow/scripts/select_settings.py"

    use rule select_settings as select_stacked_settings with:
        input:
            inputs.stacked_points,
        output:
            f"results/{{model}}/stacked/{STACKED}.parquet",
        log:
            f"logs/{{model}}/select_stacked_settings/{STACKED}.log",


ruleorder: fine_tune_and_keep > fine_tune


rule fine_tune_and_keep:
    input:
        unpack(inputs.tuning),
        **checkpoint_files(),
        admitted=admitted,
        kept_tokenizer=directory_of("{model}", "{step}")["tokenizer"],
        kept_tokenizer_config=directory_of("{model}", "{step}")["tokenizer_config"],
    output:
        **directory_of(KEPT, "{step}"),
        scores=f"results/{{model}}/finetuned/{TUNED}.parquet",
    log:
        f"logs/{{model}}/fine_tune_and_keep/{TUNED}.log",
    wildcard_constraints:
        model=among(job["model"] for job in study.keeping),
        task=among(job["task"] for job in study.keeping),
        source=among(job["source"] for job in study.keeping),
        step=among(str(job["step"]) for job in study.keeping),
        seed=among(str(job["seed"]) for job in study.keeping),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec("fine_tune_and_keep", **inputs.training),
    script:
        "../workflow/scripts/fine_tune_and_keep.py"


rule compare_fine_tuned:
    input:
        unpack(inputs.geometry_of_kept),
    output:
        "results/{model}/forgetting.parquet",
    log:
        "logs/{model}/compare_fine_tuned.log",
    wildcard_constraints:
        model=among(study.compared_again),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("compare_fine_tuned", tuned=lambda wildcards: study.tuned_as(wildcards.model)),
    script:
        "../workflow/scripts/compare_fine_tuned.py"
