"""The jobs of models whose languages live in members, and of what one language sees of another model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OF_MEMBERS = {
    "align_words": "align_members",
    "map_words": "map_words_of_members",
    "gather_scores": "gather_ensemble",
    "fine_tune": "fine_tune_members",
}
"""The rules of an ensemble in place of those of other models."""

INSTEAD = {
    "ensemble": OF_MEMBERS,
    "divided": {
        **OF_MEMBERS,
        "train_sentencepiece": "train_language_sentencepiece",
        "binarize_text": "binarize_language_text",
    },
    "view": {"fetch_tokenizer": "make_member_tokenizer", "fetch_checkpoint": "export_view"},
}
"""The rules of some kinds of model in place of those of others. A ``divided`` model is pretrained here, with a
vocabulary for each language."""


def rule_of(model: Mapping[str, Any], rule: str) -> str:
    """Return the rule by which a model's jobs are done.

    Examples
    --------
    >>> rule_of({"provider": "ensemble"}, "align_words"), rule_of({"provider": "hub"}, "align_words")
    ('align_members', 'align_words')
    """
    return INSTEAD.get(model["provider"], {}).get(rule, rule)
