"""Maps of the states of one language onto another's, and what is done to states before: centring and normalising.

All that is learnt from states, such as means and maps, is learnt on one half of the sentences and applied to the other.
"""

from __future__ import annotations

import numpy as np

TINY = 1e-12
"""What is but a rounding error, as a share of what was subtracted."""


def unit(states: np.ndarray) -> np.ndarray:
    """Divide each row by its length: float64, shape (n, d). A row of zeros stays one."""
    lengths = np.linalg.norm(states, axis=1, keepdims=True)
    return states / np.where(lengths > 0, lengths, 1)


def centre(fit: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Subtract the mean of the sentences of one half from the states of the other (Libovický et al., 2020).

    Parameters
    ----------
    fit, test : ndarray, shapes (m, d) and (n, d)

    Returns
    -------
    ndarray of float64, shape (n, d)
    """
    mean = fit.mean(axis=0)
    return _without_rounding(test - mean, np.linalg.norm(mean))


def _without_rounding(states: np.ndarray, scale: float) -> np.ndarray:
    """Set rows to zero whose length is but a rounding error of numbers of a size.

    Otherwise the direction of the error would be taken for that of a state, where all states are the same.
    """
    states[np.linalg.norm(states, axis=1) <= TINY * scale] = 0
    return states


def standardise(fit: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Centre, and divide each dimension by its standard deviation over one half (Zhao et al., 2021).

    A dimension without variance is centred alone.
    """
    deviation = fit.std(axis=0)
    return centre(fit, test) / np.where(deviation > 0, deviation, 1)


def normalise(fit: np.ndarray, test: np.ndarray, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Give states unit length and mean zero, in turn (iterative normalisation, Zhang et al., 2019).

    Parameters
    ----------
    fit, test : ndarray, shapes (m, d) and (n, d)
        The means of each round are those of `fit`.
    rounds : int

    Returns
    -------
    fit, test : ndarray of float64
        Of unit length.
    """
    for _ in range(rounds):
        fit, test = unit(fit), unit(test)
        mean = fit.mean(axis=0)
        fit, test = (_without_rounding(states - mean, 1.0) for states in (fit, test))
    return unit(fit), unit(test)


def procrustes(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the orthogonal map of the states of one language onto those of another.

    Parameters
    ----------
    source, target : ndarray, shapes (n, d) and (n, e)
        States of the same sentences.

    Returns
    -------
    ndarray of float64, shape (d, e)
        The map W that brings ``source @ W`` nearest to `target` (Schönemann, 1966). Its transpose maps back.
    """
    left, _, right = np.linalg.svd(source.T @ target, full_matrices=False)
    return left @ right
