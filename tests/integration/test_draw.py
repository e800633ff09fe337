"""The scripts that gather, trace and draw, run as Snakemake runs them."""

import json
import runpy
from types import SimpleNamespace

import planted
import pytest

from polychron.storage import files

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


class Files(dict):
    """Named files, as Snakemake gives them to a script: a list with names."""

    def __iter__(self):
        return iter(str(path) for path in self.values() if path)

    def __getitem__(self, place):
        return str(list(self.values())[place])

    __getattr__ = dict.__getitem__


@pytest.fixture
def run(root, tmp_path):
    def run(script, inputs, outputs, spec):
        snakemake = SimpleNamespace(
            input=Files(inputs),
            output=Files(outputs),
            params=SimpleNamespace(spec=json.dumps(spec)),
            log=[str(tmp_path / f"{script}.log")],
        )
        runpy.run_path(str(root / "workflow" / "scripts" / f"{script}.py"), {"snakemake": snakemake})

    return run


def test_from_score_files_to_figures(run, tmp_path):
    rows = planted.toy().to_pylist()
    parts = {}
    for place in range(3):
        parts[f"part_{place}"] = tmp_path / f"{place}.parquet"
        files.write_scores(parts[f"part_{place}"], rows[place::3])
    run("gather_scores", parts, {"scores": tmp_path / "scores.parquet"}, {})
    assert files.read_table(tmp_path / "scores.parquet").num_rows == len(rows)
    spec = {"onset": [0.95], "expected_layer": "minmax"}
    trajectories = tmp_path / "trajectories.parquet"
    run("trace_trajectories", {"scores": tmp_path / "scores.parquet"}, {"table": trajectories}, spec)
    sizes = tmp_path / "sizes.csv"
    sizes.write_text("language,code,size_gib\nQsa,qsa,0.001\n")
    bundle = tmp_path / "vega.js"
    run("bundle_javascript", {}, {"bundle": bundle}, {})
    for script, spec in SPECS.items():
        inputs = {"trajectories": trajectories, "bundle": bundle, "intervals": []} | (
            {"sizes": sizes} if script == "draw_figure_14" else {}
        )
        outputs = {name: tmp_path / f"{script}.{name}" for name in ("page", "svg", "png", "caption")}
        run(script, inputs, outputs, spec)
        assert all(path.stat().st_size > 100 for path in outputs.values())
        assert bundle.read_text() in outputs["page"].read_text()


def test_a_bad_file_of_scores_leaves_no_table(run, tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(SystemExit):
        run("gather_scores", {"bad": tmp_path / "bad.parquet"}, {"scores": tmp_path / "scores.parquet"}, {})
    assert not (tmp_path / "scores.parquet").exists()
    assert "bad.parquet" in (tmp_path / "gather_scores.log").read_text()
