"""The folder of a dataset has the results of a study and its records, and nothing that is private or of others."""

import json
import platform

import pytest
from finished import finished
from huggingface_hub import DatasetCard

import polychron
from polychron.errors import InputError
from polychron.provenance import records
from polychron.publishing import folder
from polychron.storage import files

MODELS = [{"name": "toy", "provider": "folder", "source": "/home/alice/model", "steps": [0, 50, 200]}]


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A finished study in the working directory, with texts of others, and results that it no longer has."""
    monkeypatch.chdir(tmp_path)
    finished(tmp_path / "results/toy")
    files.write_text("results/toy/pieces/de.parquet", "a text of others")
    files.write_text("results/toy/tables/table-9.csv", "of an earlier version")
    spec = {"rule": "gather_scores"}
    for name, reads in {"scores": ["/home/alice/de.conllu"], "trajectories": ["results/toy/scores.parquet"]}.items():
        path = f"results/toy/{name}.parquet"
        outputs = {path: files.checksum(path)}
        if name == "scores":
            outputs["results/toy/pieces/de.parquet"] = files.checksum("results/toy/pieces/de.parquet")
        files.write_json(records.record_of(path), records.made(spec, dict.fromkeys(reads, "0"), outputs, 3600))
    return records.read_records(["results/toy"])


def write(known, **more):
    targets = ["results/toy/figures/figure-04.html", "results/toy/figures/figure-08.html"]
    settings = {"title": "A study", "note": "", "config": {"study": "toy"}, "models": MODELS, **more}
    return folder.write("results/publish/toy", records=known, targets=targets, **settings)


def test_what_is_published(study):
    written = write(study)
    drawn = [f"toy/figures/figure-{number}.{end}" for number in ("04", "08") for end in ("svg", "png", "rst")]
    told = [f"toy/figures/figure-{number}.html.provenance.json" for number in ("04", "08")]
    tables = [f"toy/{name}.parquet{end}" for name in ("scores", "trajectories") for end in ("", records.ENDING)]
    assert set(written) == {"README.md", "config.json", "provenance.json", *drawn, *told, *tables}
    for path in (*drawn, "toy/scores.parquet"):
        assert written[path] == files.checksum(f"results/{path}")
    content = b"".join(path.read_bytes() for path in folder.Path("results/publish/toy").rglob("*") if path.is_file())
    for private in ("alice", "a text of others", f'"host": "{platform.node()}"'):
        assert private.encode() not in content


def test_rows_that_the_config_adds_to_the_table_of_sources_are_published(study):
    written = write(study, sources="file\turl\nmy/a.txt\thttps://example.org/a.txt\n")
    assert folder.Path("results/publish/toy/sources.tsv").read_text().split("\n")[1].startswith("my/a.txt\t")
    assert {*written} - {*write(study)} == {"sources.tsv"}


def test_the_folder_is_a_study_that_a_notebook_opens(study):
    write(study)
    opened = polychron.Study("results/publish/toy/toy")
    assert len(opened.scores()) and opened.figures[4] and opened.figures.titles().empty


def test_the_card_has_the_hubs_fields_and_the_provenance(study):
    write(study, title="A | study\nof two", note="What must be known.", licence="cc-by-4.0")
    card = DatasetCard.load("results/publish/toy/README.md")
    assert card.data.license == "cc-by-4.0" and card.data.language == ["en", "ja"]
    assert card.data.pretty_name == "A | study of two" and card.data.size_categories == "n<1K"
    tables = {one["config_name"]: one["data_files"] for one in card.data.configs}
    assert tables == {name: [f"toy/{name}.parquet"] for name in ("scores", "trajectories")}
    assert [one["config_name"] for one in card.data.configs if one.get("default")] == ["scores"]
    assert "What must be known." in card.content and "outside-1/model | 3, from 0 to 200 |" in card.content
    assert "| jobs | 4, 2.0 hours in all |" in card.content and platform.python_version() in card.content
    told = json.loads(folder.Path("results/publish/toy/provenance.json").read_text())
    assert set(told) == set(study) and told["results/toy/scores.parquet.provenance.json"]["inputs"]


def test_the_same_study_gives_the_same_bytes_and_leaves_nothing_behind(study):
    first = write(study)
    files.write_text("results/publish/toy/toy/tables/old.csv", "of an earlier version")
    assert write(study) == first


def test_a_result_that_is_not_what_its_record_says_stops_it(study):
    with open("results/toy/figures/figure-04.svg", "a", encoding="utf-8") as file:
        file.write(" ")
    with pytest.raises(InputError, match=r"figure-04\.svg: gone, or not what its record says\. Next: make it again"):
        write(study)


def test_a_study_without_scores_is_no_dataset(study):
    with pytest.raises(InputError, match=r"no scores to publish\. Next: run the study first"):
        write({path: record for path, record in study.items() if "scores.parquet" not in path})
