"""Figure 21: planted relations of transfer and similarity are found again, step by step."""

import pyarrow
import pytest
from drawn import svg, values
from geometries import table

from polychron.analysis import trajectories
from polychron.figures.geometry import transfer

LANGUAGES = ("de", "en", "fr", "ru")
PLACE = {(a, b): i for i, (a, b) in enumerate((a, b) for a in LANGUAGES for b in LANGUAGES if a < b)}


def alike(source, target):
    return PLACE[min(source, target), max(source, target)] / 10


def planted(metric, source, target, layer, step):
    return 0.1 + alike(source, target) + layer / 100 if "chance" not in metric else 0.01


def scores(sign):
    """Transfer that rises with similarity at step 800, and falls with it at step 50."""
    rows = [
        {"model": "m", "task": task, "source": a, "target": b, "layer": 2, "split": "parallel", "metric": "accuracy"}
        | {"quantity": "score", "step": step, "value": 0.5 + (sign if step == 800 else -sign) * alike(a, b) / 2}
        for task in ("pos", "xnli")
        for step in (50, 800)
        for a in LANGUAGES
        for b in LANGUAGES
        if a != b
    ]
    return pyarrow.Table.from_pylist(rows, schema=trajectories.schema())


@pytest.fixture
def distances(tmp_path):
    path = tmp_path / "distances.tsv"
    lines = [f"syntactic\t{a}\t{b}\t{0.9 - alike(a, b) ** 2}" for a, b in PLACE]
    path.write_text("\n".join(["kind\tlang1\tlang2\tdistance", *lines]) + "\n")
    return path


@pytest.mark.parametrize("sign", [1, -1])
def test_rho_is_that_of_the_step(distances, sign):
    figure = transfer.with_slider(table(planted, languages=LANGUAGES), scores(sign), distances, layer=2, seed=0)
    told = {(row["number"], row["task"], row["measure"]): row["lines"] for row in values(figure) if "lines" in row}
    assert len(told) == 2 * 2 * 2
    last, first = told[1, "POS tagging", "CKA (debiased)"], told[0, "POS tagging", "CKA (debiased)"]
    assert last[0] == "Step 800" and f"rho = {sign:.2f}" in last[2] and last[-1] == "12 pairs"
    assert first[0] == "Step 50" and f"rho = {-sign:.2f}" in first[2]
    points = [row for row in values(figure) if "source" in row]
    assert len(points) == 2 * 2 * 12
    one = next(row for row in points if (row["source"], row["target"], row["number"]) == ("fr", "de", 1))
    # similarity is there in one direction, and drawn in both
    assert one["CKA (debiased)"] == pytest.approx(0.1 + alike("de", "fr") + 0.02)
    assert figure.numbers[0]["Spearman"] == f"{sign:.2f}".replace("-", "−")
    assert "layer 2" in figure.caption[0] and "<path" in svg(figure)


def test_without_similarity_or_transfer_nothing_is_drawn(distances):
    geometry, curves = table(planted, languages=LANGUAGES), scores(1)
    bare = transfer.with_slider(geometry.slice(0, 0), curves, distances, layer=2, seed=0)
    assert "no debiased CKA or centred P@1" in bare.caption[0]
    bare = transfer.with_slider(geometry, curves, distances, layer=1, seed=0)
    assert "no transfer at the final layer" in bare.caption[0]
