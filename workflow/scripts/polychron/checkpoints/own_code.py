"""Code that a checkpoint asks for: found, and refused, because it is never run.

A checkpoint can name classes of its own (``auto_map``), or a class that transformers does not have (``architectures``),
while its ``model_type`` is a known one. transformers' class of that type then reads the weights, and may compute
something else: attention in both directions, other positions. Nothing in the numbers would show it. Many checkpoints
keep such entries although transformers has had the same class for long, so a key of the config lets them through.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polychron.errors import InputError
from polychron.storage import files

FORMER = ("TF", "Flax")
"""Beginnings of class names for other programs, whose weights transformers reads into the class without them."""

AGREED = "ignore"
"""What `models.own_code` says where transformers' class may be used in place of the checkpoint's own."""


def find(config: Mapping[str, Any], tokenizer_config: Mapping[str, Any]) -> list[str]:
    """List the classes that a checkpoint asks for and transformers does not have.

    Parameters
    ----------
    config, tokenizer_config : mapping
        The content of ``config.json`` and ``tokenizer_config.json``.

    Returns
    -------
    list of str
        The name of each class, in order.
    """
    import transformers

    found = set()
    for content in (config, tokenizer_config):
        named = content.get("auto_map")
        for value in named.values() if isinstance(named, dict) else [named]:
            parts = value if isinstance(value, list) else [value]
            found |= {part for part in parts if isinstance(part, str)}
    architectures = config.get("architectures")
    for name in architectures if isinstance(architectures, list) else []:
        own = str(name)
        for beginning in FORMER:
            own = own.removeprefix(beginning)
        if not hasattr(transformers, own):
            found.add(own)
    return sorted(found)


def check(folder: str | Path, agreed: str | None = None) -> list[str]:
    """Refuse a checkpoint that asks for code, unless the config says that transformers' class may be used instead.

    Parameters
    ----------
    folder : path-like
        A Hugging Face directory.
    agreed : str, optional
        The model's `own_code` in the config of the study: ``ignore`` to go on.

    Returns
    -------
    list of str
        The classes that are asked for and not run (see `find`).

    Raises
    ------
    InputError
        There are some, and the config does not say ``ignore``.
    """
    config, settings = (_content(Path(folder) / name) for name in ("config.json", "tokenizer_config.json"))
    found = find(config, settings)
    if found and agreed != AGREED:
        raise InputError(
            f"asks for code that transformers does not have: {', '.join(found)[:300]}. A checkpoint's own code is "
            f"never run, and transformers' class of the type {config.get('model_type')!r} may compute something else",
            file=folder,
            remedy="find out whether transformers' class computes the same (its documentation, or the model's page); "
            "if it does, set own_code: ignore for the model",
        )
    return found


def _content(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file; nothing where there is none or it cannot be read, which others report."""
    try:
        content = files.read_json(path)
    except InputError:
        return {}
    return content if isinstance(content, dict) else {}
