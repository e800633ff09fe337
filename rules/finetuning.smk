# Fine-tuning: all weights of a checkpoint are trained for a task on one language, and the model is tested on all
# targets. Its scores are rows of scores.parquet. Where the recipe is a grid, each point of it is a job.

from polychron.study.finetuning.cells import POINT, TUNED


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
        model=among(study.tuned_models),
        task=among(study.tuned_tasks),
        seed=r"\d+",
        point=r"\d+",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "fine_tune",
            enters=inputs.tuning_entry,
            task=wildcard("task"),
            options=lambda wildcards: dict(study.entry(wildcards.task).options),
            model=wildcard("model"),
            source=wildcard("source"),
            datasets=lambda wildcards: len(study.tuned_datasets(wildcards.task, wildcards.source)),
            targets=lambda wildcards: study.tuned_targets(wildcards.model, wildcards.task),
            oracles=lambda wildcards: study.oracle_targets(wildcards.model, wildcards.task),
            layer=lambda wildcards: study.models[wildcards.model]["final_layer"],
            window=lambda wildcards: study.models[wildcards.model]["window"],
            step=wildcard("step", int),
            seed=wildcard("seed", int),
            tokens_per_batch=config["features"]["tokens_per_batch"],
            threads=1,
            **study.tuning_settings,
            **({"point": wildcard("point", int)} if study.gridded else {}),
        ),
    script:
        "../workflow/scripts/fine_tune.py"


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
