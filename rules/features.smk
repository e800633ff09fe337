# Hidden states, one vector per word, for each dataset, layer and step.


rule extract_features:
    input:
        **checkpoint_files(),
        admitted=admitted,
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
            layer=wildcard("layer", int),
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/extract_features.py"
