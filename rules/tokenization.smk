# SentencePiece in XLM-R's layout, the tokenizer of each model, and the pieces of each dataset.


rule train_sentencepiece:
    input:
        text=inputs.vocabulary_texts,
    output:
        model="results/{model}/sentencepiece/sentencepiece.bpe.model",
        vocabulary="results/{model}/binarized/dict.txt",
    log:
        "logs/{model}/train_sentencepiece.log",
    wildcard_constraints:
        model=among(study.joint),
    # The chain of checkpoints is the longest path through a study, so its jobs go first.
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: arguments(
            "train_sentencepiece", "sentencepiece", **study.vocabulary_arguments(wildcards.model)
        ),
    script:
        "../workflow/scripts/train_sentencepiece.py"


# Downloads are made where Snakemake runs, because nodes of a cluster may have no network.
localrules:
    fetch_vocabulary,


rule fetch_vocabulary:
    input:
        forced_if(outdated_vocabulary, "results/{model}/sentencepiece/sentencepiece.bpe.model"),
    output:
        model="results/{model}/sentencepiece/sentencepiece.bpe.model",
        vocabulary="results/{model}/binarized/dict.txt",
    log:
        "logs/{model}/fetch_vocabulary.log",
    wildcard_constraints:
        model=among(set(study.fairseq) - set(study.pretrained)),
    retries: 0
    conda:
        "../envs/polychron.yaml"
    resources:
        downloads=1,
    params:
        spec=lambda wildcards: arguments(
            "fetch_vocabulary", "sentencepiece", **study.models[wildcards.model]["vocabulary"]
        ),
    script:
        "../workflow/scripts/fetch_vocabulary.py"


rule make_tokenizer:
    input:
        model=rules.train_sentencepiece.output.model,
        vocabulary=rules.train_sentencepiece.output.vocabulary,
    output:
        tokenizer="results/{model}/tokenizer/tokenizer.json",
        config="results/{model}/tokenizer/tokenizer_config.json",
    log:
        "logs/{model}/make_tokenizer.log",
    wildcard_constraints:
        model=among(set(study.fairseq) - set(study.divided)),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("make_tokenizer", window=lambda wildcards: study.models[wildcards.model]["window"]),
    script:
        "../workflow/scripts/make_tokenizer.py"


# The tokenizer of all texts stays the same if steps are added or removed: each checkpoint's own is compared with it
# when the checkpoint is examined. So once it exists, no rule makes it.
rule fetch_tokenizer:
    input:
        unpack(inputs.first_tokenizer),
    output:
        tokenizer="results/{model}/tokenizer/tokenizer.json",
        config="results/{model}/tokenizer/tokenizer_config.json",
    log:
        "logs/{model}/fetch_tokenizer.log",
    wildcard_constraints:
        model=among(
            model
            for model in set(study.single) - set(study.views)
            if model not in study.fairseq and not freshness.has_tokenizer(model)
        ),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("fetch_tokenizer"),
    script:
        "../workflow/scripts/fetch_tokenizer.py"


rule tokenize_examples:
    input:
        examples=study.example("{dataset}"),
        tokenizer="results/{model}/tokenizer/tokenizer.json",
        config="results/{model}/tokenizer/tokenizer_config.json",
    output:
        "results/{model}/pieces/{dataset}.parquet",
    log:
        "logs/{model}/tokenize_examples/{dataset}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tokenize_examples",
            kind=lambda wildcards: TABLED_AS.get(kind := wildcards.dataset.split("/")[0], kind),
            window=lambda wildcards: study.models[wildcards.model]["window"],
        ),
    script:
        "../workflow/scripts/tokenize_examples.py"
