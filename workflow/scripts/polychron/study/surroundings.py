"""What a run needs besides a config: a path that shells take, names that Slurm takes, a torch for a cluster's GPUs."""

from __future__ import annotations

import csv
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path

from polychron import paths
from polychron.errors import InputError
from polychron.storage import disk

UNSAFE = re.compile(r"[^\w@%+=:,./~\x80-\U0010ffff-]", re.ASCII)
"""A character of a path that a shell reads. The Makefile refuses the same ones."""

GRES = re.compile(r"[a-zA-Z0-9_]+(:[a-zA-Z0-9_.]+)?(:\d+[TGM]?)?")
"""The generic resources that Snakemake's plugin for Slurm takes. With others it submits nothing, and says nothing."""

PARTITION = re.compile(r"[\w.+,-]+", re.ASCII)
ACCOUNT = re.compile(r"[\w.+@, -]*", re.ASCII)
STATUS = ("squeue", "sacct")

PROFILE = "profiles/slurm-*/config.yaml"

BUILDS = ((12.8, (7.5, 12.0)), (12.0, (5.0, 9.0)))
"""From which version of CUDA on PyTorch's builds have kernels for which cards, by their compute capability.

Of PyTorch 2.11 to 2.14 (RELEASE.md of pytorch/pytorch): 12.6 from Maxwell to Hopper, 13.0 and 13.2 from Turing on."""

AMPERE = 8.0
"""The least compute capability of cards with bfloat16; see `polychron.device.of_precision`."""

UNCHECKED = "POLYCHRON_TORCH"
"""The variable that, set to ``unchecked``, says that jobs have another torch than the process that submits them."""


def check_room(folders: Iterable[str | PathLike[str]]) -> None:
    """End the run with a message where folders that Snakemake writes to have no room left.

    The message is not Snakemake's, whose own log may be there.

    Raises
    ------
    SystemExit
        There is no room.
    """
    try:
        for folder in folders:
            disk.check(folder, disk.ROOM)
    except InputError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None


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
        f"card: Snakemake's plugin for Slurm does not take {gres!r} and would submit nothing: a GPU is NAME or "
        "NAME:TYPE, and the type has letters, digits, _ and . alone"
    )


def _instead(gres: str) -> str:
    """Return what to write in place of generic resources that are refused."""
    name, *rest = gres.split(":")
    number = rest.pop() if rest and rest[-1].isdigit() else "1"
    kind = rest[0] if rest else ""
    if kind and rest[1:] and GRES.fullmatch(f"{name}:{kind}:{number}"):
        return f"write card: {name}:{kind}, without a number"
    if name != "gpu" or not re.fullmatch(r"[\w.+-]+", kind, re.ASCII):
        return "write card: gpu:TYPE, as `sinfo -o %G` prints it without its number, or card: gpu for any GPU"
    return (
        "write card: gpu, which takes any GPU of the partition; or, for this type alone, replace each line "
        f"`gres: ...` of the profile by `slurm_extra: \"'--gpus-per-node={kind}:1'\"`, with :8 for pretrain"
    )


def capability_of(gres: str) -> tuple[str, float] | None:
    """Return the card that a request for a GPU names, and its compute capability; None if it names none that is known.

    Examples
    --------
    >>> capability_of("gpu:tesla_v100_sxm2_16gb:1"), capability_of("gpu:a100:4"), capability_of("gpu:1")
    (('v100', 7.0), ('a100', 8.0), None)
    """
    with open(paths.DATA / "gpus.tsv", encoding="utf-8") as lines:
        known = {row["name"]: float(row["capability"]) for row in csv.DictReader(lines, delimiter="\t")}
    asked = re.sub(r"[^a-z0-9]+", "_", gres.lower())
    for name in sorted(known, key=len, reverse=True):
        if re.search(rf"(?<![a-z0-9]){name}(?!\d)", asked):
            return name, known[name]
    return None


def check_fairseq(models: Iterable[str]) -> None:
    """Check that fairseq is installed, which `make FAIRSEQ=no` leaves out, where models need it.

    Parameters
    ----------
    models : iterable of str
        The models that fairseq pretrains, or whose checkpoints are fairseq's: it computes what these are compared with.

    Raises
    ------
    InputError
        There are such models, and no fairseq.
    """
    if (names := list(models)) and importlib.util.find_spec("fairseq") is None:
        raise InputError(
            f"models: {', '.join(names)}: pretrained by fairseq, or with its checkpoints, and fairseq is not installed",
            remedy="run make FAIRSEQ=yes environment in the checkout, which takes a C++ compiler",
        )


def torch_here() -> tuple[str, str | None]:
    """Return the version of the installed torch and that of the CUDA it is built for, without importing it."""
    found = importlib.util.find_spec("torch")
    if found is None or not found.submodule_search_locations:
        raise InputError("torch is not installed", remedy="run make in the checkout")
    text = Path(found.submodule_search_locations[0], "version.py").read_text(encoding="utf-8")
    version = re.search(r"^__version__ = '(.*)'", text, re.MULTILINE)
    cuda = re.search(r"^cuda\b.*= '(.*)'", text, re.MULTILINE)
    return version[1] if version else "?", cuda[1] if cuda else None


def check_precision(requests: Iterable[str], precision: str) -> None:
    """Check that the GPUs that jobs ask for compute in the precision of features.

    Parameters
    ----------
    requests : iterable of str
        The generic resources that jobs ask for. Cards that are not known are not checked; each job looks at its own.
    precision : {"float32", "float16", "bfloat16"}
        See ``features.precision``.

    Raises
    ------
    InputError
        It is bfloat16, and a card is older than the A100.
    """
    for gres in sorted(requests) if precision == "bfloat16" else ():
        name, capability = (gres.startswith("gpu") and capability_of(gres)) or ("", AMPERE)
        if capability < AMPERE:
            raise InputError(
                f"features.precision is bfloat16, and jobs ask for {gres}: {name} (compute capability {capability}) "
                "does not compute in it",
                remedy="set features.precision to float16 or float32, or take cards from the A100 on",
            )


def check_torch(requests: Iterable[str], version: str, cuda: str | None) -> None:
    """Check that the installed torch can compute on the GPUs that jobs ask for.

    Parameters
    ----------
    requests : iterable of str
        The generic resources that jobs ask for, such as ``gpu:v100:1``. Cards that are not known are not checked.
    version, cuda : str
        See `torch_here`.

    Raises
    ------
    InputError
        The build has no kernels for a card, or is for the CPU alone.
    """
    if os.environ.get(UNCHECKED) == "unchecked":
        return
    for gres in sorted(requests):
        if not gres.startswith("gpu"):
            continue
        name, capability = capability_of(gres) or ("", 0.0)
        build = "cu126" if capability and capability < 9.5 else "cu130"
        remedy = (
            f"make TORCH={build}, and run again. If jobs run in another environment than this one: export "
            f"{UNCHECKED}=unchecked. One that --sdm conda has made keeps its torch: rm -r .snakemake/conda, then "
            f"TORCH={build} snakemake --sdm conda --conda-create-envs-only"
        )
        if cuda is None:
            raise InputError(
                f"jobs ask for {gres}, and torch {version} here is built for the CPU alone: each job would hold a GPU "
                "and leave it idle",
                remedy=remedy,
            )
        oldest, newest = next((ends for start, ends in BUILDS if float(cuda) >= start), (0.0, 99.0))
        if capability and not oldest <= capability <= newest:
            raise InputError(
                f"jobs ask for {gres}, and torch {version} here is built for CUDA {cuda}, which has no kernels for "
                f"{name} (compute capability {capability}; it has those from {oldest} to {newest})",
                remedy=remedy,
            )
