"""Whether a file has new content: one that is newer by its time, or one that is no input of a job.

Snakemake would rerun jobs for a newer file with the same content, and does not look at the folders that raw files were
copied from. These functions are used while the graph of jobs is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from polychron.checkpoints import providers
from polychron.data import fetch, text, xnli
from polychron.data.fetch import Place
from polychron.data.sources import Source, lookup, own
from polychron.errors import InputError
from polychron.provenance import originals, records
from polychron.storage import files, times
from polychron.study import given_paths
from polychron.study.laboratory.checkpoints import directory_of
from polychron.study.study import Study


def rows_unchanged(study: Study, split: str, language: str, table: str | Path) -> bool:
    """Whether a user's own file of several languages still has the rows of one language that were tabulated.

    Snakemake sees only that the file is newer, and would rerun what depends on any of its languages.

    Parameters
    ----------
    study : Study
    split : str
        The split that the file is read for.
    language : str
    table : path-like
        The language's table of examples.
    """
    entry = study.config["files"]["inference"][split]
    file, table = Path(study.resource(entry["file"])), Path(table)
    if not own(entry["file"]) or "{language}" in entry["file"] or not (file.is_file() and table.is_file()):
        return False
    if times.arrived(file) <= table.stat().st_mtime:  # nor came here since
        return False
    try:
        rows = xnli.read(file, layout=entry["format"], language=language, rows=entry["rows"])
        return xnli.holds(files.read_table(table), split, rows)
    except InputError:
        return False


def original_changed(study: Study, file: str, place: Place, known: Mapping[str, Source]) -> bool:
    """Whether a raw file that was fetched has other content in the folder that it would be copied from now.

    A file with a recorded checksum cannot have other content, and what is downloaded is not looked at.

    Parameters
    ----------
    study : Study
    file : str
        The file, as the config names it.
    place : Place
        Where raw files may be found.
    known : mapping of str to Source
        The table of sources.
    """
    copy, original = Path(study.resource(file)), fetch.at_hand(file, place, known)
    if original is None or not copy.is_file() or lookup(known, file).sha256:
        return False
    return not originals.is_copy(copy, original)


def beginning_changed(study: Study, language: str, place: Place, known: Mapping[str, Source]) -> bool:
    """Whether the beginning of a text is another one now, in the folder that it would be read from.

    Parameters
    ----------
    study : Study
    language : str
    place : Place
        Where raw files may be found.
    known : mapping of str to Source
        The table of sources.
    """
    file, table = study.text_file(language), Path(study.example(f"heldout/{language}"))
    original = fetch.at_hand(file, place, known)
    if original is None or not table.is_file() or originals.is_current(table, original):
        return False
    number = study.config["bits"]["sentences"]
    try:
        lines = fetch.beginning(file, lambda pieces: text.first_lines(pieces, number, file), place, known)
        return lines != files.read_table(table)["sentence"].to_pylist()
    except InputError:  # the job says what is wrong
        return True


def vocabulary_changed(study: Study, model: str) -> bool:
    """Whether a vocabulary of fairseq that the config names by a path is another one than the model's copy of it."""
    given = study.models[model]["vocabulary"]
    copies = {"sentencepiece": "sentencepiece/sentencepiece.bpe.model", "dictionary": "binarized/dict.txt"}
    for part, name in copies.items():
        original, copy = given_paths.local(given.get(part)), Path(f"results/{model}/{name}")
        recorded = part == "sentencepiece" and given.get("sha256")  # another one would be refused
        there = original and not recorded and original.is_file() and copy.is_file()
        if there and not originals.is_copy(copy, original):
            return True
    return False


def origin_of(model: str, step: int | str) -> Path:
    """Return the path of the file that says what a checkpoint was resolved to."""
    return Path(f"results/{model}/checkpoints/step-{step}/origin.json")


def replaced(study: Study, place: Place = providers.NETWORK) -> set[str]:
    """Return the origin files of those checkpoints in a user's folders that have been replaced by others.

    The files of a folder are not inputs, because they may be deleted once they are converted.

    Parameters
    ----------
    study : Study
    place : Place, optional
        Where published files may be found.
    """
    return {
        str(origin)
        for name, model in study.models.items()
        if model["provider"] in ("folder", "published")
        for origin in (origin_of(name, step) for step in study.steps(name))
        if origin.is_file() and _moved(origin, place)
    }


def _moved(origin: Path, place: Place) -> bool:
    """Whether the files of a checkpoint are others than an origin file says; what cannot be read says nothing."""
    try:
        known = providers.read(origin)
    except InputError:
        return False  # the rule that resolves it refuses it
    since = origin.stat().st_mtime
    if known["kind"] == "folder":
        try:
            since = 0.0 if _came_after(Path(known["address"]).expanduser(), since) else since  # 0: compare all files
        except (OSError, RuntimeError):
            return False  # as if the folder were gone; RuntimeError: there is no such user, whose home it is in
    return known["kind"] in ("folder", "published") and providers.moved(known, since, place)


def _came_after(folder: Path, since: float) -> bool:
    """Whether a file came into a folder, or the folder into its place, later than at a time."""
    return folder.is_dir() and any(times.arrived(file) > since for file in folder.iterdir() if file.is_file())


def replacing(study: Study, model: str, step: int) -> tuple[str, ...]:
    """Return the rules and files that replace a checkpoint if they are forced: those that a model gets it with."""
    resolved = ("resolve_checkpoint", str(origin_of(model, step)))
    if model in study.fetched:
        return resolved
    trained = f"results/{model}/pretraining/step-{step}/checkpoint_last.pt"
    return (*resolved, "pretrain", trained, "convert_checkpoint", *directory_of(model, step).values())


def admitted(model: str, step: int, asked: Mapping[str, str | None]) -> bool:
    """Whether a checkpoint, as it was resolved, has been admitted to measurement, and is still the one asked for.

    Parameters
    ----------
    model : str
    step : int
    asked : mapping of str to str
        What the checkpoint is resolved from now: ``kind``, ``address`` and ``revision``.
    """
    origin = origin_of(model, step)
    admission = origin.with_name("admission.json")
    if not (origin.is_file() and admission.is_file() and origin.read_bytes() == admission.read_bytes()):
        return False
    try:
        known = records.read(records.record_of(origin))["spec"]
    except InputError:  # without a record nobody knows which revision was asked for
        return True
    return all(known.get(name) == value for name, value in asked.items())


def has_tokenizer(model: str) -> bool:
    """Whether a model's tokenizer exists, which is never made again."""
    return all(Path(f"results/{model}/tokenizer/{name}.json").is_file() for name in ("tokenizer", "tokenizer_config"))


def other_originals(study: Study, place: Place, known: Mapping[str, Source]) -> list[tuple[str, str, str]]:
    """Return what was read in folders where it is another file now.

    Parameters
    ----------
    study : Study
    place : Place
        The folders.
    known : mapping of str to Source
        The table of sources.

    Returns
    -------
    list of tuple of (str, str, str)
        The result, the rule that made it, and the file.

    Raises
    ------
    InputError
        One of the user's own files is not there.
    """
    given = bool(study.config["scores"])
    read = [study.config["files"][kind] for kind in ("distances", "sizes")] if given else study.raw_files
    given_paths.require(study, read)
    if study.config["world"]:
        return []
    texts = study.config["bits"]["languages"] if study.beginnings and not given else []
    return [
        *(
            (study.resource(path), "fetch_source", str(fetch.at_hand(path, place, known)))
            for path in study.source_files
            if path in read and original_changed(study, path, place, known)
        ),
        *(
            (study.example(f"heldout/{name}"), "fetch_heldout", str(fetch.at_hand(study.text_file(name), place, known)))
            for name in texts
            if beginning_changed(study, name, place, known)
        ),
    ]
