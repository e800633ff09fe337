"""The table of pretraining sizes, and distances: a list of pairs, or lang2vec's own matrix."""

import math
import re

import pytest

from polychron.data.languages import iso, named, read_distances, read_sizes, three_letters
from polychron.errors import InputError

HEAD = "language,code,tokens_millions,size_gib\n"


def write(tmp_path, text):
    (tmp_path / "sizes.csv").write_text(text, encoding="utf-8")
    return tmp_path / "sizes.csv"


def test_codes_that_other_readers_lose(tmp_path):
    sizes = read_sizes(write(tmp_path, HEAD + "Norwegian,no,8494,49\nMin Nan,nan,1,0.1\nHindi Romanized,,88,0.5\n"))
    assert {code: size.gib for code, size in sizes.items()} == {"no": 49.0, "nan": 0.1}
    assert sizes["no"].name == "Norwegian"


def test_chinese_is_one_code_and_two_scripts(tmp_path):
    sizes = read_sizes(write(tmp_path, HEAD + "Chinese (Simplified),zh,259,46.5\nChinese (Traditional),zh,176,16.5\n"))
    assert (sizes["zh"].name, sizes["zh"].gib) == ("Chinese", 63.0)
    assert (sizes["zh-Hans"].gib, sizes["zh-Hant"].gib) == (46.5, 16.5)


@pytest.mark.parametrize("size", ["", "many", "0", "-1", "nan", "inf"])
def test_a_size_that_is_none_names_its_line(tmp_path, size):
    with pytest.raises(InputError, match=r"sizes\.csv:3: size_gib") as fault:
        read_sizes(write(tmp_path, HEAD + f"English,en,1,300.8\nFrench,fr,1,{size}\n"))
    assert fault.value.line == 3


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(InputError, match="size_gib"):
        read_sizes(write(tmp_path, "language,code\nEnglish,en\n"))


@pytest.mark.shared
def test_the_paper_s_sizes_cover_its_languages(shared, root):
    import yaml

    sizes = read_sizes(shared / "cc100_sizes.csv")
    config = yaml.safe_load((root / "config.yaml").read_text())
    assert set(config["bits"]["languages"]) <= set(sizes)
    assert max(sizes, key=lambda code: sizes[code].gib) == "en"


def test_tokens_are_read_where_the_table_has_them(tmp_path):
    sizes = read_sizes(write(tmp_path, HEAD + "Chinese (Simplified),zh,259,46.5\nChinese (Traditional),zh,176,16.5\n"))
    assert (sizes["zh"].tokens, sizes["zh-Hant"].tokens) == (435.0, 176.0)
    bare = read_sizes(write(tmp_path, "language,code,size_gib\nEnglish,en,300.8\n"))
    assert math.isnan(bare["en"].tokens)
    odd = read_sizes(write(tmp_path, HEAD + "English,en,-,300.8\nFrench,fr,0,56.8\n"))
    assert math.isnan(odd["en"].tokens) and math.isnan(odd["fr"].tokens)


MATRIX = ",aap,eng,nan,nor\naap,0.0,0.1,0.2,0.3\neng,0.1,0.0,0.4,0.5\nnan,0.2,0.4,0.0,0.6\nnor,0.3,0.5,0.6,0.0\n"


def matrix(folder, content):
    (folder / "SYNTACTIC.csv").write_text(content)
    return folder / "SYNTACTIC.csv"


@pytest.mark.parametrize("quoted", [False, True])
def test_languages_of_the_study_are_read_off_a_matrix_of_thousands(tmp_path, quoted):
    content = MATRIX.replace("eng", '"eng"').replace("\n", "\r\n") if quoted else MATRIX
    found = read_distances(matrix(tmp_path, content))
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
        read_distances(matrix(tmp_path, MATRIX.replace(old, new)))
    assert f"SYNTACTIC.csv{said}" in str(stopped.value)


def test_distances_by_either_code_and_for_both_scripts(tmp_path):
    file = tmp_path / "distances.tsv"
    file.write_text(
        "kind\tlang1\tlang2\tdistance\nsyntactic\teng\tzho\t0.5\nsyntactic\tfr\ten\t0.4\ngenetic\teng\tzho\t1\n"
    )
    known = read_distances(file)
    assert known("en", "zh-Hant") == known("zh-Hans", "en") == known("zh", "en") == 0.5
    assert known("en", "fr") == 0.4 and known("zh-Hans", "zh-Hant") == 0 and math.isnan(known("fr", "zh"))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("lang1\tlang2\tdistance\n", 1, "kind"),
        ("kind\tlang1\tlang2\tdistance\nsyntactic\ten\tfr\tnear\n", 2, "near"),
        ("kind\tlang1\tlang2\tdistance\nsyntactic\ten\tfr\t-1\n", 2, "-1"),
        ("kind\tlang1\tlang2\tdistance\nsyntactic\ten\tfr\t0.1\nsyntactic\tfra\teng\t0.2\n", 3, "0.1 further up"),
    ],
)
def test_faulty_distances_name_their_line(tmp_path, text, line, what):
    file = tmp_path / "distances.tsv"
    file.write_text(text)
    with pytest.raises(InputError, match=re.escape(what)) as fault:
        read_distances(file)
    assert fault.value.line == line


@pytest.mark.shared
def test_the_real_distances(shared):
    known = read_distances(shared / "lang2vec" / "distance_examples.tsv")
    assert known("fr", "en") == 0.4569 and known("da", "de") == 0.4852


def test_every_two_letter_code_has_its_three_letters():
    codes = three_letters()
    assert len(codes) == 184 and len(set(codes.values())) == 184
    assert all(len(two) == 2 and len(three) == 3 for two, three in codes.items())
    assert {code: codes[code] for code in ("mt", "lb", "rw", "zu", "fo")} == {
        **{"mt": "mlt", "lb": "ltz", "rw": "kin", "zu": "zul", "fo": "fao"}
    }
    assert [iso(code) for code in ("sr-Latn", "nan", "xx")] == ["srp", "nan", "xx"]
    assert [named(code) for code in ("sr-Latn", "nan")] == ["sr-Latn = srp", "nan"]


def test_a_language_beyond_cc100_is_found_by_either_code(tmp_path):
    file = tmp_path / "d.tsv"
    file.write_text("kind\tlang1\tlang2\tdistance\nsyntactic\teng\tmlt\t0.52\nsyntactic\tzu\teng\t0.6\n")
    known = read_distances(file)
    assert known("en", "mt") == known("mlt", "eng") == 0.52
    assert known("en", "zul") == known("zu", "en") == 0.6
    sizes = read_sizes(write(tmp_path, HEAD + "Maltese,mlt,1,0.2\nZulu,zu,1,0.1\n"))
    assert (sizes["mt"].gib, sizes["zul"].gib, sizes.get("fr")) == (0.2, 0.1, None)
    assert "mt" in sizes and "fr" not in sizes and list(sizes) == ["mlt", "zu"]


def test_languages_of_the_study_are_read_off_a_matrix_by_codes_of_their_own(tmp_path):
    assert math.isnan(read_distances(matrix(tmp_path, MATRIX))("en", "nan"))
    found = read_distances(matrix(tmp_path, MATRIX), ["en", "nan", "aap"])
    assert (found("en", "nan"), found("aap", "nan")) == (0.4, 0.2)


def test_a_language_without_a_distance_is_named_by_both_codes(tmp_path, caplog):
    file = tmp_path / "d.tsv"
    file.write_text("kind\tlang1\tlang2\tdistance\nsyntactic\teng\tmlt\t0.52\n")
    read_distances(file, ["en", "mt"])
    assert "no distance" not in caplog.text
    read_distances(file, ["en", "mt", "lb", "qsa"])
    assert "d.tsv: no distance of lb = ltz, qsa; a language is found by its code in the study or by" in caplog.text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ((HEAD + "Português,pt,1,49\n").encode("latin-1"), ":2: byte 0xea is no utf-8 text"),
        ((HEAD + "English,en,1,300.8\n").encode("utf-16"), ":1: byte 0xff is no utf-8 text"),
        ((HEAD + "English,en,1,300.8\0\n").encode(), ":2: a NUL character"),
        ((HEAD + f"{'x' * 140_000},en,1,1\n").encode(), ":2: no table (field larger than field limit (131072))"),
        ((HEAD + "English,en,1\n").encode(), ":2: 3 columns, expected 4"),
        ((HEAD + f"English,en,1,{'9' * 5000}x\n").encode(), ":2: size_gib is '9999"),
        (b"\n\n", ": no table: all lines are empty"),
    ],
)
def test_a_table_that_is_none_is_refused_in_a_short_message(tmp_path, data, said):
    file = tmp_path / "sizes.csv"
    file.write_bytes(data)
    with pytest.raises(InputError) as fault:
        read_sizes(file)
    assert f"{file}{said}" in str(fault.value) and "Next: " in str(fault.value)
    assert len(str(fault.value)) < 500
    file.write_bytes(data.replace(b",", b"\t").replace(b"size_gib", b"kind"))
    with pytest.raises(InputError, match="Next: "):
        read_distances(file)


def test_a_byte_order_mark_of_excel_changes_nothing(tmp_path):
    plain = read_sizes(write(tmp_path, HEAD + "English,en,1,300.8\n"))
    assert read_sizes(write(tmp_path, "\ufeff" + HEAD + "English,en,1,300.8\n")) == plain
