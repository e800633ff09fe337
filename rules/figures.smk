# One figure, one rule, one script: from the gathered tables alone. What draws them in a browser is put together once.

FINAL_LAYER = max(PROBING["layers"])


def figure(number, name, category):
    """Name a figure's files; the page and the drawing stand in the report, with the caption that the script writes."""

    def reported(ending, form):
        return report(
            f"results/{{model}}/figures/figure-{number}.{ending}",
            caption=f"../workflow/report/figure-{number}.rst",
            category=category,
            labels={"figure": f"Figure {number} {name}", "model": "{model}", "form": form},
        )

    return {
        "page": reported("html", "interactive"),
        "svg": reported("svg", "print"),
        "png": f"results/{{model}}/figures/figure-{number}.png",
        "caption": f"results/{{model}}/figures/figure-{number}.rst",
    }


def asked(*tasks):
    """Name those of some tasks that the study has."""
    return [task for task in tasks if task in PROBING["tasks"]]


def other_than(*tasks):
    return [task for task in PROBING["tasks"] if task not in tasks]


rule bundle_javascript:
    output:
        resource("vega.js"),
    log:
        f"logs/{STUDY}/bundle_javascript.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("bundle_javascript"),
    script:
        "../workflow/scripts/bundle_javascript.py"


FIGURES = expand(
    "results/{model}/figures/figure-{number}.{ending}",
    model=ANALYSED,
    number=[f"{number:02d}" for number in range(1, 18)],
    ending=["html", "svg", "png"],
)
