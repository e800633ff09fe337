"""Pretraining by fairseq: its arguments, and a check for each of its known traps.

Training is split into one run for each interval between checkpoints. Each run continues from the weights, optimizer,
schedule and position in the data of the last one, and is equal to the bit to an uninterrupted run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polychron.errors import InputError
from polychron.pretraining import corpus, fairseq_process, separate
from polychron.pretraining.fairseq_checkpoint import WRITTEN, FairseqCheckpoint
from polychron.storage import files

PIECES_PER_GPU = 8192
"""The most pieces in a batch of one GPU: 16 examples of 512, which fit the paper's V100 in half precision."""

PORT = 29500
"""The port on the first node at which the processes of several nodes meet."""


def batches(sentences_per_batch: int, window: int, gpus: int, nodes: int = 1) -> tuple[int, int]:
    """Split an update's examples into batches of one process.

    Parameters
    ----------
    sentences_per_batch : int
        Examples in an update.
    window : int
        Pieces in the longest example.
    gpus : int
        Number of GPUs of a node, with a process for each. 0 for one process on the CPU, whose share of an update is one
        batch.
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


def folders(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of the folders of a binary corpus: the languages, and both together if there are pairs.

    Examples
    --------
    >>> folders({"languages": ["en", "fr"]}), folders({"languages": ["en", "fr"], "bitext": 2000})
    (['en', 'fr'], ['en', 'fr', 'en-fr'])
    """
    languages = [*settings["languages"]]
    return [*languages, "-".join(languages)] if settings.get("bitext") else languages


def arguments(
    settings: Mapping[str, Any],
    *,
    data: str | Path,
    folder: str | Path,
    previous: str | Path | None,
    gpus: int = 0,
    nodes: int = 1,
) -> list[str]:
    """Return the arguments of ``fairseq-train`` for one interval of pretraining.

    Parameters
    ----------
    settings : mapping
        ``step`` (the update at which the interval ends), ``updates`` (at which the schedule ends), ``window``,
        ``sampling_alpha``, ``sentences_per_batch``, ``sample_break_mode``, ``layers``, ``dimension``, ``feedforward``,
        ``heads``, ``learning_rate``, ``warmup``, ``weight_decay``, ``dropout``, ``mask_probability``, ``seed``
        (paper, appendix A.2; reading A38). ``separate``, if it is there: what each language has of its own
        (`polychron.pretraining.separate`).
    data : path-like
        The binary corpus: ``dict.txt``, and a folder for each language.
    folder : path-like
        Where ``checkpoint_last.pt`` is written.
    previous : path-like, optional
        The checkpoint to continue from.
    gpus : int
        Number of GPUs of a node, with a process for each; 0 for one process on the CPU. (Not run on a GPU yet.)
    nodes : int
        Number of nodes, each with `gpus` GPUs.

    Returns
    -------
    list of str
    """
    processes = nodes * max(gpus, 1)
    batch, accumulated = batches(settings["sentences_per_batch"], settings["window"], gpus, nodes)
    kind = separate.model_of(settings)
    command = [
        # given twice, the corpus is loaded again for each epoch, as in a run that continues another one: given once,
        # an uninterrupted run keeps the sample and order of the first epoch
        f"{data}:{data}",
        *("--task", kind.task, "--criterion", "masked_lm"),
        *("--multilang-sampling-alpha", settings["sampling_alpha"]),
        *("--sample-break-mode", settings["sample_break_mode"], "--tokens-per-sample", settings["window"]),
        *("--mask-prob", settings["mask_probability"]),
        *("--arch", kind.architecture, "--max-positions", settings["window"]),
        *("--encoder-layers", settings["layers"], "--encoder-embed-dim", settings["dimension"]),
        *("--encoder-ffn-embed-dim", settings["feedforward"], "--encoder-attention-heads", settings["heads"]),
        *("--dropout", settings["dropout"], "--attention-dropout", settings["dropout"]),
        *("--optimizer", "adam", "--adam-betas", "(0.9,0.98)", "--adam-eps", "1e-06", "--clip-norm", "0.0"),
        *("--weight-decay", settings["weight_decay"]),
        *("--lr-scheduler", "polynomial_decay", "--lr", settings["learning_rate"]),
        *("--warmup-updates", settings["warmup"], "--total-num-update", settings["updates"]),
        *("--max-update", settings["step"], "--batch-size", batch, "--update-freq", accumulated),
        *("--seed", settings["seed"], "--num-workers", 0 if not gpus else 1),
        # fairseq loads a validation set even where it validates nothing: it gets the training set, and drops it again
        *("--disable-validation", "--valid-subset", "train"),
        *("--no-epoch-checkpoints", "--save-interval", 2**31 - 1, "--save-dir", folder),
        *("--log-format", "simple", "--log-interval", 100),
        *kind.arguments,
    ]
    command += ["--fp16"] if gpus else ["--cpu"]
    if gpus or nodes > 1:
        # legacy_ddp: fairseq's layers have parameters without a gradient, which torch's own wrapper refuses
        command += ["--distributed-world-size", processes, "--ddp-backend", "legacy_ddp"]
    if nodes > 1:  # the launcher looks for this, and asks Slurm for the rank of its process
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
    """Train from one checkpoint to the next, or write the untrained model.

    Parameters
    ----------
    settings, data, gpus, nodes
        As in `arguments`. The settings also have ``languages``: `data` must have `folders` of these and no others. At
        ``step`` 0 nothing is trained.
    previous : path-like, optional
        The checkpoint to continue from; None for the first interval. fairseq runs what a checkpoint names, and this one
        may have come with copied results: one that names more than fairseq writes is refused before fairseq opens it.
    output : path-like
        The checkpoint to write. A run that fails or is killed writes nothing.

    Raises
    ------
    InputError
        The corpus or `previous` cannot be used.
    FairseqError
        fairseq failed, or its checkpoint was not made by the expected number of updates.
    """
    step, output = settings["step"], Path(output)
    corpus.check(data, folders(settings), settings["window"])
    separate.check(data, settings)
    # fairseq itself starts from scratch where the file is missing, and makes one update too many where it is at the end
    before = [] if previous is None else FairseqCheckpoint(previous, WRITTEN).updates()
    if before and before[-1] >= step:
        raise InputError(
            f"is at update {before[-1]}, and cannot continue to update {step}",
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
