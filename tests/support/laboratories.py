"""Tables of ablation with planted differences between variants."""

import numpy as np

from polychron.analysis.laboratory import ablation
from polychron.analysis.laboratory.ablation import Model

PLAIN = ("default", "no_anchors", "alone")
"""The variants that are the default but for their vocabulary."""


def table(pairs=("a/b",), seeds=(1, 2, 3), layers=(0, 2), steps=(0, 50), noise=0.02, joint=(), unions=(), **losses):
    """Return a table of ablation.

    Parameters
    ----------
    pairs, seeds, layers, steps
        Of the models. At step 0, transfer is 0.2 and CKA 0.6.
    noise : float
        Standard deviation of the scores of models of one seed. Seeds have 0.1 more, or less, in common.
    joint, unions : sequence of str
        Variants with the default's vocabulary, and with that of ``default_anchors``.
    **losses : float
        By variant, how much lower its scores are than those of the default, which are 0.8 as they are and 0.9 centred.
    """
    random, rows = np.random.default_rng(1), []
    losses = {"default": 0.0, **losses}
    level = {(pair, seed): 0.1 * random.choice([-1, 1]) for pair in pairs for seed in seeds}
    places = [(pair, seed, variant) for pair in pairs for seed in seeds for variant in losses]
    for pair, seed, variant in places:
        model, (one, other) = Model(pair, variant, seed), pair.split("/")
        for layer, step, (source, target) in (
            (a, b, c) for a in layers for b in steps for c in ((one, other), (other, one))
        ):
            trained = 0.8 + level[pair, seed] - losses[variant]

            def row(task, metric, value, states="raw", split="parallel"):
                drawn = float(np.clip(value + noise * random.standard_normal(), 0, 1))
                place = {"source": source, "target": target, "split": split, "layer": layer, "step": step}  # noqa: B023
                known = {"task": task, "metric": metric, "states": states, "runs": 5, "value": drawn}
                rows.append({**model._asdict(), **place, **known})  # noqa: B023

            for states, more in (("raw", 0.0), ("centred", 0.1)):
                row("pos", "accuracy", trained + more if step else 0.2, states)
            for states, more in (("raw", -0.3), ("centred", -0.1), ("mapped", 0.0)):
                row("retrieval", "p_at_1.cosine", trained + more if step else 0.05, states)
            if source == one:
                for metric in ("cka_debiased", "cka"):
                    row("similarity", metric, trained if step else 0.6)
        shares = [0.0, 0.0] if variant == "no_anchors" else [0.3, 0.5]
        found = {"source": one, "target": other, "anchor_types": shares[0], "anchor_tokens": shares}
        rows += ablation.of_anchors([found] if variant != "alone" else [], model)
        apart = variant not in PLAIN and variant not in joint
        counts = (0, 80) if variant == "alone" else (20, 60) if apart else (80, 0)
        rows += ablation.of_parameters(dict.fromkeys((one, other), counts), model)
    plain = dict.fromkeys(("default", *joint), "default") | dict.fromkeys(unions, "default_anchors")
    return ablation.compare(rows, {name: {"default": "default", "same_vocabulary": plain.get(name)} for name in losses})
