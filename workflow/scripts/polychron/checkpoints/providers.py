"""Where checkpoints come from: what an address refers to today, and its files.

There are four kinds of provider. `pretrained` and `folder` are local files, identified by their checksums. `hub` is a
repository of Hugging Face, identified by a commit. `published` is a file on a web server, identified by its size and
the server's mark of its version (ETag, date). `resolve` asks what an address refers to; `obtain` returns exactly that,
or fails. So results depend on contents and commits, never on a name that can move.
"""

from __future__ import annotations

import email.utils
import hashlib
import logging
import shutil
import urllib.parse
from pathlib import Path
from typing import Any

from polychron.checkpoints import addresses, directory, hub
from polychron.data import download, fetch
from polychron.data.fetch import Place
from polychron.data.sources import Source
from polychron.errors import InputError
from polychron.storage import files
from polychron.storage.files import checksum

logger = logging.getLogger("polychron")

KINDS = ("pretrained", "published", "hub", "folder")

NETWORK = Place()
"""No folder and no mirror in place of the network."""

LONGEST_QUERY = 100
"""Characters of an address's query that are part of its place in a folder."""

AGAIN = "resolve the checkpoints again: snakemake ... --forcerun resolve_checkpoint -- resolve; then run as before"


def resolve(kind: str, address: str, revision: str | None = None, where: Place = NETWORK) -> dict[str, Any]:
    """Find what an address refers to now.

    Parameters
    ----------
    kind : {'pretrained', 'published', 'hub', 'folder'}
        The kind of provider.
    address : str
        A path, a URL, or a repository ``ORGANISATION/NAME``.
    revision : str, optional
        For the hub: a branch, tag or commit.
    where : Place, optional
        For published files: a folder of files fetched by hand, and a mirror in place of the network. Both are laid out
        as `place` says.

    Returns
    -------
    dict
        ``kind``, ``address`` and what identifies the content: ``files`` with the size and sha256 of each, or
        ``commit``, or ``bytes`` with ``etag`` and ``modified``. It can be written as JSON, and is the same for the same
        content.

    Raises
    ------
    InputError
        There is nothing at the address, or it cannot be reached.
    """
    common = {"kind": kind, "address": address}
    if kind == "hub":
        return common | {"commit": hub.commit_of(address, revision or "main")}
    path = Path(address).expanduser() if kind != "published" else _at_hand(address, where)
    return common | ({"files": _checksums(path)} if path else _version(address, where))


def read(path: str | Path) -> dict[str, Any]:
    """Read what `resolve` returned and a job wrote.

    Raises
    ------
    InputError
        The file is missing, or holds something else, for example because a disk lost it.
    """
    remedy = f"resolve it again: snakemake ... --forcerun {path} -- resolve; then run as before"
    try:
        origin = files.read_json(path, dict)
    except InputError as error:
        raise InputError(error.what, file=path, remedy=remedy) from error
    kind, known = origin.get("kind"), origin.get("files")
    named = kind in KINDS and isinstance(origin.get("address"), str)
    if known is not None or kind in ("pretrained", "folder"):
        whole = isinstance(known, dict) and all(
            isinstance(file, dict) and isinstance(file.get("bytes"), int) and isinstance(file.get("sha256"), str)
            for file in known.values()
        )
    elif kind == "hub":
        whole = isinstance(origin.get("commit"), str)
    else:
        whole = {"bytes", "etag", "modified"} <= origin.keys()
    if not (named and whole):
        raise InputError("does not say what the checkpoint was resolved to", file=path, remedy=remedy)
    return origin


def moved(origin: dict[str, Any], since: float, where: Place = NETWORK) -> bool:
    """Whether the files of a folder, or a published file at hand, differ from those that were resolved.

    Parameters
    ----------
    origin : dict
        What `resolve` returned, of the kind `folder` or `published`.
    since : float
        When it was resolved, in seconds since the epoch. Only files that are newer are read, to compare their sha256.
    where : Place, optional
        As in `resolve`.

    Returns
    -------
    bool
        False where the folder or file is gone: what was made of it stays. False as well for what came from the network.
    """
    address, known = origin["address"], origin.get("files")
    path = _at_hand(address, where) if origin["kind"] == "published" else Path(address).expanduser()
    if known is None or path is None or not path.exists():
        return False
    try:
        found = {file.name: file for file in _files(path)}
    except InputError:
        return True
    return set(found) != set(known) or any(
        file.stat().st_size != known[name]["bytes"]
        or (file.stat().st_mtime > since and checksum(file) != known[name]["sha256"])
        for name, file in found.items()
    )


def obtain(origin: dict[str, Any], folder: str | Path, where: Place = NETWORK) -> Path:
    """Fetch the files of a checkpoint, and check that they are those that were resolved.

    Parameters
    ----------
    origin : dict
        What `resolve` returned.
    folder : path-like
        Where a published file is downloaded to. Local files and snapshots of the hub stay in their place.
    where : Place, optional
        As in `resolve`.

    Returns
    -------
    Path
        A Hugging Face directory, or a file of fairseq.

    Raises
    ------
    InputError
        The content has changed since it was resolved, or cannot be fetched.
    """
    kind, address = origin["kind"], origin["address"]
    if kind == "hub":
        return hub.download(address, origin["commit"])
    if kind == "published":
        path = Path(folder) / (Path(urllib.parse.unquote(urllib.parse.urlsplit(address).path)).name or "checkpoint")
        known = Source(place(address), address, origin.get("bytes"))
        fetch.fetch(known, path, where)
        if "files" in origin:
            found, expected = _checksums(path), origin["files"]
        elif _at_hand(address, where) is None:
            found, expected = _version(address, where), {name: origin[name] for name in ("bytes", "etag", "modified")}
        else:
            return path
    else:
        path = Path(address).expanduser()
        found, expected = _checksums(path), origin["files"]
    if found != expected:
        changed = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
        raise InputError(f"has changed since it was resolved: {', '.join(changed)}", file=address, remedy=AGAIN)
    return path


def config_of(origin: dict[str, Any]) -> Path | None:
    """Fetch the ``config.json`` of a checkpoint, without its weights.

    Parameters
    ----------
    origin : dict
        What `resolve` returned.

    Returns
    -------
    Path or None
        None for a file of fairseq.

    Raises
    ------
    InputError
        There is none, or it cannot be fetched.
    """
    if origin["kind"] == "hub":
        return hub.config_of(origin["address"], origin["commit"])
    path = Path(origin["address"]).expanduser()
    return path / "config.json" if origin["kind"] == "folder" and path.is_dir() else None


def place(address: str) -> str:
    """Return the path of a web file below a mirror: host, path and query, as ``wget --force-directories`` writes them.

    The name and password of an address are left out, and a query that is too long for a name is cut.

    Examples
    --------
    >>> place("https://example.org/models/step-5.pt"), place("https://me:secret@example.org/get?step=5")
    ('example.org/models/step-5.pt', 'example.org/get?step=5')
    """
    parts = urllib.parse.urlsplit(address)
    query = f"?{parts.query.replace('/', '%2F')}" if parts.query else ""
    if len(query) > LONGEST_QUERY:
        query = f"{query[:LONGEST_QUERY]}-{hashlib.sha256(query.encode()).hexdigest()[:16]}"
    return f"{parts.netloc.rpartition('@')[2]}{urllib.parse.unquote(parts.path)}{query}"


def fetch_file(address: str, output: str | Path, sha256: str | None = None, where: Place = NETWORK) -> None:
    """Fetch one file, such as a vocabulary, from the web, a mirror of it, or a path.

    Raises
    ------
    InputError
        The file is missing, or has another sha256 than the given one.
    """
    if "://" in address:
        fetch.fetch(Source(place(address), address, sha256=sha256 or ""), output, where)
        return
    path = Path(address).expanduser()
    if not path.is_file():
        raise InputError("is missing", file=path, remedy="set models.vocabulary to a file that is there")
    if sha256 and checksum(path) != sha256:
        raise InputError(f"its sha256 is {checksum(path)}, expected {sha256}", file=path, remedy="fetch it again")
    shutil.copyfile(path, output)


def _at_hand(address: str, where: Place) -> Path | None:
    """Find a web file in the folders that are read in place of the network; None means that the network is asked."""
    paths = [folder / place(address) for folder in where.folders]
    alone = where.mirror and not where.is_address
    return next((path for path in paths if path.is_file()), paths[-1] if alone else None)


def _checksums(path: Path) -> dict[str, dict[str, Any]]:
    """Return size and sha256 of a file, or of the files of a directory that are read."""
    if not path.exists():
        there, remedy = _beside(path)
        raise InputError(
            f"is missing{there}", file=path, remedy=f"{remedy}correct models.source, or take the step out of the study"
        )
    if not path.is_dir():
        files.refuse_irregular(path)
    return {file.name: {"bytes": file.stat().st_size, "sha256": checksum(file)} for file in _files(path)}


def _beside(path: Path) -> tuple[str, str]:
    """Return what there is in place of a missing file, in the first folder that lacks a part of its path."""
    folder, name = path.parent, path.name
    while not folder.is_dir() and folder != folder.parent:
        folder, name = folder.parent, folder.name
    try:
        names = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError:
        names = []
    if folder != path.parent and not addresses.nearest(name, names):
        return f"; there is no {name!r} in {folder}", ""
    return addresses.suggestion(name, names, f"files and folders in {folder}")


def _files(path: Path) -> list[Path]:
    """Return a file, or the files of a directory that are read."""
    return directory.files_of(path) if path.is_dir() else [path]


def _version(address: str, where: Place) -> dict[str, Any]:
    """Ask a web server, or the mirror in its place, for the size and version of a file."""
    url = fetch.on_mirror(where, place(address)) if where.is_address else address
    try:
        said = download.headers(url, where.policy)
    except download.Failed as error:
        by_hand = f"put the file at {where.by_hand or 'FOLDER'}/{place(address)}"
        raise InputError(
            str(error),
            file=url,
            remedy=f"look at the address (models.source) in a browser; or {by_hand}"
            + ("" if where.by_hand else ", with --config by_hand=FOLDER"),
        ) from error
    length, modified = said.get("Content-Length", ""), said.get("Last-Modified")
    return {
        "bytes": int(length) if length.isdecimal() else None,
        "etag": said.get("ETag"),
        "modified": modified and email.utils.parsedate_to_datetime(modified).isoformat(),
    }
