"""One spelling of each path of a config."""

import copy
import os

import pytest

from polychron.data import fetch, languages
from polychron.study.configuration import config_paths

FILES = {
    "text": "text/{language}.txt.xz",
    "distances": "lang2vec/distances.tsv",
    "sizes": "./mine/sizes.csv",
    "treebank": {"de": "./mine/de-{split}.conllu", "fi": "ud/fi-{split}.conllu"},
    "parallel": {"de": "../beside/de.conllu"},
    "entity_treebank": {"de": "./mine/de-{split}.iob2"},
    "entities": {"de": "../beside/de.iob2"},
    "inference": {"dev": {"file": "~/xnli/{language}.tsv"}},
    "dictionary": {"de/fi": {"file": "./mine/de-fi.tsv"}},
    "alignment": {"de/fi": {"source": "./mine/de", "target": "./mine/fi", "links": None}},
}
CONFIG = {
    "mirror": "given/mirror",
    "by_hand": "by-hand",
    "scores": None,
    "sources": ["./mine/sources.tsv", "/data/sources.tsv"],
    "files": FILES,
    "models": [
        {"provider": "folder", "source": "given/step-{step}", "vocabulary": None},
        {
            "provider": "published",
            "source": "https://example.org//step-{step}.pt",
            "vocabulary": {"sentencepiece": "given/bpe.model", "dictionary": "file:///given/dict.txt"},
        },
        {"provider": "hub", "source": "org/name", "vocabulary": None},
    ],
}


def every(value, change):
    """Return a config with all of its texts changed."""
    if isinstance(value, dict):
        return {key: item if key == "provider" else every(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [every(item, change) for item in value]
    return change(value) if isinstance(value, str) and "//" not in value and value != "org/name" else value


def is_own(path):
    return path.startswith(("./", "/"))


SPELLINGS = {
    "doubled slashes": lambda path: path.replace("/", "//") if not path.startswith("/") else path,
    "a dot inside": lambda path: path.replace("/", "/./"),
    "a slash at the end": lambda path: path + "/",
    "there and back": lambda path: path.replace("./mine/", "./mine/x/../").replace("given/", "given/y/../"),
    "from the root": lambda path: os.path.abspath(path) if path.startswith(("./", "given/")) else path,
    "from the root with doubled slashes": lambda path: (
        "//" + os.path.abspath(path)[1:] + "//" if path.startswith(("./", "given/")) else path
    ),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_another_spelling_of_a_path_is_the_same_path(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    plain = copy.deepcopy(CONFIG)
    config_paths.in_one_spelling(plain)
    assert plain == CONFIG, "this is the one spelling"
    other = every(copy.deepcopy(CONFIG), SPELLINGS[name])
    assert other != CONFIG
    config_paths.in_one_spelling(other)
    assert other == CONFIG


def test_a_working_directory_behind_a_link_is_the_same(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "real")
    assert config_paths.spelt(f"{tmp_path}/link/given/x") == "given/x"
    assert config_paths.source(f"{tmp_path}/link/x") == "./x"
    assert config_paths.spelt(f"{tmp_path}/beside") == f"{tmp_path}/beside"


def test_a_link_to_another_folder_is_not_taken_for_nothing(tmp_path, monkeypatch):
    (tmp_path / "far/away").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    (tmp_path / "here/link").symlink_to("../far/away")
    monkeypatch.chdir(tmp_path / "here")
    assert config_paths.spelt("link/../x") == "link/../x"
    assert config_paths.spelt("plain/../x") == "x"


def test_a_source_of_the_study_and_a_file_of_ones_own_stay_apart():
    assert config_paths.source("./ud/x") == "./ud/x" != config_paths.source("ud//x") == "ud/x"


@pytest.mark.parametrize(
    ("given", "tables"),
    [
        (None, []),
        ("./mine.tsv", ["./mine.tsv"]),
        ("tables//mine.tsv", ["./tables/mine.tsv"]),
        (["../mine.tsv", "~/mine.tsv"], ["../mine.tsv", "~/mine.tsv"]),
    ],
)
def test_tables_of_sources_are_a_list_of_ones_own_files(given, tables):
    config = copy.deepcopy(CONFIG) | {"sources": given}
    config_paths.in_one_spelling(config)
    assert config["sources"] == tables


def test_no_distances_are_a_list_without_a_row_that_comes_with_the_workflow(tmp_path):
    config = copy.deepcopy(CONFIG)
    config["files"]["distances"] = None
    config_paths.in_one_spelling(config)
    name = config["files"]["distances"]
    assert config["files"] == FILES | {"distances": name}
    fetch.fetch(name, tmp_path / name, fetch.Place(mirror=str(tmp_path / "a mirror without it")))
    assert languages.read_distances(tmp_path / name, ["de", "fi"]).known == {}
