"""Whether a directory's ``tokenizer.json``, by which texts are cut here, cuts them as transformers does.

transformers' class of a tokenizer takes the vocabulary of ``tokenizer.json``, and puts its own settings and those of
``tokenizer_config.json`` in place of others: case, accents, the space before the first word, special pieces. So the
same folder can be two tokenizers, and a model was trained with one of them.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polychron.checkpoints import settings
from polychron.errors import InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

logger = logging.getLogger("polychron")

NORMAL = {
    "do_lower_case": "lowercase",
    "tokenize_chinese_chars": "handle_chinese_chars",
    "strip_accents": "strip_accents",
}
"""Entries of a ``tokenizer_config.json`` that transformers' classes of BERT's kin put in place of those of
``tokenizer.json``."""


ANY_CLASS = ("PreTrainedTokenizerFast", "TokenizersBackend")
"""Names of classes that take a ``tokenizer.json`` as it is."""

CUTTING = ("tokenizer_class", *NORMAL, "add_prefix_space", "add_bos_token", "add_eos_token")
"""Entries of a ``tokenizer_config.json`` that decide how text is cut; without any, ``tokenizer.json`` alone does."""

SAVE = "save the tokenizer again: AutoTokenizer.from_pretrained(...).save_pretrained(...)"

SENTENCES = ("The cat is so", "Café É ÉÉ", "Собака спит", "犬が 10 it")
"""What both cut: capitals, accents, other scripts, words that follow a space and one that does not."""


def check(folder: str | Path, text: str, about: Mapping[str, Any]) -> None:
    """Refuse a directory whose ``tokenizer.json`` cuts text otherwise than transformers does.

    Parameters
    ----------
    folder : path-like
        A Hugging Face directory with a ``tokenizer.json``.
    text : str
        The content of that file.
    about : mapping
        The content of ``tokenizer_config.json``; empty if there is none.

    Raises
    ------
    InputError
        It does. Where transformers makes no tokenizer of the files, nothing is known of it, and nothing is refused.
    """
    from tokenizers import Tokenizer

    path = Path(folder) / "tokenizer.json"
    check_case(text, about, path)
    if about.get("tokenizer_class") in ANY_CLASS or all(about.get(name) is None for name in CUTTING):
        return
    theirs = _of_transformers(Path(folder), text, about)
    if theirs is None:
        return
    try:
        ours = _cut(Tokenizer.from_str(text))
    except Exception as error:  # tokenizers raises plain Exception
        raise InputError(f"it cannot cut text ({settings.short(error)})", file=path, remedy=SAVE) from error
    for sentence, mine, other in zip(SENTENCES, ours, theirs, strict=True):
        if mine != other:
            raise InputError(
                f"it cuts {sentence!r} into {' '.join(mine[:8])}, and transformers, by its class and "
                f"tokenizer_config.json, into {' '.join(other[:8])}",
                file=path,
                remedy=f"if transformers is right, {SAVE}. If this file is, write "
                '"tokenizer_class": "PreTrainedTokenizerFast" into tokenizer_config.json',
            )


def _cut(tokenizer: Tokenizer) -> list[list[str]]:
    """Return the pieces of `SENTENCES`."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return [tokenizer.encode(sentence).tokens for sentence in SENTENCES]


def _of_transformers(folder: Path, text: str, about: Mapping[str, Any]) -> list[list[str]] | None:
    """Return how transformers cuts `SENTENCES` by a directory's files, None if it cannot; no code of them is run."""
    from transformers import AutoTokenizer

    with tempfile.TemporaryDirectory(prefix="polychron-") as made:
        known = {"model_type": settings.read(folder / "config.json").get("model_type")}
        (Path(made) / "config.json").write_text(json.dumps(known))
        (Path(made) / "tokenizer_config.json").write_text(json.dumps({k: about[k] for k in about if k != "auto_map"}))
        (Path(made) / "tokenizer.json").write_text(text, encoding="utf-8")
        try:
            theirs = AutoTokenizer.from_pretrained(made, local_files_only=True, trust_remote_code=False)
            return _cut(theirs.backend_tokenizer)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # tokenizers ends in a panic, which is no Exception, where a vocabulary is odd
            logger.info("transformers makes no tokenizer of these files: %s", settings.short(error))
            return None


def check_case(text: str, about: Mapping[str, Any], path: Path) -> None:
    """Check that a ``tokenizer_config.json`` does not contradict a ``tokenizer.json`` about case and accents.

    Parameters
    ----------
    text : str
        The content of ``tokenizer.json``.
    about : mapping
        The content of ``tokenizer_config.json``.
    path : Path
        The former file, for messages.

    Raises
    ------
    InputError
        It does, as when one of them says that letters are made small.
    """
    normal = json.loads(text).get("normalizer") or {}
    if normal.get("type") != "BertNormalizer" or about.get("tokenizer_class") in ANY_CLASS:
        return
    accents = normal.get("strip_accents")
    found = normal | {"strip_accents": normal.get("lowercase") if accents is None else accents}
    for name, same in NORMAL.items():
        if isinstance(about.get(name), bool) and about[name] != found.get(same):
            raise InputError(
                f"its normalizer has {same}: {json.dumps(found.get(same))}, and tokenizer_config.json has {name}: "
                f"{json.dumps(about[name])}, which transformers goes by",
                file=path,
                remedy="save the tokenizer again, so that both say the same: "
                "AutoTokenizer.from_pretrained(...).save_pretrained(...)",
            )
