"""Files of `torch.save`, read as data: nothing that they name is run, and neither torch nor fairseq is needed.

Such a file is a pickle, and a pickle is a program. Here every class and function that it names is replaced by `Inert`,
which does nothing, and tensors are views of its bytes. So files of any age of fairseq and torch load, and nothing in
them can act. Files that name code which no checkpoint needs (``os.system``) are refused on top of that. For a file that
another program is to open afterwards, the names that it may hold are listed (`read`).

Two containers are known: the zip archive of torch 1.6 and later, whose checksums are verified here, and the stream
of pickles before it, in which XLM-R was published.
"""

from __future__ import annotations

import collections
import io
import math
import mmap
import pickle
import sys
import zipfile
from collections.abc import Callable, Collection
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from polychron.errors import InputError

REMEDY = "get it again from where it came from; if this study made it, delete it and run the same command again"

REPEATED = 2**20
"""The most numbers of a tensor that has more of them than its storage, by repeating some."""

DIMENSIONS = 32
"""The most dimensions of a tensor."""

DTYPES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": "u2",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
"""NumPy's names of the types of torch's storages; bfloat16, which NumPy lacks, as its bits."""

HARMLESS = frozenset({"argparse", "collections", "copyreg", "datetime", "enum", "functools", "pathlib", "typing"})
HARMLESS_BUILTINS = frozenset(
    {"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "getattr", "int", "list", "object", "set"}
    | {"slice", "str", "tuple", "type"}
)
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class Inert:
    """Stands for whatever a checkpoint holds besides plain data: keeps its attributes, and does nothing.

    Examples
    --------
    >>> Inert("anything").append(1)
    """

    def __init__(self, *values: Any, **named: Any) -> None:
        pass

    def __call__(self, *values: Any, **named: Any) -> Inert:
        """Return another object that does nothing."""
        return Inert()

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, value: Any) -> None:
        """Ignore an element of what may have been a list."""

    def extend(self, values: Any) -> None:
        """Ignore elements of what may have been a list."""


class Tensor:
    """A tensor of a checkpoint whose numbers have not been read yet."""

    def __init__(self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def read(self) -> np.ndarray:
        """Read the tensor's numbers.

        Returns
        -------
        ndarray, float32 for any floating type, of the shape of the tensor
        """
        try:
            return self._read()
        except InputError as error:
            raise InputError(error.what, file=self.storage.path, remedy=error.remedy) from error

    def _read(self) -> np.ndarray:
        numbers = self.storage.read()
        if math.prod(self.shape) > max(len(numbers), REPEATED):
            raise InputError(
                f"a tensor of shape {_short(self.shape)} that repeats the {len(numbers)} numbers of its storage",
                remedy="save it without repeats: tensor.contiguous()",
            )
        end = self.offset + 1 + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))
        if math.prod(self.shape) and (min(self.strides, default=1) < 0 or not 0 <= self.offset < end <= len(numbers)):
            raise InputError(f"a tensor of shape {_short(self.shape)} is outside its storage", remedy=REMEDY)
        steps = [stride * numbers.itemsize for stride in self.strides]
        try:
            view = np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, steps, writeable=False)
        except (ValueError, OverflowError) as error:
            raise InputError(f"a tensor of the shape {_short(self.shape)} ({error})", remedy=REMEDY) from error
        if self.storage.kind == "BFloat16Storage":
            return (view.astype(np.uint32) << 16).view(np.float32)
        return view.astype(np.float32) if view.dtype.kind == "f" else np.ascontiguousarray(view)


class Storage:
    """A row of numbers of one type, which tensors are views of."""

    def __init__(self, kind: str, key: str, length: int, read: Callable[[Storage], bytes], path: Path) -> None:
        self.kind, self.key, self.length, self._read, self.path = kind, key, length, read, path

    @property
    def dtype(self) -> np.dtype:
        """The type of the numbers, little-endian."""
        if self.kind not in DTYPES:
            raise InputError(
                f"numbers of the unknown type {_short(self.kind)}", remedy="use a checkpoint in single precision"
            )
        return np.dtype(DTYPES[self.kind]).newbyteorder("<")

    def read(self) -> np.ndarray:
        """Read all numbers of the storage, (length,)."""
        try:
            data = self._read(self)
        except InputError:
            raise
        except Exception as error:  # a damaged archive fails in many ways
            raise InputError(f"numbers that cannot be read ({_short(error)})", remedy=REMEDY) from error
        if len(data) != self.length * self.dtype.itemsize:
            raise InputError(f"a storage of {len(data)} bytes, expected {self.length} numbers", remedy=REMEDY)
        return np.frombuffer(data, self.dtype)


class _Reader(pickle._Unpickler):
    """Reads a pickle in which every class and function is inert, and every tensor a `Tensor`.

    It is Python's own, since that in C reserves memory for whatever place in its memo a file names. `file` is mapped,
    or in memory, so that no more is reserved than it has.
    """

    def __init__(
        self,
        file: io.BytesIO | mmap.mmap,
        read: Callable[[Storage], bytes],
        path: Path,
        names: Collection[tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(file, encoding="latin-1")
        self.storages: dict[str, Storage] = {}
        self._read = read
        self._path = path
        self._names = names
        self._classes: dict[tuple[str, str], type] = {}

    def find_class(self, module: str, name: str) -> Any:
        if self._names is not None and (module, name) not in self._names:
            raise InputError(
                f"names {module}.{name}, which is not among what such a checkpoint holds; nothing of it was run",
                remedy="do not open it with anything else: move it away, and copy it again from where it was made",
            )
        root = module.split(".")[0]
        if root in ("builtins", "__builtin__"):
            refused = name not in HARMLESS_BUILTINS
        else:
            refused = root in sys.stdlib_module_names and root not in HARMLESS and root != "_codecs"
        if refused:
            raise InputError(
                f"names {module}.{name}, which is code that no checkpoint needs; nothing of it was run",
                remedy="do not open this file with anything else, and ask its author what it is",
            )
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch._utils" and name.startswith("_rebuild_tensor"):
            return _tensor
        if module == "torch._utils" and name.startswith("_rebuild_parameter"):
            return lambda tensor, *rest: tensor
        return self._classes.setdefault((module, name), type(name, (Inert,), {}))

    def persistent_load(self, reference: tuple[Any, ...]) -> Storage:
        _, kind, key, _, length, *view = reference
        if view and view[0] is not None:
            raise InputError(
                "a storage that is part of another one, as only very old versions of torch wrote it",
                remedy="load it with a newer version of torch, and save it again",
            )
        if not isinstance(key, str) or type(length) is not int or length < 0:
            raise InputError("a storage without a name or a length", remedy=REMEDY)
        return self.storages.setdefault(key, Storage(kind.__name__, key, length, self._read, self._path))


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *rest: Any) -> Tensor:
    """Return a tensor whose place in its storage is given by numbers, and nothing else."""
    sizes = [offset, *shape, *strides]
    if not isinstance(storage, Storage) or any(type(size) is not int for size in sizes):
        raise InputError("a tensor that is no view of a storage", remedy=REMEDY)
    if len(shape) != len(strides) or len(shape) > DIMENSIONS:
        raise InputError(f"a tensor of {len(shape)} dimensions and {len(strides)} strides", remedy=REMEDY)
    return Tensor(storage, offset, tuple(shape), tuple(strides))


def _short(value: Any) -> str:
    """Return a value of a file as a short text, for a message."""
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value[:DIMENSIONS]))})"
    text = " ".join(str(value).split()) if isinstance(value, str | int | Exception) else type(value).__name__
    return text if len(text) <= 200 else f"{text[:200]} …"


def read(path: str | PathLike[str], names: Collection[tuple[str, str]] | None = None) -> dict[str, Any]:
    """Read what a checkpoint holds, without running any of it.

    Parameters
    ----------
    path : path-like
        A file that `torch.save` wrote, of any version.
    names : collection of (str, str), optional
        The only classes and functions that the file may name, as module and name. Without them, everything that is not
        known to be harmful is read as `Inert`.

    Returns
    -------
    dict
        fairseq's state: ``model``, ``cfg`` or ``args``, ``optimizer_history`` and more. Tensors are `Tensor`, which
        read their numbers when asked; objects are `Inert`.

    Raises
    ------
    InputError
        The file is missing, empty, cut short, damaged, no checkpoint, or names code that no checkpoint needs, or
        something that is not in `names`.
    """
    path = Path(path)
    if not path.is_file() or path.stat().st_size == 0:
        raise InputError("is missing" if not path.is_file() else "is empty", file=path, remedy=REMEDY)
    with open(path, "rb") as file:
        zipped = file.read(2) == b"PK"  # as torch decides it: what ends as an archive may begin as a stream
    if zipped and not zipfile.is_zipfile(path):
        raise InputError("is cut short", file=path, remedy=REMEDY)
    try:
        state = _read_archive(path, names) if zipped else _read_stream(path, names)
    except InputError as error:
        raise InputError(error.what, file=path, remedy=error.remedy) from error
    except Exception as error:  # a damaged pickle fails in any way that a wrong program can
        raise InputError(
            f"no readable checkpoint ({type(error).__name__}: {_short(error)})", file=path, remedy=REMEDY
        ) from error
    if not isinstance(state, dict):
        raise InputError("holds no state of a model", file=path, remedy="give a checkpoint that fairseq-train wrote")
    return state


def _read_archive(path: Path, names: Collection[tuple[str, str]] | None) -> Any:
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        root = name.removesuffix("data.pkl")
        if f"{root}byteorder" in archive.namelist() and _entry(archive, f"{root}byteorder") != b"little":
            raise InputError("was written on a big-endian machine", remedy="convert it there")

        def read_storage(storage: Storage) -> bytes:
            with zipfile.ZipFile(path) as reopened:
                return _entry(reopened, f"{root}data/{storage.key}")

        return _Reader(io.BytesIO(_entry(archive, name)), read_storage, path, names).load()


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return an entry of an archive, none of which torch compresses: a small one could become a very large one."""
    if (known := archive.getinfo(name)).compress_type != zipfile.ZIP_STORED or known.file_size != known.compress_size:
        raise InputError(f"its entry {_short(name)!r} is compressed, as torch writes none", remedy=REMEDY)
    return archive.read(name)


def _read_stream(path: Path, names: Collection[tuple[str, str]] | None) -> Any:
    places: dict[str, int] = {}
    size = path.stat().st_size

    def read_storage(storage: Storage) -> bytes:
        with open(path, "rb") as reopened:
            reopened.seek(places[storage.key])
            return reopened.read(storage.length * storage.dtype.itemsize)

    with open(path, "rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as file:
        if _Reader(file, read_storage, path, names).load() != LEGACY_MAGIC:
            raise InputError("is no file of torch.save", remedy="give a checkpoint that fairseq-train wrote")
        for _ in ("version", "machine"):
            _Reader(file, read_storage, path, names).load()
        reader = _Reader(file, read_storage, path, names)
        state = reader.load()
        for key in _Reader(file, read_storage, path, names).load():
            storage = reader.storages[key]
            head = file.read(8)
            length = int.from_bytes(head, "little")
            places[key] = file.tell()
            end = places[key] + length * storage.dtype.itemsize
            if len(head) < 8 or length != storage.length or end > size:
                raise InputError("is cut short", remedy=REMEDY)
            file.seek(end)
    return state
