# The pieces of each dataset, and its word vectors at each layer and step.


rule tokenize_examples:
    input:
        examples=example("{dataset}"),
        tokenizer="results/{model}/tokenizer/tokenizer.json",
    output:
        "results/{model}/pieces/{dataset}.parquet",
    log:
        "logs/{model}/tokenize_examples/{dataset}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tokenize_examples",
            kind=lambda wildcards: wildcards.dataset.split("/")[0],
            window=lambda wildcards: MODELS[wildcards.model]["window"],
        ),
    script:
        "../workflow/scripts/tokenize_examples.py"


rule extract_features:
    input:
        **checkpoint_files("{step}"),
        admitted=admission,
        pieces="results/{model}/pieces/{dataset}.parquet",
    output:
        "results/{model}/features/{dataset}/layer-{layer}/step-{step}.npy",
    log:
        "logs/{model}/extract_features/{dataset}/layer-{layer}/step-{step}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "extract_features",
            layer=lambda wildcards: int(wildcards.layer),
            tokens_per_batch=config["features"]["tokens_per_batch"],
            threads=1,
        ),
    script:
        "../workflow/scripts/extract_features.py"
