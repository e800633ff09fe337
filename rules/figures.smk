# One figure, one rule, one script: from the gathered tables alone.

FINAL_LAYER = max(PROBING["layers"])


def figure(number, name, subcategory):
    """Name a figure's files; the page and the drawing stand in the report, with the caption that the script writes."""

    def reported(ending, form):
        return report(
            f"results/{{model}}/figures/figure-{number}.{ending}",
            caption=f"../workflow/report/figure-{number}.rst",
            category="Results",
            subcategory=subcategory,
            labels={"figure": f"Figure {number} {name}", "model": "{model}", "form": form},
        )

    return {
        "page": reported("html", "interactive"),
        "svg": reported("svg", "print"),
        "png": f"results/{{model}}/figures/figure-{number}.png",
        "caption": f"results/{{model}}/figures/figure-{number}.rst",
    }


rule draw_figure_01:
    input:
        trajectories=rules.trace_trajectories.output[0],
    output:
        **figure("01", "Best score of each task", "In-language"),
    params:
        spec=spec("draw_figure_01", tasks=PROBING["tasks"], layer=FINAL_LAYER),
    log:
        "logs/{model}/draw_figure_01.log",
    conda:
        "../envs/polychron.yaml"
    script:
        "../workflow/scripts/draw_figure_01.py"


rule draw_figure_02:
    input:
        trajectories=rules.trace_trajectories.output[0],
    output:
        **figure("02", "Steps to x% of the best POS tagging", "In-language"),
    params:
        spec=spec(
            "draw_figure_02",
            task="pos",
            layer=FINAL_LAYER,
            onset=config["analysis"]["onset"],
            cut=config["analysis"]["onset_cut"],
        ),
    log:
        "logs/{model}/draw_figure_02.log",
    conda:
        "../envs/polychron.yaml"
    script:
        "../workflow/scripts/draw_figure_02.py"


rule draw_figure_04:
    input:
        trajectories=rules.trace_trajectories.output[0],
    output:
        **figure("04", "Best transfer from source to target", "Across languages"),
    params:
        spec=spec("draw_figure_04", tasks=PROBING["tasks"], layer=FINAL_LAYER),
    log:
        "logs/{model}/draw_figure_04.log",
    conda:
        "../envs/polychron.yaml"
    script:
        "../workflow/scripts/draw_figure_04.py"


rule draw_figure_08:
    input:
        trajectories=rules.trace_trajectories.output[0],
    output:
        **figure("08", "Score by layer and step", "Across layers"),
    params:
        spec=spec("draw_figure_08", tasks=PROBING["tasks"]),
    log:
        "logs/{model}/draw_figure_08.log",
    conda:
        "../envs/polychron.yaml"
    script:
        "../workflow/scripts/draw_figure_08.py"


rule draw_figure_14:
    input:
        trajectories=rules.trace_trajectories.output[0],
        sizes=resource(config["files"]["sizes"]),
    output:
        **figure("14", "Bits per character", "Pretraining"),
    params:
        spec=spec("draw_figure_14"),
    log:
        "logs/{model}/draw_figure_14.log",
    conda:
        "../envs/polychron.yaml"
    script:
        "../workflow/scripts/draw_figure_14.py"


FIGURES = expand(
    "results/{model}/figures/figure-{number}.{ending}",
    model=MODELS,
    number=["01", "02", "04", "08", "14"],
    ending=["html", "svg", "png"],
)
