"""Each claim has a measure in one module; what a study's own files say of machines and time."""

import argparse

import pytest
import small_pretraining
import torch
from agreeing import CLAIMS

from polychron.audit import measurement
from polychron.audit.evidence import Found
from polychron.pretraining.fairseq_checkpoint import FairseqCheckpoint


def test_every_claim_belongs_to_one_module_of_measures():
    found = [name for subject in measurement.SUBJECTS for name in subject.MEASURES]
    assert len(found) == len({*found}) and {claim.measure for claim in CLAIMS.values()} == {*found}


def test_every_measure_has_a_worked_example():
    bare = [name for name, function in measurement.MEASURES.items() if ">>>" not in (function.__doc__ or "")]
    assert not bare


def saved(path, **state):
    torch.save({"model": {}, "optimizer_history": [], **state}, path)
    return FairseqCheckpoint(path).gpus()


def test_fairseq_says_how_many_gpus_it_had(tmp_path):
    old = argparse.Namespace(distributed_world_size=64, cpu=False)
    assert saved(tmp_path / "old.pt", args=old) == 64
    run, common = argparse.Namespace(distributed_world_size=8), argparse.Namespace(cpu=False)
    assert saved(tmp_path / "new.pt", args=None, cfg={"distributed_training": run, "common": common}) == 8
    assert saved(tmp_path / "none.pt", args=None, cfg={"model": None}) is None


def test_a_run_of_fairseq_on_processors_had_none():
    assert FairseqCheckpoint(small_pretraining.trained()).gpus() == 0


def test_what_is_not_known_is_left_out():
    assert measurement.facts(None, []) == {} == measurement.facts({"gpus": None}, [{"spec": {"rule": "measure_bits"}}])


@pytest.mark.parametrize(("seconds", "minutes"), [(0.4, 1), (300, 1), (301, 2), (1800, 6), (1801, 7)])
def test_five_runs_share_the_time_of_their_cell(seconds, minutes):
    spec = {"seeds": [0, 1, 2, 3, 4]}
    records = [{"seconds": some, "spec": spec, "accelerator": None} for some in (0.1, seconds)]
    found = measurement.facts({"gpus": 0}, records)
    assert found["probe_minutes"] == Found(minutes, "the longest of 2 cells, on processors alone")
    assert found["gpus"].value == 0
