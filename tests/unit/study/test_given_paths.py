"""What a config names as input is never an output, whatever way its path is written."""

import os

import pytest
from configs import study

from polychron.errors import InputError
from polychron.study import consistency, given_paths


def check(made):
    """Check a study as the rules do."""
    consistency.check(made)
    given_paths.check(made)


TOY = "studies/toy.yaml"
FOLDER = {"name": "mine", "provider": "folder", "source": "given/step-{step}", "final_layer": 2, "window": 64}
SEPARATE = {"probing": {"layerwise": [], "sensitivity": None}, "alignment": {"layers": [0]}}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder with results and raw data of the toy study."""
    (tmp_path / "results/toy").mkdir(parents=True)
    (tmp_path / "results/toy/scores.parquet").write_text("the only copy")
    (tmp_path / "resources/toy").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(overlay, key):
    with pytest.raises(InputError) as fault:
        check(study(TOY, overlay))
    assert str(fault.value).startswith(f"{key}: "), fault.value
    assert "Next: copy" in str(fault.value)
    assert "delete" not in str(fault.value)


def written(place, folder):
    """Return ways to write the path of a folder."""
    (place / "link").symlink_to(place / folder)
    (place / "other").mkdir()
    return [
        folder,
        f"./{folder}",
        f"{folder}/",
        f"other/../{folder}",
        str(place / folder),
        os.path.join("..", place.name, folder),
        "link",
    ]


def test_scores_from_results_are_refused(place):
    for path in written(place, "results"):
        refused({"scores": path}, "scores")
    assert (place / "results/toy/scores.parquet").read_text() == "the only copy"


def test_scores_that_are_a_link_into_results_are_refused(place):
    (place / "of-model").mkdir()
    (place / "of-model/toy").symlink_to(place / "results/toy")
    (place / "of-file/toy").mkdir(parents=True)
    (place / "of-file/toy/scores.parquet").symlink_to(place / "results/toy/scores.parquet")
    for path in ("of-model", "of-file"):
        refused({"scores": path}, "scores")


@pytest.mark.parametrize("table", ["sizes", "geometry", "factors", "models"])
def test_a_table_beside_the_scores_that_is_a_link_into_results_is_refused(place, table):
    (place / "given/toy").mkdir(parents=True)
    (place / "given/toy/scores.parquet").write_text("scores")
    (place / f"given/toy/{table}.parquet").symlink_to(place / f"results/toy/{table}.parquet")
    refused({"scores": "given"}, "scores")


def test_results_that_are_a_link_to_the_scores_are_refused(place):
    (place / "disk/mine").mkdir(parents=True)
    (place / "results/mine").symlink_to(place / "disk/mine")
    overlay = {"models": [FOLDER], "scores": "disk", **SEPARATE}
    refused(overlay, "scores")


def test_a_home_folder_is_followed(place, monkeypatch):
    monkeypatch.setenv("HOME", str(place))
    refused({"scores": "~/results"}, "scores")


def test_scores_from_elsewhere_pass(place):
    for path in ("given", str(place / "given"), "results/../given"):
        check(study(TOY, {"scores": path}))
    (place / "given/toy").mkdir(parents=True)
    os.link(place / "results/toy/scores.parquet", place / "given/toy/scores.parquet")  # stays when the other is deleted
    check(study(TOY, {"scores": "given"}))


def test_tables_of_sources_from_where_the_study_writes_are_refused(place):
    for folder in written(place, "results/toy"):
        refused({"sources": ["./mine.tsv", f"{folder}/mine.tsv"]}, "sources")
    check(study(TOY, {"sources": "./mine.tsv"}))


@pytest.mark.parametrize("key", ["mirror", "by_hand"])
def test_folders_of_files_that_are_the_raw_data_are_refused(place, key):
    for path in [*written(place, "resources/toy"), (place / "resources/toy").as_uri()]:
        refused({key: path}, key)
    refused({key: "results/toy/pretraining"}, key)
    for path in ("resources/paper", "given"):
        check(study(TOY, {key: path}))
    check(study(TOY, {"mirror": "https://example.org/resources/toy"}))


@pytest.mark.parametrize("key", ["mirror", "by_hand"])
def test_a_file_of_a_mirror_that_is_a_raw_file_is_refused(place, key):
    file = study(TOY).source_files[0]
    (place / "mirror" / file).parent.mkdir(parents=True)
    (place / "resources/toy" / file).parent.mkdir(parents=True, exist_ok=True)
    (place / "resources/toy" / file).touch()
    (place / "mirror" / file).symlink_to(place / "resources/toy" / file)
    refused({key: "mirror"}, key)
    (place / "mirror" / file).unlink()
    check(study(TOY, {key: "mirror"}))


def test_a_raw_folder_that_is_a_link_into_a_mirror_is_refused(place):
    file = next(path for path in study(TOY).source_files if "/" in path)
    first = file.split("/")[0]
    (place / "mirror" / first).mkdir(parents=True)
    (place / "resources/toy" / first).symlink_to(place / "mirror" / first)
    refused({"mirror": "mirror"}, "mirror")


OWN = {
    "files.sizes": lambda path: {"sizes": path},
    "files.distances": lambda path: {"distances": path},
    "files.text": lambda path: {"text": path + "/{language}.txt.xz"},
    "files.treebank.qsa": lambda path: {"treebank": {"qsa": path + "/{split}.conllu"}},
    "files.parallel.qsa": lambda path: {"parallel": {"qsa": path}},
    "files.inference.dev": lambda path: {"inference": {"dev": {"file": path + "/{language}", "format": "tsv"}}},
    "files.alignment.qsa/qoe.links": lambda path: {
        "alignment": {"qsa/qoe": {"format": "talp", "source": "a", "target": "b", "links": path}}
    },
}


@pytest.mark.parametrize("key", OWN)
def test_own_files_in_results_or_raw_data_are_refused(place, key):
    for path in ("./results/toy/probes", "./resources/toy/examples", str(place / "resources/toy/x"), "./logs/toy"):
        refused({"world": None, "files": OWN[key](path)}, key)
    check(study(TOY, {"world": None, "files": OWN[key]("./my/file")}))
    check(study(TOY, {"world": None, "files": OWN[key]("./resources/paper/file")}))


@pytest.mark.parametrize("key", OWN)
def test_own_files_are_never_written_by_a_world(key):
    with pytest.raises(InputError, match=r"a file of your own, and a synthesised world .* would overwrite it"):
        check(study(TOY, {"files": OWN[key]("./my/file")}))


def test_an_own_treebank_of_a_language_that_no_world_has_passes():
    check(study(TOY, {"files": {"treebank": {"de": "./my/de-{split}.conllu"}}}))


def test_a_source_that_leads_out_of_its_folder_is_refused():
    with pytest.raises(InputError, match=r"files\.sizes: a/\.\./\.\./\.\./config\.yaml leads out of resources/toy"):
        check(study(TOY, {"files": {"sizes": "a/../../../config.yaml"}}))


@pytest.mark.parametrize("source", ["results/mine/pretraining/step-{step}", "./resources/toy/{step}", "link/{step}"])
def test_checkpoints_from_where_the_study_writes_are_refused(place, source):
    (place / "link").symlink_to(place / "results/mine/checkpoints")
    refused({"models": [{**FOLDER, "source": source}], **SEPARATE}, "models.mine.source")


def test_checkpoints_of_a_model_of_another_study_pass():
    source = "results/other/pretraining/step-{step}/checkpoint_last.pt"
    check(study(TOY, {"models": [{**FOLDER, "source": source}], **SEPARATE}))


def test_a_vocabulary_from_where_the_study_writes_is_refused():
    for part in ("sentencepiece", "dictionary"):
        vocabulary = {"sentencepiece": "given.model", part: "./results/mine/tokenizer/x"}
        overlay = {"models": [{**FOLDER, "vocabulary": vocabulary}], **SEPARATE}
        refused(overlay, f"models.mine.vocabulary.{part}")


def test_the_studies_own_paths_pass():
    for overlays in ([], [TOY], ["studies/mini.yaml"], ["studies/own.yaml"], ["studies/pretrained.yaml"]):
        given_paths.check(study(*overlays))


@pytest.mark.parametrize(
    ("overlay", "key"),
    [
        ({"models": [FOLDER | {"source": "~no-one-here/step-{step}"}], **SEPARATE}, "models.mine.source"),
        ({"mirror": "~no-one-here/files"}, "mirror"),
        ({"by_hand": "~no-one-here"}, "by_hand"),
        ({"scores": "~no-one-here/scores"}, "scores"),
    ],
)
def test_the_home_folder_of_nobody_is_refused(overlay, key):
    with pytest.raises(InputError, match=f"^{key}: ~no-one-here.* has no user no-one-here, .* whole path") as fault:
        given_paths.check(study(TOY, overlay))
    assert fault.value.__cause__ is None
