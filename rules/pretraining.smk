# fairseq's binary corpus, and pretraining, with one job for each interval between checkpoints.
# Pretraining costs too much to be repeated after an edit. So the spec of these two rules has their arguments and the
# versions of the packages that they call, but no fingerprint of code. The checkpoints are protected, and a run that would
# train one again stops before it starts, unless it has --forcerun pretrain.


rule binarize_text:
    input:
        text=inputs.own_text,
        model=rules.train_sentencepiece.output.model,
        vocabulary=rules.train_sentencepiece.output.vocabulary,
    output:
        "results/{model}/binarized/{language}/train.bin",
        "results/{model}/binarized/{language}/train.idx",
    log:
        "logs/{model}/binarize_text/{language}.log",
    wildcard_constraints:
        model=among(study.joint),
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: arguments(
            "binarize_text", "fairseq", "sentencepiece", window=study.models[wildcards.model]["window"]
        ),
    script:
        "../workflow/scripts/binarize_text.py"


rule pretrain:
    input:
        vocabulary=rules.train_sentencepiece.output.vocabulary,
        corpus=inputs.corpus,
        own=inputs.own_pieces,
        previous=once(inputs.previous_checkpoint),
    output:
        protected("results/{model}/pretraining/step-{step}/checkpoint_last.pt"),
    log:
        "logs/{model}/pretrain/step-{step}.log",
    priority: 10
    conda:
        "../envs/polychron.yaml"
    threads: 1
    params:
        spec=lambda wildcards: arguments(
            "pretrain",
            "fairseq",
            step=int(wildcards.step),
            window=study.models[wildcards.model]["window"],
            **study.training_arguments(wildcards.model),
        ),
    script:
        "../workflow/scripts/pretrain.py"


# A job of its own and not an output of binarize_text, so that counting makes no finished corpus again.
rule count_text:
    input:
        text=inputs.own_text,
        index="results/{model}/binarized/{language}/train.idx",
    output:
        "results/{model}/binarized/{language}/counts.json",
    log:
        "logs/{model}/count_text/{language}.log",
    wildcard_constraints:
        model=among(study.pretrained),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("count_text"),
    script:
        "../workflow/scripts/count_text.py"
