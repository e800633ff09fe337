"""A disk that fills up during extraction or training: the run says so, and the same command finishes later."""

import subprocess

import pytest
from script import left_in

from polychron.storage import files
from studies import SMALL

pytestmark = pytest.mark.slow

FEATURES = "features/treebank/qsa/layer-2/step-8.npy"
PROBE = "probes/pos/qoe/layer-2/step-8.parquet"


def test_the_same_command_finishes_when_there_is_room(snakemake, small, small_disk, tmp_path):
    folder = tmp_path / "study"
    subprocess.run(["cp", "-a", str(small), str(folder)], check=True)
    results = folder / "results/small"
    disks = {name: (results / name).parent for name in (FEATURES, PROBE)}
    for place in disks.values():
        subprocess.run(["rm", "-r", str(place)], check=True)
        small_disk(place, 8)
    command = [*SMALL, "--cores", "2", "--keep-going", "--", *(f"results/small/{name}" for name in disks)]
    failed = snakemake(folder, *command)
    assert failed.returncode != 0
    for name, place in disks.items():
        assert f"results/small/{name}: the disk that is mounted at {place} cannot be written to" in failed.stderr
        assert left_in(place) == []
        small_disk(place, 4096)
    done = snakemake(folder, *command)
    assert done.returncode == 0, done.stderr[-4000:]
    for name, place in disks.items():
        assert files.checksum(results / name) == files.checksum(small / "results/small" / name)
        assert not list(place.glob(".*"))


@pytest.mark.parametrize("name", [".snakemake", "temporary"])
def test_folders_that_snakemake_writes_to_are_named_in_one_line_where_they_are_full(
    snakemake, small_disk, tmp_path, name
):
    place = tmp_path / "study" / name
    small_disk(place, 64)
    (place / "filling").write_bytes(bytes(60 << 10))
    environment = {"TMPDIR": str(place)} if name == "temporary" else {}
    stopped = snakemake(tmp_path / "study", *SMALL, "--cores", "1", "--", "plan", env=environment)
    assert stopped.returncode != 0
    line = f"{name}: the disk that is mounted at {place} cannot be written to: "
    assert sum(line in said for said in stopped.stderr.splitlines()) == 1
    assert "Traceback" not in stopped.stderr
