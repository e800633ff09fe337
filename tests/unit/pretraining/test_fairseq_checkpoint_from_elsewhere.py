"""Checkpoints that came from elsewhere: whatever they name, nothing of it runs before or while fairseq opens them."""

import argparse
import collections
import io
import pickle
import subprocess
import sys
import tarfile

import pytest
import torch
from small_pretraining import train

from polychron.errors import InputError
from polychron.pretraining.fairseq_checkpoint import WRITTEN, FairseqCheckpoint
from polychron.pretraining.fairseq_process import LAUNCHER
from polychron.storage import files, torch_files

HISTORY = {"optimizer_history": [{"num_updates": 3}]}


def calls(function, *arguments):
    """Return an object whose pickle calls a function when it is loaded."""
    return type("Planted", (), {"__reduce__": lambda self: (function, arguments)})()


def planted(canary):
    """Return pickles that make a file, each by something that a reader of names may find harmless."""
    from numpy.testing import runstring

    make = f"open({str(canary)!r}, 'w').close()"
    return {
        "numpy.testing runstring": calls(runstring, make, {}),
        "builtins getattr": calls(getattr, argparse.Namespace, "__init__"),
        "pathlib touch": calls(type(canary).touch, canary),
        "functools partial": calls(__import__("functools").partial, print),
        "torch hub": calls(torch.hub.load, str(canary.parent), "model"),
        "builtins eval": calls(eval, make),
    }


KINDS = [
    "numpy.testing runstring",
    "builtins getattr",
    "pathlib touch",
    "functools partial",
    "torch hub",
    "builtins eval",
]


def opened(path):
    """Open a file as fairseq does, in a process of its own."""
    code = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("launcher", {str(LAUNCHER)!r})
spec.loader.exec_module(importlib.util.module_from_spec(spec))
import torch
with open(sys.argv[1], "rb") as file:
    print(torch.load(file, map_location=torch.device("cpu")).keys())
"""
    environment = {"PATH": "", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}
    command = [sys.executable, "-c", code, str(path)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "stream"])
@pytest.mark.parametrize("kind", KINDS)
def test_code_in_a_previous_checkpoint_is_refused_before_fairseq_opens_it(tmp_path, kind, zipped):
    canary, previous = tmp_path / "canary", tmp_path / "step-3/checkpoint_last.pt"
    previous.parent.mkdir()
    torch.save({**HISTORY, "note": planted(canary)[kind]}, previous, _use_new_zipfile_serialization=zipped)
    # a record that came along says nothing: whoever wrote the file could write it too
    record = {"outputs": {str(previous): files.checksum(previous)}}
    files.write_json(previous.with_name(previous.name + ".provenance.json"), record)
    with pytest.raises(
        InputError, match=r"checkpoint_last\.pt: names .*nothing of it was run.*Next: do not open"
    ) as fault:
        train(tmp_path / "out/checkpoint_last.pt", 5, previous)
    assert "delete" not in str(fault.value)
    assert not canary.exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["numpy.testing runstring", "pathlib touch", "builtins eval"])
def test_fairseqs_own_process_runs_no_code_of_a_file(tmp_path, kind):
    """Even of a file that was replaced after it was looked at, or that two readers take for different things."""
    canary = tmp_path / "canary"
    hostile, harmless = io.BytesIO(), io.BytesIO()
    for zipped in (True, False):
        torch.save({**HISTORY, "note": planted(canary)[kind]}, tmp_path / f"{zipped}.pt",
                   _use_new_zipfile_serialization=zipped)  # fmt: skip
    torch.save({**HISTORY, "note": planted(canary)[kind]}, hostile, _use_new_zipfile_serialization=False)
    torch.save(HISTORY, harmless)
    (tmp_path / "both.pt").write_bytes(hostile.getvalue() + harmless.getvalue())
    with tarfile.open(tmp_path / "tar.pt", "w") as archive:  # as the first versions of torch wrote
        for name, content in {"storages": [0], "tensors": [0], "pickle": [planted(canary)[kind]]}.items():
            data = b"".join(pickle.dumps(part, 2) for part in content)
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    for name in ("True", "False", "both", "tar"):
        done = opened(tmp_path / f"{name}.pt")
        assert done.returncode == 1, (name, done.stdout)
        assert not canary.exists(), name
    with pytest.raises(InputError, match=r"both\.pt: "):
        FairseqCheckpoint(tmp_path / "both.pt", WRITTEN)


def test_the_planted_pickles_do_run_where_nothing_stops_them(tmp_path):
    canary = tmp_path / "canary"
    torch.save({"note": planted(canary)["numpy.testing runstring"]}, tmp_path / "a.pt")
    torch.load(tmp_path / "a.pt", weights_only=False)
    assert canary.exists()


def test_what_fairseq_writes_is_let_through(tmp_path):
    state = {
        **HISTORY,
        "cfg": {"model": argparse.Namespace(heads=2)},
        "model": collections.OrderedDict(half=torch.ones(2).half(), whole=torch.ones(2).long(), plain=torch.ones(2)),
    }
    torch.save(state, tmp_path / "a.pt")
    assert FairseqCheckpoint(tmp_path / "a.pt", WRITTEN).updates() == [3]
    done = opened(tmp_path / "a.pt")
    assert done.returncode == 0, done.stderr
    assert "optimizer_history" in done.stdout


def test_processes_of_a_run_may_send_each_other_any_object():
    """fairseq's first process reads the checkpoint and sends it on, with the config as an object of OmegaConf."""
    code = f"""
import importlib.util, io
spec = importlib.util.spec_from_file_location("launcher", {str(LAUNCHER)!r})
spec.loader.exec_module(importlib.util.module_from_spec(spec))
import torch
from omegaconf import OmegaConf
sent = io.BytesIO()
torch.save(OmegaConf.create({{"heads": 2}}), sent)
print(torch.load(io.BytesIO(sent.getvalue()), map_location="cpu").heads)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "2\n", done.stderr


def test_names_are_those_of_the_list_alone(tmp_path):
    torch.save({"model": collections.Counter("ab")}, tmp_path / "a.pt")
    assert torch_files.read(tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"names collections\.Counter"):
        torch_files.read(tmp_path / "a.pt", [("collections", "OrderedDict")])
