"""The exported crate: read back, it says what the planted records say, and contains no data of others."""

import hashlib
import json
import zipfile

import pytest
from rocrate.rocrate import ROCrate

from polychron.errors import InputError
from polychron.storage import files
from polychron.workflow import ro_crate

SCORES, WEIGHTS = (f"results/m/probes/pos/de/layer-1/step-0.{suffix}" for suffix in ("parquet", "safetensors"))
TEXT, TABLE = "resources/s/ud/de.conllu", "results/m/scores.parquet"


def checksum(content):
    return hashlib.sha256(content).hexdigest()


def record(rule, inputs, outputs, started, seconds):
    place = {"machine": "Linux", "processor": "x", "python": "3.11", "accelerator": None, "commit": "c0ffee"}
    files = {"inputs": inputs, "outputs": outputs}
    return {"spec": {"rule": rule}, "started": started, "seconds": seconds, **files, **place}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Two jobs: a probe that reads a treebank, and the gathering of its scores."""
    monkeypatch.chdir(tmp_path)
    contents = {name: name.encode() for name in (SCORES, WEIGHTS, TEXT, TABLE)}
    sums = {name: checksum(content) for name, content in contents.items()}
    records = {
        f"{SCORES}.provenance.json": record(
            "train_probe", {TEXT: sums[TEXT]}, {n: sums[n] for n in (SCORES, WEIGHTS)}, "2026-11-24T05:59:58Z", 3.2
        ),
        f"{TABLE}.provenance.json": record(
            "gather_scores", {SCORES: sums[SCORES]}, {TABLE: sums[TABLE]}, "2026-11-24T06:00:05Z", 1
        ),
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    for name, one in records.items():
        files.write_json(tmp_path / name, one)
    return records


@pytest.fixture
def written(run, root, tmp_path):
    """Write the crate of the two jobs and read it back."""
    files = ["Snakefile", "README.md", *(f"workflow/scripts/{one}.py" for one in ("train_probe", "gather_scores"))]
    described = ro_crate.describe("A study", "About it", {"seeds": [0, 1]}, root, files, run)
    with zipfile.ZipFile(described.write_zip(tmp_path / "crate.zip")) as archive:
        archive.extractall(tmp_path / "crate")
    return ROCrate(tmp_path / "crate"), tmp_path / "crate"


def test_each_job_is_an_action_with_its_script_files_and_times(written):
    read, _ = written
    probe = read.get(f"#{SCORES}")
    assert probe["instrument"].id == "workflow/scripts/train_probe.py"
    assert probe["object"].id == f"#not-enclosed/{TEXT}"
    assert [one.id for one in probe["result"]] == [SCORES, f"#not-enclosed/{WEIGHTS}"]
    assert (probe["startTime"], probe["endTime"]) == ("2026-11-24T05:59:58+00:00", "2026-11-24T06:00:01+00:00")
    assert "c0ffee" in probe["description"]
    assert probe["subjectOf"].id == f"{SCORES}.provenance.json"


def test_the_run_reads_what_no_job_made_and_its_results_are_in_the_crate(written):
    read, _ = written
    run = read.get("#run")
    assert run["instrument"] is read.mainEntity is read.get("Snakefile")
    assert {one.id for one in run["object"]} == {"config.json", f"#not-enclosed/{TEXT}"}
    assert {one.id for one in run["result"]} == {SCORES, TABLE}
    assert (run["startTime"], run["endTime"]) == ("2026-11-24T05:59:58+00:00", "2026-11-24T06:00:06+00:00")
    assert {one.id for one in read.root_dataset["conformsTo"]} >= {"https://w3id.org/ro/wfrun/workflow/0.5"}


def test_files_and_checksums_agree_and_no_data_of_others_is_in_the_crate(written, run):
    read, folder = written
    for name in (SCORES, TABLE):
        assert read.get(name)["sha256"] == checksum((folder / name).read_bytes())
    for name in (TEXT, WEIGHTS):
        assert not (folder / name).exists()
        assert read.get(f"#not-enclosed/{name}")["sha256"] == checksum(name.encode())
    assert json.loads((folder / "config.json").read_text()) == {"seeds": [0, 1]}
    assert json.loads((folder / f"{TABLE}.provenance.json").read_text()) == run[f"{TABLE}.provenance.json"]


def test_a_missing_result_is_named_without_a_file(run, root, tmp_path):
    (tmp_path / SCORES).unlink()
    files = ["Snakefile", *(f"workflow/scripts/{one}.py" for one in ("train_probe", "gather_scores"))]
    described = ro_crate.describe("A study", "About it", {}, root, files, run)
    assert described.get(SCORES) is None
    assert described.get(f"#not-enclosed/{SCORES}")["sha256"] == checksum(SCORES.encode())


def test_nothing_to_export(root):
    with pytest.raises(InputError, match="no results to export"):
        ro_crate.describe("A study", "", {}, root, ["Snakefile"], {})
