# One Hugging Face directory for each step, wherever the checkpoint comes from.
# What an address refers to is resolved once, into a small file on which everything else depends. Resolved again with the
# same result, nothing reruns. The result does not depend on our code, so the rule has no fingerprint of code.


# Files are fetched where Snakemake runs: the nodes of a cluster may have no network.
localrules:
    fetch_vocabulary,
    resolve_checkpoint,
    fetch_checkpoint,


def address(wildcards):
    """Return the address of a checkpoint, with its step filled in."""
    model, step = MODELS[wildcards.model], int(wildcards.step)
    if model["provider"] == "pretrained":
        return f"results/{wildcards.model}/pretraining/step-{step}/checkpoint_last.pt"
    return providers.of_step(model["source"], step)


def sizes_of_model():
    """Return what the config says about a model, as params of a rule."""
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


# The tokenizer that texts were tokenized with stays, whichever steps are added or removed: the tokenizer of each step is
# compared with it. So once it exists, no rule makes it.
UNCUT = [
    model
    for model in MODELS
    if model not in FAIRSEQ
    and not all(Path(f"results/{model}/tokenizer/{name}.json").is_file() for name in ("tokenizer", "tokenizer_config"))
]


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
        model=among(UNCUT),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("fetch_tokenizer"),
    script:
        "../workflow/scripts/fetch_tokenizer.py"


def origin_of(model, step):
    """Return the file with what a checkpoint was resolved to."""
    return Path(f"results/{model}/checkpoints/step-{step}/origin.json")


# The files of a folder are no inputs, because they may be removed once they are converted. Where others replaced them,
# they are resolved again, as with --forcerun.
MOVED = [
    str(origin)
    for name, model in MODELS.items()
    if model["provider"] == "folder" and workflow.is_main_process
    for origin in (origin_of(name, step) for step in steps_of(name))
    if origin.is_file() and providers.moved(storage.read_json(origin), origin.stat().st_mtime)
]


def resolved_from(wildcards):
    """Return the file that a checkpoint is resolved from, if a rule makes it; resolve it again if its files changed."""
    workflow.dag.forcefiles.update({str(origin_of(wildcards.model, wildcards.step))} & set(MOVED))
    return address(wildcards) if wildcards.model in PRETRAINED else []


rule resolve_checkpoint:
    input:
        resolved_from,
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
            revision=providers.of_step(MODELS[wildcards.model]["revision"] or "", int(wildcards.step)) or None,
        ),
    script:
        "../workflow/scripts/resolve_checkpoint.py"


def directory_of(model, step):
    """Return the files of a checkpoint's directory."""
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


# The original of a checkpoint is on disk while it is converted: four times its size where it includes an optimizer. So
# one is converted after another, or as many at once as --resources originals=N allows.
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
    """Return the files that a job needs of the checkpoint at a step: its weights and its config."""
    files = directory_of("{model}", step)
    return {name: files[name] for name in ("weights", "config")}


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
