# One Hugging Face directory for each step, whatever the format of the checkpoint.
# What an address refers to is resolved once, into a small file that all other jobs depend on. If it is resolved again
# with the same answer, nothing is rerun. The answer does not depend on code, so the rule has no fingerprint of code.


# Downloads are made where Snakemake runs, because nodes of a cluster may have no network.
localrules:
    resolve_checkpoint,
    fetch_checkpoint,


# What the config says of a model's size, as params of a rule.
SIZES_OF_MODEL = {
    name: lambda wildcards, name=name: study.models[wildcards.model][name] for name in ("final_layer", "window")
}

# Checkpoints whose files in a folder were replaced by others are resolved again, as with --forcerun.
REPLACED = freshness.replaced(study, PLACE) if internals.is_main_process(workflow) else set()


rule resolve_checkpoint:
    input:
        resolved_from,
    output:
        "results/{model}/checkpoints/step-{step}/origin.json",
    log:
        "logs/{model}/resolve_checkpoint/step-{step}.log",
    retries: 0
    conda:
        "../envs/polychron.yaml"
    resources:
        downloads=1,
    params:
        spec=lambda wildcards: arguments("resolve_checkpoint", **inputs.asked(wildcards)),
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
        model=among(study.joint),
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


# While a checkpoint is converted, its original is on the disk, four times as large if it has an optimizer's state. So
# they are converted one after another, or as many at a time as --resources originals=N allows.
internals.limit_resource(workflow, "originals", 1)


rule draw_checkpoint:
    input:
        unpack(inputs.alike),
    output:
        **directory_of("{model}", "{step}"),
    log:
        "logs/{model}/draw_checkpoint/step-{step}.log",
    wildcard_constraints:
        model=among(study.untrained),
        step="0",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "draw_checkpoint",
            precision=config["checkpoints"]["precision"],
            seed=lambda wildcards: study.models[wildcards.model]["seed"] or 0,
            **SIZES_OF_MODEL,
        ),
    script:
        "../workflow/scripts/draw_checkpoint.py"


rule fetch_checkpoint:
    input:
        unpack(inputs.own_tokenizer),
        origin=rules.resolve_checkpoint.output[0],
    output:
        **directory_of("{model}", "{step}"),
    log:
        "logs/{model}/fetch_checkpoint/step-{step}.log",
    wildcard_constraints:
        model=among(study.fetched),
    retries: 0
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
            own_code=lambda wildcards: study.models[wildcards.model]["own_code"],
            **SIZES_OF_MODEL,
        ),
    script:
        "../workflow/scripts/fetch_checkpoint.py"


localrules:
    resolve,


rule resolve:
    "look up again what the address of each checkpoint refers to; asked for with --forcerun resolve_checkpoint"
    input:
        [str(freshness.origin_of(model, step)) for model in study.fetched for step in study.steps(model)],
