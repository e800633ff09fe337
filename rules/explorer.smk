# The explorer: one page over the gathered scores of all models.


rule build_explorer:
    "a page in which every score of all models can be looked at"
    input:
        **inputs.explored,
        bundle=rules.bundle_javascript.output[0],
    output:
        f"results/{study.name}/explorer.html",
    log:
        f"logs/{study.name}/build_explorer.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "build_explorer",
            title=config["title"] or study.name,
            orders=study.orders,
            known=files.checksum(paths.DATA / "languages.tsv"),
            page=pages.fingerprint("explorer.html"),
        ),
    script:
        "../workflow/scripts/build_explorer.py"


EXPLORER = [*rules.build_explorer.output]


localrules:
    explorer,


rule explorer:
    "the page in which every score can be looked at"
    input:
        EXPLORER,
