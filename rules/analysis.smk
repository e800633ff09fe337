# From all scores to one table, and from that table to everything that follows by arithmetic.


FOLDERS = (
    (f"probes/{CELL}", CELLS),
    (f"controls/{CELL}", CONTROLS),
    (f"transfer/{CELL}", TRANSFERS),
    ("bits/{language}/step-{step}", BITS),
    ("alignment/{source}/{target}/step-{step}", ALIGNMENTS),
    ("baselines/{task}/{language}", BASELINES),
)


def score_files(wildcards):
    if config["scores"]:
        return [f"{config['scores']}/{wildcards.model}/scores.parquet"]
    return [
        f"results/{wildcards.model}/{pattern.format(**job)}.parquet"
        for pattern, jobs in FOLDERS
        for job in jobs
        if job["model"] == wildcards.model
    ]


rule gather_scores:
    input:
        within_reach(score_files),
    output:
        "results/{model}/scores.parquet",
    log:
        "logs/{model}/gather_scores.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("gather_scores"),
    script:
        "../workflow/scripts/gather_scores.py"


rule trace_trajectories:
    input:
        scores=rules.gather_scores.output[0],
    output:
        "results/{model}/trajectories.parquet",
    log:
        "logs/{model}/trace_trajectories.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "trace_trajectories",
            onset=config["analysis"]["onset"],
            expected_layer=config["analysis"]["expected_layer"],
        ),
    script:
        "../workflow/scripts/trace_trajectories.py"


rule check_study:
    input:
        scores=rules.gather_scores.output[0],
    output:
        table="results/{model}/checks/checks.csv",
        page=report(
            "results/{model}/checks/checks.html",
            caption="../workflow/report/checks.rst",
            category="1 Overview",
            labels={"item": "what the study must show", "model": "{model}"},
        ),
    log:
        "logs/{model}/check_study.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("check_study", expect=config["expect"]),
    script:
        "../workflow/scripts/check_study.py"


SCORES = expand("results/{model}/{table}.parquet", model=MODELS, table=["scores", "trajectories"])
CHECKS = expand("results/{model}/checks/checks.html", model=ANALYSED) if config["expect"] else []
