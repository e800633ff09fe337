# Measures that need no probe: bits per character and word alignment.


rule measure_bits:
    input:
        **checkpoint_files("{step}"),
        admitted=admission,
        pieces="results/{model}/pieces/heldout/{language}.parquet",
    output:
        "results/{model}/bits/{language}/step-{step}.parquet",
    log:
        "logs/{model}/measure_bits/{language}/step-{step}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "measure_bits",
            language=lambda wildcards: wildcards.language,
            step=lambda wildcards: int(wildcards.step),
            model=lambda wildcards: wildcards.model,
            layer=lambda wildcards: MODELS[wildcards.model]["final_layer"],
            mask_probability=config["bits"]["mask_probability"],
            seed=config["bits"]["seed"],
            tokens_per_batch=config["features"]["tokens_per_batch"],
            threads=1,
        ),
    script:
        "../workflow/scripts/measure_bits.py"


rule align_words:
    input:
        **checkpoint_files("{step}"),
        admitted=admission,
        examples=example("bitext/{source}/{target}"),
        pieces="results/{model}/pieces/bitext/{source}/{target}.parquet",
    output:
        "results/{model}/alignment/{source}/{target}/step-{step}.parquet",
    log:
        "logs/{model}/align_words/{source}/{target}/step-{step}.log",
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "align_words",
            source=lambda wildcards: wildcards.source,
            target=lambda wildcards: wildcards.target,
            step=lambda wildcards: int(wildcards.step),
            model=lambda wildcards: wildcards.model,
            layers=config["alignment"]["layers"],
            iterations=config["alignment"]["iterations"],
            tokens_per_batch=config["features"]["tokens_per_batch"],
            threads=1,
        ),
    script:
        "../workflow/scripts/align_words.py"
