"""Dictionaries of three formats, and what is refused of them."""

import base64
import gzip

import pytest

from polychron.data import dictionaries
from polychron.errors import InputError


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def base64_of(number):
    """Return a number as dictd writes it: the digits of base 64, by the library's own alphabet."""
    alphabet = "".join(base64.b64encode(bytes([0, 0, value])).decode()[3] for value in range(64))
    digits = []
    while number or not digits:
        number, rest = divmod(number, 64)
        digits.append(alphabet[rest])
    return "".join(reversed(digits))


def dictd(folder, entries, name="freedict-eng-fra"):
    """Write a dictionary of dictd and its index."""
    text, index = b"", []
    for head, entry in entries:
        data = entry.encode()
        index.append(f"{head}\t{base64_of(len(text))}\t{base64_of(len(data))}\n")
        text += data
    written(folder, f"{name}.index", "".join(sorted(index)))
    return written(folder, f"{name}.dict.dz", gzip.compress(text))


ENTRIES = [
    ("00databaseinfo", "00-database-info\nThis file is free, and has no words\n"),
    ("abc", "ABC /eibiːsiː/\n1. abc, alphabet\n"),
    (
        "bank",
        "bank /baŋk/ <n>\n 1. banque [econ.]; rive (of a river)\n"
        '      "On the bank, she\n sat."\n 2. établissement~de~crédit\n',
    ),
    ("cold", "cold\nfroid\nfroid\n"),
    ("hot dog", "hot dog\nsaucisse\n"),
]


def test_muse_and_tsv_are_a_pair_a_line_and_several_words_are_left_out(tmp_path, caplog):
    caplog.set_level("INFO")
    muse = written(tmp_path, "en-fr.txt", "the le\nthe\tla\n\nhouse maison\nhouse maison\n")
    expected = [("the", "le"), ("the", "la"), ("house", "maison")]
    assert dictionaries.read("muse", muse) == expected
    tsv = written(tmp_path, "en-fr.tsv", "the\tle\nthe\tla\nhot dog\tsaucisse\nhouse\tmaison\n")
    assert dictionaries.read("tsv", tsv) == expected
    assert "4 pairs, 1 of them of several words, left out" in caplog.text


def test_freedict_is_read_by_its_index(tmp_path):
    found = dictionaries.read("freedict", dictd(tmp_path, ENTRIES))
    assert found == [
        *(("ABC", "abc"), ("ABC", "alphabet"), ("bank", "banque"), ("bank", "rive"), ("cold", "froid")),
    ]


def test_a_plain_text_of_dictd_is_read_as_well(tmp_path):
    packed = dictd(tmp_path, ENTRIES)
    plain = written(tmp_path, "freedict-eng-fra.dict", gzip.decompress(packed.read_bytes()))
    assert dictionaries.read("freedict", plain) == dictionaries.read("freedict", packed)


@pytest.mark.parametrize(
    ("layout", "content", "message"),
    [
        (
            "muse",
            "the le\nhot dog saucisse\n",
            r"en-fr\.txt:2: 'hot dog saucisse' is not a word and a translation",
        ),
        ("tsv", "the le\n", r"txt:1: 'the le' is not a word and a translation, separated by a tab"),
        ("tsv", "the\t\n", r"txt:1: .* is not a word and a translation"),
        ("tsv", "hot dog\tchien chaud\n", "no pair of single words"),
        ("muse", "\n", "no pair of single words"),
        ("freedict", "the le\n", r"a dictionary of the format freedict is a file NAME\.dict\.dz"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path, layout, content, message):
    with pytest.raises(InputError, match=message):
        dictionaries.read(layout, written(tmp_path, "en-fr.txt", content))


def test_faults_of_an_index_are_named(tmp_path):
    path = dictd(tmp_path, ENTRIES)
    index = tmp_path / "freedict-eng-fra.index"
    good = index.read_text()
    index.write_text(good + "zebra\t////\tA\n")
    with pytest.raises(InputError, match=r"eng-fra\.index:6: the entry of 'zebra' ends at byte 16777215, and"):
        dictionaries.read("freedict", path)
    index.write_text(good + "zebra\t!\tA\n")
    with pytest.raises(InputError, match=r"index:6: .* is not a head, an offset and a length in base 64"):
        dictionaries.read("freedict", path)
    faults = []
    assert len(dictionaries.read("freedict", path, faults.append)) == 5 and len(faults) == 1
    index.unlink()
    with pytest.raises(InputError, match=r"eng-fra\.index"):
        dictionaries.read("freedict", path)


def test_a_text_that_is_no_gzip_file_or_has_no_heads_is_refused(tmp_path):
    path = dictd(tmp_path, ENTRIES[:1])
    with pytest.raises(InputError, match=r"eng-fra\.index: has no head with a translation in .*\.dz\. Next: fetch"):
        dictionaries.read("freedict", path)
    path = dictd(tmp_path, ENTRIES)
    path.write_bytes(gzip.decompress(path.read_bytes()))
    with pytest.raises(InputError, match=r"eng-fra\.dict\.dz: is no gzip file, .* Next: fetch it again, or name it"):
        dictionaries.read("freedict", path)


def test_a_text_that_breaks_off_is_refused(tmp_path):
    path = dictd(tmp_path, ENTRIES)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match=r"breaks off|damaged"):
        dictionaries.read("freedict", path)


def test_a_published_dictionary_has_its_5000_pairs(shared):
    path = shared / "dictionaries/en-fr/yacle.train.freq.5k.en-fr.tsv"
    if not path.is_file():
        pytest.skip(f"{path} is missing: a dictionary of XLing-Eval")
    found = dictionaries.read("tsv", path)
    assert len(found) == 5000 == len({head for head, _ in found}) and ("of", "de") in found
    assert dictionaries.read("muse", path) == found
