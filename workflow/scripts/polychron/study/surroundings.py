"""What a run needs besides a config: a path of the checkout that shells take, and names that Slurm's plugin takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from os import PathLike

from polychron.errors import InputError

UNSAFE = re.compile(r"[^\w@%+=:,./~\x80-\U0010ffff-]", re.ASCII)
"""A character of a path that a shell reads. The Makefile refuses the same ones."""

GRES = re.compile(r"[a-zA-Z0-9_]+(:[a-zA-Z0-9_.]+)?(:\d+[TGM]?)?")
"""The generic resources that Snakemake's plugin for Slurm takes. With others it submits nothing, and says nothing."""

PARTITION = re.compile(r"[\w.+,-]+", re.ASCII)
ACCOUNT = re.compile(r"[\w.+@, -]*", re.ASCII)
STATUS = ("squeue", "sacct")

PROFILE = "profiles/slurm-v100/config.yaml"


def check_paths(paths: Iterable[str | PathLike[str]]) -> None:
    """Check that jobs can be started from the checkout and its environment.

    Snakemake writes the path of Python into a shell command as it is.

    Raises
    ------
    InputError
        A path has a character that a shell reads, such as a space.
    """
    for path in map(str, paths):
        if found := UNSAFE.search(path):
            raise InputError(
                f"{path!r} has {found[0]!r} in it, which a shell reads: no job could start there",
                remedy="move the checkout below folders with names of letters, digits, - and _, and set it up again",
            )


def check_slurm(requests: Mapping[str, Iterable[str]], status: str | None = None) -> None:
    """Check what a site wrote into the profile for Slurm, before anything is submitted.

    Parameters
    ----------
    requests : mapping of str to iterable of str
        By the name of the resource, ``gres``, ``slurm_partition`` or ``slurm_account``, what jobs ask for.
    status : str, optional
        How states of jobs are asked for.

    Raises
    ------
    InputError
        The plugin, or Slurm, does not take a value.
    """
    for gres in sorted(requests.get("gres", ())):
        if gres and not GRES.fullmatch(gres):
            raise InputError(_of_gres(gres), file=PROFILE, remedy=_instead(gres))
    for partition in sorted(requests.get("slurm_partition", ())):
        if partition and not PARTITION.fullmatch(partition):  # "" is the default of the cluster
            raise InputError(
                f"cpu or gpu: {partition!r} is not the name of a partition",
                file=PROFILE,
                remedy="write a name as `sinfo -o %P` prints it, without the * that marks the default",
            )
    for account in sorted(requests.get("slurm_account", ())):
        if not ACCOUNT.fullmatch(account):
            raise InputError(
                f"account: {account!r} is not the name of an account",
                file=PROFILE,
                remedy='write a name as `sacctmgr show associations user=$USER format=account` prints it, or ""',
            )
    if status is not None and status not in STATUS:
        raise InputError(
            f"status: {status!r} is not known",
            file=PROFILE,
            remedy="write squeue, or sacct if the cluster has accounts",
        )


def _of_gres(gres: str) -> str:
    return (
        f"v100: Snakemake's plugin for Slurm does not take {gres!r} and would submit nothing: a GPU is NAME or "
        "NAME:TYPE, and the type has letters, digits, _ and . alone"
    )


def _instead(gres: str) -> str:
    """Return what to write in place of generic resources that are refused."""
    name, *rest = gres.split(":")
    number = rest.pop() if rest and rest[-1].isdigit() else "1"
    kind = rest[0] if rest else ""
    if kind and rest[1:] and GRES.fullmatch(f"{name}:{kind}:{number}"):
        return f"write v100: {name}:{kind}, without a number"
    if name != "gpu" or not re.fullmatch(r"[\w.+-]+", kind, re.ASCII):
        return "write v100: gpu:TYPE, as `sinfo -o %G` prints it without its number, or v100: gpu for any GPU"
    return (
        "write v100: gpu, which takes any GPU of the partition; or, for this type alone, replace each line "
        f"`gres: ...` of the profile by `slurm_extra: \"'--gpus-per-node={kind}:1'\"`, with :8 for pretrain"
    )
