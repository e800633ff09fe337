"""What it costs to compare the languages of a set of parallel sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def of(
    asked: Mapping[str, Any], dimension: int, languages: int, sentences: float, steps: int
) -> list[tuple[str, float, float, float]]:
    """Return the rules that compare a set of sentences: jobs, rows, and seconds of a job."""
    pairs, cells = languages * (languages - 1) / 2, asked["layers"] * steps
    grams, maps = (sentences / 1000) ** 2, (dimension / 768) ** 3
    permuted = 0.69 * languages * grams * asked["permutations"] / 99
    if sentences > max(2000, 2 * dimension):  # by products of columns
        permuted = pairs * asked["permutations"] * 0.3 * sentences / 10_000 * (dimension / 768) ** 2
    return [
        ("compare_languages", cells, 10 * pairs, permuted + languages * grams * 0.38 * maps),
        ("compare_steps", asked["layers"] * (steps > 1), 2 * languages * steps, languages * steps * grams * 0.02),
        ("retrieve_sentences", cells * asked["searches"], 100 * pairs, pairs * (0.5 * maps + 0.27 * grams)),
        ("identify_languages", cells * asked["identities"], 20, 0.1 * languages),
    ]
