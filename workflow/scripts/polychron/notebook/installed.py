"""Where an installed library has the tables of data that are beside it in a checkout."""

from __future__ import annotations

from polychron import paths

INSIDE = paths.LIBRARY / "workflow_data"
"""The folder of these tables in an installed library; `pyproject.toml` puts them there."""


def find_data() -> None:
    """Let the library read its tables of data where they are installed.

    It is called before modules are imported that keep paths of such tables. In a checkout it changes nothing.
    """
    if INSIDE.is_dir():
        paths.DATA = INSIDE
