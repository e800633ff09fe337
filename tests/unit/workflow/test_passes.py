"""What jobs of a run can leave each other is known from what they read, and is deleted with the run."""

import fcntl
import json
from types import SimpleNamespace

import pytest

from polychron.workflow import passes
from polychron.workflow.snakemake_internals import Wanted


def wanted(rule, language, layer, step=5):
    wildcards = {"model": "m", "task": "xnli", "language": language, "layer": str(layer), "step": str(step)}
    return Wanted(0, rule, wildcards)


def cell(job):
    folder = f"pieces/{job.language}"
    return {"weights": f"step-{job.step}", "pieces": [f"{folder}/train", f"{folder}/test"]}


def test_layers_are_counted_where_several_of_a_dataset_are_computed():
    jobs = [wanted("train_probe", "en", layer) for layer in (0, 3, 12)]
    jobs += [wanted("train_control", "en", 12), wanted("draw_figure", "en", 7), wanted("train_probe", "de", 12)]
    jobs += [wanted("train_probe", "fr", 1), wanted("train_probe", "fr", 2, step=9), wanted("train_probe", "all", 4)]
    jobs += [wanted("train_probe", "all", 5)]
    found = passes.read(jobs, cell, lambda job: [job.language == "all", True])
    assert found == {"step-5": {"pieces/en/train": {0: 1, 3: 1, 12: 2}}}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(passes.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(passes, "_in_memory", lambda folder: False)
    monkeypatch.delenv(passes.FOLDER, raising=False)
    monkeypatch.setattr(passes, "_held", [])
    left = []
    monkeypatch.setattr(passes.atexit, "register", lambda *call, **named: left.append((call, named)))
    yield SimpleNamespace(folder=tmp_path, left=left)
    passes.os.environ.pop(passes.FOLDER, None)


FOUND = {"step-5": {"pieces": {0: 1, 3: 2}}}


def test_the_folder_says_what_is_read_and_goes_with_the_run(place):
    folder = passes.share(FOUND, cards="/dev/null")
    assert folder.parent == place.folder and passes.os.environ[passes.FOLDER] == str(folder)
    assert json.loads((folder / passes.WANTED).read_text()) == {"step-5": {"pieces": {"0": 1, "3": 2}}}
    ((remove, *given), named), *_ = place.left
    remove(*given, **named)
    assert not folder.exists()


@pytest.mark.parametrize("found, cards", [({}, "/dev/null"), (FOUND, "/dev/no-such-card*")])
def test_nothing_is_made_without_a_gpu_or_something_to_share(place, found, cards):
    assert passes.share(found, cards=cards) is None
    assert passes.FOLDER not in passes.os.environ and not list(place.folder.iterdir())


def test_what_a_killed_run_left_is_deleted_and_that_of_another_run_is_not(place):
    dead, alive = (place.folder / f"{passes.NAME}{name}" for name in ("dead", "alive"))
    for folder in (dead, alive):
        folder.mkdir()
        (folder / "lock").touch()
        (folder / "2.npy").write_text("vectors")
    with open(alive / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        passes.share(FOUND, cards="/dev/null")
    assert alive.is_dir() and not dead.exists()


def test_a_folder_in_memory_is_not_taken(place, monkeypatch, tmp_path):
    monkeypatch.setattr(passes, "_in_memory", lambda folder: folder == place.folder)
    monkeypatch.chdir(tmp_path)
    assert passes.share(FOUND, cards="/dev/null") is None
    (tmp_path / ".snakemake").mkdir()
    assert passes.share(FOUND, cards="/dev/null").parent == tmp_path / ".snakemake"


@pytest.mark.parametrize("cluster, here, made", [(True, False, 1), (False, True, 1), (False, False, 0)])
def test_a_run_that_only_submits_jobs_makes_no_folder(monkeypatch, cluster, here, made):
    shared = []
    monkeypatch.setattr(passes, "share", shared.append)
    monkeypatch.setattr(passes.internals, "wanted", lambda _: [wanted("train_probe", "all", 4)])
    workflow = SimpleNamespace(remote_exec=cluster, local_exec=here)
    passes.start(workflow, cell, lambda job: [False, True])
    assert len(shared) == made
