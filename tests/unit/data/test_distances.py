"""Distances as lang2vec's own matrix; the list of pairs is tested with the tables that need it."""

import pytest

from polychron.data import distances
from polychron.errors import InputError

MATRIX = ",aap,eng,nan,nor\naap,0.0,0.1,0.2,0.3\neng,0.1,0.0,0.4,0.5\nnan,0.2,0.4,0.0,0.6\nnor,0.3,0.5,0.6,0.0\n"


def write(folder, content):
    (folder / "SYNTACTIC.csv").write_text(content)
    return folder / "SYNTACTIC.csv"


@pytest.mark.parametrize("quoted", [False, True])
def test_languages_of_the_study_are_read_off_a_matrix_of_thousands(tmp_path, quoted):
    content = MATRIX.replace("eng", '"eng"').replace("\n", "\r\n") if quoted else MATRIX
    found = distances.read(write(tmp_path, content))
    assert found("en", "no") == found("no", "en") == 0.5
    assert found("en", "en") == 0
    assert set(found.known) == {("eng", "nor")}  # of the 93 that the model knows


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",aap,eng,nan,nor", ",a,b,c,d", ":1: no row of languages"),
        ("eng,0.1,0.0,0.4,0.5", "eng,0.1,0.0,0.4", ":3: 4 columns, expected 5"),
        ("nor,0.3,0.5", "nor,0.3,0.6", ":5: nor and eng have the distance 0.6, and 0.5 further up"),
        ("eng,0.1,0.0,0.4,0.5", "eng,0.1,0.0,0.4,near", ":3: the distance is 'near'"),
        ("eng,0.1,0.0,0.4,0.5", "eng,0.1,0.0,0.4,-1", ":3: the distance is '-1'"),
    ],
)
def test_a_fault_in_a_matrix_is_named_with_its_line(tmp_path, old, new, said):
    assert old in MATRIX
    with pytest.raises(InputError) as stopped:
        distances.read(write(tmp_path, MATRIX.replace(old, new)))
    assert f"SYNTACTIC.csv{said}" in str(stopped.value)
