"""Start a tool of fairseq 0.12.2 on today's Python, numpy and torch: ``python fairseq_launcher.py TOOL ARGUMENTS``.

A process of its own, never imported by the library: what is bent here is bent for fairseq alone. Besides fairseq's
own tools (``train``, ``preprocess``, ``validate``, ...) there is ``initialize``, which takes the arguments of
``train`` and writes the model as training would start from it.

The names are changed when this file is loaded, and not only when it is started, because fairseq starts one process
for each GPU, and each of them loads this file anew.
"""

from __future__ import annotations

import ctypes
import dataclasses
import importlib
import os
import signal
import sys
import types
from typing import Any

import numpy

PR_SET_PDEATHSIG = 1


def permit_dataclass_defaults() -> None:
    """Let a dataclass's instance be a field's default again, as it could be before Python 3.11.

    fairseq and hydra 1.0 have such defaults. They must stay defaults: fairseq reads them from
    ``FairseqConfig.__dataclass_fields__``, so that a ``default_factory`` would not do. Python's check is whether
    the default's class has a hash, so it gets one for as long as the check takes.
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


def initialize() -> None:
    """Do what ``fairseq-train`` does up to its first update, and save the checkpoint that it would start from."""
    import fairseq_cli.train

    def save(cfg: Any, trainer: Any, task: Any, epochs: Any) -> tuple[list[None], bool]:
        epochs.next_epoch_itr()  # a checkpoint holds the position in the data: here, its beginning
        fairseq_cli.train.checkpoint_utils.save_checkpoint(cfg.checkpoint, trainer, epochs, None)
        return [None], True

    fairseq_cli.train.train = save
    fairseq_cli.train.cli_main()


def main() -> None:
    """Start the tool that the command line names."""
    tool = sys.argv.pop(1)
    if sys.platform == "linux":  # whoever kills the job kills fairseq with it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if tool == "initialize":
        initialize()
    else:
        importlib.import_module(f"fairseq_cli.{tool}").cli_main()
    # fairseq's thread that reads ahead is still alive, and now and then aborts the interpreter's orderly end
    sys.stdout.flush()
    os._exit(0)


permit_dataclass_defaults()
numpy.compat = types.SimpleNamespace(long=int)  # gone from numpy 2; fairseq's token blocks ask for it
# torch loads no pickled code unless told to: fairseq's own checkpoints hold its arguments as objects
os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"

if __name__ == "__main__":
    main()
