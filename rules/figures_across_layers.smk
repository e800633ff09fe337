# Where in the network information sits: section 5 of the paper.


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
        spec=spec("draw_figure_08", tasks=study.probing["tasks"], examples=config["analysis"]["examples"]),
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
            tasks=[*study.probing["tasks"], "alignment"],
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
        spec=spec("draw_figure_10", tasks=study.probing["tasks"], examples=config["analysis"]["examples"]),
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
        spec=spec("draw_figure_11", tasks=study.probing["tasks"]),
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
            tasks=[*study.probing["tasks"], "alignment"],
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
