"""Pretraining by fairseq: its arguments, and a guard for each of its traps.

Training is cut into one run for each interval between checkpoints, each going on from the last one's weights,
optimizer, schedule and place in the data, to the bit as if it had never stopped.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polychron.errors import InputError
from polychron.pretraining import corpus, fairseq_process
from polychron.pretraining.fairseq_checkpoint import FairseqCheckpoint
from polychron.storage import files

PIECES_PER_GPU = 8192
"""Most pieces in a batch of one GPU: 16 examples of 512, which fit the paper's V100 in half precision."""

PORT = 29500
"""Where the processes of several nodes meet, on the first of them."""


def batches(sentences_per_batch: int, window: int, gpus: int, nodes: int = 1) -> tuple[int, int]:
    """Split an update's examples into batches of one process.

    Parameters
    ----------
    sentences_per_batch : int
        Examples in an update.
    window : int
        Pieces in the longest example.
    gpus : int
        Number of GPUs of a node, with a process for each; 0 for a process on its CPU, which takes its share of an
        update as one batch.
    nodes : int
        Number of nodes.

    Returns
    -------
    batch : int
        Examples in a batch.
    accumulated : int
        Batches of each process before an update:
        ``nodes * max(gpus, 1) * batch * accumulated == sentences_per_batch``.

    Raises
    ------
    InputError
        An update's examples cannot be shared out evenly.

    Examples
    --------
    >>> batches(1024, 512, 0), batches(1024, 512, 8), batches(1024, 512, 8, nodes=8)
    ((1024, 1), (16, 8), (16, 1))
    """
    processes, kind = nodes * max(gpus, 1), "GPUs" if gpus else "nodes"
    each, rest = divmod(sentences_per_batch, processes)
    if rest:
        raise InputError(
            f"{sentences_per_batch} examples in an update cannot be shared evenly by {processes} {kind}",
            remedy=f"give the job a number of {kind} that divides pretraining.sentences_per_batch",
        )
    if not gpus:
        return each, 1
    limit = max(PIECES_PER_GPU // window, 1)
    batch = max(size for size in range(1, min(each, limit) + 1) if each % size == 0)
    return batch, each // batch


def arguments(
    settings: Mapping[str, Any],
    *,
    data: str | Path,
    folder: str | Path,
    previous: str | Path | None,
    gpus: int = 0,
    nodes: int = 1,
) -> list[str]:
    """Give the command line of ``fairseq-train`` for one interval of pretraining.

    Parameters
    ----------
    settings : mapping
        ``step`` (the update at which the interval ends), ``updates`` (at which the schedule ends), ``window``,
        ``sampling_alpha``, ``sentences_per_batch``, ``sample_break_mode``, ``layers``, ``dimension``, ``feedforward``,
        ``heads``, ``learning_rate``, ``warmup``, ``weight_decay``, ``dropout``, ``mask_probability``, ``seed``
        (paper, appendix A.2; reading A38).
    data : path-like
        The binary corpus: ``dict.txt``, and a folder for each language.
    folder : path-like
        Where ``checkpoint_last.pt`` goes.
    previous : path-like, optional
        The checkpoint to go on from.
    gpus : int
        Number of GPUs of a node, with a process for each; 0 for one process on its CPU. The part for GPUs has not been
        run on one.
    nodes : int
        Number of nodes, each with so many GPUs.

    Returns
    -------
    list of str
    """
    processes = nodes * max(gpus, 1)
    batch, accumulated = batches(settings["sentences_per_batch"], settings["window"], gpus, nodes)
    command = [
        # given twice, the corpus is loaded anew for each epoch, as it is when training is taken up again: given once,
        # an uninterrupted run keeps the first epoch's sample and order
        f"{data}:{data}",
        *("--task", "multilingual_masked_lm", "--criterion", "masked_lm"),
        *("--multilang-sampling-alpha", settings["sampling_alpha"]),
        *("--sample-break-mode", settings["sample_break_mode"], "--tokens-per-sample", settings["window"]),
        *("--mask-prob", settings["mask_probability"]),
        *("--arch", "roberta_base", "--max-positions", settings["window"]),
        *("--encoder-layers", settings["layers"], "--encoder-embed-dim", settings["dimension"]),
        *("--encoder-ffn-embed-dim", settings["feedforward"], "--encoder-attention-heads", settings["heads"]),
        *("--dropout", settings["dropout"], "--attention-dropout", settings["dropout"]),
        *("--optimizer", "adam", "--adam-betas", "(0.9,0.98)", "--adam-eps", "1e-06", "--clip-norm", "0.0"),
        *("--weight-decay", settings["weight_decay"]),
        *("--lr-scheduler", "polynomial_decay", "--lr", settings["learning_rate"]),
        *("--warmup-updates", settings["warmup"], "--total-num-update", settings["updates"]),
        *("--max-update", settings["step"], "--batch-size", batch, "--update-freq", accumulated),
        *("--seed", settings["seed"], "--num-workers", 0 if not gpus else 1),
        # fairseq loads a validation set even where it validates nothing: the training set serves, and is let go again
        *("--disable-validation", "--valid-subset", "train"),
        *("--no-epoch-checkpoints", "--save-interval", 2**31 - 1, "--save-dir", folder),
        *("--log-format", "simple", "--log-interval", 100),
    ]
    command += ["--fp16"] if gpus else ["--cpu"]
    if gpus or nodes > 1:
        # legacy_ddp: fairseq's layers hold parameters that no loss reaches, which torch's own refuses
        command += ["--distributed-world-size", processes, "--ddp-backend", "legacy_ddp"]
    if nodes > 1:  # where the launcher finds it, it asks Slurm which process of which node it is
        command += ["--distributed-port", PORT, "--distributed-backend", "nccl" if gpus else "gloo"]
    if previous is not None:
        command += ["--restore-file", previous]
    return [str(word) for word in command]


def pretrain(
    settings: Mapping[str, Any],
    *,
    data: str | Path,
    previous: str | Path | None,
    output: str | Path,
    gpus: int = 0,
    nodes: int = 1,
) -> None:
    """Train from one checkpoint to the next, or write the model as training starts from it.

    Parameters
    ----------
    settings, data, gpus, nodes
        As in `arguments`, with ``languages``, which `data` must hold and no others. At ``step`` 0 nothing is trained.
    previous : path-like, optional
        The checkpoint to go on from; None for the first interval.
    output : path-like
        The checkpoint to write. A run that fails or is killed writes nothing.

    Raises
    ------
    InputError
        The corpus or `previous` cannot be used.
    FairseqError
        fairseq failed, or its checkpoint was not made by exactly the updates that were asked for.
    """
    step, output = settings["step"], Path(output)
    corpus.check(data, settings["languages"], settings["window"])
    # fairseq itself starts from nothing where the file is missing, and makes an update too many where it is at the end
    before = [] if previous is None else FairseqCheckpoint(previous).updates()
    if before and before[-1] >= step:
        raise InputError(
            f"is at update {before[-1]}, and cannot go on to update {step}",
            file=previous,
            remedy="give an earlier checkpoint, or none",
        )
    with fairseq_process.workplace(output.parent) as folder:
        if step:
            command = arguments(settings, data=data, folder=folder, previous=previous, gpus=gpus, nodes=nodes)
            fairseq_process.run("train", command, nodes=nodes, processes=max(gpus, 1))
        else:
            fairseq_process.run("initialize", arguments(settings, data=data, folder=folder, previous=None))
        saved = folder / "checkpoint_last.pt"
        made, expected = FairseqCheckpoint(saved).updates(), [*before, step]
        if made != expected:
            raise fairseq_process.FairseqError(f"fairseq's checkpoint was made by runs to {made}, expected {expected}")
        with files.whole(output) as temporary:
            os.replace(saved, temporary)
