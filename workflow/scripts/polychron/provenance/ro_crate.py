"""The run as a Workflow Run RO-Crate: what was computed, from what and by which code, in one archive.

An RO-Crate is files with a description of them in JSON-LD [1]_. The profile Workflow Run Crate [2]_ asks for the
workflow, and for what was done with it: here one action for the whole run, and one for each job, from the records
beside the results (`polychron.provenance.records`), with checksums of what it read and wrote. Scores, figures, tables
and the audit are in the crate. Files that are large or under the licence of others (weights, features, treebanks,
texts, alignments) are named with their checksums, and are not in the crate.

A crate is for others. Records are in it without the host's name, paths outside of the working directory get other names
(`Outside`), and passwords and tokens are left out.

References
----------
.. [1] Soiland-Reyes et al.: Packaging research artefacts with RO-Crate. Data Science 5(2), 2022.
.. [2] Leo et al.: Recording provenance of workflow runs with RO-Crate. PLOS ONE 19(9), 2024.
"""

from __future__ import annotations

import json
import os
import urllib.parse
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatch
from io import StringIO
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from polychron.errors import InputError
from polychron.redaction import redact
from polychron.storage.files import checksum

VERSION, PROFILE = "1.1", "0.5"
"""Versions of RO-Crate and of its profiles for runs: the newest that its validator knew in November 2026."""

PROFILES = {
    f"https://w3id.org/ro/wfrun/process/{PROFILE}": ("Process Run Crate", PROFILE),
    f"https://w3id.org/ro/wfrun/workflow/{PROFILE}": ("Workflow Run Crate", PROFILE),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
"""Where ``sha256`` is defined."""

KINDS = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".tex": "application/x-tex",
    ".rst": "text/x-rst",
    ".py": "text/x-python",
    ".md": "text/markdown",
}

ENCLOSED = (
    *("*.parquet", "figures/*", "tables/*", "audit/*", "data/*", "checks/*", "report.html"),
    *("checkpoints/examination.*", "checkpoints/displacement.*"),
)
WITHHELD = ("pieces/*", "targets/*", "features/*", "prepared/*")
"""Patterns below ``results/MODEL``: `ENCLOSED` is in the crate, except `WITHHELD`, which reveals texts and labels."""


def enclosed(path: str) -> bool:
    """Whether a file is in the crate.

    Examples
    --------
    >>> [enclosed(f"results/m/{name}") for name in ("scores.parquet", "figures/figure-01.svg", "pieces/a.parquet")]
    [True, True, False]
    >>> enclosed("resources/s/ud/de.conllu"), enclosed("results/m/prepared/translations.parquet")
    (False, False)
    """
    top, _, rest = path.partition("/")
    inner = rest.partition("/")[2]
    kept = any(fnmatch(inner, pattern) for pattern in ENCLOSED)
    return top == "results" and kept and not any(fnmatch(inner, pattern) for pattern in WITHHELD)


PRIVATE = ("host",)
"""What a record says of its maker and a crate does not."""

CONFIGS = (".yaml", ".yml")
"""Files of the workflow that a user may have written a password into."""


class Outside:
    """New names for paths outside of the working directory, which say whose computer it was.

    The names keep that of the file, and number the folders.

    Examples
    --------
    >>> outside = Outside()
    >>> outside("/home/joe/a/de.conllu"), outside("/home/joe/b/de.conllu"), outside("results/m/scores.parquet")
    ('outside-1/de.conllu', 'outside-2/de.conllu', 'results/m/scores.parquet')
    """

    def __init__(self) -> None:
        self._folders: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        """Return a text as it is handed on: a path renamed, any other text redacted."""
        path = urllib.parse.unquote(urllib.parse.urlsplit(text).path) if text.lower().startswith("file:") else text
        if not path.startswith(("/", "~", "../")):
            return redact(text)
        path = os.path.abspath(os.path.expanduser(path))
        inner = os.path.relpath(path)
        if not inner.startswith(".."):
            return inner
        folder, name = os.path.split(path)
        return f"outside-{self._folders.setdefault(folder, len(self._folders) + 1)}/{name}"

    def within(self, value: Any) -> Any:
        """Return a JSON value with each of its texts, and of the names in its mappings, as they are handed on."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {self.within(name): self.within(item) for name, item in value.items()}
        return [*map(self.within, value)] if isinstance(value, list | tuple) else value


def reached(targets: Iterable[str], records: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the records of the jobs that some files hang on, by the records' own paths.

    What lies beside them, such as the results of a language that the study no longer has, is left out.
    """
    made = {output: path for path, record in records.items() for output in record["outputs"]}
    waiting, found = [*targets], {}
    while waiting:
        path = made.get(waiting.pop())
        if path is not None and path not in found:
            found[path] = records[path]
            waiting += records[path]["inputs"]
    return found


def outdated(archive: str | Path) -> bool:
    """Whether a result or record in a crate is newer than the crate, or gone; False if there is no crate."""
    archive = Path(archive)
    if not archive.exists():
        return False
    try:
        with zipfile.ZipFile(archive) as crate:
            names = crate.namelist()
    except (OSError, zipfile.BadZipFile):
        return True
    packed = [Path(name) for name in names if name.startswith(("results/", "resources/"))]
    return any(not path.is_file() or path.stat().st_mtime_ns > archive.stat().st_mtime_ns for path in packed)


def describe(
    title: str,
    note: str,
    config: Mapping[str, Any],
    checkout: Path,
    files: Iterable[str],
    records: Mapping[str, Mapping[str, Any]],
    targets: Iterable[str],
    sources: str = "",
) -> ROCrate:
    """Describe a run.

    Parameters
    ----------
    title, note : str
        Title and note of the study.
    config : mapping
        The whole config of the run.
    checkout : Path
        The folder of the workflow.
    files : iterable of str
        The workflow's files, relative to `checkout`; ``Snakefile`` is among them.
    records : mapping of str to mapping
        The record of each job, by the record's own path; paths are relative to the working directory.
    targets : iterable of str
        The results that are asked for. Jobs that they do not hang on are left out.
    sources : str, optional
        The rows that the config adds to the workflow's table of sources, as the text of a table.

    Returns
    -------
    ROCrate
        The crate; its method ``write_zip`` writes it. The bytes of the archive depend on the time of writing.

    Raises
    ------
    InputError
        There are no records, or a result is not what its record says.
    """
    records = reached(targets, records)
    if not records:
        raise InputError("no results to export", remedy="run the study first: snakemake --configfile ... -- all")
    crate, outside = ROCrate(version=VERSION), Outside()
    crate.metadata.extra_contexts.append(TERMS)
    crate.name, crate.description = redact(title), redact(note)
    crate.license = "LICENSE is the workflow's licence; that of the results is their authors' to give."
    crate.root_dataset["conformsTo"] = [
        crate.add(ContextEntity(crate, address, {"@type": "CreativeWork", "name": name, "version": version}))
        for address, (name, version) in PROFILES.items()
    ]
    named = {"name": "polychron", "encodingFormat": "text/plain"}
    workflow = crate.add_workflow(checkout / "Snakefile", "Snakefile", main=True, lang="snakemake", properties=named)
    scripts = {}
    for name in files:
        if Path(name).parent == Path("workflow/scripts"):
            more = {"@type": ["File", "SoftwareSourceCode"]}
            scripts[Path(name).stem] = _enclose(crate, checkout / name, name, more)
        elif name.endswith(CONFIGS):
            _add_text(crate, redact((checkout / name).read_text(encoding="utf-8")), name, "text/plain")
        elif name != "Snakefile":
            _enclose(crate, checkout / name, name, {"about": crate.root_dataset} if name == "README.md" else None)
    settings = _add_text(crate, _json(outside.within(config)), "config.json", KINDS[".json"])
    settings["name"] = "the config of the run"
    if sources:
        _add_text(crate, redact(sources), "sources.tsv", "text/tab-separated-values")
    seen: dict[tuple[str, str], Any] = {}
    read, written = set(), set()
    for path, whole in sorted(records.items()):
        _check_results(whole["outputs"])
        record = outside.within({name: value for name, value in whole.items() if name not in PRIVATE})
        rule, first = record["spec"]["rule"], next(iter(record["outputs"]))
        if rule not in scripts:
            raise InputError(
                "made results, and is not among the files of the workflow",
                file=f"workflow/scripts/{rule}.py",
                remedy="put it under version control: git add it",
            )
        read |= record["inputs"].items()
        written |= record["outputs"].items()
        action = crate.add_action(
            scripts[rule],
            f"#{first}",
            object=_single([_entity(crate, seen, *file) for file in record["inputs"].items()]),
            result=_single([_entity(crate, seen, *file) for file in record["outputs"].items()]),
            properties={
                "name": f"{rule}: {first}",
                **_times(record),
                "description": f"commit {record['commit']}{_edits(record)}; {record['machine']}, "
                f"{record['processor']}, {record['accelerator'] or 'no accelerator'}; Python {record['python']}",
            },
        )
        action["subjectOf"] = _add_text(crate, _json(record), path, KINDS[".json"])
        crate.root_dataset.append_to("mentions", action)
    run = crate.add_action(
        workflow,
        "#run",
        object=_single([settings, *(seen[file] for file in sorted(read - written))]),
        result=_single([seen[file] for file in sorted(written) if enclosed(file[0])]),
        properties={
            "name": f"the run of {crate.name}",
            "description": f"{len(records)} jobs, each an action of its own",
            "startTime": min(times["startTime"] for times in map(_times, records.values())),
            "endTime": max(times["endTime"] for times in map(_times, records.values())),
        },
    )
    crate.root_dataset.append_to("mentions", run)
    return crate


def _check_results(outputs: Mapping[str, str]) -> None:
    """Refuse results that would be packed, and are not those that a job has made."""
    for name, known in outputs.items():
        if enclosed(name) and Path(name).is_file() and checksum(name) != known:
            raise InputError(
                "is not what the record beside it says that its job has made",
                file=name,
                remedy="snakemake ... -- reproduce lists all such files, and the command that makes them again",
            )


def _edits(record: Mapping[str, Any]) -> str:
    names = record.get("uncommitted")
    return f" with uncommitted changes ({', '.join(names)})" if names else ""


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _add_text(crate: ROCrate, text: str, name: str, kind: str) -> Any:
    known = {"name": name, "encodingFormat": kind, "contentSize": str(len(text.encode()))}
    return crate.add_file(StringIO(text), name, properties=known)


def _times(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the times at which a job started and ended, to the second."""
    began = datetime.fromisoformat(record["started"])
    ended = began + timedelta(seconds=record["seconds"])
    return {"startTime": began.isoformat(timespec="seconds"), "endTime": ended.isoformat(timespec="seconds")}


def _single(entities: list[Any]) -> Any:
    """Return a single entity by itself and several as a list, as the specification asks."""
    return entities[0] if len(entities) == 1 else entities


def _enclose(crate: ROCrate, source: Path, name: str, more: Mapping[str, Any] | None = None) -> Any:
    kind = KINDS.get(source.suffix, "text/plain")
    known = {"name": name, "encodingFormat": kind, "contentSize": str(source.stat().st_size)}
    return crate.add_file(source, name, properties={**known, **(more or {})})


def _entity(crate: ROCrate, seen: dict[tuple[str, str], Any], name: str, known: str) -> Any:
    """Describe a file once: as a part of the crate, or by its name and checksum only."""
    if (name, known) not in seen:
        if enclosed(name) and Path(name).is_file() and checksum(name) == known:
            seen[name, known] = _enclose(crate, Path(name), name, {"sha256": known})
        else:
            facts = {"@type": "CreativeWork", "name": name, "sha256": known}
            other = f"?sha256={known[:12]}" if any(name == one for one, _ in seen) else ""
            seen[name, known] = crate.add(ContextEntity(crate, f"#not-enclosed/{name}{other}", facts))
    return seen[name, known]
