"""Labels of words from a column, from CoNLL-U files to scores: planted sentences, and a treebank of UD."""

import zlib

import numpy as np
import pytest
from cells import fit, labels_of, pieces_of

from polychron.data import treebanks
from polychron.probing import probes
from polychron.probing.baselines import base as baselines
from polychron.probing.baselines import word_majority
from polychron.probing.tasks import morphology, token_labels

NUMBER = morphology.Task("number", attribute="Number")

PLANTED = """\
# sent_id = {split}
# text = Vámonos, perros grandes
1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
1\tVamos\tir\tVERB\tvm\tMood=Imp|Number=Plur|Person=1\t0\troot\t0:root\t_
2\tnos\tnosotros\tPRON\tpp\tCase=Acc,Dat|Number=Plur|Person=1\t1\tobj\t1:obj\t_
3\t,\t,\tPUNCT\t_\t_\t4\tpunct\t4:punct\t_
4\tperros\tperro\tNOUN\tnc\tGender=Masc|Number=Plur\t1\tvocative\t1:vocative\t_
4.1\tson\tser\tAUX\t_\tNumber=Sing\t_\t_\t1:conj\t_
5\tgrandes\tgrande\tADJ\taq\tNumber=Plur\t4\tamod\t4:amod\t_

"""


def test_columns_of_a_file(tmp_path):
    """Ranges and empty nodes are no words; the attributes of the others are those of their lines."""
    splits = {}
    for split in ("train", "dev", "test"):
        splits[split] = tmp_path / f"es-{split}.conllu"
        splits[split].write_text(PLANTED.format(split=split), encoding="utf-8")
    table = treebanks.read(splits)
    asked = {
        "number": (NUMBER, [0, 1, 3, 4], ["Plur"] * 4),
        "case": (morphology.Task("case", attribute="Case"), [1], ["Acc,Dat"]),
        "xpos": (token_labels.Task("tags", column="xpos"), [0, 1, 3, 4], ["vm", "pp", "nc", "aq"]),
        "upos": (token_labels.Task("pos"), range(5), ["VERB", "PRON", "PUNCT", "NOUN", "ADJ"]),
    }
    for name, (task, words, labels) in asked.items():
        made = task.examples([table], [pieces_of(table)])["train"]
        assert (name, made.first.tolist(), labels_of(made)) == (name, [*words], labels)


@pytest.fixture(scope="module")
def english(shared):
    """Return the splits of a treebank of UD, and its parallel test set."""
    folder = shared / "ud/UD_English-ParTUT"
    splits = {split: folder / f"en_partut-ud-{split}.conllu" for split in ("train", "dev", "test")}
    return splits, {"test": shared / "ud/UD_English-PUD/en_pud-ud-test.conllu"}


def counted(path):
    """Count the words with a number in a file, line by line."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return sum(row[0].isdigit() and "Number=" in row[5] for row in rows)


def endings(table):
    """Return a random vector for the last two letters of each word."""
    forms = table["form"].to_pylist()
    known = {end: np.random.default_rng(zlib.crc32(end.encode())) for end in {form[-2:].lower() for form in forms}}
    vectors = {end: draw.normal(size=48).astype(np.float16) for end, draw in known.items()}
    return np.stack([vectors[form[-2:].lower()] for form in forms])


@pytest.mark.shared
def test_number_in_a_treebank_of_ud(english):
    """The endings of English words tell their number better than the majority does, on the parallel test set too."""
    splits, parallel = english
    table, target = treebanks.read(splits), treebanks.read(parallel)
    pieces = [pieces_of(table)]
    made = NUMBER.examples([table], pieces)
    assert {split: len(one) for split, one in made.items()} == {split: counted(path) for split, path in splits.items()}
    assert {"Plur", "Sing"} <= set(made["train"].labels)
    vectors = [endings(table)]
    fitted = fit(made, vectors, seeds=(0, 1), epochs=20)
    rows = probes.cell_scores(NUMBER, fitted, made, vectors, [table])
    found = {(row["split"], row["metric"]): row["value"] for row in rows}
    predicted = baselines.majority(made) | word_majority.predictions([table], pieces, made)
    baseline = {row["metric"]: row["value"] for row in baselines.scores(predicted, made["test"])}
    assert found["test", "accuracy"] > baseline["majority"] + 0.05
    assert baseline["word_majority"] > baseline["majority"]
    moved = NUMBER.targets(target, pieces_of(target))
    assert len(moved) == counted(parallel["test"])
    scored = probes.transfer_scores(NUMBER, fitted, moved, [endings(target)])
    majority = np.bincount(moved.label).max() / len(moved)
    assert min(row["value"] for row in scored if row["metric"] == "accuracy") > majority + 0.02
    assert {row["metric"] for row in scored} == {"accuracy", "unseen", "excluded"}
