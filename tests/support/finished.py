"""The folder of a finished study, with a few planted scores: its tables, and two of its figures with their records."""

import itertools

import drawn
import planted

from polychron.analysis import trajectories
from polychron.figures import chart
from polychron.provenance import records
from polychron.storage import files

LANGUAGES, LAYERS = ("en", "ja"), (0, 2)
DRAWN = {
    "04": ("transfer_matrices", "transfer", {"tasks": drawn.TASKS, "layer": 2}),
    "08": ("layers", "in_language", {"tasks": drawn.TASKS, "examples": drawn.EXAMPLES, "others": False}),
}


def rows():
    """Parts of speech in two languages and between them, in two layers, and bits per character without seeds."""
    place = list(itertools.product(LANGUAGES, LANGUAGES, LAYERS))
    found = [drawn.transfer([0.2, 0.4, 0.5 + layer / 10], a, b, layer=layer) for a, b, layer in place]
    found += [drawn.pos([0.3, 0.7, 0.8 + layer / 20], a, layer=layer) for a, b, layer in place if a == b]
    bits = {"task": "bits", "split": "heldout", "metric": "bits_per_character", "seeds": (None,), "layer": 2}
    found += [drawn.pos([8.0, 3.0, 2.5], a, **bits) for a in LANGUAGES]
    return [row for part in found for row in part]


def finished(folder):
    """Write what a study leaves in `folder`, such as ``.../results/toy``; return its drawings as SVG, by number."""
    place = f"results/{folder.name}"
    table = planted.table(rows())
    followed = trajectories.study(table, drawn.SHARES, "minmax")
    files.write_table(folder / "scores.parquet", table)
    files.write_table(folder / "trajectories.parquet", followed)
    javascript = folder.parent / "vega.js"
    files.write_text(javascript, "// Vega\n")
    for number, (module, function, settings) in DRAWN.items():
        names = {"page": "html", "svg": "svg", "png": "png", "caption": "rst"}
        paths = {name: folder / f"figures/figure-{number}.{ending}" for name, ending in names.items()}
        chart.save(drawn.FIGURES[number](followed, 2), bundle=javascript, **paths)
        spec = {"rule": "draw_figure", "enters": f"polychron.figures.{module}", "draws": function, "settings": settings}
        inputs = dict.fromkeys((f"{place}/trajectories.parquet", "resources/toy/vega.js"), "0")
        outputs = {f"{place}/figures/{path.name}": files.checksum(path) for path in paths.values()}
        files.write_json(records.record_of(paths["page"]), records.made(spec, inputs, outputs, 1.0))
    return {number: (folder / f"figures/figure-{number}.svg").read_text(encoding="utf-8") for number in DRAWN}
