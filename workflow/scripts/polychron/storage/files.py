"""Result files: the only place that opens them.

Every file is written under a temporary name, flushed to disk, and only then renamed: a job that is killed leaves
nothing that could be taken for a result. (A memory-mapped ``.npy`` killed half-way loads without complaint.)
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from polychron.errors import InputError


@contextlib.contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; on success, the file written there gets its real name.

    Parameters
    ----------
    path : path-like
        The file to make. Its folder is made where it is missing.

    Yields
    ------
    Path
        The name to write to, in the same folder and with the same suffix.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def sweep(path: str | Path) -> None:
    """Remove what an earlier attempt at a file, which was killed, left under temporary names."""
    path = Path(path)
    for leftover in path.parent.glob(f".{glob.escape(path.stem)}.*{glob.escape(path.suffix)}"):
        leftover.unlink(missing_ok=True)


def checksum(path: str | Path) -> str:
    """Return a file's sha256, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_table(path: str | Path, table: Any) -> None:
    """Write a `pyarrow.Table` as Parquet: same table, same bytes."""
    import pyarrow.parquet

    with whole(path) as temporary:
        pyarrow.parquet.write_table(table, temporary, compression="zstd")


def read_table(path: str | Path, columns: list[str] | None = None) -> Any:
    """Read a Parquet file into a `pyarrow.Table`.

    Raises
    ------
    InputError
        The file is no Parquet file, is cut short, or lacks one of `columns`.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path, columns=columns, partitioning=None)
        missing = set(columns or ()) - set(table.column_names)
    except (pyarrow.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
        raise InputError(f"no readable Parquet table ({error})", file=path, remedy=again(path)) from error
    if missing:
        raise InputError(f"lacks the columns {sorted(missing)}", file=path, remedy=again(path))
    return table


def write_array(path: str | Path, array: np.ndarray) -> None:
    """Write one array as ``.npy``."""
    with whole(path) as temporary, open(temporary, "wb") as file:
        np.save(file, array, allow_pickle=False)


def read_array(path: str | Path) -> np.ndarray:
    """Map a ``.npy`` file into memory, read-only."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError) as error:
        raise InputError(f"no readable NumPy array ({error})", file=path, remedy=again(path)) from error


def write_tensors(path: str | Path, tensors: Mapping[str, np.ndarray], metadata: Any = None) -> None:
    """Write named arrays as one safetensors file.

    Parameters
    ----------
    path : path-like
        The file to write.
    tensors : mapping of str to ndarray
        The arrays, written in order of their names.
    metadata : JSON value, optional
        Written as one string: safetensors orders several entries by chance, and same content must be same bytes.
    """
    from safetensors.numpy import save_file

    arrays = {name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}
    with whole(path) as temporary:
        save_file(arrays, temporary, {"polychron": json.dumps(metadata, sort_keys=True, ensure_ascii=False)})


def read_tensors(
    path: str | Path, names: Iterable[str] | None = None, framework: str = "numpy"
) -> tuple[dict[str, Any], Any]:
    """Read a safetensors file: its arrays by name, and the metadata that `write_tensors` gave it.

    Parameters
    ----------
    path : path-like
        The file.
    names : iterable of str, optional
        The arrays to read; all when left out.
    framework : {'numpy', 'pt'}
        Read NumPy arrays, or torch tensors (which needs torch, and knows bfloat16).

    Raises
    ------
    InputError
        The file is no safetensors file, is cut short, or lacks one of `names`.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework=framework) as file:
            known = list(file.keys())
            wanted = known if names is None else list(names)
            missing = sorted(set(wanted) - set(known))
            if missing:
                raise InputError(
                    f"lacks {len(missing)} of {len(wanted)} tensors, the first is {missing[0]!r}",
                    file=path,
                    remedy="convert the checkpoint again",
                )
            arrays = {name: file.get_tensor(name) for name in wanted}
            return arrays, json.loads((file.metadata() or {}).get("polychron", "null"))
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise InputError(f"no readable safetensors file ({error})", file=path, remedy=again(path)) from error


def write_json(path: str | Path, value: Any) -> None:
    """Write a value as indented JSON with sorted keys."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: str | Path, kind: type = object) -> Any:
    """Read a JSON file.

    Parameters
    ----------
    path : path-like
        The file.
    kind : type, optional
        What the file must hold, such as ``dict``; anything if it is left out.

    Raises
    ------
    InputError
        The file is missing, empty, no JSON in UTF-8, no file (such as a pipe), or holds something else.
    """
    refuse_irregular(path)
    try:
        content = Path(path).read_bytes()
        value = json.loads(content.decode())
    except (OSError, ValueError, RecursionError) as error:
        found = "is empty" if isinstance(error, ValueError) and not content else f"no readable JSON ({error})"
        raise InputError(found, file=path, remedy=again(path)) from error
    if not isinstance(value, kind):
        raise InputError(
            f"holds {type(value).__name__} in JSON, expected {kind.__name__}", file=path, remedy=again(path)
        )
    return value


def refuse_irregular(path: str | Path) -> None:
    """Refuse what is there and is no file: a folder, or a pipe or device, whose reading may never end.

    Raises
    ------
    InputError
        It is one of these.
    """
    if Path(path).exists() and not Path(path).is_file():
        raise InputError("a folder, a pipe or a device, and no file", file=path, remedy="put a file in its place")


def again(path: str | Path) -> str:
    """Return the next step after a fault in a file that a job of the study wrote."""
    return f"if a job of the study wrote it, add --forcerun {path} to the command; else put a sound file in its place"


def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
