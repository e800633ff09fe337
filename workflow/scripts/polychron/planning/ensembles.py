"""The jobs of ensembles, models whose languages live in members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OF_MEMBERS = {
    "align_words": "align_members",
    "map_words": "map_words_of_members",
    "gather_scores": "gather_ensemble",
}
"""The rules of an ensemble in place of those of other models."""


def rule_of(model: Mapping[str, Any], rule: str) -> str:
    """Return the rule by which a model's jobs are done.

    Examples
    --------
    >>> rule_of({"provider": "ensemble"}, "align_words"), rule_of({"provider": "hub"}, "align_words")
    ('align_members', 'align_words')
    """
    return OF_MEMBERS.get(rule, rule) if model["provider"] == "ensemble" else rule
