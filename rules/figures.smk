# One figure, one rule, one script: from the gathered tables alone. What draws them in a browser is put together once.

FINAL_LAYER = max(PROBING["layers"])


def figure(number, name, category):
    """Name a figure's files; the page and the drawing stand in the report, with the caption that the script writes."""

    def reported(ending, form):
        return report(
            f"results/{{model}}/figures/figure-{number}.{ending}",
            caption=f"../workflow/report/figure-{number}.rst",
            category=category,
            labels={"figure": f"Figure {number} {name}", "model": "{model}", "form": form},
        )

    return {
        "page": reported("html", "interactive"),
        "svg": reported("svg", "print"),
        "png": f"results/{{model}}/figures/figure-{number}.png",
        "caption": f"results/{{model}}/figures/figure-{number}.rst",
    }


def asked(*tasks):
    """Name those of some tasks that the study has."""
    return [task for task in tasks if task in PROBING["tasks"]]


def other_than(*tasks):
    return [task for task in PROBING["tasks"] if task not in tasks]


rule bundle_javascript:
    output:
        resource("vega.js"),
    log:
        f"logs/{STUDY}/bundle_javascript.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("bundle_javascript"),
    script:
        "../workflow/scripts/bundle_javascript.py"


rule draw_figure_01:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("01", "Best score of each task", "2 In-language"),
    log:
        "logs/{model}/draw_figure_01.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("draw_figure_01", tasks=PROBING["tasks"], layer=FINAL_LAYER),
    script:
        "../workflow/scripts/draw_figure_01.py"


rule draw_figure_02:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
        intervals=["results/{model}/intervals.parquet"] if config["analysis"]["onset_spread"] else [],
    output:
        **figure("02", "Steps to x% of the best POS tagging", "2 In-language"),
    log:
        "logs/{model}/draw_figure_02.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "draw_figure_02",
            tasks=asked("pos"),
            layer=FINAL_LAYER,
            onset=config["analysis"]["onset"],
            cut=config["analysis"]["onset_cut"],
        ),
    script:
        "../workflow/scripts/draw_figure_02.py"


rule draw_figure_03:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("03", "Relative performance of the arc tasks over time", "2 In-language"),
    log:
        "logs/{model}/draw_figure_03.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("draw_figure_03", tasks=asked("arc_prediction", "arc_classification"), layer=FINAL_LAYER),
    script:
        "../workflow/scripts/draw_figure_03.py"


rule draw_figure_04:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("04", "Best transfer from source to target", "3 Across languages"),
    log:
        "logs/{model}/draw_figure_04.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("draw_figure_04", tasks=PROBING["tasks"], layer=FINAL_LAYER),
    script:
        "../workflow/scripts/draw_figure_04.py"


rule draw_figure_05:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("05", "Asymmetry of transfer", "3 Across languages"),
    log:
        "logs/{model}/draw_figure_05.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("draw_figure_05", tasks=PROBING["tasks"], layer=FINAL_LAYER),
    script:
        "../workflow/scripts/draw_figure_05.py"


rule draw_figure_06:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
        intervals=["results/{model}/intervals.parquet"] if config["analysis"]["onset_spread"] else [],
    output:
        **figure("06", "Steps to x% of the best transfer", "3 Across languages"),
    log:
        "logs/{model}/draw_figure_06.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "draw_figure_06",
            tasks=PROBING["tasks"],
            layer=FINAL_LAYER,
            share=max(config["analysis"]["onset"]),
            cut=config["analysis"]["onset_cut"],
        ),
    script:
        "../workflow/scripts/draw_figure_06.py"


rule draw_figure_07:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
        intervals=["results/{model}/intervals.parquet"] if config["analysis"]["cross_fitted"] else [],
    output:
        **figure("07", "Change of transfer from its best to the last step", "3 Across languages"),
    log:
        "logs/{model}/draw_figure_07.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("draw_figure_07", tasks=PROBING["tasks"], layer=FINAL_LAYER),
    script:
        "../workflow/scripts/draw_figure_07.py"


rule draw_figure_08:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("08", "Score by layer and step", "4 Across layers"),
    log:
        "logs/{model}/draw_figure_08.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("draw_figure_08", tasks=PROBING["tasks"], examples=config["analysis"]["examples"]),
    script:
        "../workflow/scripts/draw_figure_08.py"


rule draw_figure_09:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("09", "Score by layer and step, between languages", "4 Across layers"),
    log:
        "logs/{model}/draw_figure_09.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "draw_figure_09",
            tasks=[*PROBING["tasks"], "alignment"],
            examples=config["analysis"]["examples"],
        ),
    script:
        "../workflow/scripts/draw_figure_09.py"


rule draw_figure_10:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("10", "Score by layer and step, further languages", "4 Across layers"),
    log:
        "logs/{model}/draw_figure_10.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("draw_figure_10", tasks=PROBING["tasks"], examples=config["analysis"]["examples"]),
    script:
        "../workflow/scripts/draw_figure_10.py"


rule draw_figure_11:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("11", "Expected layer over time", "4 Across layers"),
    log:
        "logs/{model}/draw_figure_11.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("draw_figure_11", tasks=PROBING["tasks"]),
    script:
        "../workflow/scripts/draw_figure_11.py"


rule draw_figure_12:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("12", "Score by layer and step, further pairs", "4 Across layers"),
    log:
        "logs/{model}/draw_figure_12.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "draw_figure_12",
            tasks=[*PROBING["tasks"], "alignment"],
            examples=config["analysis"]["examples"],
        ),
    script:
        "../workflow/scripts/draw_figure_12.py"


rule draw_figure_13:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("13", "Expected layer of word alignment over time", "4 Across layers"),
    log:
        "logs/{model}/draw_figure_13.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("draw_figure_13", tasks=["alignment"]),
    script:
        "../workflow/scripts/draw_figure_13.py"


rule draw_figure_14:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
        sizes=resource(config["files"]["sizes"]),
    output:
        **figure("14", "Bits per character", "2 In-language"),
    log:
        "logs/{model}/draw_figure_14.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("draw_figure_14"),
    script:
        "../workflow/scripts/draw_figure_14.py"


rule draw_figure_15:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("15", "Relative performance of other tasks over time", "2 In-language"),
    log:
        "logs/{model}/draw_figure_15.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "draw_figure_15",
            tasks=other_than("arc_prediction", "arc_classification"),
            layer=FINAL_LAYER,
        ),
    script:
        "../workflow/scripts/draw_figure_15.py"


rule draw_figure_16:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
        intervals=["results/{model}/intervals.parquet"] if config["analysis"]["onset_spread"] else [],
    output:
        **figure("16", "Steps to x% of the best, other tasks", "2 In-language"),
    log:
        "logs/{model}/draw_figure_16.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "draw_figure_16",
            tasks=other_than("pos"),
            layer=FINAL_LAYER,
            onset=config["analysis"]["onset"],
            cut=config["analysis"]["onset_cut"],
        ),
    script:
        "../workflow/scripts/draw_figure_16.py"


rule draw_figure_17:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
    output:
        **figure("17", "Relative performance of transfer from one language", "3 Across languages"),
    log:
        "logs/{model}/draw_figure_17.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "draw_figure_17",
            tasks=PROBING["tasks"],
            layer=FINAL_LAYER,
            source=config["analysis"]["reference"],
        ),
    script:
        "../workflow/scripts/draw_figure_17.py"


FIGURES = expand(
    "results/{model}/figures/figure-{number}.{ending}",
    model=ANALYSED,
    number=[f"{number:02d}" for number in range(1, 18)],
    ending=["html", "svg", "png"],
)
