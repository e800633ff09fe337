"""`snakemake crate` and `publish`: the small study as an archive and as a dataset, with each job and no secrets."""

import os
import platform
import shutil
import time
import zipfile

import hub
import pytest
from rocrate.rocrate import ROCrate

from polychron.storage import files
from studies import SMALL

pytestmark = pytest.mark.slow

SECRET = "S3CRETpa55word"
PLACES = ["--config", f"mirror=http://joe:{SECRET}@127.0.0.1:9/m", "by_hand=/home/alice/data"]


def test_the_small_study_is_exported(snakemake, small, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(small, folder, copy_function=shutil.copy2, symlinks=True)
    records = [path.relative_to(folder) for path in folder.rglob("*.provenance.json") if path.parts[-2] != "crate"]
    probes = folder / "results/small/probes/pos"
    shutil.copytree(probes / "qsa", probes / "qzz")  # of a language that the study does not have
    for path in (probes / "qzz").rglob("*.json"):
        path.write_text(path.read_text().replace("pos/qsa/", "pos/qzz/"))
    done = snakemake(folder, *SMALL, *PLACES, "--cores", "1", "--", "crate")
    assert done.returncode == 0, done.stderr[-4000:]
    with zipfile.ZipFile(folder / "results/crate/small.zip") as archive:
        archive.extractall(tmp_path / "crate")
    read = ROCrate(tmp_path / "crate")
    actions = [entity for entity in read.contextual_entities if entity.type == "CreateAction"]
    assert {str(action["subjectOf"].id) for action in actions if action.id != "#run"} == set(map(str, records))
    given = read.get("#run")["result"]
    assert "results/small/scores.parquet" in {one.id for one in given}
    for one in given:
        assert files.checksum(tmp_path / "crate" / one.id) == one["sha256"], one.id
    text = {path.name for path in (tmp_path / "crate").rglob("*") if path.suffix in (".conllu", ".xz", ".npy")}
    assert not text
    said = done.stdout + done.stderr + "".join(path.read_text() for path in folder.glob(".snakemake/log/*"))
    assert "mirror=http://***@127.0.0.1:9/m" in said and SECRET not in said
    packed = {path: path.read_bytes() for path in (tmp_path / "crate").rglob("*") if path.is_file()}
    for private in (SECRET, "/home/alice", str(folder), f'"host": "{platform.node()}"', "qzz/layer"):
        assert not [path for path, content in packed.items() if private.encode() in content], private
    assert "Nothing to be done" in snakemake(folder, *SMALL, "--cores", "1", "--", "crate").stderr
    later = time.time() + 60
    os.utime(folder / records[0], (later, later))  # packed, and no input of the rule
    listed = snakemake(folder, *SMALL, "--cores", "1", "--dry-run", "--", "crate")
    assert "rule export_crate:" in listed.stdout + listed.stderr


def test_the_small_study_is_published(snakemake, small, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(small, folder, copy_function=shutil.copy2, symlinks=True)
    done = snakemake(folder, *SMALL, *PLACES, "--cores", "1", "--", "publish")
    assert done.returncode == 0, done.stderr[-4000:]
    place = folder / "results/publish/small"

    def content():
        found = {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}
        return {name: text for name, text in found.items() if name != ".snakemake_timestamp"}  # is not published

    written = content()
    assert {"README.md", "small/scores.parquet", "small/figures/figure-04.svg", "provenance.json"} <= set(written)
    for private in (SECRET, "/home/alice", str(folder), f'"host": "{platform.node()}"'):
        assert not [path for path, content in written.items() if private.encode() in content], private
    pages = {"small/audit/claims.html"}  # the others have a bundle of JavaScript each
    assert not [path for path in {*written} - pages if path.endswith((".conllu", ".xz", ".npy", ".html"))]
    stand_in = hub.Hub()
    with hub.serving(stand_in) as endpoint:
        pushed = ["--config", "publish={repository: me/toy}", "--cores", "1", "--", "publish"]
        without = snakemake(folder, *SMALL, *pushed, env={"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path)})
        assert without.returncode and "no token of Hugging Face is here" in without.stdout + without.stderr
        token = {"HF_ENDPOINT": endpoint, "HF_TOKEN": "hf_" + "a" * 30}
        done = snakemake(folder, *SMALL, *pushed, env=token)
    assert done.returncode == 0, done.stderr[-4000:]
    assert stand_in.files == content()
    assert {name for name, text in content().items() if written.get(name) != text} == {"config.json"}  # has `publish`
    assert files.read_json(folder / "results/publish/small.pushed.json")["commit"] == hub.COMMIT
