"""One cell of fine-tuning: a model that is trained on one language, and scored on it and on all targets."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.finetuning import scoring, training
from polychron.finetuning.network import Network
from polychron.finetuning.recipes import Recipe
from polychron.finetuning.splits import Split

logger = logging.getLogger("polychron")

Row = dict[str, Any]


def run(
    encoder: Any,
    task: str,
    own: Mapping[str, Split],
    targets: Mapping[str, Split],
    recipe: Recipe,
    *,
    seed: int,
    tokens_per_batch: int,
    oracles: Mapping[str, Split] | None = None,
    speakers: Mapping[str, Any] | None = None,
) -> tuple[Network, list[tuple[str | None, Row]]]:
    """Train a model on its source, and score it.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
        It is changed.
    task : str
        One of `polychron.finetuning.recipes.TASKS`.
    own : mapping of str to Split
        ``train``, ``dev`` and ``test`` of the source.
    targets : mapping of str to Split
        The test set of each target.
    recipe : Recipe
    seed : int
    tokens_per_batch : int
        The most pieces in a batch of what is only read, padding included.
    oracles : mapping of str to Split, optional
        The dev set of each target that has one. Its epoch is never kept, but scores of it are reported beside the
        others, with ``_oracle`` after the metric's name.
    speakers : mapping of str to transformers.PreTrainedModel, optional
        Of targets that another encoder than the trained one reads: that one, see `polychron.finetuning.ensembles`.

    Returns
    -------
    Network
        As it was after the epoch that is best on dev of the source.
    list of (str or None, dict)
        The target, None for the source, with split, metric, seed, value and examples of a score.

    Notes
    -----
    A training has collapsed if its best epoch is not above what is reached without a model by `scoring.MARGIN`, as
    happens when BERT is fine-tuned [1]_. Its scores are kept, and ``collapsed`` is 1.

    References
    ----------
    .. [1] Devlin, Chang, Lee, Toutanova: BERT. Pre-training of Deep Bidirectional Transformers. NAACL 2019.
    """
    classes = tuple(own["train"].labels[code] for code in np.unique(own["train"].label))
    own = {name: split.recoded(classes) for name, split in own.items()}
    targets = {name: split.recoded(classes) for name, split in targets.items()}
    dev_of = {name: split.recoded(classes) for name, split in (oracles or {}).items()}
    train = own["train"].within(recipe.length)
    network = Network(encoder, classes, task, seed=seed, hidden=recipe.hidden)
    main = scoring.MAIN[task]

    def scores(split: Split, target: str | None = None) -> dict[str, tuple[float, int]]:
        return scoring.of(task, network.predict(split, tokens_per_batch, (speakers or {}).get(target)), split)

    best: dict[str, tuple[float, dict[str, tuple[float, int]]]] = {}

    def ask_oracles(epoch: int) -> None:
        for name, split in dev_of.items():
            value = scores(split, name)[main][0]
            if name not in best or value > best[name][0]:
                best[name] = value, scores(targets[name], name)

    found = training.fit(network, train, lambda: scores(own["dev"])[main][0], recipe, seed=seed, after=ask_oracles)
    floor = scoring.without_model(task, train, own["dev"])
    collapsed = not found.best > floor + scoring.MARGIN
    if collapsed:
        logger.warning("collapsed: dev %.4f, and %.4f is reached without a model", found.best, floor)
    facts = {"kept_epoch": (float(found.epoch), len(train)), "collapsed": (float(collapsed), len(own["dev"]))}
    rows: list[tuple[str | None, Row]] = [(None, row) for row in scoring.rows(facts, "train", seed)]
    tested = [(None, "dev", own["dev"]), (None, "test", own["test"])]
    for target, split, examples in (*tested, *((name, "parallel", one) for name, one in targets.items())):
        got = scores(examples, target)
        asked = {}
        if target in dev_of:  # without an epoch whose loss is finite, none could be chosen
            none = {metric: (math.nan, number) for metric, (_, number) in got.items()}
            asked = best[target][1] if target in best else none
        if split != "dev":
            got["excluded"] = float(examples.excluded), len(examples)
        got |= {f"{metric}_oracle": pair for metric, pair in asked.items()}
        rows += [(target, row) for row in scoring.rows(got, split, seed)]
        logger.info("%s, %s: %s %.4f", target or "source", split, main, got[main][0])
    return network, rows
