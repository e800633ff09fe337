"""The exported crate: read back, it says what the planted records say, and contains no data of others."""

import hashlib
import json
import os
import zipfile

import pytest
from rocrate.rocrate import ROCrate

from polychron.errors import InputError
from polychron.provenance import ro_crate
from polychron.storage import files

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
    described = ro_crate.describe("A study", "About it", {"seeds": [0, 1]}, root, files, run, [TABLE])
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


def test_rows_that_the_config_adds_to_the_table_of_sources_are_in_the_crate(run, root, tmp_path):
    table = "file\turl\nmy/a.txt\thttps://example.org/a.txt\n"
    described = ro_crate.describe("A study", "", {}, root, SCRIPTS, run, [TABLE], table)
    with zipfile.ZipFile(described.write_zip(tmp_path / "crate.zip")) as archive:
        assert archive.read("sources.tsv").decode() == table
    described = ro_crate.describe("A study", "", {}, root, SCRIPTS, run, [TABLE])
    assert described.get("sources.tsv") is None


def test_a_missing_result_is_named_without_a_file(run, root, tmp_path):
    (tmp_path / SCORES).unlink()
    files = ["Snakefile", *(f"workflow/scripts/{one}.py" for one in ("train_probe", "gather_scores"))]
    described = ro_crate.describe("A study", "About it", {}, root, files, run, [TABLE])
    assert described.get(SCORES) is None
    assert described.get(f"#not-enclosed/{SCORES}")["sha256"] == checksum(SCORES.encode())


def test_nothing_to_export(root):
    with pytest.raises(InputError, match="no results to export"):
        ro_crate.describe("A study", "", {}, root, ["Snakefile"], {}, [TABLE])


# what does not travel

SCRIPTS = ["Snakefile", *(f"workflow/scripts/{one}.py" for one in ("train_probe", "gather_scores"))]


def contents(described, tmp_path):
    """Write a crate, and return its files by their names."""
    with zipfile.ZipFile(described.write_zip(tmp_path / "crate.zip")) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_what_the_targets_do_not_hang_on_is_left_out(run, root, tmp_path):
    stale = "results/m/probes/pos/fr/layer-1/step-0.parquet"
    made = record("train_probe", {TEXT: checksum(b"t")}, {stale: checksum(b"s")}, "2026-11-23T05:00:00Z", 1)
    records = {**run, f"{stale}.provenance.json": made}
    for name in (stale, f"{stale}.provenance.json", "results/m/figures/orphan.svg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"s")
    described = ro_crate.describe("A study", "", {}, root, SCRIPTS, records, [TABLE])
    names = contents(described, tmp_path)
    assert SCORES in names and not [name for name in names if "/fr/" in name or "orphan" in name]
    assert described.get("#run")["startTime"].startswith("2026-11-24") and described.get(f"#{stale}") is None
    assert f"{stale}.provenance.json" in contents(
        ro_crate.describe("A study", "", {}, root, SCRIPTS, records, [TABLE, stale]), tmp_path
    )


def test_hosts_homes_and_passwords_do_not_travel(run, root, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/alice")
    mine = "/home/alice/texts/de.conllu"
    first = run[f"{SCORES}.provenance.json"]
    first["inputs"][mine] = checksum(b"x")
    first |= {"host": "alices-laptop", "uncommitted": ["workflow/scripts/train_probe.py"]}
    first["spec"] |= {"address": "http://joe:S3CRET@host/a", "file": mine, "other": "~/other/de.conllu"}
    config = {"scores": "~/texts/scores", "files": {"text": f"{tmp_path}/given/a.txt"}, "steps": [0, 1], "null": None}
    described = ro_crate.describe("http://joe:S3CRET@host", "S", config, root, SCRIPTS, run, [TABLE])
    found = contents(described, tmp_path)
    for secret in (b"alice", b"S3CRET", str(tmp_path).encode()):
        assert not [name for name, content in found.items() if secret in content or secret in name.encode()], secret
    packed = json.loads(found[f"{SCORES}.provenance.json"])
    assert packed["inputs"]["outside-1/de.conllu"] == checksum(b"x") == first["inputs"][mine]
    assert packed["spec"]["file"] == "outside-1/de.conllu" and packed["spec"]["other"] == "outside-2/de.conllu"
    assert json.loads(found["config.json"]) == {
        "scores": "outside-1/scores",
        "files": {"text": "given/a.txt"},
        "steps": [0, 1],
        "null": None,
    }
    assert "with uncommitted changes (workflow/scripts/train_probe.py)" in described.get(f"#{SCORES}")["description"]


def test_a_password_in_a_tracked_file_of_settings_does_not_travel(run, tmp_path):
    (tmp_path / "workflow/scripts").mkdir(parents=True)
    for name in SCRIPTS:
        (tmp_path / name).write_text("pass")
    (tmp_path / "mine.yaml").write_text("mirror: http://joe:S3CRET@host/m\n")
    described = ro_crate.describe("A", "", {}, tmp_path, [*SCRIPTS, "mine.yaml"], run, [TABLE])
    assert contents(described, tmp_path)["mine.yaml"] == b"mirror: http://***@host/m\n"


def test_a_result_that_is_not_the_recorded_one_is_refused(run, root, tmp_path):
    (tmp_path / SCORES).write_bytes(b"another")
    with pytest.raises(InputError, match=f"{SCORES}: is not what the record.*reproduce"):
        ro_crate.describe("A study", "", {}, root, SCRIPTS, run, [TABLE])


def test_an_input_that_has_changed_since_is_named_with_both_checksums(run, root, tmp_path):
    run[f"{TABLE}.provenance.json"]["inputs"][SCORES] = checksum(b"older")
    described = ro_crate.describe("A study", "", {}, root, SCRIPTS, run, [TABLE])
    older = described.get(f"#{TABLE}")["object"]
    assert older["sha256"] == checksum(b"older") and older.id != SCORES
    assert described.get(SCORES)["sha256"] == checksum(SCORES.encode())


def test_a_script_that_is_not_tracked_is_named(run, root):
    with pytest.raises(InputError, match=r"train_probe\.py.*git add"):
        ro_crate.describe("A study", "", {}, root, ["Snakefile", "workflow/scripts/gather_scores.py"], run, [TABLE])


def test_a_crate_is_outdated_when_a_packed_file_is_newer_or_gone(run, root, tmp_path):
    archive = tmp_path / "crate.zip"
    assert not ro_crate.outdated(archive)
    ro_crate.describe("A study", "", {}, root, SCRIPTS, run, [TABLE]).write_zip(archive)
    assert not ro_crate.outdated(archive)
    later = archive.stat().st_mtime + 5
    os.utime(tmp_path / TEXT, (later, later))  # is not packed
    assert not ro_crate.outdated(archive)
    os.utime(tmp_path / f"{SCORES}.provenance.json", (later, later))
    assert ro_crate.outdated(archive)
    os.utime(archive, (later, later))
    assert not ro_crate.outdated(archive)
    (tmp_path / TABLE).unlink()
    assert ro_crate.outdated(archive)
    archive.write_bytes(b"PK")
    assert ro_crate.outdated(archive)
