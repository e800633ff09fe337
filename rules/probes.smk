# A cell: one task, language, layer and step, all seeds inside. Its kept weights are then scored on every target.

TRAINING = {
    key: PROBING[key] for key in ("seeds", "epochs", "patience", "batch", "learning_rate", "data_seed", "labels")
}


def cell_spec(script, **values):
    return spec(
        script,
        task=lambda wildcards: wildcards.task,
        language=lambda wildcards: wildcards.language,
        layer=lambda wildcards: int(wildcards.layer),
        step=lambda wildcards: int(wildcards.step),
        model=lambda wildcards: wildcards.model,
        tokens_per_batch=config["features"]["tokens_per_batch"],
        threads=1,
        **TRAINING,
        **values,
    )


def of_training_kinds(pattern):
    return lambda wildcards: [
        pattern.format(kind=kind, language=wildcards.language, model=wildcards.model)
        for kind in training_kinds(wildcards.task)
    ]


def training_features(wildcards):
    return [
        features(kind, wildcards.language, wildcards.layer, wildcards.step)
        for kind in training_kinds(wildcards.task)
        if stored(kind)
    ]


CELL = "{task}/{language}/layer-{layer}/step-{step}"


rule train_probe:
    input:
        **checkpoint_files("{step}"),
        examples=of_training_kinds(example("{kind}/{language}")),
        pieces=of_training_kinds("results/{model}/pieces/{kind}/{language}.parquet"),
        features=training_features,
    output:
        scores=f"results/{{model}}/probes/{CELL}.parquet",
        weights=f"results/{{model}}/probes/{CELL}.safetensors",
    log:
        f"logs/{{model}}/train_probe/{CELL}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=cell_spec(
            "train_probe", stored=lambda wildcards: [stored(kind) for kind in training_kinds(wildcards.task)]
        ),
    script:
        "../workflow/scripts/train_probe.py"


use rule train_probe as train_control with:
    output:
        scores=f"results/{{model}}/controls/{CELL}.parquet",
        weights=f"results/{{model}}/controls/{CELL}.safetensors",
    log:
        f"logs/{{model}}/train_control/{CELL}.log",
    params:
        spec=cell_spec(
            "train_probe",
            stored=lambda wildcards: [stored(kind) for kind in training_kinds(wildcards.task)],
            shuffled=True,
        ),


def of_targets(pattern):
    return lambda wildcards: [
        pattern.format(kind=transfer_kind(wildcards.task), language=target, model=wildcards.model)
        for target in targets_of(wildcards.task, int(wildcards.layer))
    ]


def transfer_features(wildcards):
    kind = transfer_kind(wildcards.task)
    return [
        features(kind, target, wildcards.layer, wildcards.step)
        for target in targets_of(wildcards.task, int(wildcards.layer))
        if stored(kind)
    ]


rule transfer_probe:
    input:
        weights=rules.train_probe.output.weights,
        examples=of_targets(example("{kind}/{language}")),
        pieces=of_targets("results/{model}/pieces/{kind}/{language}.parquet"),
        features=transfer_features,
        checkpoint=list(checkpoint_files("{step}").values()),
    output:
        f"results/{{model}}/transfer/{CELL}.parquet",
    log:
        f"logs/{{model}}/transfer_probe/{CELL}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "transfer_probe",
            task=lambda wildcards: wildcards.task,
            source=lambda wildcards: wildcards.language,
            targets=lambda wildcards: targets_of(wildcards.task, int(wildcards.layer)),
            layer=lambda wildcards: int(wildcards.layer),
            step=lambda wildcards: int(wildcards.step),
            model=lambda wildcards: wildcards.model,
            stored=lambda wildcards: stored(transfer_kind(wildcards.task)),
            tokens_per_batch=config["features"]["tokens_per_batch"],
            data_seed=PROBING["data_seed"],
            threads=1,
        ),
    script:
        "../workflow/scripts/transfer_probe.py"


rule score_baseline:
    input:
        examples=of_training_kinds(example("{kind}/{language}")),
        pieces=of_training_kinds("results/{model}/pieces/{kind}/{language}.parquet"),
    output:
        "results/{model}/baselines/{task}/{language}.parquet",
    log:
        "logs/{model}/score_baseline/{task}/{language}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "score_baseline",
            task=lambda wildcards: wildcards.task,
            language=lambda wildcards: wildcards.language,
            model=lambda wildcards: wildcards.model,
            data_seed=PROBING["data_seed"],
            labels=PROBING["labels"],
        ),
    script:
        "../workflow/scripts/score_baseline.py"
