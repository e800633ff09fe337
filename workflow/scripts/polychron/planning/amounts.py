"""Numbers of vectors and pieces of a study's datasets, and what their encoding takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from polychron.planning import storage
from polychron.planning.rates import Size
from polychron.probing.tasks import registry


class Amounts:
    """Numbers of vectors and pieces of a study's datasets."""

    def __init__(self, study: Mapping[str, Any], known: Mapping[str, Size], counted: Mapping[str, int]):
        self.known = known
        self.origin = "world" if study["world"] else "real"
        self.rows = {name: counted.get(name, vectors(known, parts)) for name, parts in study["datasets"].items()}

    def pieces(self, dataset: str) -> float:
        """Return the pieces of a dataset."""
        kind = dataset.split("/")[0]
        return self.rows[dataset] * self.known[f"pieces/{self.origin}/{kind}"].number

    def row(self, kind: str) -> float:
        """Return the bytes per vector of a table of examples; treebanks of a world have neither XPOS nor FEATS."""
        return (self.known.get(f"examples/{self.origin}/{kind}") or self.known[f"examples/{kind}"]).number

    def of_task(self, what: str, task: str) -> float:
        """Return the labels of a task, or its training examples a vector; where none are known, a similar task's."""
        names = (f"{what}/{self.origin}/{name}" for name in (task, registry.sized_as(task)))
        return next(self.known[name].number for name in names if name in self.known)

    def encoding(self, datasets: list[str], stored: list[bool], model: Mapping[str, Any], layer: int) -> float:
        """Return the operations, in 10^12, that compute what is not stored: two for each weight and piece."""
        pieces = sum(self.pieces(name) for name, written in zip(datasets, stored, strict=True) if not written)
        return 2e-12 * pieces * layer * storage.architecture(model).layer


def vectors(known: Mapping[str, Size], parts: Mapping[str, float]) -> float:
    """Return the number of vectors of a dataset, from its entries in the table of sizes."""
    return sum(known[part].number * times for part, times in parts.items())


def deepest(cells: Iterable[Mapping[str, Any]], gpus: int) -> set[tuple[str, str, int]]:
    """Return the cells whose jobs encode what is not stored: task, first dataset, layer.

    On a GPU, the cells of a dataset take their layers from one pass, which is counted as that of the deepest whose
    features are not stored. Bundles that part the layers of a language take another, which is not counted.
    """
    found: dict[tuple[str, str], list[int]] = {}
    for cell in cells:
        if not all(cell["stored"]):
            found.setdefault((cell["task"], cell["sets"][0]), []).append(cell["layer"])
    return {(*key, layer) for key, layers in found.items() for layer in (layers if not gpus else [max(layers)])}


def text_bytes(study: Mapping[str, Any], known: Mapping[str, Size], languages: Iterable[str]) -> float:
    """Return the bytes of raw text in some languages: from files of known size, or from the published table."""
    if study["world"]:
        shares = [known.get(f"world/text/{name}", known["world/text"]).number for name in languages]
        return sum(shares) * study["world"]["text"]
    published = {name: known[f"text/{name}"].number for name in languages if f"text/{name}" in known}
    here = {name: size for name, size in study["texts"].items() if size is not None}
    return sum(here.get(name, published.get(name, 0.0)) for name in languages)


def read_bytes(study: Mapping[str, Any], known: Mapping[str, Size]) -> float:
    """Return the bytes of raw text that a model is pretrained on: its share of the text in its languages."""
    chain = study["pretraining"]
    return chain.get("share", 1) * text_bytes(study, known, chain["languages"])


def taken(known: Mapping[str, Size], what: str, rule: str) -> float:
    """Return what a job of a rule takes, or, if the table does not have the rule, what any job takes."""
    return known.get(f"{what}/{rule}", known[f"{what}/job"]).number
