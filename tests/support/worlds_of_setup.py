"""False worlds of claims about the setup, and about numbers that the paper compares with each other."""

from __future__ import annotations

import copy
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import agreeing
from agreeing import CLAIMS, PAPER
from worlds import FALSE, World, false, true, without

from polychron.audit.evidence import DESIGN, Evidence, Found

EVERY = [*range(13)]


def layerwise(task, languages, layers):
    return [{"task": task, "languages": languages, "layers": layers}]


SETTINGS = (
    ("setup.models", "pretraining.heads", 8),
    ("setup.models", "pretraining.layers", 24),
    ("setup.layers", "model.final_layer", 6),
    ("setup.dim", "pretraining.dimension", 1024),
    ("setup.params", "pretraining.vocabulary", 200_000),
    ("setup.batch_replica", "pretraining.sentences_per_batch", 8192),
    ("setup.updates", "pretraining.updates", 500_000),
    ("setup.alpha", "pretraining.sampling_alpha", 0.3),
    ("setup.probe_batch", "probing.batch", 64),
    ("setup.probe_batch", "probing.solver", "lbfgs"),
    ("setup.probe_epochs", "probing.epochs", 10),
    ("setup.probe_epochs", "probing.patience", 50),
    ("setup.probe_epochs", "probing.solver", "lbfgs"),
    ("setup.probe_lr", "probing.learning_rate", 0.01),
    ("setup.probe_lr", "probing.solver", "lbfgs"),
    ("setup.probe_runs", "probing.seeds", [0, 1, 2]),
    ("setup.pair_feature", "pretraining.dimension", 1024),
    ("setup.simalign_method", "alignment.iterations", 1),
    ("s32.cutoff", "analysis.onset_cut", 100_000),
    ("s51.langs_arc", "probing.layerwise", layerwise("arc_classification", ["cs", "en", "hi"], EVERY)),
    ("s51.langs_arc", "probing.layerwise", layerwise("arc_classification", ["cs", "en", "hi", "ja"], [0, 6, 12])),
    ("s51.langs_xnli", "probing.layerwise", layerwise("xnli", ["bg", "en", "hi", "zh", "sw"], EVERY)),
    ("s51.langs_xnli", "probing.layerwise", layerwise("xnli", ["bg", "en", "hi", "zh"], [*range(1, 13)])),
    ("s52.every_other", "alignment.layers", EVERY),
    ("s52.every_other", "alignment.layers", [0, 2, 4]),
    ("s5.simalign_pairs", "alignment.pairs", [["en", one] for one in ("cs", "de", "fa", "fr", "hi")]),
)
"""A claim, a key of the config, and a value with which the claim is false."""

DESIGNS = (
    ("setup.probe_layers", "probe_layers", 2),
    ("setup.pair_feature", "pair_vectors", 2),
    ("static.probe_params", "pair_vectors", 2),
    ("setup.simalign_method", "alignment", "argmax/subword"),
    ("setup.simalign_method", "alignment", "itermax/subword"),
)

LISTS = (
    ("setup.cc100_langs", "cc100_rest", "bn-rom"),
    ("setup.filter94", "bits", "xh"),
    ("T1.BPC.inlang", "bits", "xh"),
    ("T1.POS.inlang", "treebank", "ga"),
    ("T1.ArcPred.inlang", "treebank", "ga"),
    ("T1.ArcClass.inlang", "treebank", "ga"),
    ("T1.POS.xlang", "parallel", "is"),
    ("T1.ArcPred.xlang", "parallel", "is"),
    ("T1.ArcClass.xlang", "parallel", "is"),
    ("T1.XNLI.inlang", "inference", "sw"),
    ("T1.XNLI.xlang", "inference", "sw"),
    ("T1.SimAlign.xlang", "alignment", "fa"),
    ("s32.shared_langs", "inference", "bg"),
    ("s41.n_nonenglish", "inference", "sw"),
    ("static.list_lengths", "treebank", "ga"),
    ("static.pud18", "parallel", "is"),
    ("static.shared9", "parallel", "tr"),
    ("static.double59", "treebank", "bg"),
)
"""A claim, a list of the paper, and a language without which the claim is false."""

CITED = (
    ("setup.batch_orig", "batch", 1024),
    ("setup.alpha_reported", "sampling_alpha", 0.7),
    ("static.bpc_sanity", "perplexity", 20.0),
)

NUMBERS = (
    ("setup.n_checkpoints", {"setup.updates": 1_000_000}),
    ("setup.ckpt_early_every", {"setup.n_checkpoints": 49}),
    ("setup.ckpt_early_until", {"setup.n_checkpoints": 49}),
    ("setup.ckpt_late_every", {"setup.n_checkpoints": 49}),
    ("static.schedule", {"setup.ckpt_early_every": 10_000}),
    ("static.max_match", {"C.explayer.ArcClass.cs": 3.1}),
    ("static.max_match", {"s51.explayer_max.XNLI": 2.25}),
    ("static.explayer_bound", {"F1.XNLI.max": 90.0}),
    ("static.explayer_bound", {"C.explayer.XNLI.bg": 1.49, "C.explayer.XNLI.en": 1.25}),
    ("static.stars_T4", {"T4.perf.pretrain.POS": 0.6}),
    ("static.stars_T5", {"T5.perf.trg.POS": 0.6}),
    ("static.asym_mirror", {"T5.asym.trg.POS": 0.116}),
    ("static.bpc_taskdata", {"T4.perf.taskdata.BPC": -0.4}),
    ("static.avg_in_vs_x", {"C.explayer.XNLI.hi": 1.43}),
    ("static.table3_in_fig1", {"T3.inlang.XNLI.replica": 65.73}),
    ("static.bpc_sanity", {"T3.inlang.BPC.base": 0.8}),
    ("static.tokens", {"setup.batch_replica": 8192}),
    ("static.probe_params", {"setup.dim": 1024}),
)
"""A claim, and other numbers of the paper with which it is false."""


def add(claim: str, what: str, value: Any, make: Any) -> None:
    FALSE.append(World(f"{what} {value}"[:60], (claim,), make))


def configured(key: str, value: Any) -> Evidence:
    config = copy.deepcopy(agreeing.config())
    *parents, last = key.split(".")
    place = config
    for name in parents:
        place = place[name]
    place[last] = value
    return without(config=config)


def listed(name: str, code: str) -> Evidence:
    assert code in PAPER[name]
    return without(paper={**PAPER, name: [one for one in PAPER[name] if one != code]})


def said(others: dict[str, Any]) -> Evidence:
    return without(claims=CLAIMS | {name: replace(CLAIMS[name], value=value) for name, value in others.items()})


for claim, key, value in SETTINGS:
    add(claim, key, value, lambda key=key, value=value: configured(key, value))
for claim, key, value in DESIGNS:
    add(claim, key, value, lambda key=key, value=value: without(design=MappingProxyType({**DESIGN, key: value})))
for claim, key, value in LISTS:
    add(claim, f"{key} without", value, lambda key=key, value=value: listed(key, value))
for claim, key, value in CITED:
    cited = {**PAPER["cited"], key: value}
    add(claim, f"cited {key}", value, lambda cited=cited: without(paper={**PAPER, "cited": cited}))
for claim, others in NUMBERS:
    add(claim, "other numbers", others, lambda others=others: said(others))


@true("setup.langs_total")
def no_language_is_in_both_lists():
    """The 15 languages of XNLI have no treebank: 44 and 15 are 59."""
    return without(paper=PAPER | {"inference": [f"x{code}" for code in PAPER["inference"]]})


@false("setup.langs_total")
def languages_are_in_both_lists():
    """13 languages are in both lists, as in Table 2: there are 46."""
    return without()


def facts(**others: Any) -> Evidence:
    return without(facts={**agreeing.evidence(agreeing.world()).facts, **others})


@false("setup.gpus_pretrain")
def eight_gpus():
    """The model was pretrained on 8 GPUs."""
    return facts(gpus=Found(8))


@false("setup.probe_time_max")
def slow_probes():
    """A probe takes seven minutes."""
    return facts(probe_minutes=Found(7))


@false("setup.cc100_min", "setup.cc100_max")
def reversed_sizes():
    """The languages with most text have the least, and those with least the most."""
    sizes = agreeing.sizes()
    order = sorted(sizes, key=sizes.get)
    return facts(sizes=dict(zip(order, sorted(sizes.values(), reverse=True), strict=True)))


@false("setup.cc100_min")
def another_language_is_smaller():
    """Xhosa and Scottish Gaelic have 0.1 GiB, but Oromo has 0.01."""
    return facts(sizes=agreeing.sizes() | {"om": 0.01})


@false("setup.cc100_min")
def one_of_the_two_is_not_small():
    """Xhosa has 0.1 GiB, and Scottish Gaelic has 1.0."""
    return facts(sizes=agreeing.sizes() | {"gd": 1.0})


@false("setup.cc100_max")
def english_has_300():
    """English has 300 GiB, which is not more than 300."""
    return facts(sizes=agreeing.sizes() | {"en": 300})
