# The claims of the paper, and of two papers on cross-lingual representations, compared with what was measured.

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
                "model": study.entry_of(wildcards.model),
                "pretraining": study.known_settings(wildcards.model),
                **{name: config[name] for name in ("alignment", "analysis")},
                "probing": {
                    **study.claimed,
                    "tasks": sorted(study.probing["tasks"]),
                },
            },
        ),
    script:
        "../workflow/scripts/audit_claims.py"


rule audit_literature:
    input:
        scores="results/{model}/scores.parquet",
        geometry=rules.gather_geometry.output[0],
        factors=rules.tabulate_factors.output[0],
        sizes="results/{model}/sizes.parquet",
        distances=refusing(inputs.raw_file("distances")),
        forgetting=inputs.forgotten,
    output:
        page=report(
            "results/{model}/audit/{paper}.html",
            caption="../workflow/report/literature.rst",
            category="7 The paper's claims",
            labels={"item": "claims of {paper}", "model": "{model}"},
        ),
        table="results/{model}/audit/{paper}.csv",
    log:
        "logs/{model}/audit_literature/{paper}.log",
    wildcard_constraints:
        model=among(study.described),
        paper=among(study.papers),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "audit_literature",
            claims=lambda wildcards: files.checksum(paths.DATA / f"claims_{wildcards.paper}.yaml"),
            codes=files.checksum(paths.DATA / "iso_639.tsv"),
            known=files.checksum(paths.DATA / "languages.tsv"),
            page=pages.fingerprint("literature.html"),
            paper=wildcard("paper"),
            orders=lambda wildcards: study.of(wildcards.model).orders,
            set=study.shown_set,
            correlation=config["analysis"]["correlation"],
            config=lambda wildcards: {
                "model": study.entry_of(wildcards.model),
                # of a model from elsewhere the config does not say how it was pretrained
                "pretraining": study.known_settings(wildcards.model) if wildcards.model in study.fairseq else {},
                "geometry": config["geometry"],
                **study.claimed_pairs,
                **study.claimed_recipe,
            },
        ),
    script:
        "../workflow/scripts/audit_literature.py"


rule audit_laboratory:
    input:
        ablation=rules.tabulate_ablation.output.table,
        distances=refusing(inputs.raw_file("distances")),
    output:
        page=report(
            "results/{model}/audit/laboratory.html",
            caption="../workflow/report/laboratory.rst",
            category="8 Laboratory",
            labels={"item": "claims on pretraining", "model": "{model}"},
        ),
        table="results/{model}/audit/laboratory.csv",
    log:
        "logs/{model}/audit_laboratory.log",
    wildcard_constraints:
        model=among(study.laboratories),
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "audit_laboratory",
            claims=[files.checksum(path) for path in sorted(paths.DATA.glob("claims_*.yaml"))],
            page=pages.fingerprint("laboratory.html"),
            study=study.name,
            codes=files.checksum(paths.DATA / "iso_639.tsv"),
            roles=study.roles,
            shared=study.shared_role,
            settings=study.sizes_of_variants,
            languages=study.laboratory_languages,
            pretraining={key: config["pretraining"][key] for key in ("layers", "dimension", "heads")},
            finetuning={key: config["finetuning"][key] for key in ("recipe", "epochs", "batch", "learning_rate")},
        ),
    script:
        "../workflow/scripts/audit_laboratory.py"


AUDIT = study.audits


localrules:
    audit,


rule audit:
    "the claims of the paper, compared with what was measured"
    input:
        AUDIT,
