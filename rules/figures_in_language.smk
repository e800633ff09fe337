# What the model knows of each language, and when: section 3 of the paper, and its appendix.


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
        spec=spec("draw_figure_01", tasks=study.probing["tasks"], layer=study.final_layer),
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
            tasks=study.asked("pos"),
            layer=study.final_layer,
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
        spec=spec("draw_figure_03", tasks=study.asked("arc_prediction", "arc_classification"), layer=study.final_layer),
    script:
        "../workflow/scripts/draw_figure_03.py"


rule draw_figure_14:
    input:
        trajectories=rules.trace_trajectories.output[0],
        bundle=rules.bundle_javascript.output[0],
        sizes=study.resource(config["files"]["sizes"]),
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
            tasks=study.other_than("arc_prediction", "arc_classification"),
            layer=study.final_layer,
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
            tasks=study.other_than("pos"),
            layer=study.final_layer,
            onset=config["analysis"]["onset"],
            cut=config["analysis"]["onset_cut"],
        ),
    script:
        "../workflow/scripts/draw_figure_16.py"
