# Models whose languages have vocabularies or parameters of their own, or words replaced by translations; and what one
# language sees of such a model, which is a model like any other.


# Not among the files of the world, so that a dictionary more makes no world again.
rule synthesise_dictionary:
    output:
        study.resource("{file}"),
    log:
        f"logs/{study.name}/synthesise_dictionary/{{file}}.log",
    wildcard_constraints:
        file=among(re.escape(path) for path in study.synthesised_dictionaries),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "synthesise_dictionary",
            seed=lambda wildcards: config["world"]["seed"],
            pair=lambda wildcards: study.synthesised_dictionaries[wildcards.file],
            twins=twins.twins_of(config),
        ),
    script:
        "../workflow/scripts/synthesise_dictionary.py"


rule switch_text:
    input:
        unpack(inputs.switching),
    output:
        "results/{model}/switched/{language}.txt",
    log:
        "logs/{model}/switch_text/{language}.log",
    wildcard_constraints:
        model=among(study.pretrained),
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        # As of all jobs before pretraining, without a fingerprint of code.
        spec=lambda wildcards: arguments(
            "switch_text", **study.switching_arguments(wildcards.model, wildcards.language)
        ),
    script:
        "../workflow/scripts/switch_text.py"


rule write_domain_text:
    input:
        unpack(inputs.domain_text),
    output:
        f"{study.resources}/examples/apart/{{half}}/{{language}}.txt",
    log:
        f"logs/{study.name}/write_domain_text/{{half}}/{{language}}.log",
    wildcard_constraints:
        half="first|second",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("write_domain_text", world=lambda wildcards: study.domain_text(wildcards.half, wildcards.language)),
    script:
        "../workflow/scripts/write_domain_text.py"


rule prepare_text:
    input:
        text=inputs.preparation,
    output:
        "results/{model}/prepared/{language}.txt",
    log:
        "logs/{model}/prepare_text/{language}.log",
    wildcard_constraints:
        model=among(study.pretrained),
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: arguments("prepare_text", **study.prepared(wildcards.model, wildcards.language)),
    script:
        "../workflow/scripts/prepare_text.py"


rule train_language_sentencepiece:
    input:
        text=inputs.own_text,
    output:
        model="results/{model}/sentencepiece/{language}/sentencepiece.bpe.model",
    log:
        "logs/{model}/train_language_sentencepiece/{language}.log",
    wildcard_constraints:
        model=among(study.divided),
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: arguments(
            "train_language_sentencepiece",
            "sentencepiece",
            language=wildcards.language,
            **study.share_arguments(wildcards.model),
        ),
    script:
        "../workflow/scripts/train_language_sentencepiece.py"


rule join_vocabularies:
    input:
        models=inputs.language_models,
    output:
        vocabulary="results/{model}/binarized/dict.txt",
        own="results/{model}/binarized/own.json",
    log:
        "logs/{model}/join_vocabularies.log",
    wildcard_constraints:
        model=among(study.divided),
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: arguments("join_vocabularies", "sentencepiece", **study.joined_as(wildcards.model)),
    script:
        "../workflow/scripts/join_vocabularies.py"


rule binarize_language_text:
    input:
        text=inputs.own_text,
        model=rules.train_language_sentencepiece.output.model,
        vocabulary=rules.join_vocabularies.output.vocabulary,
    output:
        "results/{model}/binarized/{language}/train.bin",
        "results/{model}/binarized/{language}/train.idx",
    log:
        "logs/{model}/binarize_language_text/{language}.log",
    wildcard_constraints:
        model=among(study.divided),
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: arguments(
            "binarize_language_text",
            "fairseq",
            "sentencepiece",
            window=study.models[wildcards.model]["window"],
            language=wildcards.language,
            vocabularies=study.pretraining_of(wildcards.model)["vocabularies"],
        ),
    script:
        "../workflow/scripts/binarize_language_text.py"


rule select_translations:
    input:
        unpack(inputs.bitext),
    output:
        "results/{model}/prepared/translations.parquet",
    log:
        "logs/{model}/select_translations.log",
    wildcard_constraints:
        model=among(study.with_bitext),
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: arguments("select_translations", **study.bitext_arguments(wildcards.model)),
    script:
        "../workflow/scripts/select_translations.py"


rule binarize_translations:
    input:
        pairs=rules.select_translations.output,
        models=inputs.cutters,
        vocabulary="results/{model}/binarized/dict.txt",
    output:
        "results/{model}/binarized/{source}-{target}/train.bin",
        "results/{model}/binarized/{source}-{target}/train.idx",
    log:
        "logs/{model}/binarize_translations/{source}-{target}.log",
    wildcard_constraints:
        model=among(study.with_bitext),
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: arguments(
            "binarize_translations",
            "fairseq",
            "sentencepiece",
            window=study.models[wildcards.model]["window"],
            languages=study.pretraining_languages(wildcards.model),
            vocabularies=study.pretraining_of(wildcards.model)["vocabularies"],
        ),
    script:
        "../workflow/scripts/binarize_translations.py"


rule make_member_tokenizer:
    input:
        models=inputs.language_models,
    output:
        tokenizer="results/{model}/tokenizer/tokenizer.json",
        config="results/{model}/tokenizer/tokenizer_config.json",
    log:
        "logs/{model}/make_member_tokenizer.log",
    wildcard_constraints:
        model=among(study.views),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "make_member_tokenizer",
            window=lambda wildcards: study.models[wildcards.model]["window"],
            language=lambda wildcards: study.models[wildcards.model]["language"],
            vocabularies=lambda wildcards: study.joined_as(wildcards.model)["vocabularies"],
            languages=lambda wildcards: study.joined_as(wildcards.model)["languages"],
        ),
    script:
        "../workflow/scripts/make_member_tokenizer.py"


rule export_view:
    input:
        unpack(inputs.viewed),
        tokenizer=rules.make_member_tokenizer.output.tokenizer,
        tokenizer_config=rules.make_member_tokenizer.output.config,
    output:
        **directory_of("{model}", "{step}"),
    log:
        "logs/{model}/export_view/step-{step}.log",
    wildcard_constraints:
        model=among(study.views),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "export_view",
            enters=lambda wildcards: study.proved_by(wildcards.model),
            step=wildcard("step", int),
            precision=config["checkpoints"]["precision"],
            language=lambda wildcards: study.models[wildcards.model]["language"],
            separate=lambda wildcards: study.separate_in(wildcards.model),
            **SIZES_OF_MODEL,
        ),
    script:
        "../workflow/scripts/export_view.py"


rule measure_anchors:
    input:
        vocabulary="results/{model}/binarized/dict.txt",
        corpora=inputs.corpora,
    output:
        "results/{model}/anchors.json",
    log:
        "logs/{model}/measure_anchors.log",
    wildcard_constraints:
        model=among(study.anchored),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("measure_anchors", languages=lambda wildcards: sorted(study.pretraining_languages(wildcards.model))),
    script:
        "../workflow/scripts/measure_anchors.py"
