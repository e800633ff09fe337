# Every claim of the paper, held against what was measured.


rule audit_claims:
    input:
        scores="results/{model}/scores.parquet",
        trajectories="results/{model}/trajectories.parquet",
        correlations="results/{model}/correlations.parquet",
        sizes=resource(config["files"]["sizes"]),
        distances=resource(config["files"]["distances"]),
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
            config=lambda wildcards: {
                "model": MODELS[wildcards.model],
                **{name: config[name] for name in ("pretraining", "probing", "alignment", "analysis")},
            },
        ),
    script:
        "../workflow/scripts/audit_claims.py"


AUDIT = expand("results/{model}/audit/claims.html", model=MODELS)


localrules:
    audit,


rule audit:
    input:
        AUDIT,
