# The paper's tables, from the gathered tables alone. A new one is a module of polychron.tables and a line in TABLES.

SCORES_ALONE = {"scores": rules.gather_scores.output[0]}
COEFFICIENTS = {"correlations": rules.correlate_factors.output[0], "sizes": rules.tabulate_sizes.output[0]}
EVERY_MODEL = {"scores": inputs.of_all_models("scores"), "trajectories": inputs.of_all_models("trajectories")}
EXPLAINED = {"regressions": inputs.regressions}
DESCRIBED = {"models": rules.describe_models.output[0]}
COMPARED = {"findings": rules.compare_settings.output[0]}
MODELS = lambda wildcards: study.own_first(wildcards.model)
LAYER = {"layer": study.final_layer}
TO_SHARE = {"onset": config["analysis"]["correlation"]["onset"]}

# Number: title in the report, module and function of polychron.tables, inputs, settings.
TABLES = {
    1: ("Tasks", "tasks_and_languages.tasks", SCORES_ALONE, {}),
    2: ("Languages", "tasks_and_languages.languages", SCORES_ALONE, {}),
    3: ("The last checkpoint and its baselines", "final_scores.final", EVERY_MODEL, {**LAYER, "models": MODELS}),
    4: ("Correlations in-language", "correlations.correlations", COEFFICIENTS, {**TO_SHARE, "number": 4}),
    5: ("Correlations of transfer", "correlations.correlations", COEFFICIENTS, {**TO_SHARE, "number": 5}),
    6: ("When, and how much is forgotten", "dynamics.dynamics", SPREAD, {**LAYER, **TO_SHARE}),
    7: ("Sensitivity to training", "sensitivity.sensitivity", COMPARED, {**TO_SHARE, "setting": study.setting}),
    8: ("Factors of transfer", "transfer_factors.alone_and_together", EXPLAINED, TO_SHARE),
    9: ("Multilingual models", "published_models.models", DESCRIBED, {}),
    10: ("Variants of pretraining", "ablation.by_variant", ABLATED, VARIED),
}

TABLES = study.tables(TABLES, EXPLAINED)

for number, (title, function, reads, settings) in TABLES.items():
    place, _, writes = function.rpartition(".")

    rule:
        name:
            f"write_table_{number}"
        input:
            **reads,
        output:
            **table_files(number, title),
        log:
            f"logs/{{model}}/write_table_{number}.log",
        wildcard_constraints:
            model=among(study.laboratories if number == 10 else study.models),
        conda:
            "../envs/polychron.yaml"
        params:
            spec=spec(
                "write_table",
                enters=f"polychron.tables.{place}",
                writes=writes,
                settings=settings_of(settings),
                page=pages.fingerprint("table.html"),
            ),
        script:
            "../workflow/scripts/write_table.py"


TABLE_FILES = study.statistics + study.table_files(TABLES)


rule summarise_study:
    input:
        trajectories=rules.trace_trajectories.output[0],
    output:
        page=report(
            "results/{model}/summary/summary.html",
            caption="../workflow/report/summary.rst",
            category="1 Overview",
            labels={"item": "what was found", "model": "{model}"},
        ),
        opening="results/{model}/summary/opening.rst",
    log:
        "logs/{model}/summarise_study.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "summarise_study",
            model=wildcard("model"),
            settings=settings_of(LAYER | {"share": config["analysis"]["correlation"]["onset"]}),
            names=NAMES,
            # what the report shows beside the sentences
            drawings={f"figure-{number}": FIGURES[number][0] for number in ("08", "04", "02", "07")},
            page=pages.fingerprint("summary.html"),
        ),
    script:
        "../workflow/scripts/summarise_study.py"


SUMMARIES = expand("results/{model}/summary/summary.html", model=study.analysed)
