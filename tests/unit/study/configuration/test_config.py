import copy
import datetime
import json
import random
import re

import pytest
import yaml

from polychron.errors import InputError
from polychron.study.configuration import config, config_values


@pytest.fixture(scope="module")
def description(root):
    with open(root / "workflow/schemas/config.schema.yaml", encoding="utf-8") as file:
        return config.load(file)


def merged(root, *overlays):
    study = yaml.safe_load((root / "config.yaml").read_text())

    def merge(into, other):
        for key, value in other.items():
            if isinstance(value, dict) and isinstance(into.get(key), dict):
                merge(into[key], value)
            else:
                into[key] = value

    for overlay in overlays:
        merge(study, yaml.safe_load((root / overlay).read_text()))
    return study


@pytest.mark.parametrize("name", [None, "toy", "mini", "own", "pretrained"])
def test_the_studies_are_valid(root, description, name):
    overlays = [f"studies/{name}.yaml"] if name else []
    assert config.problems(merged(root, *overlays), description) == []


def test_the_mini_study_reports_nothing_on_sentences_that_are_in_its_texts(root):
    """Its texts have the test sentences of Tatoeba word for word."""
    study = merged(root, "studies/mini.yaml")
    assert study["geometry"]["sets"] == ["parallel"] and "tatoeba" not in study["files"]


def test_the_paper_has_its_axes(root):
    """Table 2 and section 2.1, counted in the readings: 39 steps, 44 + 15 + 94 languages, 18 and 15 for transfer."""
    study = merged(root)
    assert len(study["steps"]) == 39
    assert study["steps"] == [*range(5_000, 50_001, 5_000), *range(100_000, 1_500_001, 50_000)]
    probing = study["probing"]
    assert len(probing["treebank_languages"]) == 44
    assert len(probing["inference_languages"]) == 15
    assert len(study["bits"]["languages"]) == 94
    assert probing["transfer"]["treebank_languages"] == sorted(
        set(probing["treebank_languages"]) & set(study["files"]["parallel"])
    )
    assert len(probing["transfer"]["treebank_languages"]) == 18
    assert len({*probing["treebank_languages"], *probing["inference_languages"]}) == 46
    assert set(study["files"]["treebank"]) == set(probing["treebank_languages"])
    assert "no" in study["bits"]["languages"]


FAULTS = [
    (lambda c: c["probing"].update(epoch=3), "probing.epoch: unknown key. Did you mean 'epochs'?"),
    (lambda c: c.update(stepz=[1]), "stepz: unknown key. Did you mean 'steps'?"),
    (lambda c: c["probing"].update(learning_rate="1e-3"), "probing.learning_rate: '1e-3' is not of type 'number'"),
    (lambda c: c["bits"].update(languages=[False]), 'write "no"'),
    (lambda c: c.update(steps=[]), "steps: is empty, and needs at least one entry"),
    (lambda c: c["probing"].update(seeds=[1, 1]), "probing.seeds: [1, 1] has non-unique elements"),
    (lambda c: c["probing"].update(tasks=["a/b"]), "probing.tasks.0: 'a/b' does not match"),
    (
        lambda c: c["probing"].update(token_labels={"case": {"column": "misc"}}),
        "probing.token_labels.case.column: 'misc' is not one of ['upos', 'xpos', 'feats', 'deprel']",
    ),
    (
        lambda c: c["probing"].update(token_labels={"case": {"column": "feats", "atribute": "Case"}}),
        "probing.token_labels.case.atribute: unknown key. Did you mean 'attribute'?",
    ),
    (lambda c: c.pop("steps"), "'steps' is a required property"),
    (
        lambda c: c.update(steps=[0, "1e3"]),
        "steps.1: '1e3' is not of type 'integer'. YAML reads 1e3 as text: write it as 1000",
    ),
    (lambda c: c["probing"].update(learning_rate="1e-9"), "YAML reads 1e-9 as text: write it as 1.0e-09"),
    (lambda c: c["probing"].update(epochs=2.5), "probing.epochs: 2.5 is not of type 'integer'"),
    (
        lambda c: c["probing"].update(learning_rate=float("nan")),
        "nan is not of type 'number'. A number has to be finite",
    ),
    (
        lambda c: c["plan"].update(max_disk=float("inf")),
        "plan.max_disk: inf is not of type 'number'. A number has to be",
    ),
    (lambda c: c["probing"].update(learning_rate=1e300), "1e+300 is greater than the maximum of 10"),
    (lambda c: c["models"][0].update(final_layer=300_000_000), "300000000 is greater than the maximum of 1000"),
    (lambda c: c["models"][0].update(name="a" * 300), "models.0.name: 'aaa"),
    (lambda c: c["models"][0].update(name="a\n"), r"models.0.name: 'a\n' does not match"),
    (lambda c: c["models"][0].update(name="a/b"), "models.0.name: 'a/b' does not match"),
    (lambda c: c.update(study="../up"), "study: '../up' does not match"),
    (
        lambda c: c["files"].update(text="{lang}"),
        "files.text: '{lang}' has '{lang}' in it. Known in braces here: {language}",
    ),
    (
        lambda c: c["files"]["treebank"].update(af="{0}"),
        "files.treebank.af: '{0}' has '{0}' in it. Known in braces here: {split}",
    ),
    (lambda c: c["files"]["inference"]["dev"].update(file="a{"), "files.inference.dev.file: 'a{' has '{' in it"),
    (
        lambda c: c["models"][0].update(source="./{ste}"),
        "models.0.source: './{ste}' has '{ste}' in it. Known in braces here: {step}",
    ),
    (lambda c: c["models"][1].update(revision="{step!r}"), "models.1.revision: '{step!r}' has '{step!r}' in it"),
    (lambda c: c["files"].update(sizes="{split}.csv"), "Nothing can be in braces here"),
    (lambda c: c["files"]["treebank"].update({False: "a"}), "files.treebank: False is not of type 'string'"),
    (lambda c: c.update(title=datetime.date(2026, 1, 1)), "title: YAML reads 2026-01-01 as a date: write it in quotes"),
]


@pytest.mark.parametrize(("spoil", "message"), FAULTS)
def test_a_fault_is_named_with_its_place(root, description, spoil, message):
    study = merged(root)
    spoil(study)
    found = config.problems(study, description)
    assert len(found) == 1
    assert message in found[0]


def test_all_faults_are_listed_at_once(root, description):
    study = merged(root)
    for spoil, _ in FAULTS[:4]:
        spoil(study)
    assert len(config.problems(study, description)) == 4


def test_defaults_are_filled_in_through_references(root, description):
    study = merged(root)
    assert "rows" not in study["files"]["inference"]["train"]
    config.problems(study, description)
    assert study["files"]["inference"]["train"]["rows"] is None
    assert study["probing"]["layerwise"][0]["transfer"] == [0, 2, 4, 6, 8, 10, 12]
    assert study["probing"]["token_labels"] == {}
    study["probing"]["token_labels"] = {"tags": {"column": "xpos"}}
    assert config.problems(study, description) == []
    assert study["probing"]["token_labels"]["tags"] == {
        "column": "xpos",
        "attribute": None,
        "missing": "exclude",
        "languages": None,
    }


def test_numbers_of_the_command_line_are_read_where_the_schema_wants_numbers(root, description):
    """Snakemake hands ``--study 'plan={gpus: 2}'`` on as text; a text elsewhere, or in a file, is still a fault."""
    study = merged(root)
    said = {"plan": {"gpus": "2", "max_disk": "1e3"}, "steps": ["0", "8"], "probing": {"description_length": "true"}}
    for name in ("plan", "probing"):
        study[name] |= said[name]
    study["steps"] = said["steps"]
    study["models"][0]["revision"] = "1000"
    assert config.problems(study, description, said) == []
    assert (study["plan"]["gpus"], study["plan"]["max_disk"], study["steps"]) == (2, 1000.0, [0, 8])
    assert study["probing"]["description_length"] is True
    assert study["models"][0]["revision"] == "1000"
    study["plan"]["gpus"] = "two"
    (fault,) = config.problems(study, description, {"plan": {"gpus": "two"}})
    assert fault.startswith("plan.gpus: 'two' is not of type 'integer'")
    study["plan"]["gpus"] = "2"
    assert config.problems(study, description)


def test_a_whole_number_with_a_point_is_the_same_whole_number(root, description):
    study = merged(root)
    config.validated(study)
    written = merged(root)
    written["probing"].update(epochs=50.0, seeds=[0.0, 1, 2.0, 3, 4])
    written["models"][0]["final_layer"] = 12.0
    written["pretraining"]["layers"] = 12.0
    config.validated(written)
    assert repr(written) == repr(study)
    said = {"steps": ["1e3", "2000"], "plan": {"max_disk": "20"}}
    written = merged(root) | {"steps": ["1e3", "2000"]}
    written["plan"]["max_disk"] = "20"
    config.validated(written, said)
    assert repr(written["steps"]) == "[1000, 2000]" and written["plan"]["max_disk"] == 20


def test_a_number_without_a_point_is_the_same_number(root):
    study, written = merged(root), merged(root)
    study["pretraining"].update(character_coverage=1.0, weight_decay=0.0)
    written["pretraining"].update(character_coverage=1, weight_decay=0)
    written["analysis"]["onset"], study["analysis"]["onset"] = [1, 0.9], [0.9, 1.0]
    assert json.dumps(config.validated(written)) == json.dumps(config.validated(study))


def test_a_list_whose_order_means_nothing_is_sorted_and_others_are_not(root):
    study, turned = merged(root), merged(root)
    config.validated(study)
    for name in ("seeds", "layers", "treebank_languages", "inference_languages"):
        turned["probing"][name] = turned["probing"][name][::-1]
    turned["steps"] = turned["steps"][::-1]
    turned["alignment"]["layers"] = turned["alignment"]["layers"][::-1]
    turned["analysis"]["onset"] = [0.98, 0.9, 0.95]
    for name, languages in turned["probing"]["transfer"].items():
        turned["probing"]["transfer"][name] = languages and languages[::-1]
    config.validated(turned)
    assert turned == study
    assert study["probing"]["tasks"] == ["pos", "arc_prediction", "arc_classification", "xnli"]
    assert study["analysis"]["examples"] == merged(root)["analysis"]["examples"]


ORDERED = {
    "models": "the order of curves and rows",
    "expect": "the order of rows",
    "analysis.examples": "the order of panels",
    "pretraining.languages": "decides the vocabulary and the batches",
    "alignment.pairs.*": "source and target",
    "geometry.words.dictionary.*": "source and target",
    "analysis.examples.*": "task, source and target",
    "files.inference.*.rows": "the first row, and the row after the last",
    "world.sentences.treebank": "train, dev, test",
    "world.sentences.inference": "train, dev, test",
}
"""The lists whose order means something, and what."""


def turn(value, path, chance):
    """Put every list of a config whose order means nothing into a random order, and say which others there are."""
    met = set()
    if isinstance(value, dict):
        for name, item in value.items():
            met |= turn(item, f"{path}.{name}" if path else name, chance)
    elif isinstance(value, list):
        known = [name for name in ORDERED if re.fullmatch(re.escape(name).replace(r"\*", r"[^.]+"), path)]
        if not known:
            chance.shuffle(value)
        for number, item in enumerate(value):
            met |= turn(item, f"{path}.{number}", chance)
        met |= {*known}
    return met


@pytest.mark.parametrize("name", ["toy", "mini", "own", "pretrained"])
def test_no_order_of_a_list_changes_a_study_unless_it_means_something(root, name):
    overlay = f"studies/{name}.yaml"
    study = config.validated(merged(root, overlay))
    met = set()
    for seed in range(20):
        turned = json.loads(json.dumps(merged(root, overlay)))  # lists that an alias shares become two
        turned["pretraining"]["chain"] = study["pretraining"]["chain"] = [2, 1, 3]
        met |= turn(turned, "", random.Random(seed))
        assert config.validated(turned) | {"pretraining": None} == study | {"pretraining": None}
        assert turned["pretraining"] == study["pretraining"] | {"chain": [1, 2, 3]}
    if name == "toy":
        assert met >= ORDERED.keys() - {"files.inference.*.rows", "geometry.words.dictionary.*"}


def test_every_number_has_bounds_and_every_text_of_a_name_or_path_a_length(description):
    """So that no value can be absurdly large; and every key without a default is required, so that none is missing."""
    faults = []

    def walk(part, path):
        part = config_values.resolved(part, description)
        types = config_values.types(part)
        if {"integer", "number"} & {*types}:
            low, high = ({"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"})
            if not (low & part.keys() and high & part.keys()):
                faults.append(f"{path} has no bounds")
        if "string" in types and not {"maxLength", "enum", "pattern"} & part.keys():
            faults.append(f"{path} has no maxLength")
        for name, inner in part.get("properties", {}).items():
            if "default" not in inner and name not in part.get("required", []) and "overlay" not in part:
                faults.append(f"{path}.{name} may be missing")
            walk(inner, f"{path}.{name}")
        if isinstance(part.get("additionalProperties"), dict):
            if "propertyNames" not in part:
                faults.append(f"{path} has keys of any kind")
            walk(part["additionalProperties"], f"{path}.*")
        for inner in [part["items"]] if "items" in part else part.get("prefixItems", []):
            walk(inner, f"{path}[]")

    walk(description, "")
    top = {".mirror", ".scores", ".by_hand"}
    # each check of the laboratory says which of these it needs
    checks = {f".expect[].{name}" for name in ("pair", "variant", "beside", "states")}
    assert [fault for fault in faults if fault.split(" ")[0] not in top | checks] == []


def test_the_file_and_line_of_a_fault_are_named(tmp_path, root):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("title: x\nprobing:\n  seeds:\n    - 0\n    - -1\n  epoch: 3\n")
    study = merged(root, overlay)
    with pytest.raises(InputError) as error:
        config.validated(copy.deepcopy(study), files=[root / "config.yaml", overlay])
    assert f"epoch: unknown key. Did you mean 'epochs'? ({overlay}, line 6)." in str(error.value)
    assert f"-1 is less than the minimum of 0 ({overlay}, line 5)." in str(error.value)
    study["probing"] |= {"seeds": ["-1"]}
    with pytest.raises(InputError) as error:
        config.validated(study, {"probing": {"seeds": ["-1"]}}, [root / "config.yaml", overlay])
    assert "less than the minimum of 0." in str(error.value), "no line of a file for a value of the command line"


@pytest.mark.parametrize("size", [200, 10**5])
def test_values_that_no_config_can_have_are_refused_without_being_written_out(root, size):
    study = merged(root)
    study["probing"]["epochs"] = 2**size
    with pytest.raises(InputError, match=r"^probing.epochs: a whole number of [\d,]+ bits. Next"):
        config.validated(study)
    study = merged(root)
    study["analysis"]["readings"] = study["analysis"]
    with pytest.raises(InputError, match=r"^analysis.readings: contains itself"):
        config.validated(study)


def test_a_config_over_another_is_merged_as_snakemake_does_and_entries_are_whole(root, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text((root / "config.yaml").read_text())
    pair = next(iter(yaml.safe_load(file.read_text())["files"]["alignment"]))
    given = {"steps": [0, 7], "bits": {"draws": 3}, "files": {"alignment": {pair: {"format": "naacl", "links": "./x"}}}}
    before = copy.deepcopy(given)
    laid, own = config.over(file, given), yaml.safe_load(file.read_text())
    assert laid["steps"] == [0, 7] and laid["bits"] == {**own["bits"], "draws": 3}
    assert laid["files"]["alignment"][pair] == {"format": "naacl", "links": "./x"}
    others = {name: entry for name, entry in laid["files"]["alignment"].items() if name != pair}
    assert others == {name: entry for name, entry in own["files"]["alignment"].items() if name != pair}
    laid["bits"]["draws"] = laid["files"]["alignment"][pair]["links"] = None
    assert given == before
