# One Hugging Face directory for each step, whatever the checkpoint came from, and its examination before any probe.
# What an address stands for is resolved once, into a small file that all the rest follows: asked for again, the same
# answer reruns nothing. It is a fact of the world, so that the rule carries no fingerprint of code.


# What is fetched is fetched where Snakemake runs: a cluster's nodes may have no network.
localrules:
    fetch_vocabulary,
    resolve_checkpoint,
    fetch_checkpoint,


def address(wildcards):
    """Give the address of a checkpoint, its step filled in."""
    model, step = MODELS[wildcards.model], int(wildcards.step)
    if model["provider"] == "pretrained":
        return f"results/{wildcards.model}/pretraining/step-{step}/checkpoint_last.pt"
    return provider.of_step(model["source"], step)


def sizes_of_model():
    """Give what the config says of a model, as params of a rule."""
    return {name: lambda wildcards, name=name: MODELS[wildcards.model][name] for name in ("final_layer", "window")}


rule fetch_vocabulary:
    output:
        model="results/{model}/sentencepiece/sentencepiece.bpe.model",
        vocabulary="results/{model}/binarized/dict.txt",
    log:
        "logs/{model}/fetch_vocabulary.log",
    wildcard_constraints:
        model=among(set(FAIRSEQ) - set(PRETRAINED)),
    conda:
        "../envs/polychron.yaml"
    resources:
        downloads=1,
    params:
        spec=lambda wildcards: arguments("fetch_vocabulary", "sentencepiece", **MODELS[wildcards.model]["vocabulary"]),
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
        model=among(FAIRSEQ),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("make_tokenizer", window=lambda wildcards: MODELS[wildcards.model]["window"]),
    script:
        "../workflow/scripts/make_tokenizer.py"


rule fetch_tokenizer:
    input:
        tokenizer=lambda wildcards: directory_of(wildcards.model, min(steps_of(wildcards.model)))["tokenizer"],
        config=lambda wildcards: directory_of(wildcards.model, min(steps_of(wildcards.model)))["tokenizer_config"],
    output:
        tokenizer="results/{model}/tokenizer/tokenizer.json",
        config="results/{model}/tokenizer/tokenizer_config.json",
    log:
        "logs/{model}/fetch_tokenizer.log",
    wildcard_constraints:
        model=among(set(MODELS) - set(FAIRSEQ)),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("fetch_tokenizer"),
    script:
        "../workflow/scripts/fetch_tokenizer.py"


rule resolve_checkpoint:
    input:
        lambda wildcards: address(wildcards) if wildcards.model in PRETRAINED else [],
    output:
        "results/{model}/checkpoints/step-{step}/origin.json",
    log:
        "logs/{model}/resolve_checkpoint/step-{step}.log",
    conda:
        "../envs/polychron.yaml"
    resources:
        downloads=1,
    params:
        spec=lambda wildcards: arguments(
            "resolve_checkpoint",
            kind=MODELS[wildcards.model]["provider"],
            address=address(wildcards),
            revision=provider.of_step(MODELS[wildcards.model]["revision"] or "", int(wildcards.step)) or None,
        ),
    script:
        "../workflow/scripts/resolve_checkpoint.py"


def directory_of(model, step):
    """Name the files of a checkpoint's directory."""
    folder = f"results/{model}/checkpoints/step-{step}"
    return {
        "weights": f"{folder}/model.safetensors",
        "config": f"{folder}/config.json",
        "tokenizer": f"{folder}/tokenizer.json",
        "tokenizer_config": f"{folder}/tokenizer_config.json",
        "conversion": f"{folder}/conversion.json",
    }


rule convert_checkpoint:
    input:
        checkpoint="results/{model}/pretraining/step-{step}/checkpoint_last.pt",
        tokenizer=rules.make_tokenizer.output.tokenizer,
        tokenizer_config=rules.make_tokenizer.output.config,
    output:
        **directory_of("{model}", "{step}"),
    log:
        "logs/{model}/convert_checkpoint/step-{step}.log",
    wildcard_constraints:
        model=among(PRETRAINED),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "convert_checkpoint",
            step=lambda wildcards: int(wildcards.step),
            precision=config["checkpoints"]["precision"],
            **sizes_of_model(),
        ),
    script:
        "../workflow/scripts/convert_checkpoint.py"


# What a checkpoint is made of, four times its size where an optimizer came along, lies on the disk while it is converted:
# one after another, or as many as --resources originals=N allows.
if "originals" not in workflow.global_resources:
    workflow.register_resource("originals", 1)


rule fetch_checkpoint:
    input:
        unpack(
            lambda wildcards: (
                {
                    "tokenizer": f"results/{wildcards.model}/tokenizer/tokenizer.json",
                    "tokenizer_config": f"results/{wildcards.model}/tokenizer/tokenizer_config.json",
                }
                if wildcards.model in FAIRSEQ
                else {}
            )
        ),
        origin=rules.resolve_checkpoint.output[0],
    output:
        **directory_of("{model}", "{step}"),
    log:
        "logs/{model}/fetch_checkpoint/step-{step}.log",
    wildcard_constraints:
        model=among(set(MODELS) - set(PRETRAINED)),
    conda:
        "../envs/polychron.yaml"
    resources:
        downloads=1,
        originals=1,
    params:
        spec=spec(
            "fetch_checkpoint",
            step=lambda wildcards: int(wildcards.step),
            precision=config["checkpoints"]["precision"],
            **sizes_of_model(),
        ),
    script:
        "../workflow/scripts/fetch_checkpoint.py"


def checkpoint_files(step):
    """Give what a job needs of the checkpoint at a step: its weights and its config."""
    files = directory_of("{model}", step)
    return {name: files[name] for name in ("weights", "config")}


rule examine_checkpoint:
    input:
        **directory_of("{model}", "{step}"),
        expected="results/{model}/tokenizer/tokenizer.json",
        origin=rules.resolve_checkpoint.output[0],
    output:
        "results/{model}/checkpoints/step-{step}/verdict.json",
    log:
        "logs/{model}/examine_checkpoint/step-{step}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("examine_checkpoint", **sizes_of_model()),
    script:
        "../workflow/scripts/examine_checkpoint.py"


def step_before(wildcards):
    return max(step for step in steps_of(wildcards.model) if step < int(wildcards.step))


rule measure_displacement:
    input:
        before=lambda wildcards: directory_of(wildcards.model, step_before(wildcards))["weights"],
        after="results/{model}/checkpoints/step-{step}/model.safetensors",
    output:
        "results/{model}/checkpoints/step-{step}/displacement.json",
    log:
        "logs/{model}/measure_displacement/step-{step}.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("measure_displacement"),
    script:
        "../workflow/scripts/measure_displacement.py"


def of_steps(name, first=0):
    """Name a file of all checkpoints of a model, in the order of the steps."""
    return lambda wildcards: [
        f"results/{wildcards.model}/checkpoints/step-{step}/{name}.json"
        for step in sorted(steps_of(wildcards.model))[first:]
    ]


rule examine_checkpoints:
    input:
        verdicts=of_steps("verdict"),
        moved=of_steps("displacement", first=1),
        bundle=resource("vega.js"),
    output:
        table="results/{model}/checkpoints/examination.csv",
        listing=report(
            "results/{model}/checkpoints/examination.html",
            caption="../workflow/report/examination.rst",
            category="1 Overview",
            labels={"item": "the checkpoints", "model": "{model}"},
        ),
        page=report(
            "results/{model}/checkpoints/displacement.html",
            caption="../workflow/report/displacement.rst",
            category="1 Overview",
            labels={"item": "how far the weights moved", "model": "{model}"},
        ),
        svg="results/{model}/checkpoints/displacement.svg",
        png="results/{model}/checkpoints/displacement.png",
        caption="results/{model}/checkpoints/displacement.rst",
    log:
        "logs/{model}/examine_checkpoints.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "examine_checkpoints",
            steps=lambda wildcards: sorted(steps_of(wildcards.model)),
            model=lambda wildcards: wildcards.model,
        ),
    script:
        "../workflow/scripts/examine_checkpoints.py"


def admission(wildcards):
    """Name the examination that a checkpoint must have passed before anything is measured in it.

    Of a model that is fetched, all checkpoints are examined first. One that is pretrained here is examined step by step,
    so that what is done with its early checkpoints does not wait for the last. The file decides no number: it must be
    there, and a new one reruns nothing.
    """
    if wildcards.model in PRETRAINED:
        return ancient(f"results/{wildcards.model}/checkpoints/step-{wildcards.step}/verdict.json")
    return ancient(f"results/{wildcards.model}/checkpoints/examination.csv")


EXAMINATIONS = expand("results/{model}/checkpoints/examination.html", model=MODELS)


localrules:
    resolve,


rule resolve:
    input:
        [
            f"results/{model}/checkpoints/step-{step}/origin.json"
            for model in MODELS
            if model not in PRETRAINED
            for step in steps_of(model)
        ],
