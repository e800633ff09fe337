"""The tasks as plain data: what the config, the rules, the plan, tables, figures and the audit know of each.

Nothing that computes a score imports this module, or a new task would train every probe again. What a job needs to know
comes through its spec. To add a task, write its module beside this one and an entry below; token labels of a treebank's
column need no code, only an entry of the config (``probing.token_labels``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from polychron.errors import InputError

PAIR = 3
"""Vectors of the input of a pair: the two, and their product (paper, section 2.2)."""

TRAINED_ON = {
    "treebank": ("treebank",),
    "inference": ("inference", "inference_test"),
    "entity": ("entity_treebank",),
}
"""Kinds of dataset that the tasks of a family are trained and tested on."""

TRANSFERRED_TO = {"treebank": "parallel", "inference": "inference_test", "entity": "entities"}
"""The kind of dataset that the probes of a family are transferred to."""


@dataclass(frozen=True)
class Task:
    """What is known of a task.

    Parameters
    ----------
    title : str
        What it is called in tables and figures.
    setup : str
        What it is an instance of, for Table 1.
    dataset : {"treebank", "inference", "entity"}
        Its family: which datasets it reads, and which lists of languages it follows.
    width : int
        Vectors of a probe's input: 1 of a word, 3 of a pair.
    module : str
        The name of its module beside this one.
    lexical : str or None
        The baseline that knows the forms and not the vectors, a module of `polychron.probing.baselines`.
    order : str or None
        The baseline that knows the order of words and their parts of speech, a module there.
    settings : tuple of str
        Keys of the config's ``probing`` that decide its examples.
    training_settings : tuple of str
        Keys that decide only the examples that probes are trained on.
    options : mapping
        Further parameters of the module's ``Task``.
    languages : tuple of str or None
        The languages that have it, None for all of the study.
    metric : str
        What its scores are called.
    spans : bool
        Whether its labels are those of IOB2, whose spans are scored as well.
    """

    title: str
    setup: str
    dataset: str = "treebank"
    width: int = 1
    module: str = "token_labels"
    lexical: str | None = None
    order: str | None = None
    settings: tuple[str, ...] = ()
    training_settings: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    languages: tuple[str, ...] | None = None
    metric: str = "accuracy"
    spans: bool = False

    @property
    def entry(self) -> str:
        """The dotted name of its module."""
        return f"polychron.probing.tasks.{self.module}"

    def among(self, languages: Iterable[str]) -> list[str]:
        """Return those of some languages that have the task."""
        return [language for language in languages if self.languages is None or language in self.languages]

    @property
    def baselines(self) -> tuple[str, ...]:
        """The dotted names of the modules of its baselines, besides the most frequent label."""
        return tuple(f"polychron.probing.baselines.{name}" for name in (self.lexical, self.order) if name)


TASKS = {
    "pos": Task("POS tagging", "Token labelling", options={"column": "upos"}, lexical="word_majority"),
    "arc_prediction": Task(
        "Arc prediction",
        "Token pair labelling",
        width=PAIR,
        module="arc_prediction",
        order="distance",
        settings=("data_seed", "negatives"),
        training_settings=("negatives_per_seed",),
    ),
    "arc_classification": Task(
        "Arc classification",
        "Token pair labelling",
        width=PAIR,
        module="arc_classification",
        settings=("labels",),
        lexical="pair_majority",
        order="distance",
    ),
    "xnli": Task(
        "XNLI", "Sentence pair labelling", dataset="inference", width=PAIR, module="nli", lexical="hypothesis_only"
    ),
    "entities": Task(
        "Named entities", "Token labelling", dataset="entity", module="entities", lexical="word_majority", spans=True
    ),
}
"""The tasks that need no entry of the config."""

PAPER = ("pos", "arc_prediction", "arc_classification", "xnli")
"""The tasks of the paper, which its claims are about."""

INTRINSIC = {
    "bits": Task("Bits per character", "Masked LM", metric="bits_per_character"),
    "alignment": Task("Word alignment", "Unsupervised alignment", metric="f1"),
}
"""What is measured without a probe, and has a place among the tasks in tables and figures."""

ORDER = ("bits", *TASKS, "", "alignment")
"""The order of tables; the empty name is the place of tasks that the config defines."""

METRICS = frozenset(task.metric for task in (*TASKS.values(), *INTRINSIC.values()))


def of(name: str) -> Task:
    """Return what is known of a task; of one that the registry lacks, that it is a task of token labels.

    Examples
    --------
    >>> of("arc_prediction").width, of("xnli").dataset
    (3, 'inference')
    >>> of("grammatical_number").title, of("grammatical_number").lexical
    ('Grammatical number', 'word_majority')
    """
    known = TASKS.get(name) or INTRINSIC.get(name)
    title = name[:1].upper() + name[1:].replace("_", " ")
    return known or Task(title, "Token labelling", lexical="word_majority")


class _Titles(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return of(name).title


TITLES: Mapping[str, str] = _Titles({name: task.title for name, task in (TASKS | INTRINSIC).items()})
"""What tasks are called in tables and figures; one that the config defines is called by its name."""


def in_sentence(name: str) -> str:
    """Return what a task is called within a sentence.

    Examples
    --------
    >>> in_sentence("arc_prediction"), in_sentence("pos"), in_sentence("xnli")
    ('arc prediction', 'POS tagging', 'XNLI')
    """
    title = of(name).title
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def in_order(names: Iterable[str]) -> list[str]:
    """Put tasks into the order of tables.

    Examples
    --------
    >>> in_order({"xnli", "number", "case", "alignment", "pos"})
    ['pos', 'xnli', 'case', 'number', 'alignment']
    """
    return sorted(names, key=lambda name: (ORDER.index(name if name in ORDER else ""), name))


def of_family(dataset: str, names: Iterable[str]) -> list[str]:
    """Return those of some tasks that read a family of datasets.

    Examples
    --------
    >>> of_family("treebank", ["pos", "xnli", "number"])
    ['pos', 'number']
    """
    return [name for name in names if name not in INTRINSIC and of(name).dataset == dataset]


def sized_as(name: str) -> str:
    """Return the task of the paper whose sizes stand for a task that the plan's table of sizes lacks.

    Examples
    --------
    >>> sized_as("number"), sized_as("xnli")
    ('pos', 'xnli')
    """
    task = of(name)
    return "xnli" if task.dataset == "inference" else "pos" if task.width == 1 else "arc_classification"


def of_study(probing: Mapping[str, Any], examples: Iterable[Sequence[str]] = ()) -> dict[str, Task]:
    """Return the tasks of a study.

    Parameters
    ----------
    probing : mapping
        The part ``probing`` of a config: ``tasks``, ``layerwise``, the lists of languages, and ``token_labels``:
        by name ``column``, ``attribute``, ``missing`` and ``languages``.
    examples : iterable of (str, str, str)
        The config's ``analysis.examples``, which begin with a task.

    Returns
    -------
    dict of str to Task
        In the order of ``tasks``.

    Raises
    ------
    InputError
        A task is not defined, a definition is faulty, or it has the name of another task.

    Examples
    --------
    >>> number = {"column": "feats", "attribute": "Number", "missing": "exclude", "languages": None}
    >>> found = of_study({"tasks": ["pos", "number"], "token_labels": {"number": number}})
    >>> found["number"].options
    {'column': 'feats', 'attribute': 'Number', 'missing': 'exclude'}
    """
    known = dict(TASKS)
    for name, entry in probing.get("token_labels", {}).items():
        key = f"probing.token_labels.{name}"
        if name in TASKS or name in INTRINSIC:
            raise InputError(
                f"{key}: {name!r} is the name of a task already", remedy="choose another name, in probing.tasks too"
            )
        if (entry["column"] == "feats") != (entry["attribute"] is not None):
            found = "FEATS holds many attributes" if entry["attribute"] is None else "the attribute is one of FEATS"
            raise InputError(
                f"{key}: {found}, and the column is {entry['column']!r}",
                remedy=f"write {{column: feats, attribute: {entry['attribute'] or 'Number'}}}, or a column without one",
            )
        languages = None if entry["languages"] is None else tuple(entry["languages"])
        listed = {*probing.get("treebank_languages", ()), *probing.get("transfer", {}).get("treebank_languages", ())}
        if strange := [language for language in languages or () if language not in listed]:
            raise InputError(
                f"{key}.languages: {strange[0]!r} is no language of the tasks on treebanks",
                remedy="add it to probing.treebank_languages, or take it out here",
            )
        options = {part: entry[part] for part in ("column", "attribute", "missing") if entry[part] is not None}
        module = "token_labels" if entry["attribute"] is None else "morphology"
        settings = ("labels",) if entry["column"] == "deprel" else ()
        known[name] = replace(of(name), module=module, settings=settings, options=options, languages=languages)
    asked = {
        "probing.tasks": probing["tasks"],
        "probing.layerwise": [entry["task"] for entry in probing.get("layerwise", ())],
        "analysis.examples": [name for name, *_ in examples if name not in INTRINSIC],
    }
    for key, names in asked.items():
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1, 0.75)
                raise InputError(
                    f"{key}: unknown task {name!r}, known are {', '.join(known)}",
                    remedy=(f"write {near[0]!r}, or " if near else "")
                    + f"say what its labels are under probing.token_labels.{name}",
                )
    return {name: known[name] for name in probing["tasks"]}
