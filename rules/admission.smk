# Checks of checkpoints before anything is probed.


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
    """Return a file of each checkpoint of a model, in the order of the steps."""
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


def admitted(model, step):
    """Whether a checkpoint, as it was resolved, has been admitted and is not to be resolved again."""
    origin = origin_of(model, step)
    admission = origin.with_name("admission.json")
    if str(origin) in MOVED or "resolve_checkpoint" in sys.argv:
        return False
    return origin.is_file() and admission.is_file() and origin.read_bytes() == admission.read_bytes()


# Once a checkpoint is admitted, no rule makes its admission. While a job is waiting to run, Snakemake does not check what
# depends on it, even through ancient(): a check page that is drawn again would hide changes of cells.
AWAITED = [
    f"{model}/checkpoints/step-{step}" for model in MODELS for step in steps_of(model) if not admitted(model, step)
]


def examination(wildcards):
    """Return the result of the checks that a checkpoint must pass before anything is measured in it.

    All checkpoints of a model that is fetched are checked first. A model that is pretrained here is checked step by step,
    so that work on its early checkpoints does not wait for the last one.
    """
    model = wildcards.place.split("/")[0]
    if model in PRETRAINED:
        return f"results/{wildcards.place}/verdict.json"
    return f"results/{model}/checkpoints/examination.csv"


localrules:
    admit_checkpoint,


rule admit_checkpoint:
    input:
        examination=examination,
        origin="results/{place}/origin.json",
    output:
        "results/{place}/admission.json",
    log:
        "logs/{place}/admit_checkpoint.log",
    wildcard_constraints:
        place=among(map(re.escape, AWAITED)),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("admit_checkpoint"),
    script:
        "../workflow/scripts/admit_checkpoint.py"


def admission(wildcards):
    """Return the file that admits a checkpoint. It decides no number, so a new one reruns nothing."""
    return ancient(f"results/{wildcards.model}/checkpoints/step-{wildcards.step}/admission.json")


EXAMINATIONS = expand("results/{model}/checkpoints/examination.html", model=MODELS)
