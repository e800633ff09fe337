"""A study in docs/gallery is drawn again from what is stored there, and equals its figures and tables."""

import re
import shutil
from pathlib import Path

import pytest

from polychron.publishing import gallery
from polychron.storage import files
from studies import SMALL

pytestmark = pytest.mark.slow

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")

STORED = sorted(path.parent for path in (Path(__file__).parents[2] / "docs/gallery").glob("*/config.json"))


def redraw(snakemake, place, config, folder, names):
    """Draw what a study of the gallery has drawn, in another folder and without its results."""
    given = f"scores={folder}", f"mirror={folder / 'files'}"
    made = [f"results/{name}" for name in names]
    done = snakemake(place, *config, "--config", *given, "--cores", "2", "--", *made)
    assert done.returncode == 0, done.stderr[-4000:]
    assert not (place / "resources/checkpoints").exists()
    assert names and {*names} <= {*gallery.drawn(folder)}
    return [name for name in gallery.differing(folder, place / "results") if name in names]


def alike(one, other):
    """Return whether two texts are the same but for the last digits of their numbers."""
    one, other = ("\n".join(gallery.compared(path)) for path in (one, other))
    if NUMBER.sub("", one) != NUMBER.sub("", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(float(a) == pytest.approx(float(b), rel=1e-6, abs=1e-6) for a, b in pairs)


def test_a_stored_study_equals_what_it_drew_and_a_changed_score_is_seen(snakemake, small, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(small, study, copy_function=shutil.copy2, symlinks=True)
    done = snakemake(study, *SMALL, "--cores", "1", "--", "publish")
    assert done.returncode == 0, done.stderr[-4000:]
    folder = tmp_path / "gallery"
    gallery.store(study / "results/publish/small", folder, study / "resources")
    assert not [path for path in folder.rglob("*") if path.is_file() and str(tmp_path).encode() in path.read_bytes()]
    names = ["small/audit/claims.csv", "small/audit/claims.html"]
    names += ["small/figures/figure-04.svg", "small/tables/table-3.csv"]
    place = tmp_path / "again"
    assert redraw(snakemake, place, SMALL, folder, names) == []
    scores = files.read_table(folder / "small/scores.parquet")
    column = scores.column_names.index("value")
    lower = scores.set_column(column, scores.field(column), [[value / 2 for value in scores["value"].to_pylist()]])
    files.write_table(folder / "small/scores.parquet", lower)
    assert redraw(snakemake, place, SMALL, folder, names) == names


@pytest.mark.parametrize("folder", STORED, ids=lambda path: path.name)
def test_a_study_of_the_gallery_is_drawn_again_and_equals_its_figures(snakemake, tmp_path, folder):
    config = ["--configfile", f"studies/{folder.name}.yaml"]
    other = redraw(snakemake, tmp_path, config, folder, gallery.drawn(folder))
    # on another processor than the study's, sums differ in their last digits
    assert [name for name in other if not alike(folder / name, tmp_path / "results" / name)] == []


def test_texts_are_alike_but_for_last_digits_alone(tmp_path):
    texts = {
        "one": "<path d='M1.25,3e-05'/>",
        "last": "<path d='M1.2500000001,3e-05'/>",
        "more": "<path d='M1.26,3e-05'/>",
    }
    texts["other"] = texts["one"].replace("path", "line")
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    found = [name for name in texts if alike(tmp_path / "one", tmp_path / name)]
    assert found == ["one", "last"]
