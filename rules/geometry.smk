# How similar languages are in the states of parallel sentences, and each language at one step and at others.

from polychron.storage import files


rule tabulate_parallel:
    input:
        unpack(inputs.parallel),
    output:
        "results/{model}/parallel/{set}.parquet",
    log:
        "logs/{model}/tabulate_parallel/{set}.log",
    wildcard_constraints:
        model=among(study.described),
        set="parallel",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("tabulate_parallel", languages=compared_languages),
    script:
        "../workflow/scripts/tabulate_parallel.py"


rule join_sentences:
    input:
        unpack(inputs.parallel),
    output:
        "results/{model}/parallel/{set}.parquet",
    log:
        "logs/{model}/join_sentences/{set}.log",
    wildcard_constraints:
        model=among(study.described),
        set="inference_parallel",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "join_sentences",
            languages=lambda wildcards: study.of(wildcards.model).languages_of(wildcards.set),
            window=lambda wildcards: study.models[wildcards.model]["window"],
        ),
    script:
        "../workflow/scripts/join_sentences.py"


rule pool_sentences:
    input:
        **checkpoint_files(),
        admitted=admitted,
        pieces="results/{model}/pieces/{set}/{language}.parquet",
    output:
        "results/{model}/sentences/{set}/{language}/step-{step}.npy",
    log:
        "logs/{model}/pool_sentences/{set}/{language}/step-{step}.log",
    wildcard_constraints:
        model=among(job["model"] for job in study.pooled),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "pool_sentences",
            layer=lambda wildcards: study.models[wildcards.model]["final_layer"],
            pooling=study.geometry and study.geometry["pooling"],
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/pool_sentences.py"


rule compare_languages:
    input:
        unpack(inputs.states),
        parallel="results/{model}/parallel/{set}.parquet",
    output:
        f"results/{{model}}/similarity/{COMPARED}.parquet",
    log:
        f"logs/{{model}}/compare_languages/{COMPARED}.log",
    wildcard_constraints:
        model=among(study.described),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "compare_languages",
            languages=lambda wildcards: study.of(wildcards.model).languages_of(wildcards.set),
            layer=wildcard("layer", int),
            step=wildcard("step", int),
            model=wildcard("model"),
            set=wildcard("set"),
            **study.measures,
        ),
    script:
        "../workflow/scripts/compare_languages.py"


rule compare_steps:
    input:
        states=inputs.states_of_steps,
        parallel="results/{model}/parallel/{set}.parquet",
    output:
        f"results/{{model}}/stability/{STABILITY}.parquet",
    log:
        f"logs/{{model}}/compare_steps/{STABILITY}.log",
    wildcard_constraints:
        model=among(study.described),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "compare_steps",
            languages=lambda wildcards: study.of(wildcards.model).languages_of(wildcards.set),
            layer=wildcard("layer", int),
            steps=lambda wildcards: study.steps(wildcards.model),
            model=wildcard("model"),
            set=wildcard("set"),
        ),
    script:
        "../workflow/scripts/compare_steps.py"


rule retrieve_sentences:
    input:
        unpack(inputs.searched),
        parallel="results/{model}/parallel/{set}.parquet",
    output:
        f"results/{{model}}/retrieval/{COMPARED}.parquet",
    log:
        f"logs/{{model}}/retrieve_sentences/{COMPARED}.log",
    wildcard_constraints:
        model=among(study.described),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            study.searching_script,
            languages=lambda wildcards: study.of(wildcards.model).languages_of(wildcards.set),
            layer=wildcard("layer", int),
            step=wildcard("step", int),
            model=wildcard("model"),
            set=wildcard("set"),
            **study.searching,
            **study.fitting,
        ),
    script:
        f"../workflow/scripts/{study.searching_script}.py"


rule retrieve_translations:
    input:
        **checkpoint_files(),
        admitted=admitted,
        examples=study.example("tatoeba/{source}/{target}"),
        pieces="results/{model}/pieces/tatoeba/{source}/{target}.parquet",
    output:
        f"results/{{model}}/translations/{PAIRED_SENTENCES}.parquet",
    log:
        f"logs/{{model}}/retrieve_translations/{PAIRED_SENTENCES}.log",
    wildcard_constraints:
        model=among(study.described),
        source=among(pair["source"] for pair in study.translated_pairs),
        target=among(pair["target"] for pair in study.translated_pairs),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "retrieve_translations",
            source=wildcard("source"),
            target=wildcard("target"),
            step=wildcard("step", int),
            model=wildcard("model"),
            layers=lambda wildcards: study.compared_layers(wildcards.model),
            **study.searching_pairs,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/retrieve_translations.py"


rule map_words:
    input:
        **checkpoint_files(),
        admitted=admitted,
        examples=study.example("bitext/{source}/{target}"),
        pieces="results/{model}/pieces/bitext/{source}/{target}.parquet",
    output:
        f"results/{{model}}/word_retrieval/{LINKED}.parquet",
    log:
        f"logs/{{model}}/map_words/{LINKED}.log",
    wildcard_constraints:
        model=among(set(study.described) - set(study.ensembles)),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "map_words",
            source=wildcard("source"),
            target=wildcard("target"),
            step=wildcard("step", int),
            model=wildcard("model"),
            layers=lambda wildcards: study.compared_layers(wildcards.model),
            **study.searching_links,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/map_words.py"


rule map_dictionary:
    input:
        unpack(inputs.dictionary),
        unpack(inputs.dictionary_sides),
        admitted=admitted,
    output:
        f"results/{{model}}/word_retrieval/{TRANSLATED}.parquet",
    log:
        f"logs/{{model}}/map_dictionary/{TRANSLATED}.log",
    wildcard_constraints:
        model=among(study.described),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "map_dictionary",
            source=wildcard("source"),
            target=wildcard("target"),
            step=wildcard("step", int),
            model=wildcard("model"),
            format=lambda wildcards: study.file_of("dictionary", f"{wildcards.source}/{wildcards.target}")["format"],
            sentences=study.dictionary_sentences,
            window=lambda wildcards: study.models[wildcards.model]["window"],
            layers=lambda wildcards: study.compared_layers(wildcards.model),
            **study.searching_words,
            **study.both_directions,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/map_dictionary.py"


rule identify_languages:
    input:
        states=inputs.states_at,
        parallel="results/{model}/parallel/{set}.parquet",
    output:
        f"results/{{model}}/identity/{COMPARED}.parquet",
    log:
        f"logs/{{model}}/identify_languages/{COMPARED}.log",
    wildcard_constraints:
        model=among(study.described),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=spec(
            "identify_languages",
            languages=lambda wildcards: study.of(wildcards.model).languages_of(wildcards.set),
            layer=wildcard("layer", int),
            step=wildcard("step", int),
            model=wildcard("model"),
            set=wildcard("set"),
            enters=SOLVERS[study.probing["solver"]][0],
            threads=1,
            **study.training_settings(*study.setting),
        ),
    script:
        "../workflow/scripts/identify_languages.py"


# Scores beside those of transfer: they need what the probes were trained on as well.
rule transfer_centred:
    input:
        unpack(inputs.transfer_centred),
        weights=rules.train_probe.output.weights,
        targets=rules.tabulate_targets.output[0],
    output:
        f"results/{{model}}/transfer_centred/{CELL}.parquet",
    log:
        f"logs/{{model}}/transfer_centred/{CELL}.log",
    wildcard_constraints:
        model=among(study.described),
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=task_spec(
            "transfer_centred",
            source=wildcard("language"),
            targets=targets_of,
            layer=wildcard("layer", int),
            step=wildcard("step", int),
            model=wildcard("model"),
            source_stored=inputs.source_stored,
            stored=inputs.transfer_stored,
            **study.computed_in,
            threads=1,
        ),
    script:
        "../workflow/scripts/transfer_centred.py"


rule gather_geometry:
    input:
        inputs.geometry,
    output:
        "results/{model}/geometry.parquet",
    log:
        "logs/{model}/gather_geometry.log",
    wildcard_constraints:
        model=among(study.with_geometry),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(study.made_by("gather_geometry"), **({"final_layer": inputs.final_layer} if config["scores"] else {})),
    script:
        f"../workflow/scripts/{study.made_by('gather_geometry')}.py"


rule trace_geometry:
    input:
        rules.gather_geometry.output[0],
    output:
        "results/{model}/geometry_trajectories.parquet",
    log:
        "logs/{model}/trace_geometry.log",
    wildcard_constraints:
        model=among(study.described),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "trace_geometry",
            onset=config["analysis"]["onset"],
            expected_layer=config["analysis"]["expected_layer"],
        ),
    script:
        "../workflow/scripts/trace_geometry.py"


rule tabulate_factors:
    input:
        unpack(inputs.factors),
    output:
        "results/{model}/factors.parquet",
    log:
        "logs/{model}/tabulate_factors.log",
    wildcard_constraints:
        model=among(study.described),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            study.made_by("tabulate_factors"),
            codes=files.checksum(paths.DATA / "iso_639.tsv"),
            known=files.checksum(paths.DATA / "languages.tsv"),
            languages=compared_languages,
            orders=lambda wildcards: study.of(wildcards.model).orders,
            model=wildcard("model"),
            set=study.geometry and "parallel",
        ),
    script:
        f"../workflow/scripts/{study.made_by('tabulate_factors')}.py"
