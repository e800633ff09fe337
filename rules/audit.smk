# The claims of the paper, compared with what was measured.

from polychron.storage import files


rule audit_claims:
    input:
        scores="results/{model}/scores.parquet",
        trajectories="results/{model}/trajectories.parquet",
        correlations="results/{model}/correlations.parquet",
        sizes="results/{model}/sizes.parquet",
        distances=refusing(inputs.raw_file("distances")),
        original=inputs.original,
        checkpoint=inputs.last_checkpoint,
    output:
        page=report(
            "results/{model}/audit/claims.html",
            caption="../workflow/report/claims.rst",
            category="7 The paper's claims",
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
            # a file under git is not an input, because a clone would make it newer; its checksum is used instead
            claims=files.checksum(paths.DATA / "claims.yaml"),
            codes=files.checksum(paths.DATA / "iso_639.tsv"),
            page=pages.fingerprint("claims.html"),
            readings={**config["analysis"]["readings"], "expected_layer": config["analysis"]["expected_layer"]},
            original=study.original and study.models[study.original]["final_layer"],
            # the records beside the scores say how long a probe took
            cells=lambda wildcards: None if config["scores"] else f"results/{wildcards.model}/probes",
            config=lambda wildcards: {
                "model": study.models[wildcards.model],
                **{name: config[name] for name in ("pretraining", "alignment", "analysis")},
                "probing": {
                    **{key: value for key, value in study.probing.items() if key != "sensitivity"},
                    "tasks": sorted(study.probing["tasks"]),
                },
            },
        ),
    script:
        "../workflow/scripts/audit_claims.py"


AUDIT = expand("results/{model}/audit/claims.html", model=study.analysed)


localrules:
    audit,


rule audit:
    input:
        AUDIT,
