"""The environment variable that names a way to compute probes on a GPU."""

from __future__ import annotations

import os

from polychron.errors import InputError

SWITCH = "POLYCHRON_PROBE_STEPS"
"""Its name."""

WAYS = ("plain", "captured", "fused")
"""What it may be; see `polychron.probing.gpu.steps`."""


def named() -> str | None:
    """Return the way that the environment names, if it names one.

    Raises
    ------
    InputError
        There is no such way.
    """
    found = os.environ.get(SWITCH) or None
    if found not in (None, *WAYS):
        raise InputError(
            f"{SWITCH}={found} in the environment is no way to compute the steps of probes",
            remedy=f"set it to {', '.join(WAYS[:-1])} or {WAYS[-1]}, or leave it out",
        )
    return found
