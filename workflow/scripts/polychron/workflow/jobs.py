"""A job of the workflow: how a script runs, fails and is recorded."""

from __future__ import annotations

import contextlib
import json
import logging
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from polychron.errors import InputError
from polychron.provenance import originals, records
from polychron.redaction import redact
from polychron.storage import disk, files
from polychron.storage.files import checksum
from polychron.workflow import logs


@contextlib.contextmanager
def job(snakemake: Any) -> Iterator[dict[str, Any]]:
    """Run a job: its messages go to its log, an error is shown as one message, and a record is written.

    The record is beside the first output. Inputs are hashed before the work and compared with the records of the jobs
    that made them. They are hashed again after it, and the job fails if one has changed.

    Parameters
    ----------
    snakemake : object
        The object that Snakemake passes to a script. Four of its attributes are read: ``input`` and ``output``, the
        names of the job's files; ``params.spec``, the JSON string of the values that decide the result; and ``log``,
        whose first file is the job's log.

    Yields
    ------
    dict
        The values of ``spec``.

    Raises
    ------
    SystemExit
        The work raised an `InputError`, or the disk is full. The message has been shown and logged, and the outputs
        have been deleted.
    """
    inputs, outputs = [str(path) for path in snakemake.input], [str(path) for path in snakemake.output]
    spec = snakemake.params.spec
    try:
        logger = logs.to_file(snakemake.log[0])
    except OSError as error:
        raise SystemExit(str(disk.fault(error, snakemake.log[0]) or f"The log cannot be written: {error}")) from None
    for path in [*outputs, *(str(records.record_of(path)) for path in outputs[:1])]:
        files.sweep(path)
    with _telling(outputs, logger):
        for path in outputs:
            # it is of outputs that are made again now; where another rule made this one alone before, it is beside it
            records.record_of(path).unlink(missing_ok=True)
            disk.check(path)
        clock = time.perf_counter()
        before = _checksums(inputs)
        records.check(before)
        yield json.loads(spec)
        after = _checksums(inputs)
        changed = sorted(path for path in before if before[path] != after.get(path))
        if changed:
            raise InputError(
                f"changed while the job ran, so its result belongs to neither version: {', '.join(changed)}",
                remedy="run the same command again",
            )
        if not outputs:
            return
        record = records.made(json.loads(spec), before, _checksums(outputs), time.perf_counter() - clock)
        files.write_json(records.record_of(outputs[0]), record)


@contextlib.contextmanager
def _telling(outputs: list[str], logger: logging.Logger) -> Iterator[None]:
    """Show an error that the user can fix as one message, and any other with its traceback; delete the outputs."""
    try:
        yield
    except BaseException as error:
        fault = _of_original(error) if isinstance(error, InputError) else outputs and disk.fault(error, outputs[0])
        if not fault:
            logger.exception("%s: %s", type(error).__name__, error)
            if redact(text := traceback.format_exc()) != text:
                raise SystemExit(1) from None  # it has been shown, without the password in it
            raise
        for path in outputs:
            with contextlib.suppress(OSError):
                Path(path).unlink(missing_ok=True)
        logger.error("%s", fault)
        logging.shutdown()
        raise SystemExit(1) from None


def _of_original(error: InputError) -> InputError:
    """Return a fault in a copy as one in the user's file that it was copied from."""
    original = error.file and originals.original_of(error.file)
    if not original:
        return error
    what = f"{error.what.rstrip('.')} (found in its copy, {error.file})"
    return InputError(what, file=original, line=error.line, remedy=error.remedy)


def _checksums(paths: Iterable[str]) -> dict[str, str]:
    return {str(path): checksum(path) for path in paths if Path(path).is_file()}
