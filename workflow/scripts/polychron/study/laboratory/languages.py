"""The part of a config that is about some of its languages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def restricted(config: Mapping[str, Any], languages: Collection[str]) -> dict[str, Any]:
    """Return a config in which no other languages are probed, compared or aligned.

    What the config says of texts, pretraining and files is left as it is.

    Parameters
    ----------
    config : mapping
        A valid config.
    languages : collection of str

    Examples
    --------
    >>> transfer = {"treebank_languages": ["de", "fi"], "treebank_sources": None}
    >>> probing = {"treebank_languages": ["de", "fi"], "transfer": transfer, "layerwise": []}
    >>> config = {"probing": probing, "bits": {"languages": ["en", "de"]}, "alignment": {"pairs": [["en", "de"]]}}
    >>> found = restricted(config, {"en", "fi"})
    >>> found["probing"]["treebank_languages"], found["probing"]["transfer"]["treebank_languages"]
    (['fi'], ['fi'])
    >>> found["bits"]["languages"], found["alignment"]["pairs"]
    (['en'], [])
    """

    def among(named: Any) -> Any:
        return named if named is None else [name for name in named if name in languages]

    def pairs(named: Any) -> list[Any]:
        return [pair for pair in named if {*pair} <= {*languages}]

    def listed(part: Mapping[str, Any]) -> dict[str, Any]:
        lists = ("languages", "sources")
        return {key: among(value) if key.endswith(lists) else value for key, value in part.items()}

    probing = listed(config["probing"])
    probing["transfer"] = listed(probing["transfer"])
    probing["layerwise"] = [part for part in map(listed, probing["layerwise"]) if part["languages"]]
    if probing.get("mixture"):
        probing["mixture"] = among(probing["mixture"])
    if probing.get("structural"):
        probing["structural"] = listed(probing["structural"])
    alignment = {**config["alignment"], "pairs": pairs(config["alignment"]["pairs"])}
    found = {**config, "probing": probing, "bits": listed(config["bits"]), "alignment": alignment}
    if geometry := config.get("geometry"):
        found["geometry"] = listed(geometry)
        if words := geometry.get("words"):
            found["geometry"]["words"] = {**words, "dictionary": pairs(words["dictionary"])}
    if translated := config.get("files", {}).get("tatoeba"):
        kept = {name: entry for name, entry in translated.items() if {*name.split("/")} <= {*languages}}
        found["files"] = {**config["files"], "tatoeba": kept}
    return found
