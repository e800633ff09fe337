# Structural probes, which find distances in syntax trees in word vectors, and probes on mixtures of layers. Their scores
# are rows of geometry.parquet.


rule train_structural_probe:
    input:
        unpack(inputs.structural_cell),
        admitted=admitted,
    output:
        scores="results/{model}/structural/{language}/layer-{layer}/step-{step}.parquet",
        weights="results/{model}/structural/{language}/layer-{layer}/step-{step}.safetensors",
    log:
        "logs/{model}/train_structural_probe/{language}/layer-{layer}/step-{step}.log",
    wildcard_constraints:
        model=among(study.structured),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "train_structural_probe",
            language=wildcard("language"),
            layer=wildcard("layer", int),
            step=wildcard("step", int),
            model=wildcard("model"),
            stored=inputs.structural_cell_stored,
            settings=study.structural_settings,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/train_structural_probe.py"


rule transfer_structural_probe:
    input:
        unpack(inputs.structural_transfer),
        probe=rules.train_structural_probe.output.weights,
    output:
        "results/{model}/structural_transfer/{language}/layer-{layer}/step-{step}.parquet",
    log:
        "logs/{model}/transfer_structural_probe/{language}/layer-{layer}/step-{step}.log",
    wildcard_constraints:
        model=among(study.structured),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "transfer_structural_probe",
            source=wildcard("language"),
            targets=lambda wildcards: study.of(wildcards.model).structural_targets,
            layer=wildcard("layer", int),
            step=wildcard("step", int),
            model=wildcard("model"),
            stored=inputs.structural_transfer_stored,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/transfer_structural_probe.py"


rule compare_subspaces:
    input:
        inputs.structural_probes,
    output:
        "results/{model}/subspaces/layer-{layer}/step-{step}.parquet",
    log:
        "logs/{model}/compare_subspaces/layer-{layer}/step-{step}.log",
    wildcard_constraints:
        model=among(study.structured),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "compare_subspaces",
            languages=lambda wildcards: study.of(wildcards.model).structural_languages,
            layer=wildcard("layer", int),
            step=wildcard("step", int),
            model=wildcard("model"),
        ),
    script:
        "../workflow/scripts/compare_subspaces.py"


rule train_mixture:
    input:
        unpack(inputs.mixture),
        admitted=admitted,
    output:
        "results/{model}/mixture/{task}/{language}/step-{step}.parquet",
    log:
        "logs/{model}/train_mixture/{task}/{language}/step-{step}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=task_spec(
            "train_mixture",
            options=study.training_options,
            language=wildcard("language"),
            layer=lambda wildcards: study.models[wildcards.model]["final_layer"],
            step=wildcard("step", int),
            model=wildcard("model"),
            settings=study.mixture_settings,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/train_mixture.py"
