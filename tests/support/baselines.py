"""Baselines in tests: as the script scores them, and from a plain loop."""

from collections import Counter

import numpy as np

from polychron.probing.baselines import base


def scored(baseline, tables, pieces, splits):
    """Return the scores of the majority class and of a lexical baseline, as the script has them."""
    return base.scores(base.majority(splits) | baseline.predictions(tables, pieces, splits), splits["test"])


def value(rows, metric):
    """Return the value of a metric."""
    return next(row["value"] for row in rows if row["metric"] == metric)


def by_hand(train, test):
    """Predict from (keys, label) pairs, the slow way: the finest key that was seen, ties to the first label."""
    tables = [{} for _ in train[0][0]]
    overall = Counter()
    for keys, label in train:
        overall[label] += 1
        for table, key in zip(tables, keys, strict=True):
            table.setdefault(key, Counter())[label] += 1
    best = [min(counts, key=lambda label: (-counts[label], label)) for counts in [overall]]
    hits = []
    for keys, label in test:
        predicted = best[0]
        for table, key in zip(tables, keys, strict=True):
            if key in table:
                counts = table[key]
                predicted = min(counts, key=lambda one: (-counts[one], one))
        hits.append(predicted == label)
    return np.array(hits)
