# Intervals, correlations, and the paper's tables: from the gathered tables alone.

CORRELATION = config["analysis"]["correlation"]

if CORRELATION["onset"] not in config["analysis"]["onset"]:
    refuse(
        f"analysis.correlation.onset: {CORRELATION['onset']} is none of analysis.onset, {config['analysis']['onset']}",
        "add it to analysis.onset, or name one of those",
    )


rule estimate_intervals:
    input:
        scores=rules.gather_scores.output[0],
    output:
        "results/{model}/intervals.parquet",
    params:
        spec=spec("estimate_intervals", onset=config["analysis"]["onset"]),
    log:
        "logs/{model}/estimate_intervals.log",
    conda:
        "../envs/polychron.yaml"
    script:
        "../workflow/scripts/estimate_intervals.py"


rule correlate_factors:
    input:
        scores=rules.gather_scores.output[0],
        trajectories=rules.trace_trajectories.output[0],
        intervals=rules.estimate_intervals.output[0],
        sizes=resource(config["files"]["sizes"]),
        distances=resource(config["files"]["distances"]),
    output:
        "results/{model}/correlations.parquet",
    params:
        spec=spec(
            "correlate_factors",
            layer=max(PROBING["layers"]),
            reference=config["analysis"]["reference"],
            **CORRELATION,
        ),
    log:
        "logs/{model}/correlate_factors.log",
    conda:
        "../envs/polychron.yaml"
    script:
        "../workflow/scripts/correlate_factors.py"
