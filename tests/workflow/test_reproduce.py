"""`snakemake reproduce`: faults that Snakemake does not notice are found by the records beside the results."""

import csv
import os
import re
import shutil
import subprocess

import pyarrow
import pytest

from polychron.provenance import records
from polychron.storage import files
from studies import SMALL

pytestmark = pytest.mark.slow

CELL = "results/small/probes/{}/layer-2/step-{}.parquet"


@pytest.fixture
def study(small, tmp_path):
    folder = tmp_path / "study"
    subprocess.run(["cp", "-a", str(small), str(folder)], check=True)
    return folder


def reproduced(snakemake, folder, *options):
    """Run `snakemake reproduce`; return its exit status, its output, and the faults that it found, by file."""
    done = snakemake(folder, *SMALL, *options, "--", "reproduce")
    assert "Cells trained again" in done.stdout, done.stderr[-4000:]
    with open(folder / "results/reproduction/small.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return done, {(row["file"], row["verdict"]): row["detail"] for row in rows if row["verdict"]}


def keeping_time(path, change):
    """Change a file and restore its time."""
    times = path.stat()
    change(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lower_a_score(path):
    """Change one number of a table, and its record to match, as a forger would."""
    table = files.read_table(path)
    values = table["value"].to_pylist()
    values[0] -= 0.25
    files.write_table(path, table.set_column(table.column_names.index("value"), "value", pyarrow.array(values)))
    record = files.read_json(records.record_of(path))
    name = next(name for name in record["outputs"] if name.endswith(".parquet"))
    record["outputs"][name] = files.checksum(path)
    files.write_json(records.record_of(path), record)


def test_a_sound_study_has_no_faults_and_its_cells_are_reproduced(snakemake, study):
    done, faults = reproduced(snakemake, study)
    assert (done.returncode, faults) == (0, {}), done.stderr[-4000:]
    assert "Cells trained again from their inputs: 8 of 8 drawn; 8 with the same bytes." in done.stdout
    assert not list(study.glob("results/reproduction/**/*.provenance.json"))
    assert not list(study.glob("results/reproduction/**/*.parquet"))
    again = snakemake(study, *SMALL, "--dry-run", "all")
    assert "Nothing to be done" in again.stdout + again.stderr
    record = files.read_json(records.record_of(study / CELL.format("pos/qsa", 8)))
    assert len(record["config"]) == 64
    assert record["processor"]


def test_what_snakemake_takes_for_finished_is_found(snakemake, study):
    """Bytes flipped or cut, and an input of other content, with the time kept; a record that is lost, forged or empty.

    With another time, if only an older one, the input is planned to be made again.
    """
    flipped, cut, lost, lied, emptied = (
        study / CELL.format(*cell)
        for cell in (
            ("pos/qsa", 0),
            ("pos/qsa", 8),
            ("pos/qsa", 16),
            *(("arc_prediction/qsa", step) for step in (0, 8)),
        )
    )
    keeping_time(flipped, flip)
    keeping_time(cut, lambda path: os.truncate(path, 100))
    records.record_of(lost).unlink()
    records.record_of(emptied).write_bytes(b"")
    keeping_time(lied, lower_a_score)
    table = next(study.glob("results/small/pieces/inference/qoe.parquet"))
    keeping_time(table, lambda path: files.write_table(path, files.read_table(path).slice(0, 5)))
    dry = snakemake(study, *SMALL, "--dry-run", "scores")
    assert "Nothing to be done" in dry.stdout + dry.stderr
    kept = table.stat()
    os.utime(table, (0, 0))
    dry = snakemake(study, *SMALL, "--dry-run", "scores")
    assert "rule tokenize_examples" in dry.stdout + dry.stderr
    os.utime(table, ns=(kept.st_atime_ns, kept.st_mtime_ns))

    done, faults = reproduced(snakemake, study, "--config", "reproduction={cells: 27}")
    assert done.returncode == 1 and "CalledProcessError" not in done.stdout + done.stderr
    name = {path: str(path.relative_to(study)) for path in (flipped, cut, lost, lied, emptied, table)}
    made = records.read_records([study / "results/small"], []).values()
    changed = {name[path] for path in (flipped, cut, lied, table)}
    readers = {next(iter(record["outputs"])) for record in made if changed & set(record["inputs"])}
    assert any("/probes/xnli/qoe/" in reader for reader in readers)
    probed = {verdict: {file for file, found in faults if found == verdict} for _, verdict in faults}
    assert probed.pop("damaged") == {name[flipped], name[cut], name[table]}
    unknown = {name[lost], name[emptied]}
    assert probed.pop("unrecorded") == unknown | {path.replace(".parquet", ".safetensors") for path in unknown}
    assert faults[name[emptied], "unrecorded"] == "is empty"
    assert probed.pop("other data") == readers
    assert probed == {"not repeated": {name[lied]}}
    assert "recorded is" in faults[name[flipped], "damaged"]
    listed = (study / "results/reproduction/small.again").read_text().split()
    assert set(listed) == {file for file, _ in faults}

    repaired = snakemake(study, *SMALL, "--cores", "2", "--forcerun", *listed, "--", "all")
    assert repaired.returncode == 0, repaired.stderr[-4000:]
    done, faults = reproduced(snakemake, study)
    assert (done.returncode, faults) == (0, {})


@pytest.mark.parametrize("state", ["lost", "garbled"])
def test_without_snakemakes_own_records_a_change_of_config_is_found(snakemake, study, tmp_path, state):
    """By Snakemake, which is given the records beside the results, and by `reproduce`."""
    metadata = study / ".snakemake/metadata"
    if state == "lost":
        shutil.rmtree(study / ".snakemake")
    else:
        for path in metadata.rglob("*"):
            if path.is_file():
                path.write_text("{")
    changed = tmp_path / "changed.yaml"
    changed.write_text("probing: {epochs: 5}\n")
    dry = snakemake(study, *SMALL, str(changed), "--dry-run", "--", "scores")
    cells = {str(path.relative_to(study)) for path in study.glob("results/small/probes/**/*.parquet")}
    listed = set(re.findall(r"^    output: (results/small/probes/\S+\.parquet)", dry.stdout, re.MULTILINE))
    assert listed == cells
    assert not re.findall("^rule (extract_features|pretrain|tokenize_examples|convert_checkpoint):", dry.stdout, re.M)
    done, faults = reproduced(snakemake, study, "--config", "reproduction={cells: 0}", "probing={epochs: 5}")
    assert done.returncode == 1
    assert {verdict for _, verdict in faults} == {"other values"}
    assert cells <= {file for file, _ in faults}
    assert {faults[file, "other values"] for file in cells} == {"epochs"}
