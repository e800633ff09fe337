"""Files whose lines are translations of each other, through the script that tabulates them."""

import pyarrow.parquet
import pytest
from script import Files, run

from polychron.checks import overlap
from polychron.data.translations import reading
from polychron.errors import InputError


def files(folder, source, target):
    paths = folder / "x.fra", folder / "x.eng"
    for path, given in zip(paths, (source, target), strict=True):
        path.write_text(given, "utf-8")
    return paths


def test_lines_are_joined_and_their_words_are_found_in_a_text(tmp_path):
    source, target = files(tmp_path, "Il  dort.\nElle lit.\n", "He sleeps.\nShe reads.")
    made = Files(tmp_path / "table.parquet")
    run("tabulate_translations", Files(source=source, target=target), made, tmp_path / "log")
    table = pyarrow.parquet.read_table(made[0])
    assert table.to_pylist() == [
        {"id": "00000", "source": ["Il", "dort."], "target": ["He", "sleeps."]},
        {"id": "00001", "source": ["Elle", "lit."], "target": ["She", "reads."]},
    ]
    found = [*overlap.count([("tatoeba/fr/en", table)], {"fr": ["Il dort.", "Elle lit.", "x"], "en": ["He sleeps. "]})]
    assert [(one.language, one.against, one.count, one.of) for one in found] == [
        ("fr/en", "fr", 2, 2),
        ("fr/en", "en", 1, 2),
    ]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("a\n \nc\n", "d\ne\nf\n", r"x\.fra:2: .*no sentence.*Next: write the sentence"),
        ("a\nb\nc\n", "d\ne\n", r"x\.eng:3: 2 lines, and 3 in .*x\.fra"),
    ],
)
def test_lines_without_a_sentence_and_files_that_do_not_fit_are_refused(tmp_path, source, target, message):
    with pytest.raises(InputError) as caught:
        reading.read(*files(tmp_path, source, target))
    caught.match("(?s)" + message)
