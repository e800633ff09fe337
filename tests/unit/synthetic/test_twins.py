"""A language in another script: its words are those of its language, letter for letter, and nothing else changes."""

import lzma
import re

import conllu
import pytest
import yaml
from script import Files, run

from polychron.errors import InputError
from polychron.synthetic import twins, world
from polychron.synthetic.lexicon import SCRIPTS

SIZES = {"text": 900, "treebank": [40, 10, 20], "parallel": 30, "inference": [30, 3, 3], "alignment": 20}
WINDOW = 64
LAYOUT = {
    "text": "text/qtw.txt.xz",
    "treebank": "ud/qtw-{split}.conllu",
    "parallel": "ud/qtw-parallel.conllu",
    "alignment": {"qsa/qtw": {"source": "align/qsa", "target": "align/qtw", "links": "align/links"}},
}
BACK = str.maketrans({SCRIPTS["Georgian"][sound]: SCRIPTS["Latin"][sound] for sound in SCRIPTS["Latin"]})


@pytest.fixture(scope="module")
def made():
    return dict(twins.files(1, WINDOW, "qtw", "qsa", LAYOUT, SIZES))


def words_of(content):
    return set(re.findall(r"[^\W\d_]+", content.lower()))


def test_its_words_are_those_of_its_language_in_other_letters(made):
    own = world.World(1, WINDOW).lexica["qsa"]
    known = {form.lower() for form in own.forms.values()}
    text = lzma.decompress(made["text/qtw.txt.xz"]).decode()
    read = words_of(text)
    assert not read & known and len(read) > 100
    latin = {word for word in read if word.isascii()}
    assert not latin, "a word in the letters of its language"
    back = {word.translate(BACK) for word in read}
    assert len(back & known) > 80 and len(back - known) < 0.2 * len(back)  # typing errors and hapaxes of the text


def test_it_has_the_grammar_of_its_language(made, root):
    """What is said of each sentence in both: the same relations, in the order of the same parts of speech."""
    files = yaml.safe_load((root / "studies/toy.yaml").read_text())["files"]
    layout = yaml.safe_load((root / "config.yaml").read_text())["files"] | files
    known = dict(world.files(1, WINDOW, layout, SIZES))
    one, other = (
        [[(token["upos"], token["deprel"]) for token in sentence] for sentence in conllu.parse(content.decode())]
        for content in (made["ud/qtw-parallel.conllu"], known[layout["parallel"]["qsa"]])
    )
    assert len(one) == len(other) == SIZES["parallel"]
    same = sum(a == b for a, b in zip(one, other, strict=True))
    foreign = [
        [(token["upos"], token["deprel"]) for token in sentence]
        for sentence in conllu.parse(known[layout["parallel"]["qoe"]].decode())
    ]
    control = sum(a == b for a, b in zip(one, foreign, strict=True))
    assert same > 0.4 * len(one) and control < 0.1 * len(one)


def test_its_text_is_no_translation_of_that_of_its_language(made):
    own = lzma.decompress(world.World(1, WINDOW).text("qsa", 200)).decode().lower().splitlines()
    text = [line.translate(BACK) for line in lzma.decompress(made["text/qtw.txt.xz"]).decode().lower().splitlines()]
    assert len(text) == round(900 * 0.22) and len({*own} & {*text}) < 20


def test_the_same_seed_makes_the_same_bytes(made):
    assert dict(twins.files(1, WINDOW, "qtw", "qsa", LAYOUT, SIZES)) == made
    assert dict(twins.files(2, WINDOW, "qtw", "qsa", LAYOUT, SIZES)) != made
    alone = dict(twins.files(1, WINDOW, "qtw", "qsa", {**LAYOUT, "treebank": None, "alignment": {}}, SIZES))
    assert alone == {path: made[path] for path in ("text/qtw.txt.xz", "ud/qtw-parallel.conllu")}


@pytest.mark.parametrize(
    ("code", "of", "message"),
    [
        ("qsb", "qsa", r"world\.twins: 'qsb' is a language of all worlds"),
        ("qtw", "qzz", r"world\.twins\.qtw: 'qzz' is no language of the world.*Next: name one of these: qsa, qsb"),
        ("qtw", "qpf", r"world\.twins\.qtw: 'qpf' is no language of the world in another script than Georgian"),
    ],
)
def test_a_twin_of_no_language_is_refused(code, of, message):
    with pytest.raises(InputError, match=message):
        twins.twin_of(code, of)


def test_the_script(made, tmp_path):
    paths = [tmp_path / path for path in made]
    spec = {"seed": 1, "window": WINDOW, "twin": "qtw", "of": "qsa", "files": LAYOUT, "sentences": SIZES}
    run("synthesise_twin", Files(), Files(files=paths), tmp_path / "log", folder=str(tmp_path), **spec)
    assert {path: (tmp_path / path).read_bytes() for path in made} == made
