# Measures that need no probe: bits per character and word alignment.


rule measure_bits:
    input:
        **checkpoint_files(),
        admitted=admitted,
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
            language=wildcard("language"),
            step=wildcard("step", int),
            model=wildcard("model"),
            layer=lambda wildcards: study.models[wildcards.model]["final_layer"],
            mask_probability=config["bits"]["mask_probability"],
            seed=config["bits"]["seed"],
            # left out where there is one, so that measurements made before there was this key stay as they are
            **({"draws": config["bits"]["draws"]} if config["bits"]["draws"] > 1 else {}),
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/measure_bits.py"


rule align_words:
    input:
        **checkpoint_files(),
        admitted=admitted,
        examples=study.example("bitext/{source}/{target}"),
        pieces="results/{model}/pieces/bitext/{source}/{target}.parquet",
    output:
        "results/{model}/alignment/{source}/{target}/step-{step}.parquet",
    log:
        "logs/{model}/align_words/{source}/{target}/step-{step}.log",
    wildcard_constraints:
        model=among(study.single),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "align_words",
            source=wildcard("source"),
            target=wildcard("target"),
            step=wildcard("step", int),
            model=wildcard("model"),
            layers=lambda wildcards: study.aligned_layers(wildcards.model),
            iterations=config["alignment"]["iterations"],
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/align_words.py"


# The further methods of alignment.methods: a job beside that of itermax, which they do not rerun.
rule match_words:
    input:
        **checkpoint_files(),
        admitted=admitted,
        examples=study.example("bitext/{source}/{target}"),
        pieces="results/{model}/pieces/bitext/{source}/{target}.parquet",
    output:
        "results/{model}/matching/{source}/{target}/step-{step}.parquet",
    log:
        "logs/{model}/match_words/{source}/{target}/step-{step}.log",
    wildcard_constraints:
        model=among(study.single),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "match_words",
            source=wildcard("source"),
            target=wildcard("target"),
            step=wildcard("step", int),
            model=wildcard("model"),
            layers=lambda wildcards: study.aligned_layers(wildcards.model),
            methods=study.matching,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/match_words.py"
