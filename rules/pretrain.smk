# SentencePiece in XLM-R's layout, fairseq's binary corpus, and pretraining, one job for each checkpoint interval.
# Pretraining costs too much to be repeated after an edit. So the specs of these rules have their arguments and the
# versions of the packages that they call, but no fingerprint of code, and their checkpoints are protected.

PRETRAINING = config["pretraining"]
CHAIN = sorted(set(STEPS if PRETRAINING["chain"] is None else PRETRAINING["chain"]) - {0})


def arguments(script, *packages, **values):
    """Return a param like spec(), with versions of packages and without a fingerprint of code."""
    versions = provenance.versions_of(*packages)
    return json.dumps({"rule": script, **values, "packages": versions}, sort_keys=True)


def previous_checkpoint(wildcards):
    """Return the checkpoint before this one in the chain, or nothing for the first."""
    earlier = [step for step in CHAIN if step < int(wildcards.step)]
    if int(wildcards.step) == 0 or not earlier:
        return []
    return f"results/{wildcards.model}/pretraining/step-{earlier[-1]}/checkpoint_last.pt"


rule train_sentencepiece:
    input:
        text=[f"{RESOURCES}/examples/text/{language}.txt" for language in PRETRAINING["languages"]],
    output:
        model="results/{model}/sentencepiece/sentencepiece.bpe.model",
        vocabulary="results/{model}/binarized/dict.txt",
    log:
        "logs/{model}/train_sentencepiece.log",
    wildcard_constraints:
        model=among(PRETRAINED),
    # The chain of checkpoints is the longest path through a study: its jobs go first.
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        spec=arguments(
            "train_sentencepiece",
            "sentencepiece",
            **{
                key: PRETRAINING[key]
                for key in ("languages", "vocabulary", "character_coverage", "sampling_alpha", "seed")
            },
        ),
    script:
        "../workflow/scripts/train_sentencepiece.py"


rule binarize_text:
    input:
        text=f"{RESOURCES}/examples/text/{{language}}.txt",
        model=rules.train_sentencepiece.output.model,
        vocabulary=rules.train_sentencepiece.output.vocabulary,
    output:
        "results/{model}/binarized/{language}/train.bin",
        "results/{model}/binarized/{language}/train.idx",
    log:
        "logs/{model}/binarize_text/{language}.log",
    priority: 10
    conda:
        "../envs/polychron.yaml"
    params:
        spec=lambda wildcards: arguments(
            "binarize_text", "fairseq", "sentencepiece", window=MODELS[wildcards.model]["window"]
        ),
    script:
        "../workflow/scripts/binarize_text.py"


rule pretrain:
    input:
        vocabulary=rules.train_sentencepiece.output.vocabulary,
        corpus=expand(
            "results/{{model}}/binarized/{language}/train.{ending}",
            language=PRETRAINING["languages"],
            ending=["bin", "idx"],
        ),
        previous=previous_checkpoint,
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
            window=MODELS[wildcards.model]["window"],
            **{
                key: value
                for key, value in PRETRAINING.items()
                if key not in ("chain", "vocabulary", "character_coverage")
            },
        ),
    script:
        "../workflow/scripts/pretrain.py"
