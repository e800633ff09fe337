"""The most memory that this process has taken."""

import contextlib
import resource
from pathlib import Path


def peak(afresh: bool = False) -> int:
    """Return the most memory that this process has held at a time, in KiB.

    Parameters
    ----------
    afresh : bool
        Forget what it held before, where the system can: an earlier test may have taken more than a fault would.
    """
    if afresh:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
