"""Whether a file that is newer by its time has new content.

Snakemake would rerun jobs for a newer file with the same content. These functions are used while the graph of jobs is
built.
"""

from __future__ import annotations

from pathlib import Path

from polychron.checkpoints import providers
from polychron.data import xnli
from polychron.data.sources import own
from polychron.errors import InputError
from polychron.storage import files
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
    if file.stat().st_mtime <= table.stat().st_mtime:
        return False
    try:
        rows = xnli.read(file, layout=entry["format"], language=language, rows=entry["rows"])
        return xnli.holds(files.read_table(table), split, rows)
    except InputError:
        return False


def origin_of(model: str, step: int | str) -> Path:
    """Return the path of the file that says what a checkpoint was resolved to."""
    return Path(f"results/{model}/checkpoints/step-{step}/origin.json")


def replaced(study: Study) -> set[str]:
    """Return the origin files of those checkpoints in a user's folders that have been replaced by others.

    The files of a folder are not inputs, because they may be deleted once they are converted.
    """
    return {
        str(origin)
        for name, model in study.models.items()
        if model["provider"] == "folder"
        for origin in (origin_of(name, step) for step in study.steps(name))
        if origin.is_file() and _moved(origin)
    }


def _moved(origin: Path) -> bool:
    """Whether the files of a folder are others than an origin file says; what cannot be read says nothing."""
    try:
        known = providers.read(origin)
    except InputError:
        return False  # the rule that resolves it refuses it
    return known["kind"] == "folder" and providers.moved(known, origin.stat().st_mtime)


def admitted(model: str, step: int) -> bool:
    """Whether a checkpoint, as it was resolved, has been admitted to measurement."""
    origin = origin_of(model, step)
    admission = origin.with_name("admission.json")
    return origin.is_file() and admission.is_file() and origin.read_bytes() == admission.read_bytes()


def has_tokenizer(model: str) -> bool:
    """Whether a model's tokenizer exists, which is never made again."""
    return all(Path(f"results/{model}/tokenizer/{name}.json").is_file() for name in ("tokenizer", "tokenizer_config"))
