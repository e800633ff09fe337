"""What Snakemake says of a config before anything runs."""

import os
import re

import pytest
import without_fairseq
import yaml
from forked import STARTER

TOY = "studies/toy.yaml"


def overlay(folder, **values):
    path = folder / "overlay.yaml"
    path.write_text(yaml.safe_dump(values))
    return str(path)


def test_the_papers_study_stops_on_one_machine_with_its_numbers_and_the_ways_on(snakemake, tmp_path):
    done = snakemake(tmp_path, "--cores", "1", "all")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    for line in ("9,536  train_probe", "3,760  measure_bits", "234  align_words", "on disk", "of one V100"):
        assert line in said
    assert "Error" not in said
    assert "Exception" not in said
    assert "snakemake --profile slurm-v100" in said
    assert "studies/toy.yaml" in said
    assert not (tmp_path / "results").exists()
    assert not (tmp_path / "resources").exists()


@pytest.mark.parametrize("target", ["scores", "figures", "results/xlmr-replica/figures/figure-08.html"])
def test_other_targets_of_the_papers_study_stop_too(snakemake, tmp_path, target):
    done = snakemake(tmp_path, "--cores", "1", target)
    assert done.returncode == 1
    assert "needs a cluster, and nothing was started" in done.stdout + done.stderr


HUB = {
    "name": "hub",
    "provider": "hub",
    "source": "org/model",
    "revision": "step{step}",
    "final_layer": 2,
    "window": 64,
}

FAULTS = {
    "a provider without its address": (
        {"models": [{**HUB, "revision": None}]},
        ["models: 'hub' has the provider 'hub' and no 'revision'", "add revision to the model"],
    ),
    "one address for all steps": (
        {"models": [{**HUB, "revision": "main"}]},
        ["models: all steps of 'hub' have the same address, org/model", "write {step} or {thousands}"],
    ),
    "published files without a vocabulary": (
        {"models": [{**HUB, "provider": "published", "source": "https://example.org/{step}.pt"}]},
        ["models: 'hub' has the provider 'published' and no 'vocabulary'"],
    ),
    "a task that the study does not have": (
        {"models": [{**HUB, "tasks": ["xnli"]}], "probing": {"tasks": ["pos"]}},
        ["models: the task 'xnli' of 'hub' is not in probing.tasks"],
    ),
    "a task that nothing defines": (
        {
            "probing": {
                "tasks": ["pos", "nubmer"],
                "token_labels": {"number": {"column": "feats", "attribute": "Number"}},
            }
        },
        ["probing.tasks: unknown task 'nubmer'", "Next: write 'number', or say what its labels are"],
    ),
    "features without an attribute": (
        {"probing": {"token_labels": {"number": {"column": "feats"}}}},
        ["probing.token_labels.number: FEATS holds many attributes", "write {column: feats, attribute: Number}"],
    ),
    "two models of one name": (
        {"models": [HUB, HUB]},
        ["models: two models have the same name"],
    ),
    "a misspelt key": (
        {"probing": {"epoch": 3}},
        ["probing.epoch: unknown key", "Did you mean 'epochs'?"],
    ),
    "a language without a treebank": (
        {"probing": {"treebank_languages": ["qsa", "qxx"]}},
        ["treebank: the language 'qxx' is asked for", "add files.treebank.qxx"],
    ),
    "a layer that the model does not have": (
        {"probing": {"layers": [2, 7]}},
        ["layers: 7 is asked for", "'toy' has the layers 0 to 2"],
    ),
    "a step beyond the schedule": (
        {"steps": [0, 5000]},
        ["steps: 5000 is beyond pretraining.updates, 4800"],
    ),
    "an empty axis": (
        {"steps": []},
        ["steps: is empty, and needs at least one entry"],
    ),
    "a fault in a file": (
        {"steps": [0, "1e3"]},
        ["steps.1: '1e3' is not of type 'integer'. YAML reads 1e3 as text: write it as 1000 (", "overlay.yaml, line "],
    ),
    "a placeholder that is not known": (
        {"files": {"text": "./{lang}.txt.xz"}},
        ["files.text: './{lang}.txt.xz' has '{lang}' in it. Known in braces here: {language}"],
    ),
    "a name that no file can have": (
        {"models": [{**HUB, "name": "a" * 300}]},
        ["models.0.name: 'aaa", "is too long"],
    ),
    "more layers than memory holds": (
        {"models": [{**HUB, "final_layer": 300_000_000}]},
        ["models.0.final_layer: 300000000 is greater than the maximum of 1000"],
    ),
    "a learning rate that is no number": (
        {"probing": {"learning_rate": float("nan")}},
        ["probing.learning_rate: nan is not of type 'number'. A number has to be finite"],
    ),
    "two faults": (
        {"probing": {"epoch": 3, "seeds": [0, 0]}},
        ["probing.epoch: unknown key", "non-unique"],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_config_is_told_with_its_remedy(snakemake, tmp_path, name):
    values, messages = FAULTS[name]
    done = snakemake(tmp_path, "-n", "--configfile", TOY, overlay(tmp_path, **values))
    said = done.stdout + done.stderr
    assert done.returncode == 1
    for message in messages:
        assert message in said
    assert "Traceback" not in said


def test_the_code_for_norwegian_without_quotes_is_explained(snakemake, tmp_path):
    path = tmp_path / "overlay.yaml"
    path.write_text("bits:\n  languages: [qsa, no]\n")
    done = snakemake(tmp_path, "-n", "--configfile", TOY, str(path))
    assert done.returncode == 1
    assert 'write "no"' in done.stdout + done.stderr


TWICE = "probing:\n  epochs: 9\nprobing:\n  patience: 3\n"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (TWICE, ["overlay.yaml:3: the key 'probing' is there twice", "at lines 1 and 3", "Next: remove one, or join"]),
        ("title: &a\n  - *a\n", ["overlay.yaml:1: the anchor of this value is used inside the value itself"]),
    ],
)
def test_what_a_parsed_file_no_longer_shows_is_refused(snakemake, tmp_path, text, messages):
    (tmp_path / "overlay.yaml").write_text(text)
    done = snakemake(tmp_path, "-n", "--configfile", TOY, str(tmp_path / "overlay.yaml"))
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "The config cannot be used" in said and "Traceback" not in said
    for message in messages:
        assert message in said


def test_steps_and_whole_numbers_may_be_written_in_other_ways(snakemake, tmp_path):
    """The same jobs are planned, controls at the last step."""
    plain = snakemake(tmp_path, "-n", "--configfile", TOY, "--", "scores")
    values = {"steps": [4800, 0.0, 800, 50], "probing": {"epochs": 50.0, "seeds": [4, 3, 2, 1, 0]}}
    other = snakemake(tmp_path, "-n", "--configfile", TOY, overlay(tmp_path, **values), "--", "scores")
    assert plain.returncode == other.returncode == 0, other.stderr
    counts = [re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.M) for done in (plain, other)]
    assert counts[0] == counts[1] and ("train_control", "42") in counts[0]


def test_where_slurm_does_not_answer_nothing_is_planned_or_fetched(snakemake, tmp_path):
    (tmp_path / "bin").mkdir()
    for name in ("sbatch", "squeue"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\necho there is no controller >&2\nexit 1\n")
        (tmp_path / "bin" / name).chmod(0o755)
    path = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = snakemake(tmp_path / "run", "--configfile", TOY, "--profile", "slurm-v100", env=path)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "The profile cannot be used:" in said and "there is no controller" in said
    assert "Job stats" not in said and "Traceback" not in said
    assert not (tmp_path / "run/results").exists() and not (tmp_path / "run/resources").exists()


@pytest.mark.parametrize("folder", ["my study", "my$HOME", "a'b", 'a"b', "a;b", "a&b", "a(b)"])
def test_a_checkout_where_a_shell_would_read_the_path_is_refused_at_once(tmp_path, root, folder):
    checkout = tmp_path / folder
    checkout.mkdir()
    for name in ("Snakefile", "config.yaml"):
        (checkout / name).write_text((root / name).read_text())
    for name in ("rules", "workflow", "profiles", "studies"):
        (checkout / name).symlink_to(root / name)
    done = STARTER.run(["--configfile", TOY, "-n", "-q"], cwd=checkout, library=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "which a shell reads: no job could start there" in said
    assert "Next: move the checkout" in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "card: gpu:tesla_v100-sxm2-16gb",
            "card: Snakemake's plugin for Slurm does not take 'gpu:tesla_v100-sxm2-16gb:1'",
        ),
        ("gpu: gpu*", "cpu or gpu: 'gpu*' is not the name of a partition"),
    ],
)
def test_a_name_of_the_site_that_slurm_or_its_plugin_would_not_take_is_refused(
    snakemake, tmp_path, root, line, message
):
    text = (root / "profiles/slurm-v100/config.yaml").read_text()
    name = line.split(":")[0]
    (tmp_path / "config.yaml").write_text(re.sub(rf"^  {name}: .*$", f"  {line}", text, count=1, flags=re.M))
    done = snakemake(tmp_path, "-n", "--profile", str(tmp_path), "--configfile", TOY)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "The profile cannot be used" in said and message in said
    assert "Next: write" in said and "Traceback" not in said


def test_an_unknown_language_in_a_path_is_no_target(snakemake, tmp_path):
    done = snakemake(tmp_path, "--configfile", TOY, "-n", "results/toy/probes/pos/xx/layer-2/step-50.parquet")
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "MissingRuleException" in said
    assert "results/toy/probes/pos/xx/layer-2/step-50.parquet" in said


@pytest.mark.parametrize("profile", [[], ["--profile", "slurm-v100"], ["--profile", "profiles/slurm-v100"]])
def test_both_profiles_watch_the_same_triggers(snakemake, tmp_path, root, profile):
    """A profile that dropped the line would rerun everything for a touched script, or nothing for a changed one."""
    done = snakemake(
        tmp_path, "-n", "--configfile", TOY, *profile, "--debug-dag", "results/toy/tokenizer/tokenizer.json"
    )
    assert done.returncode == 0, done.stderr
    default = yaml.safe_load((root / "profiles/default/config.yaml").read_text())
    slurm = yaml.safe_load((root / "profiles/slurm-v100/config.yaml").read_text())
    assert default == {"rerun-triggers": ["mtime", "input", "params", "software-env"]}
    assert slurm["rerun-triggers"] == default["rerun-triggers"]
    if profile:
        assert re.search(r"profiles? .*slurm-v100", done.stderr)


def test_profiles_of_other_cards_differ_in_their_heads_alone(root):
    def parts(card):
        assert (root / f"slurm-{card}").resolve() == root / f"profiles/slurm-{card}"
        head, body = (root / f"profiles/slurm-{card}/config.yaml").read_text().split("\nexecutor: slurm\n")
        return head, body

    (head, body), *others = (parts(card) for card in ("v100", "a100", "h100"))
    assert "card: gpu:v100 " in head and "v100" not in body
    for card, (other, same) in zip(("a100", "h100"), others, strict=True):
        assert same == body
        assert f"card: gpu:{card} " in other
        assert re.sub("#.*", "", other).replace(card, "v100").split() == re.sub("#.*", "", head).split()


def test_no_file_under_git_is_an_input(snakemake, tmp_path, root):
    """A clone would make it newer than every result."""
    done = snakemake(tmp_path, "--configfile", TOY, "--summary", "all")
    assert done.returncode == 0, done.stderr
    done = snakemake(tmp_path, "--configfile", TOY, "-n", "all")
    inputs = {path for line in re.findall(r"^ +input: (.*)$", done.stdout, re.M) for path in line.split(", ")}
    assert len(inputs) > 100
    assert {path.split("/")[0] for path in inputs} == {"resources", "results"}


@pytest.mark.parametrize("study", ["pretrained", "of the hub"])
def test_without_fairseq_models_of_the_hub_are_studied_and_none_is_pretrained(snakemake, tmp_path, study):
    """After `make FAIRSEQ=no`: what would need it is refused before anything starts."""
    place = without_fairseq.environment(tmp_path / "python")
    probing = {"layers": [2], "layerwise": [], "sensitivity": None}
    changes = {"study": "own", "models": [HUB], "steps": [1, 2], "probing": probing, "expect": None}
    more = [overlay(tmp_path, **changes)] if study == "of the hub" else []
    arguments = ["--configfile", TOY, *more, "--cores", "1", "--dry-run", "--quiet", "all", "--", "scores"]
    done = snakemake(tmp_path / "run", *arguments, by=["env"], env=place)
    said = done.stdout + done.stderr
    if study == "of the hub":
        assert done.returncode == 0, said[-2000:]
    else:
        assert done.returncode == 1 and "Traceback" not in said
        assert "models: toy: pretrained by fairseq" in said and "make FAIRSEQ=yes environment" in said
