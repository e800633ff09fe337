"""What Snakemake keeps in ``.snakemake``, and how it goes on where that is damaged: check this module on an upgrade.

Like `polychron.workflow.snakemake_internals`, it uses what Snakemake does not document, and was tried with the same
version. No script imports it, and importing it does not import Snakemake.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from polychron.errors import InputError

FOLDERS = (
    *("metadata", "incomplete", "locks", "shadow", "auxiliary", "iocache"),
    *("conda", "conda-archive", "singularity", "log"),
)
"""What Snakemake keeps in ``.snakemake``."""

TOLD = 5
"""How many notes that cannot be read are named in a run."""


def check_folders(folder: str | Path) -> None:
    """Refuse files in place of the folders that Snakemake keeps in a working directory.

    Uses the names that ``snakemake.persistence`` gives them.

    Raises
    ------
    InputError
        There is such a file.
    """
    for path in (Path(folder), *(Path(folder, name) for name in FOLDERS)):
        if os.path.lexists(path) and not path.is_dir():
            raise InputError("Snakemake keeps a folder here, and this is a file", file=path, remedy="move it away")


def tolerate_damage(say: Callable[[str], object]) -> None:
    """Take notes that cannot be read for missing, as Snakemake takes those that are no JSON, and say so.

    Snakemake keeps a note of each output in ``metadata``, one of each unfinished output in ``incomplete``, and lists in
    ``locks``. Bytes that are no text, JSON of another kind, or a folder in place of a note would end every call with a
    traceback. Replaces ``_io_read``, ``_io_write``, ``_io_delete`` and ``_read_locks`` of
    ``snakemake.persistence.file.FilePersistence``, for this process.

    Parameters
    ----------
    say : callable
        Called with a message for the user.
    """
    from snakemake.persistence.file import FilePersistence

    plain = {name: getattr(FilePersistence, name) for name in ("_io_read", "_io_write", "_io_delete", "_read_locks")}
    told: set[str] = set()

    def tell(path: str, fault: object) -> None:
        if path not in told and len(told) <= TOLD:
            rest = " Further notes of this kind are not listed." if len(told) == TOLD else ""
            said = str(fault).splitlines()[0]
            say(f"{path}: this note of Snakemake's cannot be read, and is taken for missing ({said}).{rest}")
        told.add(path)

    def read(self: Any, subject: str, key: str) -> Any:
        path = self._record_path(subject, key)
        try:
            found = plain["_io_read"](self, subject, key)
            fault = _fault_of_entry(found, whole=subject == self._metadata_path)
        except (OSError, ValueError, RecursionError) as error:
            fault = str(error)
        if not fault:
            return found
        tell(path, fault)
        return {}

    def write(self: Any, subject: str, value: Any, key: str, **options: Any) -> None:
        _clear(subject, self._record_path(subject, key))
        plain["_io_write"](self, subject, value, key, **options)

    def delete(self: Any, subject: str, key: str) -> bool:
        _clear(subject, self._record_path(subject, key))
        return plain["_io_delete"](self, subject, key)

    def locks(self: Any) -> Iterator[tuple[str, str]]:
        try:
            yield from [*plain["_read_locks"](self)]
        except (OSError, ValueError) as error:
            tell(self._lockdir, error)

    FilePersistence._io_read, FilePersistence._io_write = read, write
    FilePersistence._io_delete, FilePersistence._read_locks = delete, locks


def _fault_of_entry(note: Any, whole: bool) -> str | None:
    """Return why a note is none, None if it is one; `whole` notes are those of finished outputs."""
    from snakemake.persistence import MetadataRecord

    if not isinstance(note, dict):
        return f"it holds {type(note).__name__}"
    if whole and note:
        record = MetadataRecord.model_validate(note)  # raises a ValueError
        texts = [*(record.params or []), *filter(None, (record.input_checksums or {}).values())]
        if not all(isinstance(text, str) for text in texts):
            return "it holds params or checksums that are no text"
    return None


def _clear(subject: str, path: str) -> None:
    """Remove what is in the way of a note below Snakemake's folder `subject`: folders in its place, files above it."""
    note = Path(path)
    if note.is_dir() and not note.is_symlink():
        shutil.rmtree(note)
    for above in note.parents:
        if above == Path(subject):
            return
        if os.path.lexists(above) and not above.is_dir():
            above.unlink()
