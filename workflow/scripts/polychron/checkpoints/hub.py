"""Repositories of Hugging Face: the commit of a revision, and the files of a commit."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from polychron.checkpoints import addresses, directory, watching
from polychron.errors import InputError
from polychron.storage import disk
from polychron.storage.files import checksum

COMMIT = re.compile(r"[0-9a-f]{40}")

ANSWER = 64 << 20
"""The most bytes of an answer of the hub's API, which its client takes into memory whole."""


def commit_of(repository: str, revision: str) -> str:
    """Return the commit of a revision: of the local cache where HF_HUB_OFFLINE is set, of the hub otherwise."""
    if COMMIT.fullmatch(revision):
        return revision
    from huggingface_hub import HfApi, constants, snapshot_download

    limit_answers()
    try:
        if constants.HF_HUB_OFFLINE:
            return Path(snapshot_download(repository, revision=revision, local_files_only=True)).name
        return HfApi().model_info(repository, revision=revision).sha
    except Exception as error:  # the client lets through what its transport raises
        raise unreachable(repository, revision, error) from error


def download(repository: str, commit: str) -> Path:
    """Download a commit into the local cache where it is missing, check its files, and return its folder."""
    from huggingface_hub import constants, snapshot_download

    limit_answers()
    (safe, _), (unsafe, _) = directory.WEIGHTS
    try:
        for weights in (safe, unsafe):  # a file of torch only where there are no safetensors
            stem, _, ending = weights.partition(".")
            patterns = ["config.json", *directory.TOKENIZER, f"{stem}*.{ending}", f"{weights}.index.json"]
            expected = 0 if constants.HF_HUB_OFFLINE else _missing(repository, commit, patterns)

            def work(patterns: list[str] = patterns) -> str:
                return snapshot_download(repository, revision=commit, allow_patterns=patterns)

            folder = Path(work() if constants.HF_HUB_OFFLINE else watching.watched(work, expected))
            if any(folder.glob(f"{stem}*.{ending}")):
                break
    except InputError:
        raise
    except Exception as error:
        raise unreachable(repository, commit, error) from error
    for file in directory.files_of(folder):
        _check_blob(file)
    return folder


def config_of(repository: str, commit: str) -> Path:
    """Download the ``config.json`` of a commit into the local cache where it is missing."""
    from huggingface_hub import constants, hf_hub_download

    def work() -> str:
        return hf_hub_download(repository, "config.json", revision=commit)

    limit_answers()
    try:
        return Path(work() if constants.HF_HUB_OFFLINE else watching.watched(work, 0))
    except Exception as error:  # the client lets through what its transport raises
        raise unreachable(repository, commit, error) from error


def limit_answers() -> None:
    """Let the hub's client refuse answers of its API that are longer than `ANSWER`, unpacked."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils._http import default_client_factory

    def client() -> Any:
        made = default_client_factory()
        hooks = made.event_hooks
        made.event_hooks = {**hooks, "response": [*hooks["response"], _within_limit]}
        return made

    set_client_factory(client)


def _within_limit(response: Any) -> None:
    """Read an answer of the API part by part; whatever else is downloaded is watched, see `watching`."""
    if not response.request.url.path.startswith("/api/"):
        return
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > ANSWER:
            raise OSError(f"the answer of {response.request.url.host} is longer than {ANSWER:,} bytes")
    response._content = b"".join(parts)  # where `read` looks first


def _missing(repository: str, commit: str, patterns: list[str]) -> int:
    """Return how many bytes of a commit are to be downloaded at most, as the hub says.

    Where it does not say so, a part of what is free on the disk is.

    Raises
    ------
    InputError
        They are more than the disk of the local cache has room for.
    """
    from huggingface_hub import HfApi, constants, try_to_load_from_cache
    from huggingface_hub.utils import filter_repo_objects

    cache = Path(constants.HF_HUB_CACHE)
    try:
        found = HfApi().model_info(repository, revision=commit, files_metadata=True, timeout=60).siblings or []
        sizes = {file.rfilename: int(file.size) for file in found}
    except Exception:  # the download itself says what is wrong, or does without the hub
        return disk.free(cache) // (2 * watching.OVER)
    wanted = filter_repo_objects(sizes, allow_patterns=patterns)
    there = {name for name in sizes if isinstance(try_to_load_from_cache(repository, name, revision=commit), str)}
    missing = sum(sizes[name] for name in wanted if name not in there)
    disk.check(cache, max(1, missing))
    return missing


def _check_blob(file: Path) -> None:
    """Check a file of the hub's cache, whose name in the cache is its checksum: sha256, or that of git."""
    name = file.resolve().name
    if len(name) == 64:
        found = checksum(file)
    elif len(name) == 40:
        header = f"blob {file.stat().st_size}\0".encode()
        found = hashlib.sha1(header + file.read_bytes(), usedforsecurity=False).hexdigest()
    else:
        return
    if found != name:
        raise InputError(
            f"damaged in the local cache: its checksum is {found}, expected {name}",
            file=file,
            remedy=f"delete {file.resolve()} and run the same command again",
        )


def unreachable(repository: str, revision: str, error: Exception) -> InputError:
    """Return what is said of a revision that cannot be fetched, with the names that there are."""
    said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    there, remedy = "", ""
    if not COMMIT.fullmatch(revision):
        there, remedy = addresses.suggestion(revision, _revisions(repository), "branches and tags")
    return InputError(
        f"the revision {revision!r} cannot be fetched: {said.rstrip('.')}{there}",
        file=repository,
        remedy=f"{remedy}look at models.source and models.revision; with HF_HUB_OFFLINE=1 only the local cache is read",
    )


def _revisions(repository: str) -> list[str]:
    """List the branches and tags of a repository: on the hub, or in the local cache; none where it cannot be asked."""
    from huggingface_hub import HfApi, constants

    if constants.HF_HUB_OFFLINE:
        folder = Path(constants.HF_HUB_CACHE, f"models--{repository.replace('/', '--')}", "refs")
        return [str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()]
    limit_answers()
    try:
        found = HfApi().list_repo_refs(repository)
        return [reference.name for reference in [*found.branches, *found.tags]]
    except Exception:  # the client lets through what its transport raises, and the first error is told
        return []
