"""A study in which the paper is right: every fact behind its scores is planted at the paper's number.

A `World` holds the planted facts (bests, onsets, losses, layers). `curves` draws learning curves with exactly these
facts, and `scores` turns them into the scores of a study, whose means over seeds they are.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow
import yaml

from polychron.analysis import factors
from polychron.analysis.dynamics import expected_layer
from polychron.audit import claims
from polychron.audit.curves import Curves
from polychron.audit.evidence import (
    PROBING,
    TREEBANK,
    Evidence,
    Found,
    languages_of,
    schedule,
    shared_languages_of,
    transfer_languages_of,
)
from polychron.audit.measures import paper
from polychron.audit.readings import DEFAULTS
from polychron.data import languages
from polychron.storage.scores import score_schema

ROOT = Path(__file__).parents[2]
CLAIMS, PAPER = claims.load()
BARE = Evidence(CLAIMS, PAPER, DEFAULTS)
STEPS = np.array(schedule(BARE))
LANGUAGES = {task: languages_of(BARE, task) for task in ("bits", *PROBING)}
TRANSFER = {task: transfer_languages_of(BARE, task) for task in PROBING}
LAYERWISE = {"arc_classification": ["cs", "en", "hi", "ja"], "xnli": ["bg", "en", "hi", "zh"]}
FINAL = 12


STACKS = {}


def at(step):
    return int(np.searchsorted(STEPS, step))


def rising(best, at95, at98, loss):
    """A curve with 90% of its best, 96% from `at95`, 98.5% from `at98`, its best at step 1.2M, a loss at the end."""
    values = np.full(len(STEPS), 0.9 * best)
    values[at95:] = 0.96 * best
    values[at98:] = 0.985 * best
    peak = max(at98, len(STEPS) - 7)
    values[peak] = best
    values[-1] = best - loss
    return values


def related(x, rho, rng):
    """Numbers whose correlation with the ranks of x is rho."""
    z = np.argsort(np.argsort(x)).astype(float)
    z = (z - z.mean()) / z.std()
    noise = rng.normal(size=len(z))
    noise -= noise.mean()
    noise -= (noise @ z) / (z @ z) * z
    return rho * z + np.sqrt(1 - rho**2) * noise / noise.std()


def shares(x):
    """The ranks of x as fractions between 0 and 1."""
    return (np.argsort(np.argsort(x)) + 0.5) / len(x)


@dataclass
class World:
    """Planted facts: by task, and by language or (source, target)."""

    best: dict = field(default_factory=dict)
    at98: dict = field(default_factory=dict)
    loss: dict = field(default_factory=dict)
    best_across: dict = field(default_factory=dict)
    at95_across: dict = field(default_factory=dict)
    at98_across: dict = field(default_factory=dict)
    loss_across: dict = field(default_factory=dict)
    fall: dict = field(default_factory=dict)
    gain: dict = field(default_factory=dict)
    mirrored: bool = False
    raised: float = 0.0
    bits_loss: float = 0.0

    def curves(self) -> Curves:
        values = {}
        for task in PROBING:
            for number, one in enumerate(LANGUAGES[task]):
                at98 = self.at98[task][one]
                facts = self.best[task][one], number * 7 % max(at98, 1), at98, self.loss[task][one]
                values[task, one, one, FINAL, False] = rising(*facts)
            for pair, best in self.best_across[task].items():
                facts = self.at95_across[task][pair], self.at98_across[task][pair], self.loss_across[task][pair]
                values[task, *pair, FINAL, True] = rising(best, *facts)
        for number, one in enumerate(LANGUAGES["bits"]):
            pace = 2.0 + 0.2 * (number * 7 % 17)
            late = np.linspace(0.04, 0, len(STEPS))
            curve = self.best["bits"][one] * (1 + 2 * np.exp(-np.arange(len(STEPS)) / pace) + late)
            curve[-1] = self.best["bits"][one] * (1 + self.bits_loss)
            values["bits", one, one, FINAL, False] = curve
        for (task, *pair, transfer), fall in self.fall.items():
            split = transfer and task != "alignment"
            layers = [*range(0, FINAL + 1, 2 if transfer else 1)]
            outer = values.get((task, *pair, FINAL, split), rising(0.6, 0, 12, 0.01))
            stack = layered(layers, outer, fall, self.gain[task, transfer])
            if self.mirrored:
                stack = stack[::-1]
            stack[-1] = stack[-1] + self.raised
            for layer, row in zip(layers, stack, strict=True):
                values[task, *pair, layer, split] = row
        errors = {place: np.full(len(STEPS), 0.0002) for place in values}
        runs = {
            (task, one): seeds(values[task, one, one, FINAL, False], hash_of(task, one))
            for task in PROBING
            for one in LANGUAGES[task]
        }
        return Curves(STEPS, values, FINAL, errors, {}, runs)


def hash_of(*words):
    return sum(ord(letter) * (place + 1) for place, letter in enumerate("".join(words)))


def seeds(values, seed, number=5):
    """Runs with the given mean."""
    noise = np.random.default_rng(seed).normal(0, 0.0003, (number, len(values)))
    return values + noise - noise.mean(axis=0)


def layered(layers, outer, fall, gain):
    """Scores of layers: the last one is `outer`, the best inner one gains so much, the expected layer falls so far."""
    key = (tuple(layers), outer.tobytes(), fall, gain)
    if key not in STACKS:
        STACKS[key] = _layered(np.asarray(layers), outer, fall, gain)
    return STACKS[key].copy()


def _layered(layers, outer, fall, gain):
    top, low = outer.max() + gain, outer.min() - 0.3
    growth = np.linspace(0.75, 1, len(STEPS))

    def draw(end):
        centres = np.linspace(9.0, end, len(STEPS))
        shape = np.exp(-(((layers[:-1, None] - centres) / 4.0) ** 2))
        return np.vstack([low + (top - low) * growth * shape / shape.max(axis=0), outer])

    def fallen(end):
        expected = expected_layer(layers, draw(end))
        return expected[0] - expected[-1]

    below, above = -8.0, 20.0
    for _ in range(60):
        middle = (below + above) / 2
        below, above = (middle, above) if fallen(middle) > fall else (below, middle)
    stack = draw(below)
    assert abs(fallen(below) - fall) < 1e-6, (fall, fallen(below))
    return stack


def spread(low, high, power, names):
    """Values from low to high by a power law."""
    places = np.linspace(0, 1, len(names)) ** power
    return dict(zip(names, low + (high - low) * places, strict=True))


def mixed(number, mean):
    """Steps of the late grid with a given mean, as places in the schedule."""
    low = int(mean // 50_000) * 50_000
    high = round(number * (mean - low) / 50_000)
    return [at(low + 50_000)] * high + [at(low)] * (number - high)


def world() -> World:
    """The paper's world."""
    rng = np.random.default_rng(5)
    new = World()
    middle = [one for one in LANGUAGES["arc_classification"] if one not in LAYERWISE["arc_classification"]]
    middle[20:20] = LAYERWISE["arc_classification"]
    new.best = {
        "bits": spread(0.36, 1.86, 4.1, LANGUAGES["bits"]),
        "pos": spread(0.7767, 0.983, 1.0, LANGUAGES["pos"]),
        "arc_prediction": spread(0.883, 0.965, 1.0, LANGUAGES["arc_prediction"]),
        "arc_classification": spread(0.547, 0.933, 1.0, middle),
        "xnli": spread(0.538, 0.629, 3.0, [one for one in LANGUAGES["xnli"] if one != "en"] + ["en"]),
    }
    late = {"pos": 15_000, "arc_prediction": 20_000, "arc_classification": 30_000, "xnli": 150_000}
    new.at98 = {task: dict.fromkeys(LANGUAGES[task], at(step)) for task, step in late.items()}
    new.at98["pos"]["bg"] = at(45_000)
    for task, size in zip(PROBING, (0.006, 0.003, 0.006, 0.004), strict=True):
        draws = rng.exponential(size, len(LANGUAGES[task])) + 0.0005
        new.loss[task] = dict(zip(LANGUAGES[task], np.minimum(draws, 0.02), strict=True))
    plant_transfer(new, rng)
    plant_layers(new)
    return new


BASE = {"pos": (0.66, 0.92), "arc_prediction": (0.86, 0.93), "arc_classification": (0.60, 0.86)}
MEANS = {"arc_prediction": 115_000, "pos": 200_000, "arc_classification": 209_000, "xnli": 274_000}
LOST = {
    "pos": (0.015, -0.16),
    "arc_prediction": (0.004, -0.2),
    "arc_classification": (0.015, -0.3),
    "xnli": (0.01, -0.42),
}


def plant_transfer(new, rng):
    for task in TREEBANK:
        names = TRANSFER[task]
        source, target = (dict(zip(names, rng.uniform(-0.02, 0.02, len(names)), strict=True)) for _ in range(2))
        source |= {"en": 0.05, "it": 0.04, "ja": -0.06, "ar": 0.02}
        target |= {"ja": -0.06, "ar": -0.02}
        sign = 1 if task == "arc_prediction" else -1
        source["ko"], target["ko"] = 0.02 * sign, -0.02 * sign
        base, own = BASE[task]
        new.best_across[task] = {
            (a, b): own + (0.01 if a in ("en", "it", "ja") else 0) if a == b else base + source[a] + target[b]
            for a in names
            for b in names
        }
    names = TRANSFER["xnli"]
    own = new.best["xnli"]
    column = dict(zip(names, 0.547 + rng.uniform(-0.01, 0.01, len(names)), strict=True)) | {"sw": 0.505, "ar": 0.51}
    row = dict(zip(names, rng.uniform(-0.003, 0.003, len(names)), strict=True))
    table = {(a, b): column[b] + row[a] for a in names for b in names}
    for one in names:
        table[one, one] = own[one]
        if one != "en":
            table[one, "en"] = own[one] + (-0.005 if one in ("vi", "zh") else 0.005)
    new.best_across["xnli"] = table
    shared = shared_languages_of(BARE, transfer=True)
    common = [(a, b) for a in shared for b in shared if a != b]
    planned = {"arc_prediction": 50_000, "pos": 100_000, "arc_classification": 200_000, "xnli": 250_000}
    for task, table in new.best_across.items():
        places = {pair: at(planned[task]) for pair in common}
        if task == "pos":
            places |= dict.fromkeys(common[15:], at(250_000))
        rest = [pair for pair in table if pair[0] != pair[1] and pair not in places]
        total = MEANS[task] * (len(rest) + len(common)) - sum(int(STEPS[place]) for place in places.values())
        places |= dict(zip(rest, rng.permutation(mixed(len(rest), total / len(rest))).tolist(), strict=True))
        pairs = [*places]
        tops = np.array([table[pair] for pair in pairs])
        speed = -0.55 if task == "arc_classification" else -0.5
        early = np.floor(10 * shares(related(tops, speed, rng))).astype(int).tolist()
        size, rho = LOST[task]
        losses = -size * np.log1p(-shares(related(tops, rho, rng))) * tops
        diagonal = {(one, one): 0 for one in TRANSFER[task]}
        new.at98_across[task] = dict.fromkeys(diagonal, at(50_000)) | places
        new.at95_across[task] = diagonal | dict(zip(pairs, early, strict=True))
        new.loss_across[task] = diagonal | dict(zip(pairs, losses, strict=True))


def plant_layers(new):
    for task, word in (("arc_classification", "ArcClass"), ("xnli", "XNLI")):
        for one in LAYERWISE[task]:
            new.fall[task, one, one, False] = CLAIMS[f"C.explayer.{word}.{one}"].value
        new.gain[task, False] = CLAIMS[f"s51.best_internal.{word}"].value / 100
    across = {task: [(a, b) for a in names for b in names if a != b] for task, names in LAYERWISE.items()} | {
        "alignment": [("en", target) for target in PAPER["alignment"]]
    }
    for task, word in (("arc_classification", "ArcClass"), ("xnli", "XNLI"), ("alignment", "SimAlign")):
        mean, low, high = (CLAIMS[f"s52.explayer.{word}.{of}"].value for of in ("mean", "min", "max"))
        pairs = across[task]
        middle = (mean * len(pairs) - low - high) / (len(pairs) - 2)
        for pair, fall in zip(pairs, [low, high, *[middle] * (len(pairs) - 2)], strict=True):
            new.fall[task, *pair, True] = fall
        new.gain[task, True] = CLAIMS[f"C.best_internal_x.{word}"].value / 100


def reference() -> Curves:
    """XLM-R base, at the means of Table 3."""
    values = {}
    for task, transfer, mean in (
        ("bits", False, 0.609), ("pos", False, 0.8965), ("xnli", False, 0.5808),
        ("pos", True, 0.6601), ("xnli", True, 0.5326),
    ):  # fmt: skip
        names = TRANSFER[task] if transfer else LANGUAGES[task]
        pairs = [(a, b) for a in names for b in names] if transfer else [(one, one) for one in names]
        values |= {(task, *pair, FINAL, transfer): np.array([mean]) for pair in pairs}
    return Curves(np.array([1]), values, FINAL)


def config():
    """The paper's config."""
    text = yaml.safe_load((ROOT / "config.yaml").read_text())
    chosen = {name: copy.deepcopy(text[name]) for name in ("pretraining", "probing", "alignment", "analysis")}
    return {"model": text["models"][0], **chosen}


def correlations():
    """The correlation study, as printed, with much evidence behind it."""
    return [precise(cell) for table in (4, 5) for cell in paper.cells(BARE, table)]


def precise(row):
    """A row of the correlation study with a narrow interval; a weak coefficient without stars has 0 in it."""
    rho = max(-0.99, min(0.99, row["rho"]))
    reach = abs(rho) + 0.01 if not row["stars"] and abs(rho) < 0.4 else min(abs(rho) / 2, 0.05)
    low, high = (max(-0.59, rho - reach), min(0.59, rho + reach)) if not row["stars"] else (rho - reach, rho + reach)
    return {**row, "rho": rho, "p": 0.0, "low": low, "high": high}


def evidence(of: World, **others) -> Evidence:
    """The complete evidence of a world; `others` replace some of it."""
    facts = {"sizes": {"xh": 0.1, "gd": 0.1, "en": 300.8}, "gpus": Found(64), "probe_minutes": Found(5)}
    known = dict(config=config(), facts=facts, study=of.curves(), reference=reference(), correlations=correlations())
    return Evidence(**dict(claims=CLAIMS, paper=PAPER, reading=dict(DEFAULTS)) | known | others)


def judged(name: str, evidence: Evidence) -> claims.Verdict:
    """Return the verdict on a claim, by its id."""
    return claims.judge(CLAIMS[name], evidence)


CHANCE = {"pos": 0.3, "arc_prediction": 0.5, "arc_classification": 0.2, "xnli": 1 / 3}


def sizes():
    """GiB of pretraining text: any numbers, but the paper's where it names some."""
    drawn = np.random.default_rng(1).uniform(0.2, 290, len(LANGUAGES["bits"]))
    return dict(zip(LANGUAGES["bits"], drawn.tolist(), strict=True)) | {"xh": 0.1, "gd": 0.1, "en": 300.8, "zh": 60.0}


def facts_of(table) -> factors.LanguageFacts:
    """Facts about the languages of a world."""
    codes = sorted({languages.iso(one) for names in LANGUAGES.values() for one in names})
    rng = np.random.default_rng(2)
    known = {(a, b): rng.uniform(0.2, 0.9) for place, a in enumerate(codes) for b in codes[place + 1 :]}
    named = {code: languages.Size(code, gib, gib ** (0.5 + 0.5 * rng.random())) for code, gib in sizes().items()}
    return factors.LanguageFacts(named, languages.Distances(known), factors.training_examples(table), "en")


def scores(of: World, model="planted") -> pyarrow.Table:
    """The scores of a world, as a study has them: five seeds where a probe is trained, and majority baselines."""
    rng = np.random.default_rng(3)
    rows = []
    for task, chance in CHANCE.items():
        for one in LANGUAGES[task]:
            place = dict(model=model, task=task, source=one, target=one, step=None, seed=None)
            rows.append({**place, "split": "test", "metric": "majority", "value": chance, "examples": 1000})
            trained = {"layer": FINAL, "step": 5000, "seed": 0, "split": "train", "metric": "kept_epoch", "value": 9.0}
            rows.append({**place, **trained, "examples": int(rng.integers(1000, 400_000))})
    for (task, source, target, layer, transfer), values in of.curves().values.items():
        probed = task in PROBING
        split = "parallel" if transfer else "heldout" if task == "bits" else "test"
        metric = "accuracy" if probed else "f1" if task == "alignment" else "bits_per_character"
        runs = seeds(values, hash_of(task, source, target, str(layer))) if probed else values[None]
        place = dict(model=model, task=task, source=source, target=target, layer=layer, split=split, metric=metric)
        rows += [
            {**place, "seed": seed if probed else None, "step": step, "value": value, "examples": 1000}
            for seed, run in enumerate(runs.tolist())
            for step, value in zip(STEPS.tolist(), run, strict=True)
        ]
    return pyarrow.Table.from_pylist(rows, schema=score_schema())


def original(model="xlmr-base") -> pyarrow.Table:
    """The scores of XLM-R base after its last update, all seeds alike."""
    rows = []
    for (task, source, target, layer, transfer), (value,) in reference().values.items():
        split = "parallel" if transfer else "heldout" if task == "bits" else "test"
        place = dict(
            model=model, task=task, source=source, target=target, layer=layer, step=int(STEPS[-1]), split=split
        )
        place["metric"] = "bits_per_character" if task == "bits" else "accuracy"
        rows += [
            {**place, "seed": seed, "value": float(value), "examples": 1000}
            for seed in ([None] if task == "bits" else range(5))
        ]
    return pyarrow.Table.from_pylist(rows, schema=score_schema())
