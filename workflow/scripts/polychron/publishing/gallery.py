"""A finished study as a few MB under version control, from which its figures and tables are drawn again.

It is made of a dataset (`polychron.publishing.folder`), which names neither hosts nor paths of anybody.
docs/gallery.md has the commands.
"""

from __future__ import annotations

import shutil
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polychron.data.sources import own
from polychron.errors import InputError
from polychron.storage import files

TABLES = ("scores", "sizes", "geometry", "factors", "models")
"""The tables that figures and tables are made of; all others follow from them."""

DRAWN = ("figures/*.svg", "tables/*.csv", "audit/*.csv", "audit/*.html")
"""Figures, tables and claims, which are made again from the tables with the same bytes."""

NOT_AGAIN = ("tables/table-7.csv", "figures/figure-29.svg", "figures/figure-30.svg")
"""Those that are stored and not drawn again: what they show is measured, and not gathered."""

OF_RECORDS = ("setup.gpus_pretrain", "setup.probe_time_max")
"""Claims on what jobs ran on, and how long: gathered tables do not say it, so that these are not compared."""

READ = ("distances", "sizes")
"""Files of the config that are read besides the tables."""

LARGEST = 10_000_000
"""Bytes of a study in the gallery, at the most."""

OWN = ("config.json", "provenance.json")
"""What a folder of the gallery has beside its models."""

RECORD = ("commit", "python", "processor", "machine", "accelerator")
"""What records of jobs have in common, and is told of all together."""


def store(published: str | Path, folder: str | Path, resources: str | Path = "resources") -> None:
    """Store a study in the gallery. What an earlier version of it has there is removed.

    Parameters
    ----------
    published : path-like
        The folder that the target ``publish`` wrote, named after the study.
    folder : path-like
        The study's folder in the gallery. It gets ``{model}/scores.parquet`` and the tables beside it, ``config.json``,
        ``provenance.json``, and ``files/``, which is its mirror.
    resources : path-like
        Where the study has its raw files, in a folder of its name.

    Raises
    ------
    InputError
        `published` is not what ``publish`` writes, a file that it reads is not there, the study is too large, or
        `folder` has something else.
    """
    published, folder = Path(published), Path(folder)
    _refuse_other(published, folder)
    config = files.read_json(published / "config.json", dict)
    if "world" not in config or not isinstance(config.get("files"), dict):
        raise InputError(
            "no config of a study: world or files is missing",
            file=published / "config.json",
            remedy="write it again: snakemake --configfile FILE -c all -- publish",
        )
    records = files.read_json(published / "provenance.json", dict)
    models = sorted(path.parent for path in published.glob("*/scores.parquet"))
    if not models:
        raise InputError("no study", file=published, remedy="run: snakemake --configfile FILE -c all -- publish")
    found = {path.relative_to(published): path for model in models for path in _kept(model)}
    found |= _read_besides(config, Path(resources, published.name))
    if (size := sum(path.stat().st_size for path in found.values())) > LARGEST:
        raise InputError(
            f"{size / 1e6:.1f} MB, and the gallery has at most {LARGEST / 1e6:.0f} MB of a study",
            file=published,
            remedy="publish it as a dataset: docs/sharing.md",
        )
    summary = _summary(records)
    made = folder.resolve().with_name(f"{folder.resolve().name}.new")
    before = made.with_suffix(".before")
    shutil.rmtree(made, ignore_errors=True)
    try:
        for place, path in sorted(found.items()):
            target = made / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        files.write_json(made / "config.json", config)
        files.write_json(made / "provenance.json", summary)
        if folder.exists():
            shutil.rmtree(before, ignore_errors=True)
            folder.resolve().rename(before)
        made.rename(folder.resolve())
    finally:
        shutil.rmtree(made, ignore_errors=True)
    shutil.rmtree(before, ignore_errors=True)


def _read_besides(config: Mapping[str, Any], raw: Path) -> dict[Path, Path]:
    """Return the raw files that are read besides the tables; the user's own are read where they are."""
    named = [] if config["world"] else [path for name in READ if (path := config["files"].get(name)) and not own(path)]
    for path in named:
        if not (raw / path).is_file():
            raise InputError(
                "a file that the study reads is not there",
                file=raw / path,
                remedy="run this where the study was run, or name its folder resources as a third word",
            )
    return {Path("files", path): raw / path for path in named}


def _refuse_other(published: Path, folder: Path) -> None:
    """Refuse to replace what is no study of the gallery, and the dataset itself."""
    one, other = published.resolve(), folder.resolve()
    if one == other or one in other.parents or other in one.parents:
        what = f"the study would be stored over what it is made of, {published}"
    elif not folder.is_dir():
        what = "no folder" if folder.exists() else ""
    else:
        there = {path.name for path in folder.iterdir()}
        what = (
            "a folder that holds something else than one study of the gallery" if there and not there >= {*OWN} else ""
        )
    if what:
        raise InputError(what, file=folder, remedy="name a folder of the study's own, such as docs/gallery/NAME")


def differing(folder: str | Path, results: str | Path) -> list[str]:
    """Return the figures, tables and claims of a study in the gallery that were not drawn again with the same bytes.

    Parameters
    ----------
    folder : path-like
        The study's folder in the gallery.
    results : path-like
        The folder with a folder for each model, in which they were drawn again.

    Returns
    -------
    list of str
        ``MODEL/figures/figure-NN.svg`` and the like, sorted; empty where all are the same.

    Raises
    ------
    InputError
        See `drawn`.
    """
    return [name for name in drawn(folder) if not _same(Path(folder, name), Path(results, name))]


def drawn(folder: str | Path) -> list[str]:
    """Return what is drawn again of a study in the gallery: figures, tables and claims of each model, sorted.

    Raises
    ------
    InputError
        There is none.
    """
    found = {path for pattern in DRAWN for path in Path(folder).glob(f"*/{pattern}")}
    found = {path for path in found if not path.as_posix().endswith(NOT_AGAIN)}
    if not found:
        raise InputError(
            "no figures and tables of a study in the gallery",
            file=folder,
            remedy="name the folder that gallery store wrote, such as docs/gallery/NAME",
        )
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _kept(model: Path) -> list[Path]:
    tables = [path for name in TABLES if (path := model / f"{name}.parquet").is_file()]
    return tables + [path for pattern in DRAWN for path in sorted(model.glob(pattern))]


def _same(one: Path, other: Path) -> bool:
    if not other.is_file() or one.parent.name != "audit":
        return other.is_file() and files.checksum(one) == files.checksum(other)
    return compared(one) == compared(other)


def compared(path: Path) -> list[str]:
    """Return the lines of a table or page of claims without those of `OF_RECORDS`; each claim has a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not any(name in line for name in OF_RECORDS)]


def _summary(records: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the records of all jobs say together, in place of thousands of lines."""
    jobs: dict[str, list[float]] = defaultdict(list)
    for record in records.values():
        jobs[_rule(record)].append(record["seconds"])
    told = {name: sorted({str(record.get(name)) for record in records.values() if record.get(name)}) for name in RECORD}
    edited = sorted({name for record in records.values() for name in record["uncommitted"] or ()})
    starts = sorted(record["started"] for record in records.values())
    return {
        **told,
        "uncommitted": edited,
        "first_started": starts[0] if starts else None,
        "last_started": starts[-1] if starts else None,
        "jobs": {rule: {"jobs": len(took), "seconds": round(sum(took), 1)} for rule, took in sorted(jobs.items())},
    }


def _rule(record: Mapping[str, Any]) -> str:
    return str(record["spec"].get("rule", "other"))


def main(words: list[str]) -> str | None:
    """Run what the command line asks for; return what is wrong with it, None if nothing is."""
    try:
        if words[:1] == ["store"] and len(words) in (3, 4):
            store(*words[1:])
            return None
        if words[:1] == ["compare"] and len(words) == 3:
            other = differing(*words[1:])
            names = "\n".join(f"differs or is missing: {name}" for name in other)
            print(f"{len(drawn(words[1])) - len(other)} figures, tables and files of claims are the same")
            return names or None
    except InputError as error:
        return str(error)
    return "usage: gallery store PUBLISHED FOLDER [RESOURCES], or: gallery compare FOLDER RESULTS"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
