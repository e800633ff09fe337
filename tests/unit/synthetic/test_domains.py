"""Text about one half of the domains has hardly a word of the other half, and the rest of the language in common."""

import re
from collections import Counter

import pyarrow
import pytest
from script import Files, run

from polychron.storage import files
from polychron.synthetic import domains
from polychron.synthetic.concepts import DOMAINS
from polychron.synthetic.semantics import STRAY, Imagination
from polychron.synthetic.world import World

GIVEN = {"seed": 1, "window": 64, "sentences": 4000}


PAIRS = (("first", "second"), ("second", "first"))
HALF_OF = {
    concept: "first" if number < 4 else "second"
    for number, domain in enumerate(DOMAINS)
    for concept in (*domain.nouns, *domain.verbs, domain.does, domain.stays, *domain.adjectives)
}


def words_of(imagination, sentences=1500):
    """Count the words of drawn sentences by the half of the domains that they are of."""
    grammar = World(1, 64).grammar("qsa", "counted")
    said = (word.gloss for _ in range(sentences) for word in grammar.say(imagination.statement()).words)
    return Counter(HALF_OF.get(gloss, "common") for gloss in said)


@pytest.mark.parametrize(("half", "other"), PAIRS)
def test_words_of_the_other_half_are_strays(half, other):
    world = World(1, 64)
    found = words_of(domains.Apart(world.rng(half), domains.HALVES[half]))
    assert found[other] / (found[half] + found[other]) == pytest.approx(STRAY / 2, abs=0.01)
    assert 0.3 < found["common"] / found.total() < 0.9
    # the control: sentences of the world are of both halves
    whole = words_of(Imagination(world.rng(half)))
    assert whole[other] / (whole[half] + whole[other]) == pytest.approx(0.5, abs=0.03)


def test_the_lines_are_about_their_half():
    forms = World(1, 64).lexica["qsa"].forms
    unlike = {half: {forms[concept] for concept, of in HALF_OF.items() if of == half} for half in domains.HALVES}
    read = Counter(re.findall(r"\w+", "\n".join(domains.text(language="qsa", half="second", **GIVEN))))
    first, second = (sum(read[form] for form in unlike[half] - unlike[other]) for half, other in PAIRS)
    assert first < 0.1 * second


def test_the_same_seed_gives_the_same_text_and_a_twin_its_own_script():
    once, again = (list(domains.text(language="qsb", half="first", **GIVEN)) for _ in range(2))
    assert once == again and once != list(domains.text(language="qsb", half="second", **GIVEN))
    assert len(once) == round(4000 * 0.165)
    twin = "\n".join(domains.text(language="qtw", half="second", twins={"qtw": "qsa"}, **GIVEN))
    assert re.findall(r"[\u10d0-\u10ff]+", twin) and not re.findall("[a-z]", twin)


def test_the_script_leaves_out_held_out_sentences(tmp_path):
    lines = list(domains.text(language="qsa", half="first", **{**GIVEN, "sentences": 100}))
    files.write_table(tmp_path / "heldout.parquet", pyarrow.table({"sentence": [lines[3], "another"]}))
    world = {**GIVEN, "sentences": 100, "language": "qsa", "half": "first", "twins": {}}
    given, output = Files(heldout=tmp_path / "heldout.parquet"), Files(tmp_path / "first/qsa.txt")
    run("write_domain_text", given, output, tmp_path / "log.txt", world=world)
    assert (tmp_path / "first/qsa.txt").read_text().splitlines() == lines[:3] + lines[4:]
    assert "1 of 22 left out" in (tmp_path / "log.txt").read_text()
    # without a world, the text comes from another source
    (tmp_path / "other.txt").write_text("one\n\nanother\n")
    given = Files(heldout=tmp_path / "heldout.parquet", text=[tmp_path / "other.txt"])
    run("write_domain_text", given, output, tmp_path / "log.txt", world=None)
    assert (tmp_path / "first/qsa.txt").read_text() == "one\n"
