"""What readers do with a fault of a file: raise it, or hand it to a function that collects it, and go on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from polychron.errors import InputError

Fault = Callable[[InputError], None]
"""Takes a fault. Where it raises nothing, the reader leaves out what is at fault and goes on."""


def refuse(error: InputError) -> None:
    """Raise an error, as readers do with a fault unless they are told otherwise."""
    raise error


@contextlib.contextmanager
def told(fault: Fault) -> Iterator[None]:
    """Hand an error of what is done within to a function. Where that raises nothing, what follows is done."""
    try:
        yield
    except InputError as error:
        fault(error)
