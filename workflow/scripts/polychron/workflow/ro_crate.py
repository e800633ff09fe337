"""The run as a Workflow Run RO-Crate: what was computed, from what and by which code, in one archive.

An RO-Crate is files with a description of them in JSON-LD [1]_. The profile Workflow Run Crate [2]_ asks for the
workflow, and for what was done with it: here one action for the whole run, and one for each job, from the records
beside the results (`polychron.workflow.records`), with checksums of what it read and wrote. Scores, figures, tables and
the audit are in the crate. Files that are large or under the licence of others (weights, features, treebanks, texts,
alignments) are named with their checksums, and are not in the crate.

References
----------
.. [1] Soiland-Reyes et al.: Packaging research artefacts with RO-Crate. Data Science 5(2), 2022.
.. [2] Leo et al.: Recording provenance of workflow runs with RO-Crate. PLOS ONE 19(9), 2024.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatch
from io import StringIO
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from polychron.errors import InputError

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
WITHHELD = ("pieces/*", "targets/*", "features/*")
"""Patterns below ``results/MODEL``: `ENCLOSED` is in the crate, except `WITHHELD`, which reveals texts and labels."""


def enclosed(path: str) -> bool:
    """Whether a file is in the crate.

    Examples
    --------
    >>> [enclosed(f"results/m/{name}") for name in ("scores.parquet", "figures/figure-01.svg", "pieces/a.parquet")]
    [True, True, False]
    >>> enclosed("resources/s/ud/de.conllu")
    False
    """
    top, _, rest = path.partition("/")
    inner = rest.partition("/")[2]
    kept = any(fnmatch(inner, pattern) for pattern in ENCLOSED)
    return top == "results" and kept and not any(fnmatch(inner, pattern) for pattern in WITHHELD)


def describe(
    title: str,
    note: str,
    config: Mapping[str, Any],
    checkout: Path,
    files: Iterable[str],
    records: Mapping[str, Mapping[str, Any]],
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

    Returns
    -------
    ROCrate
        The crate; its method ``write_zip`` writes it. The bytes of the archive depend on the time of writing.

    Raises
    ------
    InputError
        There are no records.
    """
    if not records:
        raise InputError("no results to export", remedy="run the study first: snakemake --configfile ... -- all")
    crate = ROCrate(version=VERSION)
    crate.metadata.extra_contexts.append(TERMS)
    crate.name, crate.description = title, note
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
        elif name != "Snakefile":
            _enclose(crate, checkout / name, name, {"about": crate.root_dataset} if name == "README.md" else None)
    settings = crate.add_file(
        StringIO(json.dumps(config, indent=1, sort_keys=True) + "\n"),
        "config.json",
        properties={"name": "the config of the run", "encodingFormat": "application/json"},
    )
    seen: dict[str, Any] = {}
    read, written = set(), set()
    for path, record in sorted(records.items()):
        read |= record["inputs"].keys()
        written |= record["outputs"].keys()
        action = crate.add_action(
            scripts[record["spec"]["rule"]],
            f"#{next(iter(record['outputs']))}",
            object=_single([_entity(crate, seen, *file) for file in record["inputs"].items()]),
            result=_single([_entity(crate, seen, *file) for file in record["outputs"].items()]),
            properties={
                "name": f"{record['spec']['rule']}: {next(iter(record['outputs']))}",
                **_times(record),
                "description": f"commit {record['commit']}; {record['machine']}, {record['processor']}, "
                f"{record['accelerator'] or 'no accelerator'}; Python {record['python']}",
            },
        )
        action["subjectOf"] = _enclose(crate, Path(path), path)
        crate.root_dataset.append_to("mentions", action)
    run = crate.add_action(
        workflow,
        "#run",
        object=_single([settings, *(seen[name] for name in sorted(read - written))]),
        result=_single([seen[name] for name in sorted(written) if enclosed(name)]),
        properties={
            "name": f"the run of {title}",
            "description": f"{len(records)} jobs, each an action of its own",
            "startTime": min(times["startTime"] for times in map(_times, records.values())),
            "endTime": max(times["endTime"] for times in map(_times, records.values())),
        },
    )
    crate.root_dataset.append_to("mentions", run)
    return crate


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


def _entity(crate: ROCrate, seen: dict[str, Any], name: str, checksum: str) -> Any:
    """Describe a file once: as a part of the crate, or by its name and checksum only."""
    if name not in seen:
        if enclosed(name) and Path(name).is_file():
            seen[name] = _enclose(crate, Path(name), name, {"sha256": checksum})
        else:
            known = {"@type": "CreativeWork", "name": name, "sha256": checksum}
            seen[name] = crate.add(ContextEntity(crate, f"#not-enclosed/{name}", known))
    return seen[name]
