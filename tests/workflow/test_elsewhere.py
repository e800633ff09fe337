"""The small study on another machine: no network, other settings, files in another order on another disk."""

import shutil

import pytest

from polychron.storage import files
from studies import SMALL

pytestmark = pytest.mark.slow

OTHER = [
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8"},
]
MADE = [
    "probes/pos/qsa/layer-2/step-8.parquet",
    "scores.parquet",
    "trajectories.parquet",
    "tables/table-3.csv",
    "figures/figure-04.svg",
]
"""One of each kind of job that comes after the checkpoints."""


def copied(source, target):
    """Copy a folder file by file, in reverse order and with the times kept."""
    paths = sorted((path for path in source.rglob("*") if path.is_file()), reverse=True)
    for path in paths:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)


def test_without_a_network_and_under_other_settings_the_bytes_are_the_same(snakemake, small, small_disk, tmp_path):
    folder = tmp_path / "disk/study"
    small_disk(tmp_path / "disk", 1_000_000)
    copied(small, folder)

    def run(settings, *arguments):
        alone = settings | {"POLYCHRON_STARTER": "off"}
        done = snakemake(folder, *SMALL, *arguments, by=("unshare", "--net"), env=alone)
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout + done.stderr

    for settings in OTHER:
        assert "Nothing to be done" in run(settings, "--dry-run", "all")
    made = [f"results/small/{name}" for name in MADE]
    for path in made:
        (folder / path).unlink()
    assert "fetch" not in run(OTHER[0], "--cores", "1", "--", *made)
    for path in made:
        assert files.checksum(folder / path) == files.checksum(small / path), path
    run(OTHER[1], "--report", str(tmp_path / "report.zip"), "--", "all")
    assert (tmp_path / "report.zip").stat().st_size > 100_000
