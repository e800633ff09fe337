# Intervals, correlations, and the paper's tables: from the gathered tables alone.

CORRELATION = config["analysis"]["correlation"]


def table(number, name):
    """Name a table's files; the page stands in the report, with the caption that the script writes."""
    return {
        "page": report(
            f"results/{{model}}/tables/table-{number}.html",
            caption=f"../workflow/report/table-{number}.rst",
            category="5 Tables",
            labels={"figure": f"Table {number} {name}", "model": "{model}", "form": "table"},
        ),
        **{
            part: f"results/{{model}}/tables/table-{number}.{ending}"
            for part, ending in (("csv", "csv"), ("tex", "tex"), ("caption", "rst"))
        },
    }


rule write_table_1:
    input:
        scores=rules.gather_scores.output[0],
    output:
        **table(1, "Tasks"),
    log:
        "logs/{model}/write_table_1.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("write_table_1"),
    script:
        "../workflow/scripts/write_table_1.py"


rule write_table_2:
    input:
        scores=rules.gather_scores.output[0],
    output:
        **table(2, "Languages"),
    log:
        "logs/{model}/write_table_2.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("write_table_2"),
    script:
        "../workflow/scripts/write_table_2.py"


def of_all_models(table):
    """Name a table of every model, that of the rule's own model first."""

    def files(wildcards):
        return [f"results/{model}/{table}.parquet" for model in own_first(wildcards)]

    return files


def own_first(wildcards):
    return study.own_first(wildcards.model)


rule write_table_3:
    input:
        scores=of_all_models("scores"),
        trajectories=of_all_models("trajectories"),
    output:
        **table(3, "The last checkpoint and its baselines"),
    log:
        "logs/{model}/write_table_3.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("write_table_3", models=own_first, layer=study.final_layer),
    script:
        "../workflow/scripts/write_table_3.py"


rule write_table_4:
    input:
        correlations=rules.correlate_factors.output[0],
    output:
        **table(4, "Correlations in-language"),
    log:
        "logs/{model}/write_table_4.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("write_table_4", onset=CORRELATION["onset"]),
    script:
        "../workflow/scripts/write_table_4.py"


rule write_table_5:
    input:
        correlations=rules.correlate_factors.output[0],
    output:
        **table(5, "Correlations of transfer"),
    log:
        "logs/{model}/write_table_5.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("write_table_5", onset=CORRELATION["onset"]),
    script:
        "../workflow/scripts/write_table_5.py"


rule write_table_6:
    input:
        trajectories=rules.trace_trajectories.output[0],
        intervals=rules.estimate_intervals.output[0],
    output:
        **table(6, "When, and how much is forgotten"),
    log:
        "logs/{model}/write_table_6.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("write_table_6", layer=study.final_layer, onset=CORRELATION["onset"]),
    script:
        "../workflow/scripts/write_table_6.py"


TABLES = [
    *expand("results/{model}/{table}.parquet", model=study.analysed, table=["intervals", "correlations"]),
    *expand(
        "results/{model}/tables/table-{number}.{ending}",
        model=study.analysed,
        number=range(1, 7),
        ending=["html", "tex", "csv"],
    ),
]
