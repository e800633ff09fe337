"""HTML pages, from the Jinja templates in ``workflow/templates``.

A template is an input of every page made with it: the rule puts its `fingerprint` into its spec.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Any

from polychron import paths


@functools.cache
def _environment() -> Any:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **values: Any) -> str:
    """Return a page that needs no other file.

    Parameters
    ----------
    template : str
        Name of a file in ``workflow/templates``.
    **values
        What the template calls by name. Text is escaped.

    Raises
    ------
    jinja2.UndefinedError
        The template names a value that is not there.
    """
    return _environment().get_template(template).render(values)


def fingerprint(template: str) -> str:
    """Return a sha256, in hexadecimal, of a template and of the templates that it extends or includes."""
    import jinja2.meta

    found: dict[str, str] = {}
    waiting = {template}
    while waiting:
        name = waiting.pop()
        found[name], _, _ = _environment().loader.get_source(_environment(), name)
        waiting |= {str(other) for other in jinja2.meta.find_referenced_templates(_environment().parse(found[name]))}
        waiting -= found.keys()
    return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()
