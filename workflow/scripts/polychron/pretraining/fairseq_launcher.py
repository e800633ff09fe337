"""Start a tool of fairseq 0.12.2 on today's Python, numpy and torch: ``python fairseq_launcher.py TOOL ARGUMENTS``.

The library never imports this file, so its patches affect the process of fairseq alone. Besides fairseq's own tools
(``train``, ``preprocess``, ``validate``, ...) there are two more: ``initialize`` takes the arguments of ``train`` and
saves the model from which training would start, and ``forward`` computes the states of a RoBERTa model of fairseq.

The patches are applied when this file is loaded, not only when it is run, because fairseq starts one process for each
GPU, and each of them loads this file again.
"""

from __future__ import annotations

import argparse
import ctypes
import dataclasses
import functools
import importlib
import io
import os
import signal
import subprocess
import sys
import types
from typing import Any

import numpy
import torch

PR_SET_PDEATHSIG = 1


def permit_dataclass_defaults() -> None:
    """Allow an instance of a dataclass as the default of a field, as before Python 3.11.

    fairseq and hydra 1.0 have such defaults. A ``default_factory`` cannot replace them, because fairseq reads the
    defaults from ``FairseqConfig.__dataclass_fields__``. Python checks whether the class of the default has a hash, so
    the class gets one during the check.
    """
    get_field = dataclasses._get_field

    def get_field_of_any_default(cls: type, name: str, *rest: Any) -> dataclasses.Field:
        default = getattr(cls, name, None)
        if isinstance(default, dataclasses.Field):
            default = default.default
        kind = type(default)
        if not dataclasses.is_dataclass(kind) or kind.__hash__ is not None:
            return get_field(cls, name, *rest)
        kind.__hash__ = object.__hash__
        try:
            return get_field(cls, name, *rest)
        finally:
            kind.__hash__ = None

    dataclasses._get_field = get_field_of_any_default


def restrict_checkpoints() -> None:
    """Let torch read from files what fairseq's checkpoints hold, and nothing else that a pickle can name.

    Besides tensors, that is the namespace of the arguments. What the processes of a run send each other does not come
    from files, and may be of any class.
    """
    os.environ.pop("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", None)
    torch.serialization.add_safe_globals([argparse.Namespace])
    load = torch.load

    @functools.wraps(load)
    def load_plain(file: Any, *rest: Any, **named: Any) -> Any:
        return load(file, *rest, **{"weights_only": not isinstance(file, io.BytesIO), **named})

    torch.load = load_plain


def initialize() -> None:
    """Run ``fairseq-train`` up to its first update, and save the checkpoint that training would start from."""
    import fairseq_cli.train

    def save(cfg: Any, trainer: Any, task: Any, epochs: Any) -> tuple[list[None], bool]:
        epochs.next_epoch_itr()  # a checkpoint holds the position in the data: here, its beginning
        fairseq_cli.train.checkpoint_utils.save_checkpoint(cfg.checkpoint, trainer, epochs, None)
        return [None], True

    fairseq_cli.train.train = save
    fairseq_cli.train.cli_main()


def forward() -> None:
    """Compute all hidden states and the logits of fairseq's RoBERTa: ``forward TENSORS ARGUMENTS PIECES OUTPUT``.

    The model is built from its arguments (JSON) and its tensors (safetensors, under fairseq's names), so no pickle is
    read. Pieces and results are files of numpy. Of a model of the plug-in, the arguments have ``user_dir`` and
    ``lang_id``, the language of all pieces.
    """
    import json
    import re

    from fairseq import utils
    from fairseq.data import Dictionary
    from fairseq.models import MODEL_REGISTRY
    from safetensors.torch import load_file

    tensors, arguments, pieces, output = sys.argv[1:]
    state = load_file(tensors)
    with open(arguments, encoding="utf-8") as file:
        given = argparse.Namespace(**json.load(file))
    dictionary = Dictionary()
    for number in range(len(dictionary), given.entries):
        dictionary.add_symbol(f"piece {number}")
    task, named, told = types.SimpleNamespace(source_dictionary=dictionary), "roberta", {}
    if getattr(given, "user_dir", None) is not None:
        utils.import_user_module(given)
        task.own, named = state["encoder.own"], "bilingual_roberta"
    model = MODEL_REGISTRY[named].build_model(given, task).eval()
    found = model.load_state_dict(state, strict=False, args=given)
    # checkpoints before 0.12 lack its second copy of each layer, which computes nothing here
    copies = re.compile(r".*layers\.\d+\.(in_proj|out_proj|fc1|fc2)_(weight|bias)")
    odd = [name for name in found.missing_keys if not copies.fullmatch(name)] + list(found.unexpected_keys)
    if odd:
        sys.exit(f"fairseq's model and the checkpoint differ in {', '.join(odd[:5])}")
    with torch.inference_mode():
        ids = torch.from_numpy(numpy.load(pieces))
        if named != "roberta":
            told["lang_id"] = torch.full((len(ids),), given.lang_id)
        logits, extra = model(ids, features_only=False, return_all_hiddens=True, **told)
    layers = torch.stack([state.transpose(0, 1) for state in extra["inner_states"]])
    with open(output, "wb") as file:
        numpy.savez(file, logits=logits.numpy(), layers=layers.numpy())


def meet(port: str) -> None:
    """Tell fairseq which process of a Slurm step this one is, and that all of them meet on the step's first node.

    fairseq reads Slurm's variables itself. But where a node has one process, it assumes that it must start one for each
    GPU; without a GPU it starts none, and exits with success.
    """
    step = os.environ["SLURM_STEP_NODELIST"]
    nodes = subprocess.run(["scontrol", "show", "hostnames", step], check=True, capture_output=True, text=True).stdout
    os.environ |= {
        "MASTER_ADDR": nodes.split()[0],
        "MASTER_PORT": port,
        "WORLD_SIZE": os.environ["SLURM_STEP_NUM_TASKS"],
        "RANK": os.environ["SLURM_PROCID"],
        "LOCAL_RANK": os.environ["SLURM_LOCALID"],
    }


def main() -> None:
    """Run the tool that the command line names."""
    tool = sys.argv.pop(1)
    if "--distributed-port" in sys.argv:
        meet(sys.argv[sys.argv.index("--distributed-port") + 1])
    if sys.platform == "linux":  # fairseq is killed together with the job
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if tool in ("initialize", "forward"):
        {"initialize": initialize, "forward": forward}[tool]()
    else:
        importlib.import_module(f"fairseq_cli.{tool}").cli_main()
    # fairseq's thread that reads ahead is still running, and sometimes aborts the interpreter's normal exit
    sys.stdout.flush()
    os._exit(0)


permit_dataclass_defaults()
numpy.compat = types.SimpleNamespace(long=int)  # not in numpy 2; fairseq's token blocks use it
restrict_checkpoints()

if __name__ == "__main__":
    main()
