"""One vocabulary of several languages, each of which has a SentencePiece model of its own.

A joint vocabulary is one model of all texts. Here, the text of each language is cut by its own model, and the models'
pieces are joined in one of two ways (Wu et al. 2020, section 4.2):

- ``union``: equal strings of two languages are one entry. These entries are the anchors.
- ``prefixed``: an entry is a language and a string, so that languages have none in common but the special ones.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from polychron.errors import InputError
from polychron.tokenization import tokenizer, vocabulary

logger = logging.getLogger("polychron")

KINDS = ("union", "prefixed")

FILLER = "\ue000"
"""Begins what stands in a language's tokenizer for an entry that is none of its pieces."""


@dataclass(frozen=True)
class Joined:
    """The vocabulary of several languages.

    Attributes
    ----------
    kind : {'union', 'prefixed'}
    entries : list of str
        fairseq's dictionary: the entry of id 4 is the first.
    numbers : dict of str to ndarray of int64, shape (pieces,)
        The id of each piece of a language's SentencePiece model, the model's three special ones first.
    """

    kind: str
    entries: list[str]
    numbers: dict[str, np.ndarray]

    @property
    def size(self) -> int:
        """The number of ids, the special ones and ``<mask>`` included."""
        return len(tokenizer.FIRST) + len(self.entries) + 1

    def dictionary(self) -> str:
        """Return the content of fairseq's ``dict.txt``."""
        return "".join(f"{entry} 1\n" for entry in self.entries)

    def own(self, language: str) -> np.ndarray:
        """Return the ids of a language's pieces, special ones left out: int64, sorted."""
        return np.sort(self.numbers[language][vocabulary.SPECIAL :])

    def prefix(self, language: str) -> str:
        """Return what an entry has before the piece of a language."""
        return prefix(self.kind, language)


def prefix(kind: str, language: str) -> str:
    """Return what an entry has before the piece of a language.

    Examples
    --------
    >>> prefix("prefixed", "en"), prefix("union", "en")
    ('en:', '')
    """
    return f"{language}:" if kind == "prefixed" else ""


def train(
    texts: Mapping[str, str | PathLike[str]], *, size: int, character_coverage: float, alpha: float, seed: int
) -> dict[str, bytes]:
    """Train a SentencePiece model for each language.

    Parameters
    ----------
    texts : mapping of str to path-like
        A text file for each language, one sentence a line.
    size : int
        Number of pieces of all models together. Each gets an equal share, rounded down; a language whose text yields
        fewer pieces gets these, which is logged.
    character_coverage, alpha, seed
        As in `polychron.tokenization.vocabulary.train`.

    Returns
    -------
    dict of str to bytes
        The model of each language: the same texts and arguments give the same bytes.

    Raises
    ------
    InputError
        As in `polychron.tokenization.vocabulary.train`: a text is empty, or has more characters than its share.
    """
    share, models = size // len(texts), {}
    settings = {"size": share, "character_coverage": character_coverage, "alpha": alpha, "seed": seed}
    for language in sorted(texts):
        models[language] = vocabulary.train({language: texts[language]}, **settings, hard=False)
        found = vocabulary.load(models[language]).get_piece_size()
        if found < share:
            logger.warning("%s: its text yields %d pieces, fewer than its share of %d", language, found, share)
    return models


def join(models: Mapping[str, bytes], kind: str) -> Joined:
    """Join the vocabularies of several languages.

    Parameters
    ----------
    models : mapping of str to bytes
        The SentencePiece model of each language.
    kind : {'union', 'prefixed'}

    Returns
    -------
    Joined
        Its entries are in the order of the languages' codes, then of the pieces in their model.

    Raises
    ------
    InputError
        `kind` is neither, or a model has a piece that fairseq would take for something else.
    """
    if kind not in KINDS:
        raise InputError(f"no kind of vocabulary {kind!r}", remedy=f"take one of {', '.join(KINDS)}")
    places: dict[str, int] = {}
    numbers, first = {}, len(tokenizer.FIRST)
    special = [tokenizer.FIRST.index(piece) for piece in ("<unk>", "<s>", "</s>")]
    for language in sorted(models):
        pieces = [line.rsplit(" ", 1)[0] for line in vocabulary.dictionary(models[language]).split("\n") if line]
        named = [prefix(kind, language) + piece for piece in pieces]
        numbers[language] = np.array([*special, *(places.setdefault(name, first + len(places)) for name in named)])
    logger.info(
        "%d entries of %s pieces in %s",
        *(len(places), " + ".join(str(len(own) - vocabulary.SPECIAL) for own in numbers.values())),
        ", ".join(numbers),
    )
    return Joined(kind, list(places), numbers)


def member(model: str | PathLike[str], joined: Joined, language: str) -> str:
    """Write the tokenizer of one of the languages, with the ids of the vocabulary of all.

    It cuts every text as the tokenizer of the language's model alone would (`polychron.tokenization.tokenizer`, which
    names what distinguishes it from SentencePiece).

    Parameters
    ----------
    model : path-like
        The language's SentencePiece model.
    joined : Joined
        The vocabulary of all languages, from `join`.
    language : str

    Returns
    -------
    str
        The content of ``tokenizer.json``. An id that is not of a piece of the language holds a string that no text has.

    Raises
    ------
    InputError
        The file is no model, or not the one that the vocabulary was made of.
    """
    content = Path(model).read_bytes() if Path(model).is_file() else b""
    with tempfile.TemporaryDirectory(prefix="polychron-") as folder:
        alone = Path(folder) / "dict.txt"
        vocabulary.load(model)  # a file that is no model is named as it was given
        alone.write_text(vocabulary.dictionary(content), encoding="utf-8")
        made = json.loads(tokenizer.build(model, alone))
    pieces, first = made["model"]["vocab"], len(tokenizer.FIRST)
    own = joined.numbers[language][vocabulary.SPECIAL :]
    expected = [joined.prefix(language) + piece for piece, _ in pieces[first:-1]]
    if len(own) != len(expected) or [joined.entries[number - first] for number in own] != expected:
        raise InputError(
            f"its {len(expected)} pieces are not the {len(own)} of {language} in the vocabulary of all languages",
            file=model,
            remedy="make that vocabulary again of the models as they are now",
        )
    # the lowest score is that of the language's own pieces: what a text has without a piece costs as much as before
    lowest = min(score for _, score in pieces[first:-1])
    table = [*pieces[:first], *_fillers(joined.entries, language, lowest), pieces[-1]]
    for number, piece in zip(own, pieces[first:-1], strict=True):
        table[number] = piece
    made["model"]["vocab"] = table
    for added in made["added_tokens"]:
        if added["content"] == tokenizer.MASK:
            added["id"] = joined.size - 1
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))  # not read by tokenizers, which rounds scores


def _fillers(entries: Sequence[str], language: str, score: float) -> list[list[str | float]]:
    """Return a string for each entry that no text has: the tokenizer first splits a text at its spaces."""
    return [[f"{FILLER}{language} {entry}", score] for entry in entries]
