# All scores in one table, and what is computed from that table.

from polychron.storage import files


rule gather_scores:
    input:
        within_reach(refusing(inputs.scores)),
    output:
        "results/{model}/scores.parquet",
    log:
        "logs/{model}/gather_scores.log",
    wildcard_constraints:
        model=among(study.single),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("gather_scores", **({"elsewhere": inputs.elsewhere} if config["scores"] else {})),
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


rule estimate_intervals:
    input:
        scores=rules.gather_scores.output[0],
    output:
        "results/{model}/intervals.parquet",
    log:
        "logs/{model}/estimate_intervals.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "estimate_intervals",
            onset=config["analysis"]["onset"],
            seed=config["analysis"]["correlation"]["seed"],
            expected_layer=config["analysis"]["expected_layer"],
        ),
    script:
        "../workflow/scripts/estimate_intervals.py"


rule tabulate_sizes:
    input:
        published=refusing(inputs.raw_file("sizes")),
        counts=inputs.counts,
        elsewhere=inputs.sizes_elsewhere,
    output:
        "results/{model}/sizes.parquet",
    log:
        "logs/{model}/tabulate_sizes.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_sizes",
            codes=files.checksum(paths.DATA / "iso_639.tsv"),
            languages=lambda wildcards: study.languages_for(wildcards.model) if inputs.counts(wildcards) else [],
        ),
    script:
        "../workflow/scripts/tabulate_sizes.py"


rule correlate_factors:
    input:
        scores=rules.gather_scores.output[0],
        trajectories=rules.trace_trajectories.output[0],
        intervals=rules.estimate_intervals.output[0],
        sizes=rules.tabulate_sizes.output[0],
        distances=refusing(inputs.raw_file("distances")),
    output:
        "results/{model}/correlations.parquet",
    log:
        "logs/{model}/correlate_factors.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "correlate_factors",
            codes=files.checksum(paths.DATA / "iso_639.tsv"),
            layer=study.final_layer,
            reference=config["analysis"]["reference"],
            **config["analysis"]["correlation"],
        ),
    script:
        "../workflow/scripts/correlate_factors.py"


rule explain_transfer:
    input:
        scores=rules.gather_scores.output[0],
        trajectories=rules.trace_trajectories.output[0],
        intervals=rules.estimate_intervals.output[0],
        factors=rules.tabulate_factors.output[0],
        sizes=rules.tabulate_sizes.output[0],
        distances=refusing(inputs.raw_file("distances")),
    output:
        "results/{model}/regressions.parquet",
    log:
        "logs/{model}/explain_transfer.log",
    wildcard_constraints:
        model=among(study.described),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "explain_transfer",
            codes=files.checksum(paths.DATA / "iso_639.tsv"),
            model=wildcard("model"),
            layer=study.final_layer,
            reference=config["analysis"]["reference"],
            **config["analysis"]["correlation"],
        ),
    script:
        "../workflow/scripts/explain_transfer.py"


# Cells under several settings of the probes have tables of their own, which nothing else reads.


rule gather_sensitivity:
    input:
        unpack(inputs.sensitivity),
    output:
        "results/{model}/sensitivity/scores.parquet",
    log:
        "logs/{model}/gather_sensitivity.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("gather_sensitivity", setting=study.setting),
    script:
        "../workflow/scripts/gather_sensitivity.py"


rule compare_settings:
    input:
        scores=rules.gather_sensitivity.output[0],
    output:
        "results/{model}/sensitivity/findings.parquet",
    log:
        "logs/{model}/compare_settings.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("compare_settings", setting=study.setting, onset=config["analysis"]["correlation"]["onset"]),
    script:
        "../workflow/scripts/compare_settings.py"


rule tabulate_ablation:
    input:
        unpack(study.ablation_inputs),
    output:
        table="results/{model}/ablation.parquet",
        intervals="results/{model}/ablation_intervals.parquet",
    log:
        "logs/{model}/tabulate_ablation.log",
    wildcard_constraints:
        # the folder of the study, beside those of models
        model=among(study.laboratories),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "tabulate_ablation",
            models=study.laboratory_models,
            references=study.references,
            sizes=study.laboratory_sizes,
        ),
    script:
        "../workflow/scripts/tabulate_ablation.py"


localrules:
    ablation,


rule ablation:
    "the table of what the models of the laboratory show, and its intervals over seeds"
    input:
        within_reach(study.ablation_tables),


SCORES = inputs.gathered + study.ablation_tables
