"""Files that raw files were copied from, by the records beside the copies.

They are no inputs of a job: a copy stays where its original is gone, or another mirror has the same file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from polychron.errors import InputError
from polychron.provenance import records
from polychron.storage import files, times
from polychron.storage.files import checksum


def note(output: str, original: str | Path) -> None:
    """Add to the record of a result which file it was copied, or read, from."""
    record = records.record_of(output)
    files.write_json(record, files.read_json(record, dict) | {"copied": str(original)})


def original_of(path: str | Path) -> str | None:
    """Return the file that another was copied from, None if it is no copy or nothing is known of it."""
    return _record_of(path).get("copied")


def is_current(output: str | Path, original: Path) -> bool:
    """Whether a result was read from a file that has not been written since.

    A file that was put there with an older time counts as written: the time of its last change of any kind counts.
    """
    return original_of(output) == str(original) and times.arrived(original) <= Path(output).stat().st_mtime


def is_copy(output: str | Path, original: Path) -> bool:
    """Whether a copy, as its job made it, has the content of a file. The file is read only if it may have changed."""
    output = Path(output)
    if original.stat().st_size == output.stat().st_size and is_current(output, original):
        return True
    written = _record_of(output).get("outputs", {}).get(str(output))
    return checksum(original) == (written or checksum(output))


def inputs_of(path: str | Path) -> list[str] | None:
    """Return the files that a result was made of, None if no record says so."""
    record = _record_of(path)
    return [*record["inputs"]] if record else None


def _record_of(path: str | Path) -> dict[str, Any]:
    """Return the record of a file, empty if there is none that can be read."""
    try:
        return records.read(records.record_of(path))
    except InputError:
        return {}
