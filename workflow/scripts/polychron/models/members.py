"""Members of an ensemble, of which only their files say how wide their states are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from polychron.errors import InputError
from polychron.models import huggingface


def widths(configs: Mapping[str, str | Path]) -> dict[str, int]:
    """Return the width of the states of each member.

    Parameters
    ----------
    configs : mapping of str to path-like
        The ``config.json`` of each member.

    Returns
    -------
    dict of str to int

    Raises
    ------
    InputError
        They have other widths, or a config is of no model that transformers knows.
    """
    found = {member: huggingface.facts(config).dimension for member, config in configs.items()}
    first, *others = found
    for other in others:
        if found[other] != found[first]:
            raise InputError(
                f"members of an ensemble have states of other widths: {first!r} of {found[first]} dimensions, "
                f"{other!r} of {found[other]}",
                file=configs[other],
                remedy="choose members of one width: a probe of one member reads the states of others",
            )
    return found
