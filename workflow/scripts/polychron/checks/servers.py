"""Whether the servers that a run would download from answer, asked once each before its first job starts.

A server that is down, or a machine without a network, is known in seconds. Its downloads would each try several times,
with a minute's patience.
"""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from polychron.checkpoints import hub, providers
from polychron.checkpoints.addresses import located
from polychron.data import fetch, transfer
from polychron.data.derived import joins
from polychron.data.download import innermost
from polychron.data.fetch import Place
from polychron.data.hub import datasets
from polychron.data.sources import Source, lookup
from polychron.errors import InputError
from polychron.redaction import redact

TIMEOUT = 20.0
"""Seconds in which a server has to answer."""

HUB = "https://huggingface.co"

LISTED = 3
"""How many files of a server a message names."""


def needed(jobs: Iterable[Any], study: Any, place: Place, known: Mapping[str, Source]) -> dict[str, list[str]]:
    """Return what the jobs of a run download, with the addresses of each file.

    Parameters
    ----------
    jobs : iterable of polychron.workflow.snakemake_internals.Wanted
        The jobs that the run will do.
    study : polychron.study.study.Study
        Of which ``models``, ``fetched``, ``resources`` and ``text_file()`` are used.
    place : Place
        Where files may be found.
    known : mapping of str to Source
        The table of sources.

    Returns
    -------
    dict of str to list of str
        By file, as the config names it, or by model and step.
    """
    found = {}
    for rule, of in [(job.rule, job.wildcards) for job in jobs]:
        if rule in ("fetch_source", "fetch_heldout"):
            source = lookup(known, of.get("file") or study.text_file(of["language"]))
            at_hand = fetch.at_hand(source, place) is not None
            for name in [source.file] if at_hand else joins.parts_of(known, [source.file]):
                found[name] = addresses(lookup(known, name), Path(study.resources), place, known)
        elif rule == "resolve_checkpoint" and of["model"] in study.fetched:
            model, step = study.models[of["model"]], int(of["step"])
            found[f"{of['model']} at step {step}"] = of_checkpoint(model, *located(model, step), place)
    return found


def addresses(source: Source, folder: Path, place: Place, known: Mapping[str, Source]) -> list[str]:
    """Return where a file would be downloaded from, the best address first; none where no server is asked.

    Parameters
    ----------
    source : Source
        The file.
    folder : Path
        Where files go, and archives are kept.
    place : Place
        Where files may be found.
    known : mapping of str to Source
        The table of sources.
    """
    if fetch.at_hand(source, place) is not None:
        return []
    if source.archive:
        kept = (folder / source.archive).is_file()
        return [] if kept else addresses(known[source.archive], folder, place, known)
    if place.is_address:
        return [fetch.on_mirror(place, source.file)]
    if place.mirror:
        return []
    if datasets.is_address(source.url):
        return [datasets.address(source).url]
    return [url for url in source.url.split() if "://" in url]


def of_checkpoint(model: Mapping[str, Any], address: str, revision: str | None, place: Place) -> list[str]:
    """Return the addresses of the server that a checkpoint is asked for; none where none is.

    The hub is asked what a branch or tag is. A commit may be in its local cache, and is not looked at.

    Parameters
    ----------
    model : mapping
        An entry of the config's ``models``.
    address, revision : str, str or None
        Of the step, see `polychron.checkpoints.addresses.located`.
    place : Place
        Where files may be found.
    """
    if model["provider"] == "published":
        return addresses(Source(providers.place(address), address), Path(), place, {})
    if model["provider"] != "hub" or hub.COMMIT.fullmatch(revision or "main") or os.environ.get("HF_HUB_OFFLINE"):
        return []
    return [os.environ.get("HF_ENDPOINT") or HUB]


def check(
    needed: Mapping[str, Sequence[str]], warn: Callable[[str], object] | None = None, timeout: float = TIMEOUT
) -> None:
    """Ask each server once whether it is there, whatever it answers.

    Parameters
    ----------
    needed : mapping of str to sequence of str
        Of each file that is to be downloaded, its addresses. One that answers is enough. Files without one, and
        addresses that are not of HTTP, are not looked at.
    warn : callable, optional
        Takes what there is to say, in place of an error.
    timeout : float
        Seconds in which a server has to answer.

    Raises
    ------
    InputError
        No server of a file answers, and `warn` is not given.
    """
    of = {file: [server for url in urls if (server := _server(url))] for file, urls in needed.items()}
    servers = sorted({server for found in of.values() for server in found})
    with ThreadPoolExecutor(max(1, len(servers))) as pool:
        answers = pool.map(lambda server: _silence(server, timeout), servers)
        silent = {server: why for server, why in zip(servers, answers, strict=True) if why}
    missing: dict[str, list[str]] = {}
    for file, found in of.items():
        if found and all(server in silent for server in found):
            missing.setdefault(found[0], []).append(file)
    if missing:
        error = InputError(
            "; ".join(f"{redact(server)} {silent[server]}, needed for {_some(missing[server])}" for server in missing),
            remedy="run again when they answer, or with --config mirror=FOLDER or by_hand=FOLDER and the files there; "
            "--keep-going does what can be done without them",
        )
        if warn is None:
            raise error
        warn(str(error))


def _server(url: str) -> str | None:
    """Return the address of a server, None where it does not speak HTTP."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/" if parts.scheme in ("http", "https") and parts.netloc else None


def _silence(server: str, timeout: float) -> str | None:
    """Return why a server does not answer; None if it does."""
    import requests

    try:
        with transfer.asked(server, timeout, method="HEAD"):
            return None
    except transfer.Wrong:
        return None  # it answers, if strangely
    except transfer.TooSlow:
        return f"does not answer in {timeout:.0f} s"
    except requests.exceptions.RequestException as error:
        return f"cannot be reached ({innermost(error)})"


def _some(files: Iterable[str]) -> str:
    names = sorted(files)
    more = f" and {len(names) - LISTED} more files" if len(names) > LISTED else ""
    return f"{', '.join(names[:LISTED])}{more}"
