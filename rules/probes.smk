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


def training_stored(wildcards):
    """Say of each dataset of a cell whether its features are a file."""
    return [stored(kind, wildcards.language, int(wildcards.layer)) for kind in training_kinds(wildcards.task)]


def cell_inputs(wildcards):
    """Give what a cell reads: of the checkpoint nothing where all its features are stored."""
    written = training_stored(wildcards)
    kinds = training_kinds(wildcards.task)
    model, language = wildcards.model, wildcards.language
    weights = checkpoint_files(wildcards.step)
    return {
        **{name: [] if all(written) else path.format(model=model) for name, path in weights.items()},
        "examples": [example(f"{kind}/{language}") for kind in kinds],
        "pieces": [f"results/{model}/pieces/{kind}/{language}.parquet" for kind in kinds],
        "features": [
            features(kind, language, wildcards.layer, wildcards.step).format(model=model)
            for kind, there in zip(kinds, written, strict=True)
            if there
        ],
    }


CELL = "{task}/{language}/layer-{layer}/step-{step}"


rule train_probe:
    input:
        unpack(cell_inputs),
        admitted=admission,
    output:
        scores=f"results/{{model}}/probes/{CELL}.parquet",
        weights=f"results/{{model}}/probes/{CELL}.safetensors",
    log:
        f"logs/{{model}}/train_probe/{CELL}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=cell_spec("train_probe", stored=training_stored),
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
            stored=training_stored,
            shuffled=True,
        ),


def transfer_stored(wildcards):
    """Say of each target of a cell whether its features are a file."""
    layer = int(wildcards.layer)
    return [stored(transfer_kind(wildcards.task), target, layer) for target in targets_of(wildcards.task, layer)]


def transfer_inputs(wildcards):
    """Give what a transfer reads: pieces and the checkpoint only for what is not stored."""
    model, kind = wildcards.model, transfer_kind(wildcards.task)
    targets = list(zip(targets_of(wildcards.task, int(wildcards.layer)), transfer_stored(wildcards), strict=True))
    weights = [] if all(there for _, there in targets) else checkpoint_files(wildcards.step).values()
    return {
        "checkpoint": [path.format(model=model) for path in weights],
        "features": [
            features(kind, target, wildcards.layer, wildcards.step).format(model=model)
            for target, there in targets
            if there
        ],
        "pieces": [f"results/{model}/pieces/{kind}/{target}.parquet" for target, there in targets if not there],
    }


rule tabulate_targets:
    input:
        examples=lambda wildcards: [
            example(f"{transfer_kind(wildcards.task)}/{target}") for target in transfer_languages(wildcards.task)
        ],
        pieces=lambda wildcards: [
            f"results/{wildcards.model}/pieces/{transfer_kind(wildcards.task)}/{target}.parquet"
            for target in transfer_languages(wildcards.task)
        ],
    output:
        "results/{model}/targets/{task}.parquet",
    log:
        "logs/{model}/tabulate_targets/{task}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_targets",
            task=lambda wildcards: wildcards.task,
            targets=lambda wildcards: transfer_languages(wildcards.task),
            data_seed=PROBING["data_seed"],
        ),
    script:
        "../workflow/scripts/tabulate_targets.py"


rule transfer_probe:
    input:
        unpack(transfer_inputs),
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
        spec=spec(
            "transfer_probe",
            task=lambda wildcards: wildcards.task,
            source=lambda wildcards: wildcards.language,
            targets=lambda wildcards: targets_of(wildcards.task, int(wildcards.layer)),
            layer=lambda wildcards: int(wildcards.layer),
            step=lambda wildcards: int(wildcards.step),
            model=lambda wildcards: wildcards.model,
            stored=transfer_stored,
            tokens_per_batch=config["features"]["tokens_per_batch"],
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
