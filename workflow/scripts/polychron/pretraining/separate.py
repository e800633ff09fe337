"""Models of which each language has its own embeddings, lower layers, or both: the arguments of their pretraining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from polychron.errors import InputError
from polychron.storage import files

PLUGIN = Path(__file__).with_name("fairseq_plugin")
"""What fairseq loads by ``--user-dir``."""

OWN = "own.json"
"""In the binary corpus, beside ``dict.txt``: the ids of each language's pieces."""


class Kind(NamedTuple):
    """What fairseq is to train: names of its task and architecture, and further arguments."""

    task: str
    architecture: str
    arguments: tuple[str, ...]


def is_separate(settings: Mapping[str, Any]) -> bool:
    """Whether a language has anything of its own.

    Examples
    --------
    >>> is_separate({}), is_separate({"separate": {"layers": 2}}), is_separate({"separate": {"layers": 0}})
    (False, True, False)
    """
    return any((settings.get("separate") or {}).values())


def model_of(settings: Mapping[str, Any]) -> Kind:
    """Return what fairseq is to train.

    Parameters
    ----------
    settings : mapping
        As in `polychron.pretraining.training.arguments`. ``separate`` is a mapping: ``embeddings``, whether each
        language has its own table of pieces, positions, layer norm after them, and softmax over its own pieces; and
        ``layers``, the number of lower layers of which each language has its own. Without it, all is shared.

    Returns
    -------
    Kind

    Examples
    --------
    >>> model_of({}).architecture, model_of({"separate": {"embeddings": False, "layers": 2}}).arguments[-2:]
    ('roberta_base', ('--separate-layers', '2'))
    """
    if not is_separate(settings):
        return Kind("multilingual_masked_lm", "roberta_base", ())
    embeddings, layers = (settings["separate"].get(name) for name in ("embeddings", "layers"))
    more = ["--user-dir", str(PLUGIN)]
    more += ["--separate-embeddings"] if embeddings else []
    more += ["--separate-layers", str(layers)] if layers else []
    return Kind("bilingual_masked_lm", "bilingual_roberta", tuple(more))


def write(ids: Mapping[str, Sequence[int]], data: str | Path) -> None:
    """Write the ids of each language's pieces into a binary corpus.

    Parameters
    ----------
    ids : mapping of str to sequence of int
    data : path-like
        The folder of ``dict.txt``.
    """
    files.write_json(Path(data) / OWN, {language: [*map(int, ids[language])] for language in sorted(ids)})


def read(data: str | Path) -> dict[str, list[int]]:
    """Read what `write` wrote, the languages in the order of fairseq's ids of languages.

    Raises
    ------
    InputError
        The file is missing or damaged.
    """
    ids = files.read_json(Path(data) / OWN, dict)
    return {language: ids[language] for language in sorted(ids)}


def check(data: str | Path, settings: Mapping[str, Any]) -> None:
    """Refuse to train separate parts that cannot be.

    Raises
    ------
    InputError
        More layers are separate than the model has, or all of them; there is one language alone; or the corpus does not
        say which pieces are of which of its languages.
    """
    if not is_separate(settings):
        return
    layers, most = settings["separate"].get("layers") or 0, settings["layers"] - 1
    if layers > most:
        raise InputError(
            f"pretraining.separate.layers is {layers}, and the model has {settings['layers']} layers",
            remedy=f"separate up to {most} of them, or train a model of each language alone",
        )
    languages = sorted(settings["languages"])
    if len(languages) < 2:
        raise InputError("a model of one language has nothing to separate", remedy="leave pretraining.separate out")
    if [*read(data)] != languages:
        raise InputError(
            f"has the languages {', '.join(read(data))}, expected {', '.join(languages)}",
            file=Path(data) / OWN,
            remedy=files.again(Path(data) / OWN),
        )
