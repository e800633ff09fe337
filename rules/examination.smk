# What is odd in the data of a study. Nothing else reads it, so that nothing is run again for it.


def datasets():
    """List every dataset that the study reads examples from, as kind/language."""
    treebanks = set(TREEBANK_TASKS) & set(PROBING["tasks"])
    inference = "xnli" in PROBING["tasks"]
    transfer = PROBING["transfer"]
    of = {
        "treebank": TREEBANK_LANGUAGES if treebanks else [],
        "parallel": transfer["treebank_languages"] if treebanks else [],
        "inference": PROBING["inference_languages"] if inference else [],
        "inference_test": (
            sorted({*PROBING["inference_languages"], *transfer["inference_languages"]}) if inference else []
        ),
        "heldout": config["bits"]["languages"],
        "bitext": [f"{pair['source']}/{pair['target']}" for pair in PAIRS],
    }
    return [f"{kind}/{language}" for kind, languages in of.items() for language in languages]


rule examine_data:
    input:
        examples=[example(dataset) for dataset in datasets()],
        pieces=["results/{model}/pieces/" + f"{dataset}.parquet" for dataset in datasets()],
    output:
        table="results/{model}/data/findings.parquet",
        page=report(
            "results/{model}/data/findings.html",
            caption="../workflow/report/findings.rst",
            category="1 Overview",
            labels={"item": "what is odd in the data", "model": "{model}"},
        ),
        csv="results/{model}/data/findings.csv",
    log:
        "logs/{model}/examine_data.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec(
            "examine_data",
            model=lambda wildcards: wildcards.model,
            datasets=datasets(),
            sources=(
                [language for language in TREEBANK_LANGUAGES if f"parallel/{language}" in datasets()]
                if set(TREEBANK_TASKS) & set(PROBING["tasks"])
                else []
            ),
        ),
    script:
        "../workflow/scripts/examine_data.py"


FINDINGS = expand("results/{model}/data/findings.html", model=ANALYSED)


localrules:
    data,


rule data:
    input:
        FINDINGS,
