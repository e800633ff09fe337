"""The scripts that gather, trace and draw, run as Snakemake runs them."""

import planted
import pytest
from script import Files, run

from polychron.storage import files
from polychron.storage.scores import write_scores

TASKS = {"tasks": ["pos", "xnli"]}
FINAL = {**TASKS, "layer": 2}
LAYERS = {"tasks": ["pos", "xnli", "alignment"], "examples": [["pos", "qsa", "qsa"]]}
SPECS = {
    "draw_figure_01": FINAL,
    "draw_figure_02": {**FINAL, "onset": [0.95], "cut": None},
    "draw_figure_03": FINAL,
    "draw_figure_04": FINAL,
    "draw_figure_05": FINAL,
    "draw_figure_06": {**FINAL, "share": 0.95, "cut": None},
    "draw_figure_07": FINAL,
    "draw_figure_08": LAYERS,
    "draw_figure_09": LAYERS,
    "draw_figure_10": LAYERS,
    "draw_figure_11": TASKS,
    "draw_figure_12": LAYERS,
    "draw_figure_13": {"tasks": ["alignment"]},
    "draw_figure_14": {},
    "draw_figure_15": FINAL,
    "draw_figure_16": {**FINAL, "onset": [0.95], "cut": None},
    "draw_figure_17": {**FINAL, "source": "qsa"},
}


def test_from_score_files_to_figures(tmp_path):
    rows = planted.toy().to_pylist()
    parts = [tmp_path / f"{place}.parquet" for place in range(3)]
    for place, part in enumerate(parts):
        write_scores(part, rows[place::3])
    scores, trajectories = tmp_path / "scores.parquet", tmp_path / "trajectories.parquet"
    run("gather_scores", Files(parts), Files(scores=scores), tmp_path / "gather_scores.log")
    assert files.read_table(scores).num_rows == len(rows)
    spec = {"onset": [0.95], "expected_layer": "minmax"}
    run("trace_trajectories", Files(scores=scores), Files(table=trajectories), tmp_path / "trace.log", **spec)
    sizes = tmp_path / "sizes.csv"
    sizes.write_text("language,code,size_gib\nQsa,qsa,0.001\n")
    bundle = tmp_path / "vega.js"
    run("bundle_javascript", Files(), Files(bundle=bundle), tmp_path / "bundle.log")
    for script, spec in SPECS.items():
        inputs = {"trajectories": trajectories, "bundle": bundle, "intervals": []}
        if script == "draw_figure_14":
            inputs["sizes"] = sizes
        outputs = {name: tmp_path / f"{script}.{name}" for name in ("page", "svg", "png", "caption")}
        run(script, Files(**inputs), Files(**outputs), tmp_path / f"{script}.log", **spec)
        assert all(path.stat().st_size > 100 for path in outputs.values())
        assert bundle.read_text() in outputs["page"].read_text()


def test_a_bad_file_of_scores_leaves_no_table(tmp_path):
    bad, scores, log = tmp_path / "bad.parquet", tmp_path / "scores.parquet", tmp_path / "gather_scores.log"
    bad.write_bytes(b"PAR1 and no more")
    with pytest.raises(SystemExit):
        run("gather_scores", Files([bad]), Files(scores=scores), log)
    assert not scores.exists()
    assert "bad.parquet" in log.read_text()
