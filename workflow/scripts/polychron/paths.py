"""Paths of the parts of a checkout: the library, the scripts, the tables of data."""

from __future__ import annotations

from pathlib import Path

LIBRARY = Path(__file__).parent
"""The folder of this library."""

SCRIPTS = LIBRARY.parent
"""The scripts, one for each rule."""

DATA = SCRIPTS.parent / "data"
"""Tables of sources, sizes, rates and claims."""

TEMPLATES = SCRIPTS.parent / "templates"
"""Templates of HTML pages."""

CHECKOUT = SCRIPTS.parent.parent
"""The folder of the Snakefile."""
