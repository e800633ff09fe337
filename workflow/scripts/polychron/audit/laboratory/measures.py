"""What the claims require of the variants of a laboratory, by their ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from polychron.analysis.laboratory.measures import called
from polychron.audit.evidence import Missing
from polychron.audit.laboratory import axes, distances, similarity, stacked, variants
from polychron.audit.laboratory.requirements import Requirement
from polychron.audit.laboratory.results import Results, mean, minus

Ask = Callable[[Results], list[Requirement]]


def _order(*tasks: str) -> Ask:
    return partial(variants.in_order, order=("no_anchors", "default_anchors", "extra_anchors"), tasks=tasks)


MEASURES: Mapping[str, Ask] = {
    "wu.setup.best_by_dev": variants.last_is_best,
    "wu.text.no_vocabulary": partial(variants.without_vocabulary, role="no_anchors"),
    "wu.text.domains": partial(variants.above_untrained, role="domain"),
    "wu.text.top_layers": variants.top_layers,
    "wu.text.few_points": partial(variants.near, better="default_anchors", worse="no_anchors", most=0.05, least=-0.05),
    "wu.text.sharing_first": variants.sharing_first,
    "wu.text.more_anchors_xnli_lab": _order("xnli_tuned", "xnli"),
    "wu.text.more_anchors_ner_lab": _order("entities_tuned", "entities"),
    "wu.text.more_anchors_parsing_lab": _order("parsing_tuned"),
    "wu.text.anchors_distant_lab": distances.anchors_by_distance,
    "wu.text.softmax_lab": partial(variants.better, better="no_anchors", worse="sep_emb"),
    "wu.text.fewer_layers_lab": variants.fewer_layers,
    "wu.text.random_lab": variants.to_random,
    "wu.text.mono_similar": similarity.similar_alone,
    "wu.text.word_layers": similarity.words_higher,
    "wu.text.context_align": stacked.between,
    "wu.text.context_align_parsing": stacked.parsing_of_french,
    "wu.text.context_middle": stacked.best_inside,
    "wu.text.context_ner_gap": stacked.wider_for_names,
    "wu.text.sentence_low": similarity.low_retrieval,
    "wu.text.cka_order": similarity.similarity_in_order,
    "wu.text.cka_retrieval": partial(similarity.similarity_follows_retrieval, least=0.9),
    "wu.text.cka_first_layers": similarity.first_layers,
    "wu.text.cka_gap": distances.gap_by_distance,
    "wu.text.early_more": similarity.early_more,
    "wu.text.closer_more": distances.closer_alike,
    "primer.s2.tlm": partial(variants.found_and_transferred, better="bitext", worse="default"),
    "primer.s4.capacity": axes.wider_better,
    "primer.s4.more_data": axes.more_text,
    "primer.s5.overlap_zero": partial(variants.near, better="default_anchors", worse="no_anchors", most=0.05),
    "primer.s5.depth": axes.depth_not_heads,
    "primer.s5.single_head": axes.one_head,
    "primer.s5.parameters": axes.depth_not_parameters,
    "primer.s5.over": axes.wider_not_better,
    "primer.s5.context_small": axes.windows_by_text,
    "primer.s5.size_1000k": axes.more_text_transfers,
    "primer.s5.bitext": partial(variants.better, better="bitext", worse="default"),
    "primer.s5.comparable": partial(variants.better, better="default", worse="domain"),
    "primer.s5.explicit": stacked.better_than_one,
    "primer.s7.pos_earlier": similarity.earlier_tags,
    "primer.s7.objective": similarity.neutral_higher,
}
"""What claims require."""

UNMEASURED: Mapping[str, str] = {
    "primer.s2.word_objectives": "objectives on words and on sentences beside pairs of translations (bitext)",
    "primer.s4.no_clear": "a question that numbers decide: the claim is that there is no clear answer",
    "primer.s5.lexical": "a pretraining of new embeddings under frozen layers",
    "primer.s7.subwords": "vocabularies of words and of characters",
}
"""What other claims need, in words."""


def table_one(results: Results, variant: str, task: str, target: str = "") -> Any:
    """Return the scores of Table 1 of Wu et al. (2020), or a change of their mean, in points, for each seed.

    Parameters
    ----------
    results : Results
    variant, task, target : str
        As in the arguments of the claims. Without a target, the change against Default, mean over targets.

    Raises
    ------
    Missing
        Something of it was not measured.
    """
    role = TABLE_ONE.get(variant, variant)
    measured = results.transfers()
    found = []
    for one in [target] if target else ["fr", "ru", "zh"]:
        pair = next((pair for pair in results.pairs if pair in (f"en/{one}", f"en/{one}-Hans")), f"en/{one}")
        place = (TUNED[task], pair)
        if place not in measured:
            raise Missing(f"{called(TUNED[task])} from en to {one} (lab.pairs, finetuning.tasks)")
        scores = results.scores(role, place[1], measured[place])
        found.append(scores if target else minus(scores, results.scores("default", place[1], measured[place])))
    return [100 * value for value in mean(found)]


TABLE_ONE = {
    "wiki_cc": "domain",
    "sep_l1_3": "sep_low",
    "sep_l1_6": "sep_most",
    "sep_emb_l1_3": "sep_emb_low",
    "sep_emb_l1_6": "sep_emb_most",
}
"""What the rows of Table 1 are called here."""

TUNED = {"xnli": "xnli_tuned", "ner": "entities_tuned", "parsing": "parsing_tuned"}
"""What its tasks are called here."""
