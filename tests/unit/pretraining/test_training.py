"""Pretraining in intervals equals an uninterrupted run to the bit, killed or not; and a check for each trap."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import small_pretraining
import torch
from small_pretraining import SETTINGS, made, train, trained, weights

from polychron.errors import InputError
from polychron.pretraining import corpus, fairseq_process, training
from polychron.pretraining.fairseq_checkpoint import FairseqCheckpoint
from polychron.storage import torch_files

STEPS = [4, 7, 20]
"""An epoch has seven updates: the second interval ends with it, the last one crosses two borders."""


def assert_same(path: Path, other: Path):
    mine, theirs = weights(path), weights(other)
    assert mine.keys() == theirs.keys()
    assert len(mine) > 80
    differing = [name for name in mine if not np.array_equal(mine[name], theirs[name])]
    assert not differing, differing


def children(process: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_alive(process: int) -> bool:
    status = Path(f"/proc/{process}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


KILLED = """
import logging, sys
sys.path.insert(0, {tests!r})
logging.basicConfig(level=logging.INFO, stream=sys.stdout)
import small_pretraining
from pathlib import Path
small_pretraining.made = lambda: Path({made!r})
small_pretraining.train(Path({output!r}), {step}, Path({previous!r}))
"""


def kill_in_the_middle(output: Path, step: int, previous: Path) -> None:
    """Start an interval in its own process, and kill that as soon as fairseq trains."""
    code = KILLED.format(
        tests=str(Path(small_pretraining.__file__).parent),
        made=str(made()),
        output=str(output),
        step=step,
        previous=str(previous),
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    job = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
    for line in job.stdout:
        if "Start iterating over samples" in line:
            break
    (fairseq,) = children(job.pid)
    job.send_signal(signal.SIGKILL)
    job.wait()
    for _ in range(200):
        if not is_alive(fairseq):
            return
        time.sleep(0.05)
    pytest.fail("fairseq goes on without the job that started it")


@pytest.mark.slow
def test_intervals_and_a_kill_change_nothing(tmp_path):
    """Three intervals across epochs, the last killed and run again, equal the uninterrupted run bit for bit."""
    previous = None
    for step in STEPS:
        output = tmp_path / f"step-{step}/checkpoint_last.pt"
        if step == STEPS[-1] and sys.platform == "linux":
            kill_in_the_middle(output, step, previous)
            assert not output.exists()
            assert list(output.parent.glob(f"{fairseq_process.PREFIX}*"))
        train(output, step, previous)
        previous = output
    assert FairseqCheckpoint(previous).updates() == STEPS
    assert [entry.name for entry in previous.parent.iterdir()] == ["checkpoint_last.pt"]
    assert FairseqCheckpoint(trained()).updates() == [20]
    epochs = [torch_files.read(path)["extra_state"]["train_iterator"]["epoch"] for path in (previous, trained())]
    assert epochs == [3, 3]
    assert_same(previous, trained())
    with pytest.raises(AssertionError):
        assert_same(previous, tmp_path / "step-7/checkpoint_last.pt")


@pytest.mark.slow
def test_step_0_is_the_model_that_training_starts_from(tmp_path):
    """Equal to the weights after an update with a learning rate of zero, and drawn as fairseq draws them."""
    first = train(tmp_path / "step-0/checkpoint_last.pt", 0)
    still = train(tmp_path / "step-1/checkpoint_last.pt", 1, learning_rate=0.0)
    assert FairseqCheckpoint(first).updates() == [0]
    start, after = torch_files.read(first)["model"], torch_files.read(still)["model"]
    assert start.keys() == after.keys()
    for name in start:
        np.testing.assert_array_equal(start[name].read(), after[name].read(), err_msg=name)
    tensors, _ = FairseqCheckpoint(first).convert(layers=2, vocabulary=small_pretraining.pieces())
    trained_tensors, _ = FairseqCheckpoint(trained()).convert(layers=2, vocabulary=small_pretraining.pieces())
    name = "roberta.embeddings.word_embeddings.weight"
    assert 0.015 < tensors[name].std() < 0.025  # fairseq draws with a standard deviation of 0.02
    assert np.abs(tensors[name] - trained_tensors[name]).max() > 0.01


def test_a_previous_checkpoint_that_is_not_there_is_refused(tmp_path):
    """fairseq itself would start from scratch, and exit with success."""
    empty = tmp_path / "empty.pt"
    empty.touch()
    for previous, message in [(tmp_path / "none.pt", "is missing"), (empty, "is empty")]:
        with pytest.raises(InputError, match=message):
            train(tmp_path / "out/checkpoint_last.pt", 5, previous)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("at", [5, 9])
def test_a_previous_checkpoint_that_is_not_earlier_is_refused(tmp_path, at):
    """fairseq itself would make one update too many, and exit with success."""
    previous = tmp_path / "previous.pt"
    torch.save({"optimizer_history": [{"num_updates": at}]}, previous)
    with pytest.raises(InputError, match=f"is at update {at}, and cannot continue to update 5"):
        train(tmp_path / "out/checkpoint_last.pt", 5, previous)
    assert not (tmp_path / "out").exists()


def planted(monkeypatch, *history):
    """Replace fairseq by something that writes a checkpoint with this history."""

    def run(tool, command, **over):
        folder = Path(command[command.index("--save-dir") + 1])
        torch.save(
            {"optimizer_history": [{"num_updates": number} for number in history]}, folder / "checkpoint_last.pt"
        )

    monkeypatch.setattr(fairseq_process, "run", run)


@pytest.mark.parametrize(
    "history", [(6,), (4,), (3, 6), (5,)], ids=["too many", "too few", "both", "started from nothing"]
)
def test_a_checkpoint_of_other_updates_is_thrown_away(tmp_path, monkeypatch, history):
    previous = tmp_path / "previous.pt"
    torch.save({"optimizer_history": [{"num_updates": 3}]}, previous)
    planted(monkeypatch, *history)
    with pytest.raises(fairseq_process.FairseqError, match=r"expected \[3, 5\]"):
        train(tmp_path / "out/checkpoint_last.pt", 5, previous)
    assert not list((tmp_path / "out").iterdir())


def test_what_a_killed_job_left_is_cleared_away(tmp_path, monkeypatch):
    left = tmp_path / "out" / f"{fairseq_process.PREFIX}abc" / "checkpoint_last.pt"
    left.parent.mkdir(parents=True)
    left.touch()
    planted(monkeypatch, 5)
    train(tmp_path / "out/checkpoint_last.pt", 5)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["checkpoint_last.pt"]


def test_a_folder_too_many_would_be_a_language(tmp_path, monkeypatch):
    for language in ("aa", "bb"):
        (tmp_path / "bin" / language).mkdir(parents=True)
        (tmp_path / "bin" / language / "train.idx").write_bytes(
            (made() / f"binarized/{language}/train.idx").read_bytes()
        )
    (tmp_path / "bin/dict.txt").touch()  # files are not languages
    corpus.check(tmp_path / "bin", ["bb", "aa"], 32)
    (tmp_path / "bin/cc").mkdir()
    planted(monkeypatch, 5)
    with pytest.raises(InputError, match=r"\['aa', 'bb', 'cc'\], expected \['aa', 'bb'\]\. Next: move cc away"):
        training.pretrain({**SETTINGS, "step": 5}, data=tmp_path / "bin", previous=None, output=tmp_path / "out.pt")
    with pytest.raises(InputError, match="Next: binarize the text of dd"):
        corpus.check(tmp_path / "bin", ["aa", "bb", "cc", "dd"], 32)


def test_an_example_too_long_for_the_window_is_refused():
    """fairseq itself would drop it with a warning."""
    longest = max(corpus.example_sizes(made() / f"binarized/{language}/train.idx").max() for language in ("aa", "bb"))
    corpus.check(made() / "binarized", ["aa", "bb"], longest + 1)
    with pytest.raises(InputError, match=f"an example of {longest + 1} pieces, and the model's window is {longest}"):
        corpus.check(made() / "binarized", ["aa", "bb"], longest)


def test_a_failing_fairseq_shows_what_it_wrote_last():
    with pytest.raises(fairseq_process.FairseqError) as caught:
        fairseq_process.run("nonsense", [])
    assert "fairseq nonsense failed with code 1; it wrote last:\n" in str(caught.value)
    assert str(caught.value).endswith("ModuleNotFoundError: No module named 'fairseq_cli.nonsense'")


def parsed(**changed) -> argparse.Namespace:
    """Return the arguments as a mapping of options to values."""
    options = {"data": "bin", "folder": "out", "previous": None, "gpus": 0, "nodes": 1}
    given = {name: changed.pop(name) for name in list(changed) if name in options}
    words = training.arguments({**SETTINGS, "step": 9, **changed}, **{**options, **given})
    assert all(isinstance(word, str) for word in words)
    pairs, place = {"data": words[0]}, 1
    while place < len(words):
        following = words[place + 1] if place + 1 < len(words) else "--"
        pairs[words[place].removeprefix("--").replace("-", "_")] = True if following.startswith("--") else following
        place += 1 if following.startswith("--") else 2
    return argparse.Namespace(**pairs)


def test_arguments_of_the_paper():
    found = parsed(
        **dict(window=512, layers=12, dimension=768, feedforward=3072, heads=12, sentences_per_batch=1024),
        **dict(updates=1_500_000, warmup=24_000, learning_rate=6e-4, step=50_000, sample_break_mode="complete"),
        **dict(previous="step-45000/checkpoint_last.pt", gpus=8),
    )
    assert found.data == "bin:bin"  # read again for each epoch, with or without a break
    assert (found.total_num_update, found.max_update) == ("1500000", "50000")
    assert found.max_positions == found.tokens_per_sample == "512"
    assert found.restore_file == "step-45000/checkpoint_last.pt"
    assert (found.batch_size, found.update_freq, found.distributed_world_size) == ("16", "8", "8")
    assert (found.fp16, found.ddp_backend) == (True, "legacy_ddp")
    assert not {"cpu", "distributed_port"} & set(vars(found))


@pytest.mark.parametrize("nodes, accumulated", [(8, "1"), (4, "2"), (2, "4")])
def test_fewer_nodes_accumulate_to_the_same_update(nodes, accumulated):
    found = parsed(window=512, sentences_per_batch=1024, gpus=8, nodes=nodes)
    assert (found.batch_size, found.update_freq) == ("16", accumulated)
    assert found.distributed_world_size == str(8 * nodes)
    assert found.distributed_port == str(training.PORT)
    assert found.distributed_backend == "nccl"


def test_arguments_on_a_cpu():
    found = parsed()
    assert (found.cpu, found.num_workers, found.batch_size, found.update_freq) == (True, "0", "16", "1")
    assert not {"restore_file", "fp16", "distributed_world_size"} & set(vars(found))


def test_arguments_on_the_cpus_of_several_nodes():
    found = parsed(nodes=2)
    assert (found.cpu, found.batch_size, found.update_freq) == (True, "8", "1")
    assert (found.distributed_world_size, found.distributed_backend) == ("2", "gloo")
    assert "fp16" not in vars(found)


@pytest.mark.parametrize("gpus", [1, 2, 4, 8, 16, 64])
@pytest.mark.parametrize("sentences", [128, 960, 1024, 8192])
@pytest.mark.parametrize("window", [64, 512, 100_000])
def test_an_update_has_the_same_examples_on_any_number_of_gpus(gpus, sentences, window):
    batch, accumulated = training.batches(sentences, window, gpus)
    assert gpus * batch * accumulated == sentences
    assert batch == 1 or batch * window <= training.PIECES_PER_GPU


def test_an_update_that_gpus_cannot_share_is_refused():
    with pytest.raises(InputError, match="1024 examples in an update cannot be shared evenly by 3 GPUs"):
        training.batches(1024, 512, 3)
    with pytest.raises(InputError, match="1024 examples in an update cannot be shared evenly by 3 nodes"):
        training.batches(1024, 512, 0, nodes=3)
