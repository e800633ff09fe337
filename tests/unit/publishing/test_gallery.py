"""What the gallery keeps of a published study, and that a drawing which differs is found."""

import pytest

from polychron.errors import InputError
from polychron.publishing import gallery
from polychron.storage import files

RECORD = {
    "spec": {"rule": "train_probe"},
    "started": "2026-01-02T03:04:05",
    "seconds": 1.25,
    "commit": "abc",
    "uncommitted": [],
    "python": "3.12.1",
    "inputs": {"results/m/x": "0" * 64},
}


@pytest.fixture
def published(tmp_path):
    """Return a dataset with a model's tables and drawings, and what the gallery does not keep."""
    folder = tmp_path / "publish" / "study"
    kept = ("scores.parquet", "geometry.parquet", "figures/figure-01.svg", "tables/table-1.csv", "audit/claims.csv")
    for name in (*kept, "trajectories.parquet", "figures/figure-01.png", "figures/figure-01.rst"):
        path = folder / "m" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    files.write_json(folder / "config.json", {"world": None, "files": {"distances": "far.tsv", "sizes": "./own.csv"}})
    files.write_json(folder / "provenance.json", {"one": RECORD, "two": RECORD | {"uncommitted": ["a.py"]}})
    (tmp_path / "resources/study").mkdir(parents=True)
    (tmp_path / "resources/study/far.tsv").write_text("far")
    return folder


def test_tables_drawings_and_a_summary_of_the_records_are_stored(tmp_path, published):
    folder = tmp_path / "gallery"
    gallery.store(published, folder, tmp_path / "resources")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    names = {"scores.parquet", "geometry.parquet", "figures/figure-01.svg", "tables/table-1.csv", "audit/claims.csv"}
    assert found == {f"m/{name}" for name in names} | {"config.json", "provenance.json", "files/far.tsv"}
    told = files.read_json(folder / "provenance.json", dict)
    assert told["jobs"] == {"train_probe": {"jobs": 2, "seconds": 2.5}}
    assert told["commit"] == ["abc"] and told["uncommitted"] == ["a.py"] and "inputs" not in told


def test_what_is_drawn_with_other_bytes_or_not_at_all_is_found(tmp_path, published):
    folder = tmp_path / "gallery"
    gallery.store(published, folder, tmp_path / "resources")
    assert gallery.differing(folder, published) == []
    (published / "m/figures/figure-01.svg").write_text("another")
    assert gallery.differing(folder, published) == ["m/figures/figure-01.svg"]
    (published / "m/tables/table-1.csv").unlink()
    assert gallery.differing(folder, published) == ["m/figures/figure-01.svg", "m/tables/table-1.csv"]
    claims = folder / "m/audit/claims.csv", published / "m/audit/claims.csv"
    for path, took, share in ((claims[0], "1 minute", 0.5), (claims[1], "", 0.5)):
        path.write_text(f"setup.probe_time_max,{took}\nresult.share,{share}\n")
    assert len(gallery.differing(folder, published)) == 2
    claims[1].write_text("setup.probe_time_max,\nresult.share,0.6\n")
    assert "m/audit/claims.csv" in gallery.differing(folder, published)
    assert "table-1.csv" in gallery.main(["compare", str(folder), str(published)])
    assert "usage" in gallery.main([])


def test_a_study_without_scores_or_too_large_is_refused(tmp_path, published, monkeypatch):
    monkeypatch.setattr(gallery, "LARGEST", 10)
    with pytest.raises(InputError, match="the gallery has at most"):
        gallery.store(published, tmp_path / "gallery", tmp_path / "resources")
    (published / "m/scores.parquet").unlink()
    with pytest.raises(InputError, match="no study"):
        gallery.store(published, tmp_path / "gallery", tmp_path / "resources")
    assert not (tmp_path / "gallery").exists()


def test_only_a_study_of_the_gallery_is_replaced(tmp_path, published):
    folder = tmp_path / "gallery" / "study"
    gallery.store(published, folder, tmp_path / "resources")
    gallery.store(published, folder, tmp_path / "resources")
    (folder.parent / "file").write_text("another")
    for wrong in (
        folder.parent,
        folder.parent / "file",
        published,
        published.parent,
        published / "m",
        published / "new",
    ):
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        with pytest.raises(InputError, match=r"docs/gallery/NAME"):
            gallery.store(published, wrong, tmp_path / "resources")
        assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_records_without_git_are_stored_and_a_fault_keeps_the_earlier_version(tmp_path, published, monkeypatch):
    folder = tmp_path / "gallery"
    files.write_json(published / "provenance.json", {"one": RECORD | {"commit": None, "uncommitted": None}})
    gallery.store(published, folder, tmp_path / "resources")
    assert files.read_json(folder / "provenance.json", dict)["uncommitted"] == []

    def full(source, target):
        raise OSError("no space left")

    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr(gallery.shutil, "copyfile", full)
    with pytest.raises(OSError, match="no space left"):
        gallery.store(published, folder, tmp_path / "resources")
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.name for path in tmp_path.iterdir()} == {"gallery", "publish", "resources"}


@pytest.mark.parametrize("config", [{}, {"world": None}, {"world": None, "files": None}])
def test_a_config_of_no_study_is_refused(tmp_path, published, config):
    files.write_json(published / "config.json", config)
    with pytest.raises(InputError, match="no config of a study"):
        gallery.store(published, tmp_path / "gallery", tmp_path / "resources")


def test_a_folder_without_drawings_is_no_study_that_is_the_same(tmp_path, published, capsys):
    assert "no figures and tables" in gallery.main(["compare", str(tmp_path / "misspelt"), str(published)])
    (tmp_path / "empty/m").mkdir(parents=True)
    assert "no figures and tables" in gallery.main(["compare", str(tmp_path / "empty"), str(published)])
    assert "are the same" not in capsys.readouterr().out


def test_what_given_scores_do_not_show_is_stored_and_not_compared(tmp_path, published):
    for name in ("tables/table-7.csv", "figures/figure-29.svg", "figures/figure-30.svg"):
        (published / "m" / name).write_text(name)
    gallery.store(published, tmp_path / "gallery", tmp_path / "resources")
    assert (tmp_path / "gallery/m/tables/table-7.csv").is_file()
    assert gallery.drawn(tmp_path / "gallery") == [
        "m/audit/claims.csv",
        "m/figures/figure-01.svg",
        "m/tables/table-1.csv",
    ]


def test_a_file_that_the_study_reads_and_that_is_not_there_is_named(tmp_path, published):
    (tmp_path / "resources/study/far.tsv").unlink()
    with pytest.raises(InputError, match=r"study/far\.tsv"):
        gallery.store(published, tmp_path / "gallery", tmp_path / "resources")
    assert "far.tsv" in gallery.main(["store", str(published), str(tmp_path / "gallery"), str(tmp_path / "resources")])
    assert not (tmp_path / "gallery").exists()
