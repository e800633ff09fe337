"""The geometry of the toy study: what it finds, and what reruns when the config changes."""

import csv
from collections import Counter

import numpy as np
import pyarrow
import pyarrow.compute as pc
import pytest
import yaml
from rerun import jobs

from polychron.checks import geometry as expectations
from polychron.geometry import search, sentence_states
from polychron.storage import files
from polychron.synthetic.languages import relations
from studies import TOY

pytestmark = pytest.mark.slow

ORDER = {"qsa": "Latin", "qsb": "Latin", "qsc": "Latin", "qsd": "Cyrillic"}
"""The languages of one word order, and their scripts."""

CHANGES = {
    "nothing": ("", {}),
    "fewer layers": ("geometry: {layers: [0, 2]}", {"map_words": 32, "gather_geometry": 1}),
    "another number of permutations": (
        "geometry: {permutations: 19}",
        {"compare_languages": 12, "gather_geometry": 1},
    ),
    "neighbours of CSLS": (
        "geometry: {csls: 5}",
        {"retrieve_sentences": 12, "map_words": 32, "gather_geometry": 1},
    ),
    "maps of another set": (
        "geometry: {sets: [parallel, inference_parallel], fit: inference_parallel}",
        {
            "pool_sentences": 24,
            "compare_languages": 12,
            "compare_steps": 3,
            "retrieve_sentences": 24,
            "identify_languages": 12,
            "gather_geometry": 1,
        },
    ),
    "no words": ("geometry: {words: null}", {"gather_geometry": 1}),
    "a language less": (
        "geometry: {languages: [qsa, qsb, qsc, qsd, qoe]}",
        {
            "tabulate_parallel": 1,
            "tabulate_factors": 1,
            "compare_languages": 12,
            "compare_steps": 3,
            "retrieve_sentences": 12,
            "identify_languages": 12,
            "gather_geometry": 1,
        },
    ),
    "an epoch of probes": (
        "probing: {epochs: 49}",
        {"identify_languages": 12, "transfer_centred": 112, "gather_geometry": 1},
    ),
    "centred transfer of fewer tasks": ("geometry: {transfer: [pos]}", {"gather_geometry": 1}),
    "a target of transfer less": (
        "{geometry: {languages: [qsa, qsb, qsc, qsd, qoe, qpf]}, "
        "probing: {transfer: {treebank_languages: [qsa, qsb, qsc, qsd, qoe]}}}",
        {"transfer_centred": 76, "gather_geometry": 1},
    ),
    "another state": (
        "geometry: {pooling: first}",
        {
            "pool_sentences": 24,
            "compare_languages": 12,
            "compare_steps": 3,
            "retrieve_sentences": 12,
            "identify_languages": 12,
            "gather_geometry": 1,
        },
    ),
}
RULES = {name for _, expected in CHANGES.values() for name in expected}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_reruns_what_depends_on_it_and_no_more(snakemake, root, toy, tmp_path, name):
    overlay, expected = CHANGES[name]
    (tmp_path / "change.yaml").write_text(overlay or "geometry: {}\n")
    study = [*TOY, str(tmp_path / "change.yaml")]
    done = snakemake(root, *study, "--cores", "2", "--dry-run", "--", "results/toy/geometry.parquet", "scores")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    found = Counter(made.rule for made in jobs(said))
    assert {rule: found[rule] for rule in RULES & {*found}} == expected


def test_without_geometry_nothing_reruns_and_nothing_makes_its_table(snakemake, root, toy, tmp_path):
    (tmp_path / "change.yaml").write_text("geometry: null\n")
    study = [*TOY, str(tmp_path / "change.yaml"), "--cores", "2", "--dry-run", "--"]
    done = snakemake(root, *study, "scores")
    assert done.returncode == 0 and not jobs(done.stdout + done.stderr)
    done = snakemake(root, *study, "results/toy/geometry.parquet")
    assert done.returncode == 1 and "No rule to produce results/toy/geometry.parquet" in done.stdout + done.stderr


def test_what_the_toy_study_shows_of_its_languages(toy):
    """Translations are nearer where order and script are shared, once centred, and more so than before training."""
    table = files.read_table(toy / "geometry.parquet").to_pylist()

    def mean(metric, step, layer, alike):
        values = [
            row["value"]
            for row in table
            if (row["metric"], row["step"], row["layer"]) == (metric, step, layer)
            and row["task"] == "retrieval"
            and alike(row["source"], row["target"])
        ]
        assert values
        return sum(values) / len(values)

    def same_script(one, other):
        return one in ORDER and other in ORDER and ORDER[one] == ORDER[other]

    def other_script(one, other):
        return one in ORDER and other in ORDER and ORDER[one] != ORDER[other]

    def other_order(one, other):
        return not (one in ORDER and other in ORDER)

    centred, raw, mapped = (f"p_at_1.{kind}.cosine" for kind in ("centred", "raw", "mapped"))
    groups = (same_script, other_script, other_order)
    near, far, apart = (mean(centred, 4800, 1, alike) for alike in groups)
    assert near > far + 0.05 and far > apart + 0.05
    for alike in groups[:2]:
        assert mean(centred, 4800, 1, alike) > mean(raw, 4800, 1, alike) + 0.05
    grown = max(mean(centred, 4800, layer, other_script) - mean(centred, 0, layer, other_script) for layer in range(3))
    assert grown > 0.08
    for alike in groups:
        assert mean(mapped, 4800, 1, alike) > mean(raw, 4800, 1, alike) + 0.15
    # before training other scripts are no nearer than other orders
    assert mean(centred, 0, 1, other_script) < mean(centred, 0, 1, other_order) + 0.05


def test_the_expectations_are_met_and_fail_without_training_and_with_shuffled_sentences(toy, root):
    """Two negative controls: step 0 copied over the last, and the states of each language in another order."""
    expect = expectations.expected(yaml.safe_load((root / "studies/toy.yaml").read_text())["expect"])
    checks = {line["check"] for line in expect}

    def failed(table):
        found = expectations.verdicts(table, expect, relations(), "parallel")
        return {each.check for each in found if each.word == "failed"}

    table = files.read_table(toy / "geometry.parquet")
    assert len(checks) == 3 and not failed(table)
    with open(toy / "checks/geometry.csv", encoding="utf-8", newline="") as file:
        written = {line["check"]: line["verdict"] for line in csv.DictReader(file) if not line["part"]}
    assert written == dict.fromkeys(checks, "passed")
    assert failed(expectations.untrained(table)) == checks

    sentences = sentence_states.from_table(files.read_table(toy / "parallel/parallel.parquet"))
    fold = sentence_states.kept(sentences, "fold")
    paths = {language: toy / f"sentences/parallel/{language}/step-4800.npy" for language in relations()}
    states = sentence_states.of_layer(sentences, paths, 1)
    for number, language in enumerate(sorted(states)):
        states[language] = states[language][np.random.default_rng(number).permutation(len(fold))]
    settings = {"states": ["raw", "centred"], "scores": ["cosine"], "pool": False, "mining": False}
    rows = search.retrieve(states, fold, settings)
    found = [row["value"] for row in rows if row["metric"] in ("p_at_1.raw.cosine", "p_at_1.centred.cosine")]
    assert sum(found) / len(found) < 0.02
    shuffled = [{**row, "model": "toy", "layer": 1, "step": 4800, "split": "parallel"} for row in rows]
    others = table.filter((pc.field("step") != 4800) & (pc.field("layer") == 1))
    control = pyarrow.concat_tables([others, pyarrow.Table.from_pylist(shuffled, schema=others.schema)])
    assert failed(control) == checks


def test_words_of_the_toy_study_are_found_by_their_gold_links(toy):
    """Words are found where order and script are shared, and far more often than before training."""
    table = [
        row
        for row in files.read_table(toy / "geometry.parquet").to_pylist()
        if row["task"] == "word_retrieval" and row["layer"] == 2
    ]
    assert {row["metric"] for row in table} >= {"excluded_links", "p_at_1.mapped.csls", "mrr.raw.cosine"}

    def mean(metric, step, alike):
        values = [
            row["value"]
            for row in table
            if (row["metric"], row["step"]) == (metric, step) and alike(row["source"], row["target"])
        ]
        assert values
        return sum(values) / len(values)

    def same_script(one, other):
        return one in ORDER and other in ORDER and ORDER[one] == ORDER[other]

    def other_script(one, other):
        return one in ORDER and other in ORDER and ORDER[one] != ORDER[other]

    def other_order(one, other):
        return not (one in ORDER and other in ORDER)

    for kind in ("centred", "mapped"):
        metric = f"p_at_1.{kind}.cosine"
        near, far, apart = (mean(metric, 4800, alike) for alike in (same_script, other_script, other_order))
        assert near > far + 0.1 and far > apart + 0.08
        assert near > mean(metric, 0, same_script) + 0.15 and far > mean(metric, 0, other_script) + 0.08
        assert apart > 20 * mean("p_at_1.chance", 4800, other_order)
    # the control: before training, another script is hardly nearer than another order
    assert mean("p_at_1.centred.cosine", 0, other_script) < mean("p_at_1.centred.cosine", 0, other_order) + 0.03


def test_centred_targets_of_the_toy_study(toy):
    """Without the offset of a language more tags are found where the script differs, and only once it has learnt."""
    centred, plain = (
        {
            (row["source"], row["target"], row["step"], row["seed"]): row["value"]
            for row in files.read_table(toy / name).to_pylist()
            if (row["task"], row["layer"], row["split"], row["metric"]) == ("pos", 2, "parallel", metric)
        }
        for name, metric in (("geometry.parquet", "accuracy.centred"), ("scores.parquet", "accuracy"))
    )
    assert centred.keys() == plain.keys() and len(plain) == 6 * 6 * 4 * 5

    def gain(step, alike):
        values = [centred[key] - plain[key] for key in plain if key[2] == step and alike(*key[:2])]
        assert values
        return sum(values) / len(values)

    def other_script(one, other):
        return one in ORDER and other in ORDER and ORDER[one] != ORDER[other]

    def other_order(one, other):
        return one != other and not (one in ORDER and other in ORDER)

    for alike in (other_script, other_order):
        assert gain(4800, alike) > 0.05
        assert gain(0, alike) < 0.02  # the control
    assert abs(gain(4800, str.__eq__)) < 0.01


FURTHER = "probing: {structural: {languages: [qsa, qoe], layers: [0, 2]}, mixture: [qsa]}"
"""Four steps, two layers and languages: 16 probes, and 8 comparisons of the two; mixtures of three tasks."""


@pytest.mark.parametrize("geometry", ["", "geometry: null"])
def test_further_probes_are_trained_with_geometry_and_without_and_rerun_nothing_else(
    snakemake, root, toy, tmp_path, geometry
):
    """Nothing in it is about geometry: its table is gathered anew, and its figures are drawn from that."""
    (tmp_path / "change.yaml").write_text(f"{FURTHER}\n{geometry}\n")
    study = [*TOY, str(tmp_path / "change.yaml"), "--cores", "2", "--dry-run", "--"]
    done = snakemake(root, *study, "results/toy/geometry.parquet", "results/toy/audit/claims.html")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    assert Counter(made.rule for made in jobs(said)) == {
        # of parallel sets, at layer 0, in the four languages that no task is transferred to there
        "extract_features": 16,
        "train_structural_probe": 16,
        "transfer_structural_probe": 16,
        "compare_subspaces": 8,
        "train_mixture": 12,
        "gather_geometry": 1,
    }
