"""Small datasets for the tests of tasks and probes: tables of examples, pieces, and vectors with a planted truth."""

from dataclasses import replace

import numpy as np
import pyarrow

from polychron.probing import probes, training
from polychron.probing.tasks.base import Examples
from polychron.tokenization.pieces import Pieces
from polychron.tokenization.sentences import unique_sentences

SEEDS = (0, 1, 2, 3, 4)
TAGS = ("ADJ", "ADP", "NOUN", "PUNCT", "VERB")
RELATIONS = ("amod", "case", "nmod", "nsubj", "nsubj:pass", "obj", "punct")


def treebank(sentences, seed=0, splits=("train", "dev", "test"), longest=9):
    """Return random trees over sentences of 1 to `longest` words, few forms; two of three have a number."""
    draw = np.random.default_rng(seed)
    rows = []
    for sentence in range(sentences):
        length = int(draw.integers(1, longest + 1))
        order = draw.permutation(length)  # a word's head comes earlier in this order: no cycles
        head = {order[0]: 0} | {order[k]: int(order[draw.integers(k)]) + 1 for k in range(1, length)}
        for word in range(length):
            rows.append(
                {
                    "split": splits[min(sentence * len(splits) // sentences, len(splits) - 1)],
                    "sentence": sentence,
                    "sent_id": f"s{sentence}",
                    "index": word + 1,
                    "form": f"w{(form := int(draw.integers(40)))}",
                    "upos": str(draw.choice(TAGS)),
                    "head": int(head[word]),
                    "deprel": "root" if head[word] == 0 else str(draw.choice(RELATIONS)),
                    "xpos": f"tag{form % 4}",
                    "feats": None if form % 3 == 0 else f"Case=Nom|Number={('Sing', 'Plur')[(form + word) % 2]}",
                }
            )
    return words_table(rows)


def words_table(rows):
    """Return a treebank table; what a row lacks is null."""
    kinds = {"split": "string", "sentence": "int32", "sent_id": "string", "index": "int32"}
    kinds |= {"form": "string", "upos": "string", "head": "int32", "deprel": "string"}
    kinds |= {"xpos": "string", "feats": "string"}
    return pyarrow.Table.from_pylist(rows, schema=pyarrow.schema([(name, kind) for name, kind in kinds.items()]))


def labels_of(examples):
    """Return the label of each example."""
    return [examples.labels[code] for code in examples.label]


def lookup(table):
    """Return the rows of a treebank table, and the place of each word by its sentence and ID."""
    rows = table.to_pylist()
    return rows, {(row["sentence"], row["index"]): place for place, row in enumerate(rows)}


def one_piece_each(number_of_words, status=None):
    """Return pieces of sentences, each word one piece; `number_of_words` for each sentence."""
    number = np.asarray(number_of_words, np.int64)
    words = np.concatenate([[0], np.cumsum(number)])
    place = np.arange(words[-1]) - np.repeat(words[:-1], number) + 1
    ids = [[0, *range(4, 4 + many), 2] for many in number]
    return Pieces(
        ids=np.array([one for sentence in ids for one in sentence], np.int32),
        sentence_offsets=np.concatenate([[0], np.cumsum(number + 2)]),
        first=place.astype(np.int32),
        stop=(place + 1).astype(np.int32),
        status=np.zeros(words[-1], np.int8) if status is None else np.asarray(status, np.int8),
        word_sentence=np.repeat(np.arange(len(number)), number).astype(np.int32),
        word_offsets=words,
        characters=number.astype(np.int32),
    )


def pieces_of(table, beyond=()):
    """Return the pieces of a treebank table, with some of its words beyond the window."""
    status = np.zeros(table.num_rows, np.int8)
    status[list(beyond)] = 1
    return one_piece_each(np.bincount(table["sentence"].to_numpy()), status)


def inference(rows):
    """Return a table of sentence pairs, from (split, premise, hypothesis, label)."""
    return pyarrow.Table.from_pylist(
        [dict(zip(("split", "premise", "hypothesis", "label"), row, strict=True)) for row in rows]
    )


def sentence_pieces(table, vocabulary):
    """Return the pieces of a table of sentence pairs: each sentence is one word, each of its tokens one piece."""
    sentences, _, _ = unique_sentences(table["premise"].to_pylist(), table["hypothesis"].to_pylist())
    ids = [[0, *(vocabulary.setdefault(token, 4 + len(vocabulary)) for token in one.split()), 2] for one in sentences]
    lengths = np.array([len(one) for one in ids])
    number = len(sentences)
    return Pieces(
        ids=np.concatenate(ids).astype(np.int32),
        sentence_offsets=np.concatenate([[0], np.cumsum(lengths)]),
        first=np.ones(number, np.int32),
        stop=(lengths - 1).astype(np.int32),
        status=np.zeros(number, np.int8),
        word_sentence=np.arange(number, dtype=np.int32),
        word_offsets=np.arange(number + 1),
        characters=lengths.astype(np.int32),
    )


def planted(number, dimension, classes, *, pairs, noise=0.3, seed=0, shares=(0.7, 0.15, 0.15)):
    """Return examples by split and vectors whose labels are a linear function of the probe's input, plus noise."""
    draw = np.random.default_rng(seed)
    vectors = draw.normal(size=(number, dimension)).astype(np.float16)
    first = draw.permutation(number)
    second = draw.permutation(number) if pairs else None
    one = vectors[first].astype(np.float64)
    other = vectors[second].astype(np.float64) if pairs else None
    seen = np.concatenate([one, other, one * other], axis=1) if pairs else one
    scores = seen @ draw.normal(size=(seen.shape[1], classes))
    scores += noise * scores.std() * draw.normal(size=scores.shape)
    label = scores.argmax(axis=1)
    names = tuple(f"label {place:02}" for place in range(classes))
    cuts = np.cumsum([0, *(int(number * share) for share in shares)])
    splits = {}
    for split, start, stop in zip(("train", "dev", "test"), cuts[:-1], cuts[1:], strict=True):
        part = slice(start, stop)
        splits[split] = Examples(0, first[part], second[part] if pairs else None, label[part], names, 0)
    return splits, [vectors]


def fit(splits, vectors, **settings):
    """Train on the CPU, with five seeds if nothing else is said."""
    settings = {"seeds": SEEDS, "device": "cpu"} | settings
    return training.fit(splits["train"], splits["dev"], vectors, **settings)


def per_seed(number=600, classes=4, seeds=3, dimension=16, noise=1.0):
    """Return planted pairs of which train and dev differ between seeds, the pairs of each seed alone, and vectors."""
    lone = [planted(number, dimension, classes, pairs=True, noise=noise)[0] for _ in range(seeds)]
    _, vectors = planted(number, dimension, classes, pairs=True, noise=noise)
    draw = np.random.default_rng(1)
    for splits in lone:
        for split in ("train", "dev"):
            second = splits[split].second.copy()
            moved = draw.permutation(len(second))[: len(second) // 2]
            second[moved] = second[draw.permutation(moved)]
            splits[split] = replace(splits[split], second=second)
    together = dict(lone[0])
    for split in ("train", "dev"):
        first, second = (np.stack([getattr(one[split], name) for one in lone]) for name in ("first", "second"))
        together[split] = replace(together[split], first=first, second=second)
    return together, lone, vectors


def alike(found, expected, splits, vectors, within=3e-6):
    """Compare probes: the epochs that are kept, weights, and predictions."""
    assert found.kept_epochs == expected.kept_epochs
    np.testing.assert_allclose(found.weight, expected.weight, atol=within, rtol=0)
    np.testing.assert_allclose(found.bias, expected.bias, atol=within, rtol=0)
    one, other = (probes.predict(probe, vectors[0], splits["test"]) for probe in (found, expected))
    assert (one == other).all()
