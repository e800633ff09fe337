"""Claims about the setup, compared with the study's own config, checkpoint and records."""

from __future__ import annotations

from typing import Any

import numpy as np

from polychron.audit.evidence import Evidence, Found, Missing, listed
from polychron.models.sizes import Architecture

ARCHITECTURE = {"layers": 12, "dimension": 768, "feedforward": 3072, "heads": 12}
"""XLM-R base (Conneau et al. 2020)."""


def _value(evidence: Evidence, key: str) -> Any:
    value: Any = evidence.config
    if value is None:
        raise Missing("the study's config")
    for name in key.split("."):
        if not isinstance(value, dict) or value.get(name) is None:
            raise Missing(f"a key {key!r} in the config: the study does not say")
        value = value[name]
    return value


OF_ADAM = ("probing.batch", "probing.epochs", "probing.learning_rate")
"""Keys that only Adam uses; see ``probing.solver``."""

SIZES = {
    "layers": "num_hidden_layers",
    "dimension": "hidden_size",
    "feedforward": "intermediate_size",
    "heads": "num_attention_heads",
    "pieces": "vocab_size",
    "positions": "max_position_embeddings",
}
"""Sizes of a model, and their names in the ``config.json`` of a checkpoint."""


def _size(evidence: Evidence, name: str) -> int:
    """Look up a size of the model, in its last checkpoint or, without one, in the config."""
    if (evidence.config or {}).get("checkpoint"):
        return _value(evidence, f"checkpoint.{SIZES[name]}")
    # fairseq adds <mask> and one special piece to the vocabulary, and has two positions before the first
    match name:
        case "pieces":
            return _value(evidence, "pretraining.vocabulary") + 2
        case "positions":
            return _value(evidence, "model.window") + 2
    return _value(evidence, f"pretraining.{name}")


def size(evidence: Evidence, name: str) -> Found:
    """Look up a size of the model, in its last checkpoint or in the config.

    Examples
    --------
    >>> told = {"pretraining": {"dimension": 768}}
    >>> size(Evidence({}, {}, {}, config=told), "dimension").value
    768
    >>> size(Evidence({}, {}, {}, config=told | {"checkpoint": {"hidden_size": 1024}}), "dimension").value
    1024
    """
    return Found(_size(evidence, name))


def setting(evidence: Evidence, key: str) -> Found:
    """Look up a key of the config.

    A key of the training of probes that the solver does not use has the name of the solver as its value.

    Examples
    --------
    >>> setting(Evidence({}, {}, {}, config={"probing": {"batch": 256}}), "probing.batch")
    Found(value=256, detail='probing.batch')
    >>> setting(Evidence({}, {}, {}, config={"probing": {"batch": 256, "solver": "lbfgs"}}), "probing.batch")
    Found(value='lbfgs', detail='probing.batch is not used by this solver')
    """
    solver = ((evidence.config or {}).get("probing") or {}).get("solver", "adam")
    if key in OF_ADAM and solver != "adam":
        return Found(solver, f"{key} is not used by this solver")
    return Found(_value(evidence, key), key)


def epochs(evidence: Evidence) -> Found:
    """Return the largest number of epochs of a probe, or why its training is not stopped early.

    Examples
    --------
    >>> epochs(Evidence({}, {}, {}, config={"probing": {"epochs": 50, "patience": 3}}))
    Found(value=50, detail='stopped after 3 epochs without a better score')
    >>> epochs(Evidence({}, {}, {}, config={"probing": {"epochs": 50, "patience": 50}})).value
    'never stopped early'
    """
    most = setting(evidence, "probing.epochs")
    if isinstance(most.value, str):
        return most
    patience = _value(evidence, "probing.patience")
    if patience >= most.value:
        return Found("never stopped early", f"{most.value} epochs, and a patience of {patience}")
    return Found(most.value, f"stopped after {patience} epochs without a better score")


def count(evidence: Evidence, key: str) -> Found:
    """Count the entries of a list in the config.

    Examples
    --------
    >>> count(Evidence({}, {}, {}, config={"probing": {"seeds": [0, 1, 2]}}), "probing.seeds").value
    3
    """
    return Found(len(_value(evidence, key)), key)


def design(evidence: Evidence, name: str) -> Found:
    """Look up a choice that no key of the config changes.

    Examples
    --------
    >>> design(Evidence({}, {}, {}), "probe_layers").value
    1
    """
    return Found(evidence.design[name], "by construction: no key changes it")


def alignment_method(evidence: Evidence) -> Found:
    """Name how words are aligned: itermax of a single iteration is SimAlign's argmax.

    Examples
    --------
    >>> told = {"pairs": [["en", "cs"]], "iterations": 1}
    >>> alignment_method(Evidence({}, {}, {}, config={"alignment": told})).value
    'argmax/word'

    Methods that are measured beside it are not what the paper's scores are compared with:

    >>> alignment_method(Evidence({}, {}, {}, config={"alignment": told | {"methods": ["argmax", "itermax"]}})).value
    'argmax/word'
    >>> told |= {"iterations": 2, "methods": ["argmax", "itermax", "match"]}
    >>> alignment_method(Evidence({}, {}, {}, config={"alignment": told})).value
    'itermax/word'
    """
    _value(evidence, "alignment.pairs")
    number = _value(evidence, "alignment.iterations")
    method = evidence.design["alignment"] if number > 1 else "argmax/word"
    return Found(method, f"{number} iterations; alignment.methods adds other methods, which no claim is compared with")


def architecture(evidence: Evidence) -> Found:
    """Compare the shape of the model with that of XLM-R base.

    Examples
    --------
    >>> architecture(Evidence({}, {}, {}, config={"pretraining": ARCHITECTURE | {"heads": 8}}))
    Found(value='another', detail='heads 8')
    """
    other = {name: _size(evidence, name) for name in ARCHITECTURE}
    differing = [f"{name} {other[name]}" for name in ARCHITECTURE if other[name] != ARCHITECTURE[name]]
    return Found("another" if differing else "xlmr-base", listed(differing))


def parameters(evidence: Evidence) -> Found:
    """Count the parameters of the model, from its sizes as in fairseq.

    Examples
    --------
    Ten pieces and eight positions, plus two of each that fairseq adds, of two dimensions; one layer:

    >>> sizes = {"vocabulary": 10, "dimension": 2, "feedforward": 4, "layers": 1}
    >>> found = parameters(Evidence({}, {}, {}, config={"pretraining": sizes, "model": {"window": 8}}))
    >>> found.value, found.detail
    (124, 'embeddings 48, 1 layers of 54, head 22')
    """
    kind = ((evidence.config or {}).get("checkpoint") or {}).get("model_type", "xlm-roberta")
    if kind not in ("xlm-roberta", "roberta"):
        raise Missing(f"a model of XLM-R's kind: the study's is of the kind {kind}")
    sizes = {name: _size(evidence, name) for name in ("layers", "dimension", "feedforward")}
    # an Architecture names both without the two more of each that fairseq adds
    model = Architecture(vocabulary=_size(evidence, "pieces") - 2, window=_size(evidence, "positions") - 2, **sizes)
    detail = f"embeddings {model.embeddings:,}, {model.layers} layers of {model.layer:,}, head {model.head:,}"
    return Found(model.parameters(), detail)


def pair_dimension(evidence: Evidence) -> Found:
    """Return the width of [r1; r2; r1*r2].

    Examples
    --------
    >>> pair_dimension(Evidence({}, {}, {}, config={"pretraining": {"dimension": 4}})).value
    12
    """
    return Found(evidence.design["pair_vectors"] * _size(evidence, "dimension"))


def layerwise_languages(evidence: Evidence, task: str) -> Found:
    """List the languages in which a task is probed at every layer, from the embeddings to the final one.

    Examples
    --------
    >>> entries = [{"task": "xnli", "languages": ["en", "bg"], "layers": [0, 1, 2]}]
    >>> entries += [{"task": "xnli", "languages": ["sw"], "layers": [0, 2]}]
    >>> config = {"probing": {"layerwise": entries}, "model": {"final_layer": 2}}
    >>> layerwise_languages(Evidence({}, {}, {}, config=config), "xnli")
    Found(value=['bg', 'en'], detail='at some layers only: sw')
    """
    every = {*range(_value(evidence, "model.final_layer") + 1)}
    layers: dict[str, set[int]] = {}
    for entry in _value(evidence, "probing.layerwise"):
        if entry["task"] == task:
            for language in entry["languages"]:
                layers.setdefault(language, {max(every)}).update(entry.get("layers", ()))
    whole = sorted(language for language, known in layers.items() if every <= known)
    rest = sorted(layers.keys() - {*whole})
    return Found(whole, f"at some layers only: {listed(rest)}" if rest else "")


def layer_stride(evidence: Evidence) -> Found:
    """Return the distance between the layers that are evaluated across languages, from first to final (A28).

    It is 0 where it varies, or where layers of either end are left out.

    Examples
    --------
    >>> config = {"probing": {"layerwise": [{"transfer": [0, 2, 4]}]}, "alignment": {"layers": [0, 4, 2]}}
    >>> layer_stride(Evidence({}, {}, {}, config=config | {"model": {"final_layer": 4}}))
    Found(value=2, detail='layers 0, 2, 4')
    >>> layer_stride(Evidence({}, {}, {}, config=config | {"model": {"final_layer": 6}})).value
    0
    """
    final = _value(evidence, "model.final_layer")
    asked = [entry["transfer"] for entry in _value(evidence, "probing.layerwise") if entry.get("transfer")]
    asked.append(_value(evidence, "alignment.layers"))
    strides = {int(stride) for layers in asked for stride in np.diff(sorted(layers))}
    stride = strides.pop() if len(strides) == 1 else 0
    spanned = all(layers and min(layers) < stride and max(layers) > final - stride for layers in asked)
    return Found(stride if spanned else 0, f"layers {listed([*map(str, asked[0])], 13)}")


def alignment_targets(evidence: Evidence) -> Found:
    """List the languages that English is aligned with.

    Examples
    --------
    >>> alignment_targets(Evidence({}, {}, {}, config={"alignment": {"pairs": [["en", "fr"], ["en", "cs"]]}})).value
    ['cs', 'fr']
    """
    return Found(sorted(target for source, target in _value(evidence, "alignment.pairs") if source == "en"))


def fact(evidence: Evidence, name: str) -> Found:
    """Look up a number that does not come from the scores.

    Examples
    --------
    >>> fact(Evidence({}, {}, {}, facts={"gpus": Found(64, "counted")}), "gpus")
    Found(value=64, detail='counted')
    """
    where = {
        "gpus": "the number of GPUs that pretrained the model: checkpoints of fairseq say so",
        "probe_minutes": "the longest time of a probe: the records beside the scores of this study's own probes say so",
    }
    if evidence.facts.get(name) is None:
        raise Missing(where[name])
    return evidence.facts[name]


def pretraining_size(evidence: Evidence, languages: list[str], of: str) -> Found:
    """Return the largest amount of pretraining text of some languages, in GiB (A32).

    Where they are to be the smallest of all languages and another one is smaller, the value is its name.

    Examples
    --------
    >>> one = Evidence({}, {}, {}, facts={"sizes": {"xh": 0.1, "gd": 0.2, "en": 300.0}})
    >>> pretraining_size(one, ["xh", "gd"], of="smallest")
    Found(value=0.2, detail='xh 0.1, gd 0.2')
    >>> pretraining_size(one, ["gd"], of="smallest").value
    'xh'
    >>> counted = Evidence({}, {}, {}, facts={"sizes": {"xh": 0.1}, "sizes_known": "GiB of text, counted"})
    >>> pretraining_size(counted, ["xh"], of="largest").detail
    'xh 0.1 (GiB of text, counted)'
    """
    sizes = evidence.facts.get("sizes") or {}
    absent = [language for language in languages if language not in sizes]
    if absent:
        raise Missing(f"the size of the pretraining text of {listed(absent)}")
    chosen = {language: sizes[language] for language in languages}
    known = evidence.facts.get("sizes_known")
    detail = listed([f"{language} {size:g}" for language, size in chosen.items()]) + (f" ({known})" if known else "")
    least = min((one for one in sizes if one not in chosen), key=sizes.get, default=None)
    if of == "smallest" and least is not None and sizes[least] < max(chosen.values()):
        return Found(least, f"{detail}, but {least} {sizes[least]:g}")
    return Found(max(chosen.values()), detail)


MEASURES = {
    function.__name__: function
    for function in (
        setting, epochs, size, count, design, alignment_method, architecture, parameters, pair_dimension,
        layerwise_languages, layer_stride, alignment_targets, fact, pretraining_size,
    )
}  # fmt: skip
