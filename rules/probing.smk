# A cell: one task, language, layer and step, all seeds inside. Its kept weights are then scored on every target.


rule train_probe:
    input:
        unpack(inputs.cell),
        admitted=admitted,
    output:
        scores=f"results/{{model}}/probes/{CELL}.parquet",
        weights=f"results/{{model}}/probes/{CELL}.safetensors",
    log:
        f"logs/{{model}}/train_probe/{CELL}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=cell_spec(stored=inputs.cell_stored),
    script:
        "../workflow/scripts/train_probe.py"


# What is trained beside a cell's probes: on the labels of a control task, on parts of the train split, and under
# another setting.


rule train_control:
    input:
        unpack(inputs.cell),
        admitted=admitted,
    output:
        scores=f"results/{{model}}/controls/{{control}}/{CELL}.parquet",
    log:
        f"logs/{{model}}/train_control/{{control}}/{CELL}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=cell_spec("train_control", stored=inputs.cell_stored, control=wildcard("control")),
    script:
        "../workflow/scripts/train_control.py"


rule measure_description_length:
    input:
        unpack(inputs.cell),
        admitted=admitted,
    output:
        scores=f"results/{{model}}/description_length/{CELL}.parquet",
    log:
        f"logs/{{model}}/measure_description_length/{CELL}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=cell_spec(
            "measure_description_length",
            stored=inputs.cell_stored,
            data_seed=study.probing["data_seed"],
        ),
    script:
        "../workflow/scripts/measure_description_length.py"


rule train_alternative:
    input:
        unpack(inputs.cell),
        admitted=admitted,
    output:
        scores=f"results/{{model}}/{ALTERNATIVE}.parquet",
    log:
        f"logs/{{model}}/train_alternative/{{scaling}}-{{solver}}/{CELL}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=task_spec(
            "train_alternative",
            enters=lambda wildcards: [task_entry(wildcards), SOLVERS[wildcards.solver][0]],
            options=study.training_options,
            language=wildcard("language"),
            layer=wildcard("layer", int),
            step=wildcard("step", int),
            model=wildcard("model"),
            setting=lambda wildcards: {"scaling": wildcards.scaling, "solver": wildcards.solver},
            settings=lambda wildcards: study.training_settings(wildcards.scaling, wildcards.solver),
            stored=inputs.cell_stored,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/train_alternative.py"


rule tabulate_targets:
    input:
        unpack(inputs.target_tables),
    output:
        "results/{model}/targets/{task}.parquet",
    log:
        "logs/{model}/tabulate_targets/{task}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=task_spec(
            "tabulate_targets", targets=lambda wildcards: study.of(wildcards.model).transfer_languages(wildcards.task)
        ),
    script:
        "../workflow/scripts/tabulate_targets.py"


rule transfer_probe:
    input:
        unpack(inputs.transfer),
        weights=rules.train_probe.output.weights,
        targets=rules.tabulate_targets.output[0],
    output:
        f"results/{{model}}/transfer/{CELL}.parquet",
    log:
        f"logs/{{model}}/transfer_probe/{CELL}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=task_spec(
            "transfer_probe",
            source=wildcard("language"),
            targets=targets_of,
            layer=wildcard("layer", int),
            step=wildcard("step", int),
            model=wildcard("model"),
            stored=inputs.transfer_stored,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/transfer_probe.py"


# The spans that the labels of words make up, where they are those of IOB2: in-language, and on all targets.
rule score_spans:
    input:
        unpack(inputs.spans),
        weights=rules.train_probe.output.weights,
    output:
        f"results/{{model}}/spans/{CELL}.parquet",
    log:
        f"logs/{{model}}/score_spans/{CELL}.log",
    wildcard_constraints:
        task=among(study.spanned),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=task_spec(
            "score_spans",
            source=wildcard("language"),
            targets=lambda wildcards: study.of(wildcards.model).span_targets(
                wildcards.task, wildcards.language, int(wildcards.layer)
            ),
            layer=wildcard("layer", int),
            step=wildcard("step", int),
            model=wildcard("model"),
            stored=inputs.spans_stored,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/score_spans.py"


rule score_baseline:
    input:
        unpack(inputs.cell_tables),
    output:
        "results/{model}/baselines/{task}/{language}.parquet",
    log:
        "logs/{model}/score_baseline/{task}/{language}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=task_spec(
            "score_baseline",
            enters=lambda wildcards: [task_entry(wildcards), *study.entries[wildcards.task].baselines],
            language=wildcard("language"),
            model=wildcard("model"),
        ),
    script:
        "../workflow/scripts/score_baseline.py"
