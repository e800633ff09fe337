"""The scripts that gather, trace and draw, run as Snakemake runs them."""

import geometries
import laboratories
import planted
import pyarrow
import pytest
from registry import functions
from script import Files, run

from polychron.analysis import factors
from polychron.analysis.laboratory import summaries
from polychron.analysis.pairs import factors as pairs
from polychron.analysis.pairs import regressions
from polychron.checkpoints import published
from polychron.storage import files, sensitivity
from polychron.storage.scores import write_scores

TASKS = {"tasks": ["pos", "xnli"]}
FINAL = {**TASKS, "layer": 2}
STEPS = {**FINAL, "onset": [0.95], "cut": None}
LAYERS = {"tasks": ["pos", "xnli", "alignment"], "examples": [["pos", "qsa", "qsa"]]}
FIGURES = {
    "01": FINAL,
    "02": STEPS,
    "03": FINAL,
    "04": FINAL,
    "05": FINAL,
    "06": {**FINAL, "share": 0.95, "cut": None},
    "07": FINAL,
    "08": {**LAYERS, "others": False},
    "09": {**LAYERS, "others": False},
    "10": {**LAYERS, "others": True},
    "11": TASKS,
    "12": {**LAYERS, "others": True},
    "13": {"tasks": ["alignment"]},
    "14": {},
    "15": FINAL,
    "16": STEPS,
    "17": {**FINAL, "source": "qsa"},
    "18": {},
    "19": {},
    "20": {"layer": 2, "share": 0.95},
    "21": {**FINAL, "seed": 0},
    "22": {},
    "23": {},
    "24": {"seed": 0},
    "25": {},
    **{number: {"default": "default", "alone": ["alone"]} for number in ("26", "28")},
    "27": {"default": "default", "variants": ["default", "alone"]},
    "29": {"layer": 2},
    "30": {},
}
OF_GEOMETRY = {
    **dict.fromkeys(("18", "19", "23", "25"), ("geometry",)),
    "20": ("geometry", "geometry_trajectories", "distances"),
    "21": ("geometry", "trajectories", "distances"),
    "22": ("geometry_trajectories",),
    "24": ("geometry", "factors"),
    "30": ("forgetting",),
}
"""What the figures of geometry read."""
TABLES = {
    "1": ("scores", {}),
    "2": ("scores", {}),
    "3": ("scores trajectories", {"models": ["toy"], "layer": 2}),
    "4": ("correlations sizes", {"number": 4, "onset": 0.95}),
    "5": ("correlations sizes", {"number": 5, "onset": 0.95}),
    "6": ("trajectories intervals", {"layer": 2, "onset": 0.95}),
    "7": ("findings", {"onset": 0.95, "setting": ["none", "adam"]}),
    "8": ("regressions", {"onset": 0.95}),
    "9": ("models", {}),
    "10": ("ablation intervals", {"default": "default", "variants": ["default", "alone"]}),
}


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """The tables of a planted study, by name."""
    folder = tmp_path_factory.mktemp("gathered")
    rows = planted.toy().to_pylist()
    parts = [folder / f"{place}.parquet" for place in range(3)]
    for place, part in enumerate(parts):
        write_scores(part, rows[place::3])
    names = (
        "scores",
        "trajectories",
        "intervals",
        "correlations",
        "sizes",
        "sensitivity",
        "findings",
        "regressions",
        "models",
    )
    tables = {name: folder / f"{name}.parquet" for name in names}
    run("gather_scores", Files(parts), Files(scores=tables["scores"]), folder / "gather.log")
    assert files.read_table(tables["scores"]).num_rows == len(rows)
    tables["tuned"] = folder / "tuned.parquet"
    write_scores(tables["tuned"], [*rows, *(row | {"task": "pos_tuned"} for row in rows if row["task"] == "pos")])
    of_scores = Files(scores=tables["scores"])
    spec = {"onset": [0.95], "expected_layer": "minmax"}
    run("trace_trajectories", of_scores, Files(tables["trajectories"]), folder / "trace.log", **spec)
    run("estimate_intervals", of_scores, Files(tables["intervals"]), folder / "estimate.log", **spec, seed=0)
    other = {"scaling": "standard", "solver": "adam"}
    sensitivity.write_scores(folder / "other.parquet", [row | other for row in rows if row["task"] == "pos"])
    setting = {"setting": ["none", "adam"]}
    both = Files(own=[tables["scores"]], others=[folder / "other.parquet"])
    run("gather_sensitivity", both, Files(tables["sensitivity"]), folder / "join.log", **setting)
    of_both = Files(scores=tables["sensitivity"])
    run("compare_settings", of_both, Files(tables["findings"]), folder / "compare.log", **setting, onset=0.95)
    listed = folder / "sizes.csv"
    listed.write_text("language,code,size_gib\nQsa,qsa,0.001\n")
    sources = Files(published=listed, counts=[], elsewhere=[])
    run("tabulate_sizes", sources, Files(tables["sizes"]), folder / "sizes.log", languages=[])
    for name, module in (("correlations", factors), ("regressions", regressions)):
        files.write_table(tables[name], pyarrow.Table.from_pylist([], schema=module.schema()))
    tables |= {name: folder / f"{name}.parquet" for name in ("geometry", "geometry_trajectories", "factors")}
    tables["distances"] = folder / "distances.tsv"
    tables["distances"].write_text("kind\tlang1\tlang2\tdistance\nsyntactic\tqsa\tqsb\t0.5\n")
    languages = sorted({row["source"] for row in rows if row["split"] == "parallel"})
    of_geometry = geometries.whole(lambda metric, *place: 0.5, languages=languages)
    files.write_table(tables["geometry"], of_geometry)
    run("trace_geometry", Files(tables["geometry"]), Files(tables["geometry_trajectories"]), folder / "geo.log", **spec)
    tables["forgetting"], told = folder / "forgetting.parquet", {"task": "pos", "source": "qsa", "seed": 0}
    again = Files(before=tables["geometry"], after=[tables["geometry"]])
    run("compare_fine_tuned", again, Files(tables["forgetting"]), folder / "forgetting.log", tuned=[told])
    kin = [{"model": "m", "source": a, "target": b, "factor": "same_family", "value": 1.0} for a, b in ("ab", "ba")]
    files.write_table(tables["factors"], pyarrow.Table.from_pylist(kin, schema=pairs.schema()))
    files.write_table(tables["models"], published.table({}, {}))
    tables |= {name: folder / f"{name}.parquet" for name in ("ablation", "ablation_intervals")}
    of_laboratory = laboratories.table(alone=0.5)
    files.write_table(tables["ablation"], of_laboratory)
    files.write_table(tables["ablation_intervals"], summaries.summarise(of_laboratory))
    return tables


@pytest.mark.parametrize("number", functions("figures"))
def test_figures(gathered, bundle, number, tmp_path):
    enters, _, draws = functions("figures")[number].rpartition(".")
    inputs = {"bundle": bundle, "trajectories": gathered["trajectories"]}
    if number in OF_GEOMETRY:
        inputs = {"bundle": bundle, **{name: gathered[name] for name in OF_GEOMETRY[number]}}
    if number in ("26", "27", "28"):
        inputs = {"bundle": bundle, "ablation": gathered["ablation"], "intervals": gathered["ablation_intervals"]}
    if number == "29":
        inputs = {"bundle": bundle, "scores": gathered["tuned"]}
    if number in ("05", "06", "07", "08", "09", "10", "11", "12", "13"):
        inputs["intervals"] = gathered["intervals"]
    if number == "14":
        inputs |= {name: gathered[name] for name in ("sizes", "intervals")}
    outputs = {name: tmp_path / f"figure.{name}" for name in ("page", "svg", "png", "caption")}
    spec = {"enters": enters, "draws": draws, "settings": FIGURES[number], "names": {}}
    run("draw_figure", Files(**inputs), Files(**outputs), tmp_path / "draw_figure.log", **spec)
    assert all(path.stat().st_size > 100 for path in outputs.values())
    assert bundle.read_text() in outputs["page"].read_text()


@pytest.mark.parametrize("number", functions("tables"))
def test_tables(gathered, number, tmp_path):
    enters, _, writes = functions("tables")[number].rpartition(".")
    names, settings = TABLES[number]
    inputs = {name: [gathered[name]] if number == "3" else gathered[name] for name in names.split()}
    if number == "10":
        inputs["intervals"] = gathered["ablation_intervals"]
    page = written(enters, writes, inputs, settings, tmp_path)
    assert f"<h1>Table {number}. " in page
    assert (tmp_path / "table.csv").read_text().startswith("missing\n") is (number in ("4", "5", "8"))
    assert (tmp_path / "table.tex").read_text().count(r"\toprule") == 1


def written(enters, writes, inputs, settings, folder):
    """Write a table as its rule does, and return its page."""
    outputs = {name: folder / f"table.{name}" for name in ("csv", "tex", "page", "caption")}
    spec = {"enters": enters, "writes": writes, "settings": settings}
    run("write_table", Files(**inputs), Files(**outputs), folder / "write_table.log", **spec)
    return outputs["page"].read_text()


@pytest.mark.parametrize("number", ["4", "5"])
@pytest.mark.parametrize("compared", [True, False])
def test_tables_with_further_factors(gathered, number, compared, tmp_path):
    names, settings = TABLES[number]
    inputs = {name: gathered[name] for name in names.split()}
    inputs["regressions"] = gathered["regressions"] if compared else []
    settings = settings | {"reference": "qsa"}
    page = written("polychron.tables.further_factors", "correlations", inputs, settings, tmp_path)
    assert f"<h1>Table {number}. " in page


def test_a_bad_file_of_scores_leaves_no_table(tmp_path):
    bad, scores, log = tmp_path / "bad.parquet", tmp_path / "scores.parquet", tmp_path / "gather_scores.log"
    bad.write_bytes(b"PAR1 and no more")
    with pytest.raises(SystemExit):
        run("gather_scores", Files([bad]), Files(scores=scores), log)
    assert not scores.exists()
    assert "bad.parquet" in log.read_text()


def test_fine_tuned_models_change_no_trajectory_and_no_interval(gathered, tmp_path):
    for script, name in (("trace_trajectories", "trajectories"), ("estimate_intervals", "intervals")):
        made = tmp_path / f"{name}.parquet"
        spec = {"onset": [0.95], "expected_layer": "minmax", "seed": 0}
        run(script, Files(scores=gathered["tuned"]), Files(made), tmp_path / f"{name}.log", **spec)
        assert made.read_bytes() == gathered[name].read_bytes()
