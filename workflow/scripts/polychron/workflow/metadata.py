"""Snakemake's metadata of results, made from the records beside them.

Snakemake compares a result with what it noted of it in ``.snakemake/metadata``. It would take a result for finished
that was put there by something else, or whose metadata were lost. The record says what made it, in the same terms.

Like `polychron.workflow.snakemake_internals`, this module uses what Snakemake does not document, and was tried with the
same version: check it on an upgrade. Importing it does not import Snakemake.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from polychron.errors import InputError
from polychron.provenance import records
from polychron.storage import times
from polychron.storage.files import checksum


class Read(NamedTuple):
    """An input of a job.

    Attributes
    ----------
    path : str
    made : str or None
        The first output of the job that makes it, beside which its record is; None if no job makes it.
    compared : bool
        Whether other content counts as a change.
    """

    path: str
    made: str | None = None
    compared: bool = True


class FromRecords:
    """Makes metadata from records; each record is read once.

    Parameters
    ----------
    warn : callable
        Is told what cannot be known.
    """

    def __init__(self, warn: Callable[[str], object]) -> None:
        self._warn = warn
        self._records: dict[str, dict[str, Any] | None] = {}
        self._hashes: dict[str, str] = {}
        self._warned = False

    def of(self, outputs: list[str], inputs: Iterable[Read], largest: int) -> dict[str, Any] | None:
        """Return what Snakemake would have noted when a job ended.

        Parameters
        ----------
        outputs : list of str
            The job's outputs, the first of which has the record.
        inputs : iterable of Read
            The job's inputs, as they are asked for now.
        largest : int
            Size in bytes up to which an input without a record is read, to compare it.

        Returns
        -------
        dict or None
            By the names of Snakemake's fields. An input that has other content than the one that was read is left out,
            so that it counts as a change, and so does an output that is not the one that was written. None without a
            record: then times alone decide.
        """
        place = records.record_of(outputs[0])
        if not place.is_file():
            if not self._warned:
                self._warned = True
                self._warn(
                    f"{outputs[0]}: neither Snakemake's metadata nor a record beside it says what made it, so only its "
                    "time is looked at. Copy results with their records (….provenance.json)."
                )
            return None
        record = self._record(outputs[0])
        if record is None or not {*outputs} <= record["outputs"].keys():
            return {"params": [f"{place} is no record of {outputs[0]}"], "input": [], "input_checksums": {}}
        if other := next((path for path in outputs if not self._holds(path, record["outputs"][path], largest)), None):
            return {"params": [f"{other} is not what {place} says"], "input": [], "input_checksums": {}}
        known = record["inputs"]
        inputs = list(inputs)
        names = {one.path for one in inputs}
        same = [one.path for one in inputs if one.path in known and self._is(known[one.path], one, largest)]
        started = datetime.fromisoformat(record["started"]).timestamp()
        return {
            "params": [repr(json.dumps(record["spec"], sort_keys=True))],
            "input": sorted([*same, *(path for path in known if path not in names)]),
            "input_checksums": {path: f"sha256:{digest}" for path, digest in known.items()},
            "starttime": started,
            "endtime": started + record["seconds"],
        }

    def _record(self, output: str) -> dict[str, Any] | None:
        """Return the record of a job by its first output, None if there is none that can be read."""
        if output not in self._records:
            place = records.record_of(output)
            found = None
            try:
                found = records.read(place) if place.is_file() else None
            except InputError as error:
                self._warn(f"{error} Without it, {output} does not count as made.")
            self._records[output] = found
        return self._records[output]

    def _is(self, read: str, one: Read, largest: int) -> bool:
        """Whether an input is what was read, as far as that is known without reading a large file."""
        if not one.compared:
            return True
        made = self._record(one.made or one.path)
        if made is not None and one.path in made["outputs"]:
            return made["outputs"][one.path] == read
        return self._holds(one.path, read, largest)

    def _holds(self, path: str, known: str, largest: int) -> bool:
        """Whether a file has a sha256, as far as that is known without reading a large file."""
        if path not in self._hashes:
            file = Path(path)
            small = file.is_file() and file.stat().st_size <= largest
            self._hashes[path] = checksum(path) if small else ""
        return self._hashes[path] in ("", known)


def _status(path: str) -> os.stat_result | None:
    """Return what the file system knows of a file, of a link itself; None if it is missing."""
    try:
        return os.lstat(path)
    except OSError:
        return None


def _came_after(path: str, since: float) -> bool:
    """Whether a path may have got its content later than at a time; a path that cannot be reached has none."""
    try:
        return times.arrived(path) > since
    except OSError:
        return False


def believe_records(warn: Callable[[str], object]) -> None:
    """Let Snakemake compare a result with the record beside it where its own metadata of it are of no use.

    They are if they name the time that the file has. Otherwise they are lost or damaged, or the file was put there by
    something else. Where a file of the user's own was replaced by an older one, the record is looked at as well: it has
    the checksums of all inputs, and Snakemake looks at those of newer files alone.

    Replaces ``FilePersistence`` in ``snakemake.workflow``, of which an instance is made after the rules have been read.
    Of each job that may be finished, it is first asked for ``input_checksums`` or ``has_metadata``. Uses its
    ``metadata``, ``_read_record``, ``_clear_cache`` and ``max_checksum_file_size``, and ``dag.dependencies``.

    Parameters
    ----------
    warn : callable
        As in `FromRecords`.
    """
    import snakemake.workflow
    from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord
    from snakemake.persistence.file import FilePersistence

    noted = FromRecords(warn).of

    class Persistence(FilePersistence):
        """Metadata in files, with records in place of what is missing."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            self._asked: set[str] = set()
            self._noted: dict[str, MetadataRecord] = {}
            super().__init__(*arguments, **options)

        def has_metadata(self, job: Any) -> bool:
            self._ask(job)
            return super().has_metadata(job)

        def input_checksums(self, job: Any, input_path: Any) -> set[Any]:
            self._ask(job)
            return super().input_checksums(job, input_path)

        def metadata(self, target: Any) -> MetadataRecord | None:
            return self._noted.get(str(target)) or super().metadata(target)

        def _clear_cache(self) -> None:
            super()._clear_cache()
            self._asked.clear()
            self._noted.clear()

        def _ask(self, job: Any) -> None:
            outputs = [str(path) for path in job.output]
            if not outputs or outputs[0] in self._asked:
                return
            self._asked.add(outputs[0])
            makers = {
                str(path): str(maker.output[0]) for maker, paths in self.dag.dependencies[job].items() for path in paths
            }
            inputs = [Read(str(path), makers.get(str(path)), not path.is_ancient) for path in job.input]
            if all(self._is_of(path) for path in outputs) and not self._replaced(outputs, inputs):
                return
            if found := noted(outputs, inputs, self.max_checksum_file_size):
                made = {"rule": job.rule.name, "record_format_version": RECORD_FORMAT_VERSION, "job_hash": hash(job)}
                self._noted.update(dict.fromkeys(outputs, MetadataRecord(**made, **found)))

        def _replaced(self, outputs: list[str], inputs: list[Read]) -> bool:
            """Whether a file that no job makes came into its place after the outputs, even if its own time is older."""
            given = [one.path for one in inputs if one.made is None and one.compared]
            made = _status(outputs[0]) if given else None
            return made is not None and any(_came_after(path, made.st_mtime) for path in given)

        def _is_of(self, path: str) -> bool:
            known, found = self._read_record(path), _status(path)
            return found is None or found.st_mtime == (known.endtime if known else None)

    snakemake.workflow.FilePersistence = Persistence
