# Every claim of the paper, held against what was measured.


def original_files(wildcards):
    """Name the tables of the model that stands for XLM-R base, unless it is the one that is audited."""
    if ORIGINAL in (None, wildcards.model):
        return []
    return [f"results/{ORIGINAL}/{table}.parquet" for table in ("scores", "trajectories")]


def checkpoint_told(wildcards):
    """Name what is told of a model's last checkpoint: how it was converted, and its sizes."""
    if config["scores"]:
        return []
    files = directory_of(wildcards.model, max(steps_of(wildcards.model)))
    return [files["conversion"], files["config"]]


ORIGINAL = next((name for name, model in MODELS.items() if model["original"]), None)


rule audit_claims:
    input:
        scores="results/{model}/scores.parquet",
        trajectories="results/{model}/trajectories.parquet",
        correlations="results/{model}/correlations.parquet",
        sizes=resource(config["files"]["sizes"]),
        distances=resource(config["files"]["distances"]),
        original=original_files,
        checkpoint=checkpoint_told,
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
            claims=storage.checksum(paths.DATA / "claims.yaml"),
            readings={**config["analysis"]["readings"], "expected_layer": config["analysis"]["expected_layer"]},
            original=ORIGINAL and MODELS[ORIGINAL]["final_layer"],
            # the records beside its scores say how long a probe took
            cells=lambda wildcards: None if config["scores"] else f"results/{wildcards.model}/probes",
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
