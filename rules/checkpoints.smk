# One Hugging Face directory for each step, whatever the checkpoint came from.
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
    return providers.of_step(model["source"], step)


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


# The tokenizer that texts were cut with stays, whatever steps come and go: each step is held against it when it is
# examined. So once it is there, no rule makes it.
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
    """Give the place of what a checkpoint was resolved to."""
    return Path(f"results/{model}/checkpoints/step-{step}/origin.json")


# A folder's files are no inputs, for they may be taken away once they are converted. Where others were put in their place,
# they are resolved again, as with --forcerun.
MOVED = [
    str(origin)
    for name, model in MODELS.items()
    if model["provider"] == "folder" and workflow.is_main_process
    for origin in (origin_of(name, step) for step in steps_of(name))
    if origin.is_file() and providers.moved(storage.read_json(origin), origin.stat().st_mtime)
]


def resolved_from(wildcards):
    """Give what a checkpoint is resolved from, where a rule makes it; and have it resolved again where it moved."""
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
