"""Fingerprints of code, by which a change of code reruns what it computes.

Snakemake sees code through one param of each rule: a JSON string with the values that decide a result, a fingerprint of
the code that computes it, and the versions of the packages that this code imports.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any

from polychron import paths
from polychron.errors import InputError

ROOT = ""
"""The dotted name, below ``polychron``, of the library itself: of its ``__init__``."""

LAZY = "__getattr__"
"""The function of this ``__init__`` that imports what is asked of ``polychron`` by name; no job does."""

INERT = frozenset(
    {
        *("errors", "redaction", "storage.disk"),
        *("provenance.checkout", "workflow.forkserver", "workflow.jobs", "workflow.logs", "provenance.originals"),
    }
)
"""Modules whose text decides no result: errors, messages, and how a job starts and is recorded."""


def _canonical(node: Any) -> Any:
    """Turn a syntax tree into nested tuples that do not depend on the Python version, comments, or docstrings."""
    if isinstance(node, ast.AST):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            node.body = [
                child
                for place, child in enumerate(body)
                if not (documented and place == 0 and _is_text(child))
                and not (place > 0 and _is_text(child))  # the docstring of an attribute
            ]
        fields = [(name, _canonical(getattr(node, name, None))) for name in node._fields if name not in ("ctx", "kind")]
        return (type(node).__name__, *[(name, value) for name, value in fields if value not in (None, ())])
    if isinstance(node, list):
        return tuple(_canonical(item) for item in node)
    return node if node is None else repr(node)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@functools.cache
def _read(path: Path) -> tuple[str, frozenset[str], frozenset[str]]:
    """Return a file's fingerprint, the library modules that it imports, and the packages that it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    if path == _file(ROOT):  # what it hands to notebooks when they ask is no part of a job
        tree.body = [one for one in tree.body if getattr(one, "name", None) != LAZY]
    modules, packages = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise InputError(
                    "a relative import, which the fingerprint of code does not follow",
                    file=path,
                    line=node.lineno,
                    remedy="import the module by its whole name, from polychron.folder import module",
                )
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            root = name.partition(".")[0]
            if root == "polychron":
                modules.update(_modules(name, path, node.lineno))
            elif root not in sys.stdlib_module_names:
                packages.add(root)
    return hashlib.sha256(repr(_canonical(tree)).encode()).hexdigest(), frozenset(modules), frozenset(packages)


def _modules(name: str, file: Path | None = None, line: int | None = None) -> list[str]:
    """Resolve a dotted name to its longest prefix that is a module, with the packages that contain it.

    Parameters
    ----------
    name : str
        The name that is imported, such as ``polychron.stats.dyadic.interval``.
    file, line : path-like and int, optional
        Where it is imported, for the error message.

    Returns
    -------
    list of str
        Dotted names below ``polychron``, packages first: ``["", "stats", "stats.dyadic"]``.

    Raises
    ------
    InputError
        No prefix of the name is a module. If such an import were skipped, an edit of the module would rerun nothing.
    """
    parts = name.split(".")[1:]
    found, folder = [ROOT] if _file(ROOT).is_file() else [], paths.LIBRARY
    for length, part in enumerate(parts, start=1):
        if (folder / part / "__init__.py").is_file():
            found.append(".".join(parts[:length]))
            folder = folder / part
        elif (folder / f"{part}.py").is_file():
            return [*found, ".".join(parts[:length])]
        else:
            break
    raise InputError(
        f"{name!r} names no module of the library",
        file=file,
        line=line,
        remedy="import a module, not a folder of modules, and by its whole name",
    )


def _file(module: str) -> Path:
    path = paths.LIBRARY.joinpath(*filter(None, module.split(".")))
    return path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")


@functools.cache
def _distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


def code_of(script: str | Path, *entries: str) -> dict[str, Any]:
    """Return the fingerprint of a script and of all that it imports, directly or indirectly.

    Parameters
    ----------
    script : path-like
        A Python file.
    *entries : str
        Dotted names of modules that the script imports by a name from its rule, such as
        ``polychron.probing.tasks.pos``.

    Returns
    -------
    dict
        ``code``: sha256 over the syntax trees of the script and of every library module that it or an entry reaches,
        without comments and docstrings, the same on every supported Python; ``packages``: the version of each
        distribution that they import, without a local part such as ``+cpu``.

    Raises
    ------
    InputError
        An import or an entry names no module of the library, or an import is relative.
    """
    script = Path(script)
    digest, modules, packages = _read(script)
    digests, packages = {"script": digest}, set(packages)
    waiting = modules.union(*(_modules(entry) for entry in entries)) - INERT
    while waiting:
        module = min(waiting)
        digests[module], modules, imported = _read(_file(module))
        packages |= imported
        waiting = (waiting | modules) - INERT - digests.keys()
    versions = versions_of(*(name for package in packages for name in _distributions().get(package, ())))
    code = hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()
    return {"code": code, "packages": versions}


def versions_of(*distributions: str) -> dict[str, str]:
    """Return the versions of installed distributions, sorted by name, without a local part such as ``+cpu``."""
    return {name: _version(name) for name in sorted(set(distributions))}


@functools.cache
def _version(distribution: str) -> str:
    return importlib.metadata.version(distribution).split("+")[0]
