"""Where the twins of a synthesised world are written: its languages in another script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from polychron.errors import InputError
from polychron.synthetic import twins
from polychron.synthetic.languages import LANGUAGES


def twins_of(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the twins of a study's world, each with the language that it is; none where there is no world."""
    return dict((config["world"] or {}).get("twins") or {})


def layout_of(config: Mapping[str, Any], code: str) -> dict[str, Any]:
    """Return where the files of a twin are written, as `polychron.synthetic.twins.files` wants it.

    Its alignments are those with languages of all worlds, and with itself alone.
    """
    files, known = config["files"], {*LANGUAGES, code}
    return {
        "text": files["text"].format(language=code),
        **{kind: files[kind].get(code) for kind in ("treebank", "parallel")},
        "alignment": {
            pair: {part: entry[part] for part in ("source", "target", "links")}
            for pair, entry in files["alignment"].items()
            if code in pair.split("/") and {*pair.split("/")} <= known
        },
    }


def files_of(layout: Mapping[str, Any]) -> list[str]:
    """List every file of a twin, sorted."""
    files = [layout["text"], *([layout["parallel"]] if layout["parallel"] else [])]
    if layout["treebank"]:
        files += [layout["treebank"].format(split=split) for split in ("train", "dev", "test")]
    for entry in layout["alignment"].values():
        files += [entry[part] for part in ("source", "target", "links")]
    return sorted(set(files))


def check_twins(config: Mapping[str, Any], read: Iterable[str]) -> None:
    """Refuse twins that a world cannot have, and what a study asks for that its world does not have.

    Parameters
    ----------
    config : mapping
        The config of a study.
    read : iterable of str
        The languages whose text it reads.

    Raises
    ------
    InputError
        A code is taken, or is that of no language; a file of a twin is not named; it is probed in inference; or a
        text is read that the world does not have.
    """
    probing, known = config["probing"], [*LANGUAGES, *twins_of(config)]
    if config["world"] and (strange := sorted({*read} - {*known})):
        raise InputError(
            f"pretraining.languages, or bits.languages: the text of {strange[0]!r} is read, and the world has none",
            remedy=f"name some of these: {', '.join(known)}; or add it to world.twins",
        )
    for code, of in twins_of(config).items():
        twins.twin_of(code, of)
        for pair, entry in layout_of(config, code)["alignment"].items():
            if lacking := [part for part, path in entry.items() if not path]:
                raise InputError(
                    f"files.alignment.{pair}: a world writes the sentences of each language to a file, and "
                    f"{lacking[0]!r} names none",
                    remedy=f"add files.alignment.{pair}.{lacking[0]}",
                )
        inferred = {*probing["inference_languages"], *probing["transfer"]["inference_languages"]}
        if code in inferred:
            raise InputError(
                f"world.twins.{code}: a twin has no sentence pairs, and is among the inference_languages of probing",
                remedy="take it out there",
            )
