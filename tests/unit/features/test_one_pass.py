"""Layers that jobs of a run leave each other have the bytes that each job computes alone, and no job needs them."""

import json
import os
import re
import threading

import numpy as np
import pytest
import torch
from tiny import WINDOW, sentences

from polychron.errors import InputError
from polychron.features import extraction, one_pass, packing
from polychron.models import loading
from polychron.models.gpu import fused
from polychron.paths import LIBRARY
from polychron.storage import disk, files
from polychron.tokenization.pieces import to_table
from polychron.workflow import passes

BUDGET = 200
LAYERS = (0, 2, 3)


@pytest.fixture
def table(tmp_path):
    found = sentences(np.random.default_rng(1).integers(3, WINDOW + 1, 40), seed=1, words=4)
    found.status[5], found.first[5], found.stop[5] = 1, 0, 0
    files.write_table(tmp_path / "pieces.parquet", to_table(found))
    return files.read_table(tmp_path / "pieces.parquet")


@pytest.fixture
def shared(model, table, tmp_path, monkeypatch):
    """Return the folder of a run in which two jobs read each layer of a dataset, on a device without padding."""
    folder = tmp_path / "shared"
    folder.mkdir()
    readers = {layer: 2 for layer in LAYERS}
    files.write_json(folder / one_pass.WANTED, {str(model[0]): {str(tmp_path / "pieces.parquet"): readers}})
    monkeypatch.setenv(one_pass.FOLDER, str(folder))
    monkeypatch.setattr(packing, "DEVICES", {"cpu"})
    monkeypatch.setattr(one_pass, "choose", lambda: "cpu")
    monkeypatch.setattr(loading, "choose", lambda: "cpu")
    return folder


def read(model, table, tmp_path, layer, names=True, budget=BUDGET):
    named = [tmp_path / "pieces.parquet"] if names else []
    (found,) = extraction.of_datasets([False], [], [table], *model, layer, budget, "float32", named)
    return found


@pytest.fixture
def loads(monkeypatch):
    """Return the layers up to which a checkpoint was read, in order."""
    seen, plain = [], loading.load
    monkeypatch.setattr(loading, "load", lambda *a, **given: seen.append(given["upto"]) or plain(*a, **given))
    return seen


def test_folder_and_file_have_the_names_that_the_rules_give_them():
    assert (one_pass.FOLDER, one_pass.WANTED) == (passes.FOLDER, passes.WANTED)


def test_one_pass_gives_each_layer_the_bytes_of_its_own(model, table, shared, tmp_path, loads):
    found = {layer: read(model, table, tmp_path, layer) for layer in (2, 0, 3)}
    assert loads == [3]
    for layer, vectors in found.items():
        alone = read(model, table, tmp_path, layer, names=False)
        assert (vectors.dtype, vectors.tobytes()) == (alone.dtype, alone.tobytes())
    assert read(model, table, tmp_path, 1).shape == found[0].shape  # nobody said that it would be read
    assert loads == [3, 2, 0, 3, 1]


def test_a_layer_that_all_have_read_is_deleted(model, table, shared, tmp_path):
    read(model, table, tmp_path, 2)
    (own,) = (path for path in shared.iterdir() if path.is_dir())
    assert sorted(path.name for path in own.glob("*.npy")) == ["0.npy", "2.npy", "3.npy", "words.npy"]
    read(model, table, tmp_path, 2)  # the second job, in the same process
    assert sorted(path.name for path in own.glob("*.npy")) == ["0.npy", "3.npy", "words.npy"]


def test_a_job_that_is_killed_leaves_the_others_what_they_need(model, table, shared, tmp_path, monkeypatch, loads):
    plain = packing.compute

    def killed(*arguments):
        yield next(iter(plain(*arguments)))
        raise KeyboardInterrupt

    monkeypatch.setattr(packing, "compute", killed)
    with pytest.raises(KeyboardInterrupt):
        read(model, table, tmp_path, 2)
    monkeypatch.setattr(packing, "compute", plain)
    found = read(model, table, tmp_path, 3)
    assert loads == [3, 3] and found.tobytes() == read(model, table, tmp_path, 3, names=False).tobytes()


def test_a_pass_that_memory_does_not_suffice_for_is_made_in_smaller_batches(
    model, table, shared, tmp_path, monkeypatch
):
    plain, sizes, plan = packing.compute, [], packing.plan

    def full(*arguments):
        for place, one in enumerate(plain(*arguments)):
            if place == 4 and len(sizes) == 1:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
            yield one

    monkeypatch.setattr(packing, "PIECES", 128)
    monkeypatch.setattr(packing, "LEAST", 64)
    monkeypatch.setattr(packing, "plan", lambda words, size: sizes.append(size) or plan(words, size))
    monkeypatch.setattr(packing, "compute", full)
    found = {layer: read(model, table, tmp_path, layer, budget=64) for layer in LAYERS}
    assert sizes == [128, 64]
    monkeypatch.setattr(packing, "PIECES", 64)
    for layer, vectors in found.items():
        assert vectors.tobytes() == read(model, table, tmp_path, layer, names=False, budget=64).tobytes()


def test_a_layer_that_is_not_finite_fails_alone(model, table, shared, tmp_path, monkeypatch):
    plain = loading.load

    def broken(*arguments, **given):
        encoder = plain(*arguments, **given)
        if encoder.depth == 3:
            encoder._tensors["roberta.encoder.layer.2.output.LayerNorm.bias"][7] = np.inf
        return encoder

    monkeypatch.setattr(loading, "load", broken)
    with pytest.raises(InputError, match="layer 3 are not finite, stored in float32 either"):
        read(model, table, tmp_path, 3)
    assert read(model, table, tmp_path, 2).any()


def test_other_weights_settings_or_pieces_have_a_pass_of_their_own(model, table, shared, tmp_path, loads):
    read(model, table, tmp_path, 2)
    read(model, table, tmp_path, 2, budget=BUDGET + 1)
    os.utime(tmp_path / "pieces.parquet", (1, 1))
    read(model, table, tmp_path, 2)
    assert loads == [3, 3, 3]


def test_another_way_to_compute_the_encoder_has_a_pass_of_its_own(model, table, shared, tmp_path, monkeypatch, loads):
    read(model, table, tmp_path, 2)
    monkeypatch.setenv(fused.SWITCH, "plain")
    read(model, table, tmp_path, 2)
    assert loads == [3, 3]


def test_the_name_of_the_ways_is_written_once():
    defined = re.compile(rf"^\w+ = .*\"{fused.SWITCH}\"", re.MULTILINE)
    found = [path for path in sorted(LIBRARY.rglob("*.py")) if defined.search(path.read_text(encoding="utf-8"))]
    assert [path.relative_to(LIBRARY).as_posix() for path in found] == ["models/gpu/fused.py"]


def test_all_modules_that_compute_the_encoder_are_among_the_code():
    """Those that the modules of the encoder import from its package, also when they need them alone."""
    named = re.compile(r"from polychron\.(models[\w.]*) import (\w+)")
    for name in one_pass.CODE:
        for package, module in named.findall((LIBRARY / name).read_text()) if name.startswith("models/") else ():
            whole = (LIBRARY / package.replace(".", "/")).is_dir()
            file = (f"{package}.{module}" if whole else package).replace(".", "/") + ".py"
            assert file in one_pass.CODE, f"{name} imports {file}"
    assert {"models/gpu/fused.py", "models/gpu/kernels.py"} < {*one_pass.CODE}


@pytest.mark.parametrize("lacking", ["room", "folder", "device", "family", "other layers"])
def test_without_room_or_folder_a_job_computes_its_layer(model, table, shared, tmp_path, monkeypatch, loads, lacking):
    if lacking == "room":
        monkeypatch.setattr(disk, "free", lambda _: 1000)
    elif lacking == "folder":
        monkeypatch.setenv(one_pass.FOLDER, str(tmp_path / "nowhere"))
    elif lacking == "device":
        monkeypatch.setattr(packing, "DEVICES", set())
    elif lacking == "family":
        monkeypatch.setattr(loading, "XLMR", "another")
    else:
        asked = {str(model[0]): {str(tmp_path / "pieces.parquet"): {2: 5}}}
        (shared / one_pass.WANTED).write_text(json.dumps(asked))
    read(model, table, tmp_path, 2)
    assert loads[-1] == 2 and not list(shared.rglob("*.npy"))


def test_jobs_at_the_same_time_wait_for_one_pass(model, table, shared, tmp_path, loads):
    found = {}
    threads = [
        threading.Thread(target=lambda layer=layer: found.update({layer: read(model, table, tmp_path, layer)}))
        for layer in LAYERS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == [3] and sorted(found) == list(LAYERS)
