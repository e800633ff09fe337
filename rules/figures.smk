# One figure, one rule, one script: from the gathered tables alone. What draws them in a browser is put together once.


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


rule bundle_javascript:
    output:
        study.resource("vega.js"),
    log:
        f"logs/{study.name}/bundle_javascript.log",
    conda:
        "../envs/polychron.yaml"
    params:
        spec=spec("bundle_javascript"),
    script:
        "../workflow/scripts/bundle_javascript.py"


FIGURES = expand(
    "results/{model}/figures/figure-{number}.{ending}",
    model=study.analysed,
    number=[f"{number:02d}" for number in range(1, 18)],
    ending=["html", "svg", "png"],
)
