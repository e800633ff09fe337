"""Trees whose words have vectors in which distances of the tree are planted."""

import numpy as np
import torch

from polychron.probing.structural.trees import Trees

torch.set_num_threads(1)  # as the jobs have it; with more, small products take a hundred times as long beside others


def random_trees(sentences, seed=0, shortest=3, longest=9, first=0):
    """Return random trees; about a word in six is punctuation, and leaves alone are."""
    draw = np.random.default_rng(seed)
    rows, distances, counted = [], [], []
    for _ in range(sentences):
        number = int(draw.integers(shortest, longest + 1))
        order = draw.permutation(number)
        arcs = np.full((number, number), np.inf)
        np.fill_diagonal(arcs, 0)
        degree = np.zeros(number, int)
        for place in range(1, number):
            one, other = order[place], order[draw.integers(place)]
            arcs[one, other] = arcs[other, one] = 1
            degree[[one, other]] += 1
        for middle in range(number):
            arcs = np.minimum(arcs, arcs[:, middle, None] + arcs[middle])
        rows.append(np.arange(first, first + number))
        distances.append(arcs.astype(np.int16))
        counted.append(~((degree == 1) & (draw.random(number) < 0.3)))
        first += number
    return Trees(rows, distances, counted, excluded=0)


def chains(sentences, number):
    """Return trees in which each word is the head of the next."""
    place = np.arange(number)
    rows = [place + number * sentence for sentence in range(sentences)]
    between = np.abs(place[:, None] - place).astype(np.int16)
    return Trees(rows, [between] * sentences, [np.ones(number, bool)] * sentences, excluded=0)


def joined(*parts):
    """Return the number of words of some trees."""
    return 1 + max(int(rows[-1]) for part in parts for rows in part.rows)


def scaled(between):
    """Return coordinates whose squared distances are those of a tree (classical scaling), shape (n, n - 1)."""
    number = len(between)
    centre = np.eye(number) - 1 / number
    values, directions = np.linalg.eigh(-0.5 * centre @ between @ centre)
    return directions[:, 1:] * np.sqrt(values[1:])


def embed(parts, rank, dimension, noise=0.0, seed=0):
    """Return vectors in which a subspace of `rank` dimensions, turned at random, holds the distances of trees.

    The other dimensions are noise that is as large, and each sentence has an offset of its own.
    """
    draw = np.random.default_rng(seed)
    turn = np.linalg.qr(draw.normal(size=(dimension, dimension)))[0]
    vectors = np.zeros((joined(*parts), dimension))
    for part in parts:
        for rows, between in zip(part.rows, part.distances, strict=True):
            planted = scaled(between.astype(float))
            held = np.zeros((len(rows), dimension))
            held[:, : planted.shape[1]] = planted
            held[:, rank:] = draw.normal(size=(len(rows), dimension - rank))
            vectors[rows] = held @ turn + draw.normal(size=dimension)
    return vectors + noise * draw.normal(size=vectors.shape), turn[:rank]
