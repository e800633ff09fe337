"""The registry describes what the modules do, and says what is wrong with the tasks of a config."""

import ast
import copy
import importlib

import pytest
from cells import pieces_of, treebank
from lineage import reached

from polychron import paths
from polychron.errors import InputError
from polychron.probing.tasks import base, registry
from polychron.provenance import fingerprints

NUMBER = {"column": "feats", "attribute": "Number", "missing": "exclude", "languages": None}
PROBING = {
    "tasks": ["pos", "number"],
    "token_labels": {"number": NUMBER},
    "layerwise": [{"task": "number", "languages": ["de"], "layers": [1]}],
    "treebank_languages": ["de", "en"],
    "transfer": {"treebank_languages": ["de", "fr"]},
}


def changed(**changes):
    probing = copy.deepcopy(PROBING)
    probing["token_labels"]["number"].update(changes.pop("number", {}))
    return {**probing, **changes}


@pytest.mark.parametrize("name", registry.TASKS)
def test_modules_of_a_task_are_there(name):
    task = registry.TASKS[name]
    known = {"data_seed": 1, "labels": "full", "negatives": "distance_matched", "negatives_per_seed": True}
    settings = {key: known[key] for key in (*task.settings, *task.training_settings)}
    assert isinstance(base.load(task.entry, name, {**task.options, **settings}), base.Task)
    for module in task.baselines:
        assert callable(importlib.import_module(module).predictions)


@pytest.mark.parametrize("name", registry.of_family("treebank", registry.TASKS))
def test_the_width_is_that_of_the_examples(name):
    table, task = treebank(60), registry.TASKS[name]
    made = base.load(task.entry, name, task.options).examples([table], [pieces_of(table)])["test"]
    assert task.width == (1 if made.second is None else registry.PAIR)


def test_nothing_that_computes_a_score_imports_the_registry():
    """Or a new task would train every probe again."""
    readers = set()
    for file in paths.LIBRARY.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        names = [
            f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        ]
        if any(name.startswith("polychron.probing.tasks.registry") for name in names):
            readers.add(file.relative_to(paths.LIBRARY).parts[0])
    assert readers
    shown = {"analysis", "audit", "checks", "explorer", "figures", "reporting", "tables"}
    assert readers <= shown | {"planning", "study"}
    scripts = ("train_probe", "train_control", "transfer_probe", "transfer_centred", "score_baseline", "measure_bits")
    for script in (*scripts, "align_words"):
        assert "probing.tasks.registry" not in reached(paths.SCRIPTS, script)[0], script
    assert "probing.tasks.registry" in reached(paths.SCRIPTS, "plan_study")[0]


def test_tasks_of_a_study():
    found = registry.of_study(PROBING)
    assert list(found) == ["pos", "number"]
    assert found["pos"] == registry.TASKS["pos"]
    number = found["number"]
    assert number.entry == "polychron.probing.tasks.morphology" and number.baselines == registry.TASKS["pos"].baselines
    assert number.options == {"column": "feats", "attribute": "Number", "missing": "exclude"}
    assert (number.title, number.setup, number.dataset, number.width) == ("Number", "Token labelling", "treebank", 1)


def test_a_task_of_the_config_has_its_place_and_its_name():
    assert registry.TITLES["noun_class"] == registry.of("noun_class").title == "Noun class"
    assert registry.TITLES["pos"] == "POS tagging"
    assert registry.in_order(["alignment", "noun_class", "bits", "xnli"]) == ["bits", "xnli", "noun_class", "alignment"]
    assert registry.sized_as("noun_class") == "pos" and registry.sized_as("xnli") == "xnli"


FAULTS = {
    "a task that nothing defines": (
        changed(tasks=["pos", "nubmer"]),
        "probing.tasks: unknown task 'nubmer', known are pos, arc_prediction, arc_classification, xnli, entities, "
        "number. Next: write 'number', or say",
    ),
    "an unknown task by layers": (
        changed(layerwise=[{"task": "ner"}]),
        "probing.layerwise: unknown task 'ner', known are pos, arc_prediction, arc_classification, xnli, entities, "
        "number. Next: say what its labels are under probing.token_labels.ner.",
    ),
    "a name that is taken": (
        changed(token_labels={"pos": NUMBER}),
        "probing.token_labels.pos: 'pos' is the name of a task already",
    ),
    "the name of a measure": (
        changed(token_labels={"bits": NUMBER}),
        "probing.token_labels.bits: 'bits' is the name of a task already",
    ),
    "features without an attribute": (
        changed(number={"attribute": None}),
        "probing.token_labels.number: FEATS holds many attributes, and the column is 'feats'",
    ),
    "an attribute of another column": (
        changed(number={"column": "xpos"}),
        "probing.token_labels.number: the attribute is one of FEATS, and the column is 'xpos'",
    ),
    "a language that the study does not have": (
        changed(number={"languages": ["de", "zh"]}),
        "probing.token_labels.number.languages: 'zh' is no language of the tasks on treebanks",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_with_the_tasks_of_a_config(name):
    probing, said = FAULTS[name]
    with pytest.raises(InputError) as caught:
        registry.of_study(probing)
    assert str(caught.value).startswith(said) and " Next: " in str(caught.value)


def test_a_task_of_the_examples_of_figures():
    registry.of_study(PROBING, [["pos", "de", "de"], ["number", "de", "en"], ["alignment", "de", "en"]])
    with pytest.raises(InputError, match=r"analysis\.examples: unknown task 'case'"):
        registry.of_study(PROBING, [["case", "de", "de"]])


def test_another_version_of_conllu_trains_no_probe_for_parts_of_speech():
    """Only what reads FEATS needs that package."""
    entries = {task.module: task.entry for task in registry.TASKS.values()}
    entries["morphology"] = "polychron.probing.tasks.morphology"
    found = {name: fingerprints.code_of(paths.SCRIPTS / "train_probe.py", entry) for name, entry in entries.items()}
    assert [name for name, code in found.items() if "conllu" in code["packages"]] == ["morphology"]
