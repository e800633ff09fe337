"""A dataset's folder, pushed to a repository of Hugging Face."""

from __future__ import annotations

import re
from pathlib import Path

from polychron.errors import InputError

TIMESTAMP = ".snakemake_timestamp"
"""What Snakemake puts into a folder that is an output. It is no part of the dataset."""

REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def push(
    folder: str | Path, repository: str, private: bool, message: str, endpoint: str | None = None
) -> dict[str, str]:
    """Push a folder as one commit of a dataset, which is made where it is missing. What it has besides is removed.

    Parameters
    ----------
    folder : path-like
        The folder, with its card.
    repository : str
        ``OWNER/NAME``.
    private : bool
        Whether a repository that is made now can be seen by its owner alone.
    message : str
        The message of the commit.
    endpoint : str, optional
        The address of a hub; HF_ENDPOINT, or huggingface.co, without it.

    Returns
    -------
    dict of str to str
        ``repository``, and ``commit`` and ``url`` of what was pushed.

    Raises
    ------
    InputError
        No token is there, or the hub refuses it or cannot be reached.
    """
    from huggingface_hub import HfApi, get_token

    if REPOSITORY.fullmatch(repository) is None:
        raise InputError(f"publish.repository: {repository!r} is no repository", remedy="write OWNER/NAME")
    token = get_token()
    if not token:
        raise InputError(
            f"no token of Hugging Face is here, and {repository} is to be pushed",
            remedy="log in with `hf auth login`, or set HF_TOKEN; the folder is ready, and can be pushed by hand: "
            f"hf upload {repository} {folder} --repo-type dataset",
        )
    hub = HfApi(endpoint=endpoint, token=token)
    try:
        hub.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        if private and not hub.repo_info(repository, repo_type="dataset").private:
            raise InputError(
                f"publish.private is true, and {repository} is there and can be seen by all: nothing was pushed",
                remedy="make it private, name another one in publish.repository, or set publish.private: false",
            )
        made = hub.upload_folder(
            repo_id=repository,
            repo_type="dataset",
            folder_path=folder,
            commit_message=message,
            delete_patterns="*",
            ignore_patterns=TIMESTAMP,
        )
    except InputError:
        raise
    except Exception as error:  # the client lets through what its transport raises
        said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise InputError(
            f"{repository} cannot be pushed: {said.rstrip('.')}",
            remedy="look at publish.repository, and at what the token may do; the folder is ready for another try",
        ) from error
    return {"repository": repository, "commit": made.oid, "url": made.commit_url}
