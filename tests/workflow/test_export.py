"""`snakemake crate`: the small study as an archive, with an action for each job."""

import shutil
import zipfile

import pytest
from rocrate.rocrate import ROCrate

from polychron.storage import files
from studies import SMALL

pytestmark = pytest.mark.slow


def test_the_small_study_is_exported(snakemake, small, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(small, folder, copy_function=shutil.copy2, symlinks=True)
    done = snakemake(folder, *SMALL, "--cores", "1", "--", "crate")
    assert done.returncode == 0, done.stderr[-4000:]
    with zipfile.ZipFile(folder / "results/crate/small.zip") as archive:
        archive.extractall(tmp_path / "crate")
    read = ROCrate(tmp_path / "crate")
    records = [path.relative_to(folder) for path in folder.rglob("*.provenance.json") if path.parts[-2] != "crate"]
    actions = [entity for entity in read.contextual_entities if entity.type == "CreateAction"]
    assert {str(action["subjectOf"].id) for action in actions if action.id != "#run"} == set(map(str, records))
    given = read.get("#run")["result"]
    assert "results/small/scores.parquet" in {one.id for one in given}
    for one in given:
        assert files.checksum(tmp_path / "crate" / one.id) == one["sha256"], one.id
    text = {path.name for path in (tmp_path / "crate").rglob("*") if path.suffix in (".conllu", ".xz", ".npy")}
    assert not text
    assert "Nothing to be done" in snakemake(folder, *SMALL, "--cores", "1", "--", "crate").stderr
