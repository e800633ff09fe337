"""Claims about the setup of a study: keys of its config, and numbers of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polychron.audit.evidence import Found, Missing
from polychron.audit.literature.results import Results


def _value(results: Results, key: str) -> Any:
    value: Any = results.config
    for name in key.split("."):
        if not isinstance(value, dict) or value.get(name) is None:
            raise Missing(f"a key {key!r} in the config: the study does not say")
        value = value[name]
    if isinstance(value, dict):
        raise Missing(f"a number or a name at the key {key!r} of the config")
    return value


def setting(results: Results, key: str) -> Found:
    """Look up a key of the config.

    Examples
    --------
    >>> setting(Results(config={"pretraining": {"layers": 8}}), "pretraining.layers").value
    8
    """
    return Found(_value(results, key), key)


def settings(results: Results, keys: Sequence[str]) -> Found:
    """Look up several keys of the config, and count the languages of pretraining.

    Examples
    --------
    >>> told = {"pretraining": {"layers": 12, "heads": 12}}
    >>> settings(Results(config=told, languages=["en", "fr"]), ["pretraining.layers", "pretraining.heads"]).value
    [12, 12, 2]
    """
    return Found([*(_value(results, key) for key in keys), len(results.languages)])


def examples_of_xnli(results: Results) -> Found:
    """Return the numbers of training, dev and test examples of XNLI, and of its languages.

    Where languages differ, the smallest number counts.
    """
    counts = [results.counted.get(("xnli", split)) for split in ("train", "dev", "test")]
    if not all(counts):
        raise Missing("scores of XNLI on its own test sets")
    return Found([*(min(one) for one in counts), len(counts[-1])], "examples that the window cuts are left out")


def languages_of_tatoeba(results: Results, pool: int) -> Found:
    """Count the languages of the test sets of Tatoeba that the study names, English left out.

    Parameters
    ----------
    results : Results
    pool : int
        The languages of the folder of these test sets. A study that names fewer says nothing of the pool.

    Examples
    --------
    >>> languages_of_tatoeba(Results(config={"tatoeba": ["af/en", "am/en", "en/de"]}), pool=3).value
    3
    """
    pairs = results.config.get("tatoeba")
    if not pairs:
        raise Missing("the test sets of Tatoeba: files.tatoeba, and tatoeba among geometry.sets")
    languages = {language for pair in pairs for language in pair.split("/")} - {"en"}
    if len(languages) < pool:
        raise Missing(f"all {pool} languages of LASER's folder in files.tatoeba, which names {len(languages)}")
    return Found(len(languages), "languages that files.tatoeba names, and English")


MEASURES = {function.__name__: function for function in (setting, settings, examples_of_xnli, languages_of_tatoeba)}
