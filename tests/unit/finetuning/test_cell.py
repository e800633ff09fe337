"""Planted truths of fine-tuning: what must be learnt is learnt, what cannot be is not, and a head alone is a probe."""

import math
from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
from cells import one_piece_each

from polychron.features import extraction
from polychron.finetuning import cell, network, scoring
from polychron.finetuning.recipes import Recipe
from polychron.finetuning.sequences import of_sentences
from polychron.finetuning.splits import Split, of_words
from polychron.models import loading
from polychron.probing import probes, training
from polychron.probing.tasks.base import Examples

FAST = Recipe(epochs=12, batch=8, learning_rate=3e-3)
KINDS = ("A", "B", "C")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model of one layer with the weights that training begins with."""
    from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

    made = tmp_path_factory.mktemp("model")
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    torch.manual_seed(0)
    XLMRobertaForMaskedLM(XLMRobertaConfig(**sizes, vocab_size=60, max_position_embeddings=20)).save_pretrained(made)
    return made


def encoder(folder, *, dropout=True):
    made = network.load(folder / "config.json", "cpu")
    if not dropout:
        made.config.hidden_dropout_prob = 0.0
        for part in made.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0
    return made


def texts(number, seed, noise=0.0):
    """Return sentences of 3 to 8 words of one piece; the label of a word is that of its piece, or a random one."""
    draw = np.random.default_rng(seed)
    counts = draw.integers(3, 9, number)
    pieces = one_piece_each(counts)
    ids = pieces.ids.copy()
    inner = np.flatnonzero((ids != 0) & (ids != 2))
    ids[inner] = draw.integers(4, 60, len(inner))
    label = ids[inner] % 3
    label = np.where(draw.random(len(label)) < noise, draw.integers(3, size=len(label)), label)
    return replace(pieces, ids=ids), label


def tagged(number, seed, noise=0.0):
    pieces, label = texts(number, seed, noise)
    return of_words(Examples(0, np.arange(len(label)), None, label, KINDS, 0), pieces)


def tags(noise=0.0, size=60):
    return {name: tagged(size, seed, noise) for seed, name in enumerate(("train", "dev", "test"))}


def run(folder, task, own, targets=None, recipe=FAST, seed=0, *, dropout=True, **options):
    """Return the network, and the value of each target, split and metric."""
    model = encoder(folder, dropout=dropout)
    made, rows = cell.run(model, task, own, targets or {}, recipe, seed=seed, tokens_per_batch=256, **options)
    return made, {(target, row["split"], row["metric"]): row["value"] for target, row in rows}


def test_labels_that_follow_from_the_word_are_learnt(folder):
    _, found = run(folder, "pos", tags())
    assert found[None, "test", "accuracy"] > 0.97 and found[None, "train", "collapsed"] == 0


def test_shuffled_labels_are_at_chance(folder):
    own = tags()
    own["train"] = replace(own["train"], label=np.random.default_rng(0).permutation(own["train"].label))
    _, found = run(folder, "pos", own)
    assert abs(found[None, "test", "accuracy"] - 1 / 3) < 0.1


def chains(number, seed):
    """Return sentences in which each word depends on the one before it."""
    pieces, _ = texts(number, seed)
    counts = np.diff(pieces.word_offsets)
    place = np.concatenate([np.arange(count) for count in counts])
    return Split(
        inputs=of_sentences(pieces, np.arange(len(counts))),
        offsets=pieces.word_offsets,
        place=pieces.first.astype(np.int64),
        label=(place > 0).astype(np.int64),
        labels=("root", "dep"),
        head=place,
        punctuation=place == 1,
    )


def test_a_treebank_of_chains_is_parsed_without_an_error(folder):
    own = {name: chains(60, seed) for seed, name in enumerate(("train", "dev", "test"))}
    _, found = run(folder, "parsing", own)
    assert found[None, "test", "las"] == found[None, "test", "uas"] == 1
    assert found[None, "test", "las_without_punctuation"] == 1
    # it is what a chain reaches without a model, but for the roots; so it is not counted as learnt
    assert scoring.without_model("parsing", own["train"], own["dev"]) == pytest.approx(1 - 60 / len(own["dev"]))


def test_a_head_on_a_frozen_encoder_is_the_linear_probe(folder):
    own = tags(noise=0.2, size=150)
    before = {name: value.clone() for name, value in encoder(folder).state_dict().items()}
    frozen = replace(FAST, learning_rate=0.0, head_rate=0.05, batch=16, epochs=25)
    made, found = run(folder, "pos", own, recipe=frozen, dropout=False)
    left = made.encoder.state_dict()
    assert all(torch.equal(left[name], value) for name, value in before.items())
    model = loading.load(*tiny.files_of(folder))
    vectors, examples = [], {}
    for place, (name, seed) in enumerate((("train", 0), ("dev", 1), ("test", 2))):
        pieces, label = texts(150, seed, 0.2)
        vectors.append(extraction.extract(model, pieces, 1, 256))
        examples[name] = Examples(place, np.arange(len(label)), None, label, KINDS, 0)
    fitted = training.fit(examples["train"], examples["dev"], vectors, seeds=[0], learning_rate=0.01, batch=64)
    codes = next(iter(probes.predict(fitted, vectors[2], examples["test"])))
    probed = float((codes == examples["test"].label).mean())
    interval = 1.96 * np.sqrt(probed * (1 - probed) / len(codes))
    assert probed > 0.5 and abs(found[None, "test", "accuracy"] - probed) < interval


def test_a_target_that_is_the_source_has_its_score_to_the_digit(folder):
    own = tags(noise=0.3, size=20)
    _, found = run(folder, "pos", own, {"twin": own["test"], "other": tagged(20, 9)}, replace(FAST, epochs=2))
    assert found["twin", "parallel", "accuracy"] == found[None, "test", "accuracy"]
    assert found["other", "parallel", "accuracy"] != found[None, "test", "accuracy"]


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(folder):
    own, short = tags(noise=0.3, size=20), replace(FAST, epochs=2)
    (one, first), (two, second), (three, _) = (run(folder, "pos", own, recipe=short, seed=seed) for seed in (5, 5, 6))
    states = [
        {name: value.numpy().tobytes() for name, value in made.state_dict().items()} for made in (one, two, three)
    ]
    assert first == second and states[0] == states[1] != states[2]


def test_an_oracle_adds_rows_and_changes_none(folder):
    own, targets = tags(noise=0.3, size=20), {"x": tagged(20, 7), "y": tagged(20, 8)}
    # a target whose labels are others: its best epoch is not the source's
    dev = {"x": replace(tagged(20, 6), label=(tagged(20, 6).label + 1) % 3)}
    short = replace(FAST, epochs=4)
    _, plain = run(folder, "pos", own, targets, short)
    _, asked = run(folder, "pos", own, targets, short, oracles=dev)
    added = asked.keys() - plain.keys()
    assert added == {("x", "parallel", "accuracy_oracle")} and {key: asked[key] for key in plain} == plain
    assert asked["x", "parallel", "accuracy_oracle"] != plain["x", "parallel", "accuracy"]


def test_what_learns_nothing_has_collapsed(folder):
    own = {name: replace(split, label=(split.label == 0) * 1) for name, split in tags(size=20).items()}
    _, found = run(folder, "pos", own, recipe=replace(FAST, learning_rate=0.0, epochs=1))
    assert found[None, "train", "collapsed"] == 1


def test_names_that_training_lacks_are_missed(folder):
    """Gold spans count whether their kind is known or not."""
    labels = ("O", "B-PER", "B-LOC")
    split = replace(tagged(10, 0), labels=labels).recoded(("O", "B-PER"))
    names = (split.label > 0).sum()
    right = np.where(split.label == 2, 0, split.label)
    (value, gold), (accuracy, words) = scoring.of("entities", [right], split).values()
    known = (right > 0).sum()
    assert gold == names and value == pytest.approx(2 * known / (known + names))
    assert accuracy == pytest.approx(1 - (names - known) / words)


@pytest.mark.parametrize("task", ["pos", "parsing"])
def test_a_training_that_diverges_at_once_has_collapsed_and_keeps_the_scores_of_the_others(folder, task):
    own = tags(size=20) if task == "pos" else {name: chains(20, 5) for name in ("train", "dev", "test")}
    wild, calm = (replace(FAST, learning_rate=rate, epochs=1) for rate in (math.inf, 0.0))
    options = {"targets": {"x": own["test"]}, "oracles": {"x": own["dev"]}}
    _, found = run(folder, task, own, recipe=wild, **options)
    _, other = run(folder, task, own, recipe=calm, **options)
    assert found[None, "train", "collapsed"] == 1 and found[None, "train", "kept_epoch"] == 0
    assert [*found] == [*other]  # points of a grid have the same scores
    main = scoring.MAIN[task]
    assert math.isnan(found["x", "parallel", f"{main}_oracle"]) and 0 <= found["x", "parallel", main] <= 1
