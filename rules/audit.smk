# Every claim of the paper, held against what was measured.


def original_files(wildcards):
    """Name the tables of the model that stands for XLM-R base, unless it is the one that is audited."""
    original = config["analysis"]["original"]
    if original in (None, wildcards.model):
        return []
    return [f"results/{original}/{table}.parquet" for table in ("scores", "trajectories")]


if config["analysis"]["original"] not in (None, *MODELS):
    refuse(
        f"analysis.original: there is no model {config['analysis']['original']!r}",
        f"name one of models: {', '.join(MODELS)}",
    )


rule audit_claims:
    input:
        scores="results/{model}/scores.parquet",
        trajectories="results/{model}/trajectories.parquet",
        correlations="results/{model}/correlations.parquet",
        sizes=resource(config["files"]["sizes"]),
        distances=resource(config["files"]["distances"]),
        original=original_files,
    output:
        page=report(
            "results/{model}/audit/claims.html",
            caption="../workflow/report/claims.rst",
            category="6 The paper's claims",
            labels={"item": "the paper's claims", "model": "{model}"},
        ),
        table="results/{model}/audit/claims.csv",
        readings="results/{model}/audit/readings.csv",
    log:
        "logs/{model}/audit_claims.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "audit_claims",
            # a file under git is no input: its checksum stands for it
            claims=provenance.checksum(Path(workflow.basedir) / "workflow" / "claims.yaml"),
            readings={**config["analysis"]["readings"], "expected_layer": config["analysis"]["expected_layer"]},
            original=config["analysis"]["original"] and MODELS[config["analysis"]["original"]]["final_layer"],
            config=lambda wildcards: {
                "model": MODELS[wildcards.model],
                **{name: config[name] for name in ("pretraining", "probing", "alignment", "analysis")},
            },
        ),
    script:
        "../workflow/scripts/audit_claims.py"


AUDIT = expand("results/{model}/audit/claims.html", model=ANALYSED)


localrules:
    audit,


rule audit:
    input:
        AUDIT,
