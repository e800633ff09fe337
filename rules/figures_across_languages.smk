# How well, when and for how long probes transfer between languages: section 4 of the paper.


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
        spec=spec("draw_figure_04", tasks=study.probing["tasks"], layer=study.final_layer),
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
        spec=spec("draw_figure_05", tasks=study.probing["tasks"], layer=study.final_layer),
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
            tasks=study.probing["tasks"],
            layer=study.final_layer,
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
        spec=spec("draw_figure_07", tasks=study.probing["tasks"], layer=study.final_layer),
    script:
        "../workflow/scripts/draw_figure_07.py"


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
            tasks=study.probing["tasks"],
            layer=study.final_layer,
            source=config["analysis"]["reference"],
        ),
    script:
        "../workflow/scripts/draw_figure_17.py"
