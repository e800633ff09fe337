"""Twins of a study's world: where they are written, and what they cannot have."""

import copy

import pytest
from configs import study

from polychron.errors import InputError
from polychron.study import consistency
from polychron.study.laboratory import twins

TOY = "studies/toy.yaml"
FILES = {
    "treebank": {"qtw": "ud/qtw-{split}.conllu"},
    "parallel": {"qtw": "ud/qtw-parallel.conllu"},
    "alignment": {
        "qsa/qtw": {"format": "naacl", "source": "align/a", "target": "align/b", "links": "align/c"},
        "qsa/qxx": {"format": "naacl", "source": "align/d", "target": "align/e", "links": "align/f"},
    },
}
TWIN = {"world": {"twins": {"qtw": "qsa"}}, "files": FILES, "bits": {"languages": ["qsa", "qtw"]}}


def test_a_twin_has_files_of_its_own():
    found = study(TOY, copy.deepcopy(TWIN))
    consistency.check(found)
    layout = twins.layout_of(found.config, "qtw")
    assert [*layout["alignment"]] == ["qsa/qtw"]
    assert twins.files_of(layout) == sorted(
        [
            *("align/a", "align/b", "align/c", "text/qtw.txt.xz", "ud/qtw-parallel.conllu"),
            *(f"ud/qtw-{split}.conllu" for split in ("train", "dev", "test")),
        ]
    )
    alone = twins.layout_of(study(TOY, {"world": {"twins": {"qtw": "qsa"}}}).config, "qtw")
    assert twins.files_of(alone) == ["text/qtw.txt.xz"]


def test_without_a_twin_there_is_none():
    assert twins.twins_of(study(TOY).config) == twins.twins_of(study().config) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"world": {"twins": {"qsb": "qsa"}}}, r"world\.twins: 'qsb' is a language of all worlds"),
        (
            {"world": {"twins": {"qtw": "qpf"}}},
            r"world\.twins\.qtw: 'qpf' is no language of the world in another",
        ),
        ({"files": {"alignment": {"qsa/qtw": {"source": None}}}}, r"files\.alignment\.qsa/qtw: .* 'source' names none"),
        ({"probing": {"inference_languages": ["qsa", "qtw"]}}, r"a twin has no sentence pairs"),
        ({"bits": {"languages": ["qsa", "qtx"]}}, r"the text of 'qtx' is read, and the world has none"),
    ],
)
def test_what_a_twin_cannot_have_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        consistency.check(study(TOY, copy.deepcopy(TWIN), change))
