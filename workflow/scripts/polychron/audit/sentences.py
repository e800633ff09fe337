"""What a claim was compared with, in a sentence, and how strong the evidence is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from polychron.analysis import factors
from polychron.audit.evidence import NAMES, Evidence, Found, listed

TEMPLATES = {
    # setup
    "setting": "the key {key} of the study's config",
    "count": "the number of entries of {key} in the study's config",
    "epochs": "the largest number of epochs of a probe, with early stopping",
    "size": "the {name} of the model, from its last checkpoint or the config",
    "architecture": "the shape of the model, as XLM-R base's or another",
    "parameters": "the number of parameters of the model, counted from its sizes",
    "pretraining_size": "the {of} amount of pretraining text of {languages}, in GiB",
    "fact": "the {name}, by the study's own records",
    "design": "the {name}, which no key changes",
    "alignment_method": "how words are aligned, by the study's config",
    "layerwise_languages": "the languages in which {task} is probed at every layer",
    "alignment_targets": "the languages that English is aligned with",
    # scores
    "extreme_best": "the {of} of the best scores of languages in {task}, at the final layer",
    "latest_onset": "the step by which every language has {share} of its best score in {task}",
    "share_later": "the share of languages that need more than {step} steps to {share} of their best in {task}",
    "onset_gap": "the checkpoints between reaching {share} of the best in {tasks}, as a median over languages",
    "languages_in_order": "the number of languages that reach {share} of their best in the order of the claim",
    "pairs_in_order": "the share of pairs that reach {share} of their best in the order of the claim",
    "mean_onset": "the mean step to {share} of the best score of transfer in {task}, over pairs",
    "better_on_english": "the number of sources that do as well on English as on themselves in {task}",
    "internal_gain": "by how much the best inner layer is better than the final one in {task} {transfer}, in points",
    "fall": "the {of} fall of the expected layer in {task} {transfer}, from the first step to the last",
    "fall_of": "the fall of the expected layer in {task}, {language}, from the first step to the last",
    "average": "the mean score of {model} in {task} {transfer}, after the last step",
    # correlations
    "correlation": "Spearman's rho of {quantity} with {factor} in {task}, over {table}",
    "best_with_onset": "Spearman's rho of the best score with the step to {share} of it in {task}, over pairs",
    "best_with_forgetting": "the {of} of four tasks' Spearman's rho of the best score with forgetting, over pairs",
    # the paper's own numbers
    "cited": "the {name} that the paper cites",
    "schedule": "the {of}, as the paper's other numbers give it",
    "entries": "the number of {list} in the paper's list",
    "languages_covered": "the number of languages with a treebank or XNLI in the paper's lists",
    "counted_twice": "the number of languages with a treebank or XNLI, those with both counted twice and once",
    "shared_languages": "the number of languages with a treebank and XNLI in the paper's lists",
    "shared_pairs": "the numbers of languages and pairs that all transfer tasks share, and of pairs that are {share}",
    "list_lengths": "the lengths of the three lists of Table 2",
    "transfer_languages": "the numbers of sources and targets among the {family}",
    "transfer_list": "the {family} that transfer can be measured between",
    "largest_falls": "the largest falls of the expected layer in Appendix C",
    "mean_falls": "the mean falls of the expected layer in Appendix C, in-language and across languages",
    "largest_swing": "the largest possible fall of an expected layer that is weighted by accuracy",
    "stars_inconsistent": "the number of stars in Table {number} that do not follow from the printed rho and n",
    "rows_alike": "the rows of {factors} in Table {number} with each other",
    "characters_per_piece": "the characters per piece that follow from XLM-R base's perplexity and bits per character",
    "positions_seen": "the product of updates, examples per update and positions of an example",
}
"""For measures whose arguments say what is compared; for others it is the first line of the docstring."""

OF = {
    "min": "smallest",
    "max": "largest",
    "checkpoints": "number of checkpoints",
    "counts": "numbers of early, late and all checkpoints",
    "early_every": "number of steps between early checkpoints",
    "early_until": "step of the last early checkpoint",
    "late_every": "number of steps between late checkpoints",
}

FACTS = {
    "gpus": "number of GPUs of pretraining",
    "probe_minutes": "longest time to train a probe, in minutes",
    "probe_layers": "number of layers of a probe",
    "alignment": "way in which words are aligned",
}

LISTS = {
    "bits": "languages of bits per character",
    "treebank": "languages with a treebank",
    "inference": "languages of XNLI",
    "alignment": "languages of word alignment",
    "cc100": "languages of CC100",
}

WORDS: Mapping[str, Callable[[Any], str]] = {
    "task": NAMES.__getitem__,
    "tasks": lambda tasks: str(tasks) if isinstance(tasks, int) else " and ".join(NAMES[task] for task in tasks),
    "transfer": lambda across: "across languages" if across else "in-language",
    "table": lambda number: "languages" if number == 4 else "ordered pairs of languages",
    "share": lambda share: f"{100 * share:g}%",
    "step": lambda step: f"{step:,}",
    "of": lambda name: OF.get(name, name),
    "list": lambda name: LISTS.get(name, name),
    "family": lambda name: LISTS.get(name, name),
    "languages": lambda codes: listed(list(codes)),
    "factors": lambda names: " and ".join(factors.NAMES[name] for name in names),
    "quantity": lambda name: "the best score" if name == "best" else factors.NAMES[name],
    "factor": lambda name: factors.NAMES[name],
    "name": lambda name: FACTS.get(name, str(name).replace("_", " ")),
    "model": lambda name: "XLM-R base" if name == "reference" else "the study's model",
}
"""How arguments are written."""


def compared(claim: Any, function: Callable[..., Any]) -> str:
    """Return a phrase for what is compared with the paper.

    Parameters
    ----------
    claim : Claim
    function : callable
        Its measure.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> arguments = {"table": 5, "task": "pos", "quantity": "onset", "factor": "source_size"}
    >>> compared(SimpleNamespace(measure="correlation", arguments=arguments), print)
    "Spearman's rho of onset with pretraining data of the source in POS tagging, over ordered pairs of languages"
    """
    template = TEMPLATES.get(claim.measure)
    if template is None:
        first = (function.__doc__ or "").strip().splitlines()[0].rstrip(".")
        first = re.sub(r"^Return ", "", re.sub(r" \([^()]*\)", "", first))
        said = "; ".join(_argument(name, value) for name, value in sorted(claim.arguments.items()))
        return first[:1].lower() + first[1:] + (f" ({said})" if said else "")
    shown = {name: WORDS.get(name, str)(value) for name, value in claim.arguments.items()}
    return template.format(**shown, number=claim.arguments.get("table"))


PHRASES = {
    "at_least": "at least {}",
    "errors": "more than {} standard errors",
    "language": "{}",
    "languages": "{}",
    "least": "at least {}",
    "level": "level {}",
    "most": "at most {}",
    "parts": "in each of {} parts",
    "points": "{} points",
    "share": "{} of the best",
    "source": "from {}",
    "target": "to {}",
    "task": "{}",
    "times": "{} times",
}
"""How arguments are written where no template has them; for others, their name comes first."""


def _argument(name: str, value: Any) -> str:
    """Write an argument of a claim in words.

    Examples
    --------
    >>> _argument("one_in", 3), _argument("tasks", ["pos", "xnli"]), _argument("signs", {"pos": -1})
    ('one in 3', 'tasks POS tagging and XNLI', 'signs POS tagging -1')
    >>> _argument("errors", 2), _argument("low", [0, 4])
    ('more than 2 standard errors', 'low 0, 4')
    """
    if isinstance(value, Mapping):
        shown = ", ".join(f"{NAMES.get(key, key)} {one}" for key, one in value.items())
    elif name in WORDS:
        shown = WORDS[name](value)
    elif isinstance(value, (list, tuple)):
        shown = ", ".join(str(NAMES.get(one, one)) for one in value)
    else:
        shown = NAMES.get(value, str(value)) if isinstance(value, str) else str(value)
    return PHRASES.get(name, f"{name.replace('_', ' ')} {{}}").format(shown)


SOURCES = {
    "paper": "the paper's own numbers, without a measurement",
    "config": "the study's config or last checkpoint, without a measurement",
    "facts": "the study's records and tables of facts",
}
"""What claims rest on that need no scores."""


def strength(claim: Any, evidence: Evidence, found: Found) -> str:
    """Return how much a value rests on: languages or pairs, checkpoints, seeds, and its interval.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from polychron.audit import specimens
    >>> found = Found(0.4, low=0.12, high=0.62, n=44)
    >>> strength(SimpleNamespace(needs="correlations"), specimens.evidence(), found)
    'n = 44; 95% interval 0.12 to 0.62'
    """
    if claim.needs in SOURCES:
        return SOURCES[claim.needs]
    parts = [f"n = {found.n}"] if found.n is not None else []
    parts += _curves(evidence) if evidence.read else []
    if found.low is not None and found.high is not None:
        parts.append(f"95% interval {_number(found.low)} to {_number(found.high)}")
    elif found.n is not None:
        parts.append("no interval")
    return "; ".join(parts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _curves(evidence: Evidence) -> Iterable[str]:
    """Count what was read: languages and pairs of each task, layers, checkpoints and seeds."""
    places = {place for _, place, _ in evidence.read}
    tasks = sorted({place[0] for place in places})
    alone = {place[1] for place in places if place[1] == place[2]}
    pairs = {place[1:3] for place in places if place[1] != place[2]}
    layers = {place[3] for place in places}
    steps = {number for *_, number in evidence.read}
    counts = [_many(len(alone), "language"), _many(len(pairs), "pair")]
    yield " and ".join(count for count in counts if count) + (f" in {len(tasks)} tasks" if len(tasks) > 1 else "")
    if len(layers) > 1:
        yield _many(len(layers), "layer")
    yield _many(max(steps), "checkpoint")
    known = evidence.study.seeds if evidence.study is not None else {}
    seeds = [known[place] for model, place, _ in evidence.read if model == "study" and place in known]
    if seeds:
        yield f"{_many(min(seeds), 'seed')} each"


def _many(number: int, noun: str) -> str:
    """Return a number with its noun; nothing for 0.

    Examples
    --------
    >>> _many(0, "pair"), _many(1, "seed"), _many(44, "language")
    ('', '1 seed', '44 languages')
    """
    return f"{number} {noun}{'s' if number > 1 else ''}" if number else ""
