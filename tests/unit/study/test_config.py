import pytest
import yaml

from polychron.study import config


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
    said = {"plan": {"gpus": "2", "max_disk": "1e3"}, "steps": ["0", "8"], "probing": {"control": "true"}}
    for name in ("plan", "probing"):
        study[name] |= said[name]
    study["steps"] = said["steps"]
    study["models"][0]["revision"] = "1000"
    assert config.problems(study, description, said) == []
    assert (study["plan"]["gpus"], study["plan"]["max_disk"], study["steps"]) == (2, 1000.0, [0, 8])
    assert study["probing"]["control"] is True
    assert study["models"][0]["revision"] == "1000"
    study["plan"]["gpus"] = "two"
    (fault,) = config.problems(study, description, {"plan": {"gpus": "two"}})
    assert fault.startswith("plan.gpus: 'two' is not of type 'integer'")
    study["plan"]["gpus"] = "2"
    assert config.problems(study, description)
