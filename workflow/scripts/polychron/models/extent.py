"""How large the model of a config is, before anything of that size is made."""

from __future__ import annotations

from pathlib import Path

from polychron.errors import InputError
from polychron.models import huggingface

TIMES = 4
"""How many times as many numbers as its weights a model may have: some families store one layer and use it often."""

FREE = 50_000_000
"""Numbers that a model may have whatever its weights are, such as tables of positions and masks."""


def check(config: str | Path, numbers: int, file: str | Path) -> None:
    """Refuse a config whose model is far larger than its weights: transformers would fill the rest at random.

    Parameters
    ----------
    config : path-like
        The ``config.json``.
    numbers : int
        How many numbers the weights are.
    file : path-like
        The checkpoint, for messages.

    Raises
    ------
    InputError
        The model is larger than that, or cannot be made.
    """
    try:
        found = huggingface.numbers(config)
    except InputError:
        raise
    except Exception as error:  # sizes that do not fit each other, in one of many classes
        said = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"no model can be made of its config.json ({said[:200]})", file=file, remedy="correct it, or get it again"
        ) from error
    if found > TIMES * numbers + FREE:
        raise InputError(
            f"its config.json describes a model of {found:,} numbers, and its weights are {numbers:,}",
            file=file,
            remedy="correct the sizes there, or get the checkpoint again",
        )
