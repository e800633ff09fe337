"""Tables of ablation with planted differences between variants."""

from itertools import product

import numpy as np
import pyarrow

from polychron.analysis.laboratory import ablation
from polychron.analysis.laboratory.ablation import Model

PLAIN = ("default", "no_anchors", "alone")
"""The variants that are the default but for their vocabulary."""

BESIDE = {
    *("wu.setup.best_by_dev", "wu.text.anchors_distant_lab", "wu.text.cka_gap", "wu.text.closer_more"),
    *("wu.text.context_align", "wu.text.context_align_parsing", "wu.text.context_middle", "wu.text.context_ner_gap"),
    *("primer.s4.capacity", "primer.s4.more_data", "primer.s5.depth", "primer.s5.single_head", "primer.s5.parameters"),
    *("primer.s5.over", "primer.s5.context_small", "primer.s5.size_1000k", "primer.s5.explicit"),
    *("primer.s7.pos_earlier", "primer.s7.objective", "wu.text.word_layers"),
}
"""Claims whose worlds are not those of `table` alone: see ``test_axes``."""


def table(
    pairs=("a/b",),
    seeds=(1, 2, 3),
    layers=(0, 2),
    steps=(0, 50),
    tasks=("pos",),
    noise=0.02,
    between=0.1,
    joint=(),
    unions=(),
    slopes=(0.0, 0.0),
    untrained=0.1,
    shuffled=0.01,
    sizes=None,
    **losses,
):
    """Return a table of ablation.

    Parameters
    ----------
    pairs, seeds, layers, steps, tasks
        Of the models. At step 0, transfer is 0.2 and CKA 0.6.
    noise : float
        Standard deviation of the scores of models of one seed.
    between : float
        How much more, or less, the models of a pair and seed have in common.
    joint, unions : sequence of str
        Variants with the default's vocabulary, and with that of ``default_anchors``.
    slopes : (float, float)
        How much CKA and mapped retrieval rise with each layer.
    untrained : float
        CKA of a trained and an untrained model.
    shuffled : float
        How often sentences in a random order have as high a CKA.
    sizes : mapping of str to int, optional
        How many times the parameters of others a variant has.
    **losses : float
        By variant, how much lower its scores are than those of the default, which are 0.8.
    """
    random, rows = np.random.default_rng(1), []
    losses = {"default": 0.0, **losses}
    level = {(pair, seed): between * random.choice([-1, 1]) for pair in pairs for seed in seeds}

    def add(model, place, value):
        drawn = float(np.clip(value + noise * random.standard_normal(), 0, 1))
        rows.append({**model._asdict(), "states": "raw", "split": "parallel", "runs": 5, **place, "value": drawn})

    for model in (Model(pair, variant, seed) for pair in pairs for seed in seeds for variant in losses):
        one, other = model.pair.split("/")
        trained = 0.8 + level[model.pair, model.seed] - losses[model.variant]
        for layer, step, (source, target) in product(layers, steps, ((one, other), (other, one))):
            at = {"source": source, "target": target, "layer": layer, "step": step}
            for task, (states, more) in product(tasks, (("raw", 0.0), ("centred", 0.1))):
                add(
                    model, {**at, "task": task, "metric": "accuracy", "states": states}, trained + more if step else 0.2
                )
            found = {**at, "task": "retrieval", "metric": "p_at_1.cosine"}
            for states, more in (("raw", -0.3), ("centred", -0.1), ("mapped", slopes[1] * layer)):
                add(model, {**found, "states": states}, trained + more if step else 0.05)
            for metric in ("cka_debiased", "cka") if source == min(one, other) else ():
                alike = trained + slopes[0] * layer if step else 0.6
                add(model, {**at, "task": "similarity", "metric": metric}, alike)
            if source == min(one, other) and step:
                add(model, {**at, "task": "similarity", "metric": "cka_random"}, untrained)
                add(model, {**at, "task": "similarity", "metric": "cka_debiased_p"}, shuffled)
        shares = [0.0, 0.0] if model.variant == "no_anchors" else [0.3, 0.5]
        known = {"source": one, "target": other, "anchor_types": shares[0], "anchor_tokens": shares}
        rows += ablation.of_anchors([known] if model.variant != "alone" else [], model)
        apart = model.variant not in (*PLAIN, *joint)
        counts = (0, 80) if model.variant == "alone" else (20, 60) if apart else (80, 0)
        counts = [(sizes or {}).get(model.variant, 1) * count for count in counts]
        rows += ablation.of_parameters(dict.fromkeys((one, other), tuple(counts)), model)
    plain = dict.fromkeys(("default", *joint), "default") | dict.fromkeys(unions, "default_anchors")
    return ablation.compare(rows, {name: {"default": "default", "same_vocabulary": plain.get(name)} for name in losses})


def with_scores(table, scores, seeds=(1, 2, 3, 4), noise=0.002):
    """Return a table of ablation with further scores of the first language, or from it to the second.

    Parameters
    ----------
    table : pyarrow.Table
    scores : iterable of (str, str, dict, float)
        The pair, the variant, the columns in which the row is another one than a score of POS transfer at layer 0 and
        step 50, and the mean of the seeds.
    """
    random, rows = np.random.default_rng(2), []
    for (pair, variant, place, mean), seed in product(scores, seeds):
        one, other = pair.split("/")
        row = {**Model(pair, variant, seed)._asdict(), "task": "pos", "metric": "accuracy", "states": "raw", "runs": 1}
        row |= {"source": one, "target": other, "split": "parallel", "layer": 0, "step": 50, **place}
        row["target"] = one if row["split"] in ("test", "heldout") else other
        rows.append(row | {"value": float(mean + noise * random.standard_normal())})
    return pyarrow.concat_tables([table, pyarrow.Table.from_pylist(rows, schema=table.schema)])
