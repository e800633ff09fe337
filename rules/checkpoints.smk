# One Hugging Face directory for each step, whatever the checkpoint came from.
# What an address stands for is resolved once, into a small file that all the rest follows: asked for again, the same
# answer reruns nothing. It is a fact of the world, so that the rule carries no fingerprint of code.


# What is fetched is fetched where Snakemake runs: a cluster's nodes may have no network.
localrules:
    resolve_checkpoint,
    fetch_checkpoint,


# What the config says of a model's size, as params of a rule.
SIZES_OF_MODEL = {
    name: lambda wildcards, name=name: study.models[wildcards.model][name] for name in ("final_layer", "window")
}

# Where a folder's files were replaced by others, they are resolved again, as with --forcerun.
REPLACED = freshness.replaced(study) if internals.is_main_process(workflow) else set()


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
            kind=study.models[wildcards.model]["provider"],
            address=inputs.address(wildcards),
            revision=inputs.revision(wildcards),
        ),
    script:
        "../workflow/scripts/resolve_checkpoint.py"


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
        model=among(study.pretrained),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "convert_checkpoint",
            step=wildcard("step", int),
            precision=config["checkpoints"]["precision"],
            **SIZES_OF_MODEL,
        ),
    script:
        "../workflow/scripts/convert_checkpoint.py"


# What a checkpoint is made of, four times its size where an optimizer came along, is on the disk while it is converted:
# one after another, or as many as --resources originals=N allows.
internals.limit_resource(workflow, "originals", 1)


rule fetch_checkpoint:
    input:
        unpack(inputs.own_tokenizer),
        origin=rules.resolve_checkpoint.output[0],
    output:
        **directory_of("{model}", "{step}"),
    log:
        "logs/{model}/fetch_checkpoint/step-{step}.log",
    wildcard_constraints:
        model=among(set(study.models) - set(study.pretrained)),
    conda:
        "../envs/polychron.yaml"
    resources:
        downloads=1,
        originals=1,
    params:
        spec=spec(
            "fetch_checkpoint",
            step=wildcard("step", int),
            precision=config["checkpoints"]["precision"],
            **SIZES_OF_MODEL,
        ),
    script:
        "../workflow/scripts/fetch_checkpoint.py"


localrules:
    resolve,


rule resolve:
    input:
        [
            str(freshness.origin_of(model, step))
            for model in study.models
            if model not in study.pretrained
            for step in study.steps(model)
        ],
