"""Bitext and gold links: what is read, and what is refused with its line."""

import json

import pyarrow.parquet
import pytest
from script import Files, left_in, run

from polychron.data import bitext
from polychron.errors import InputError

NAACL = {
    "source": "<s snum=0001> a small house </s>\n<s snum=2>the cat</s>\n",
    "target": "<s snum=0001> une petite maison </s>\r\n<s snum=0002> le chat  </s>\r\n",
    "links": "0001 1 1 S\n0001 2 2 P\n1 3 3\n0002 1 1 S\n2 2 2 P\n2 2 2 S\n",
}
TALP = {"source": "a small house\nthe cat\n", "target": "une petite maison\nle chat\n", "links": "0-0 1p1 2-2\n0-0 1-1"}
LINES = [
    {"src_words": ["a", "small", "house"], "tgt_words": ["maison"], "alignment": [[2, 0], [0, 0]]},
    {"src_words": ["the", "New York"], "tgt_words": ["le", "chat"], "alignment": [[1, 1]]},
]
SPEC = {"encoding": "utf-8", "first_word": None, "swapped": False, "drop": []}


def write(folder, contents, encoding="utf-8"):
    paths = {part: folder / f"test.{part}" for part in contents}
    for part, path in paths.items():
        path.write_bytes(contents[part].encode(encoding))
    return paths


def test_numbered_sentences_with_leading_zeros_and_windows_line_ends(tmp_path):
    first, second = bitext.read("naacl", write(tmp_path, NAACL))
    assert (first.source, first.target) == (["a", "small", "house"], ["une", "petite", "maison"])
    assert first.sure == {(0, 0), (2, 2)}
    assert first.possible == {(0, 0), (1, 1), (2, 2)}
    assert second.sure == second.possible == {(0, 0), (1, 1)}


ONE_FILE = {"source": "a small house ||| une petite maison\nthe cat ||| le chat\n", "links": TALP["links"]}


def test_sentences_and_translations_in_one_file(tmp_path):
    paths = write(tmp_path, ONE_FILE)
    (tmp_path / "two").mkdir()
    two = bitext.read("talp", write(tmp_path / "two", TALP))
    assert bitext.read("talp", paths) == two
    assert bitext.read("talp", paths | {"target": paths["source"]}) == two
    numbered = {
        part: content.replace("a s", "1\ta s").replace("the c", "2\tthe c") for part, content in ONE_FILE.items()
    }
    assert bitext.read("talp", write(tmp_path, numbered)) == two


def test_a_file_of_both_beside_one_of_translations_is_refused(tmp_path):
    """Its lines would be read as the words of one side."""
    with pytest.raises(InputError, match=r"test\.source: each line has '\|\|\|'.*Next: give this file as source"):
        bitext.read("talp", write(tmp_path, ONE_FILE | {"target": TALP["target"]}))
    # A sentence may have such marks as words.
    paths = write(tmp_path, TALP | {"source": "a ||| house\nthe cat\n"})
    assert bitext.read("talp", paths)[0].source == ["a", "|||", "house"]


@pytest.mark.parametrize("line", ["the cat", "the cat|||le chat", "the cat ||| le chat ||| die Katze", "the cat ||| "])
def test_a_line_that_is_no_sentence_with_its_translation_is_refused(tmp_path, line):
    with pytest.raises(InputError, match=r"test\.source:2: "):
        bitext.read("talp", write(tmp_path, ONE_FILE | {"source": f"a small house ||| une petite maison\n{line}\n"}))


def test_lines_of_links_say_the_same(tmp_path):
    numbered = bitext.read("naacl", write(tmp_path, NAACL))
    assert bitext.read("talp", write(tmp_path, TALP)) == numbered
    with_numbers = {
        part: "".join(f"{number}\t{line}\n" for number, line in enumerate(content.splitlines()))
        for part, content in TALP.items()
    }
    assert bitext.read("talp", write(tmp_path, with_numbers)) == numbered


def test_gold_sets_of_the_other_direction_counted_from_one_in_latin_1(tmp_path):
    contents = {"source": "the cat\n\n", "target": "la chatte ôtée\n\n", "links": "2-2 1-1 3p2\n\n"}
    paths = write(tmp_path, contents, "latin-1")
    (pair,) = bitext.read("talp", paths, encoding="latin-1", first_word=1, swapped=True)
    assert pair.target[2] == "ôtée"
    assert pair.sure == {(0, 0), (1, 1)}
    assert pair.possible == {(0, 0), (1, 1), (1, 2)}
    with pytest.raises(InputError, match=r"test\.target:1: byte 0xf4 is no utf-8 text\. Next: .*declare its encoding"):
        bitext.read("talp", paths, first_word=1, swapped=True)


def test_json_lines_keep_words_as_they_are(tmp_path):
    paths = write(tmp_path, {"links": "".join(json.dumps(line) + "\n" for line in LINES)})
    first, second = bitext.read("jsonl", paths)
    assert first.sure == first.possible == {(0, 0), (2, 0)}
    assert second.source == ["the", "New York"]


CZENALI = """\
<?xml version="1.0" encoding="utf-8"?>
<sentences>
<s id="project_syndicate_translated-s1">
  <english>R & D &lt; 3 % of</english>
  <czech>Výzkum a vývoj</czech>
  <sure>1-1 3-3</sure>
  <possible>2-2 3-2</possible>
</s>
<s id="s2">
  <english>Yes .</english>
  <czech>Ano .</czech>
  <sure>1-1 2-2</sure>
  <possible></possible>
</s>
</sentences>
"""


def test_czenali_in_its_own_form_which_is_no_xml(tmp_path):
    first, second = bitext.read("wa", write(tmp_path, {"links": CZENALI + CZENALI}))[:2]
    assert first.source == ["R", "&", "D", "<", "3", "%", "of"]
    assert first.sure == {(0, 0), (2, 2)}
    assert first.possible == {(0, 0), (2, 2), (1, 1), (2, 1)}
    assert second.sure == second.possible == {(0, 0), (1, 1)}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2-2 3-2", "2-2 3p2", ":7: the link '3p2', expected i-j"),
        ("1-1 3-3", "1-1 3-4", ":6: a link between the words 3 and 4, past the end"),
        ("  <czech>Ano .</czech>\n", "", ":13: a sentence without czech"),
        ("<english>Yes .</english>", "<english>Yes .", ":10: '<english>Yes .', expected a line of CzEnAli"),
        ('<s id="s2">\n', "", ":9: <english> in the wrong place"),
        ("</s>\n</sentences>\n", "", ": the file breaks off in a sentence"),
        ("  <sure>1-1 2-2</sure>", "  <czech>x</czech>", ":12: <czech> in the wrong place"),
    ],
)
def test_a_fault_in_czenali_is_named_with_its_line(tmp_path, old, new, said):
    paths = write(tmp_path, changed({"links": CZENALI}, "links", old, new))
    with pytest.raises(InputError) as stopped:
        bitext.read("wa", paths)
    assert f"test.links{said}" in str(stopped.value)
    assert "Next: " in str(stopped.value)


@pytest.mark.shared
def test_the_same_gold_set_in_the_forms_of_all_publishers(shared, tmp_path):
    """The real sentences, written as CzEnAli, RWTH and the shared tasks write theirs."""
    files = {"links": shared / "align/en-cs/czenali.first1500.jsonl"}
    pairs = bitext.read("jsonl", files)[:200]
    upstream = "".join(
        f"<s id='s{number}'>\n<english>{' '.join(pair.source)}</english>\n<czech>{' '.join(pair.target)}</czech>\n"
        f"<sure>{' '.join(f'{i + 1}-{j + 1}' for i, j in sorted(pair.sure))}</sure>\n<possible/>\n</s>\n"
        for number, pair in enumerate(pairs)
    )
    assert bitext.read("wa", write(tmp_path, {"links": f"<sentences>\n{upstream}</sentences>\n"})) == pairs

    # RWTH: target first, words from 1, Latin-1 with Windows line ends, an empty line at the end of each file
    pairs = [pair for pair in pairs if " ".join(pair.target).isascii()]
    assert len(pairs) > 5
    lines = [
        (" ".join(pair.source), " ".join(pair.target), " ".join(f"{j + 1}-{i + 1}" for i, j in sorted(pair.sure)))
        for pair in pairs
    ]
    contents = dict(
        zip(
            ("source", "target", "links"),
            ("\r\n".join([*part, "", ""]) for part in zip(*lines, strict=True)),
            strict=True,
        )
    )
    assert (
        bitext.read("talp", write(tmp_path, contents, "latin-1"), encoding="latin-1", first_word=1, swapped=True)
        == pairs
    )

    # the shared tasks: numbered sentences with a byte order mark, S and P, the other direction
    numbered = {
        part: "".join(
            f"<s snum={number:04d}> {' '.join(getattr(pair, part))} </s>\n" for number, pair in enumerate(pairs, 1)
        )
        for part in ("source", "target")
    }
    numbered["links"] = "".join(
        f"{number} {j + 1} {i + 1} S\n" for number, pair in enumerate(pairs, 1) for i, j in sorted(pair.sure)
    )
    paths = write(tmp_path, numbered, "utf-8-sig")
    assert bitext.read("naacl", paths, swapped=True) == pairs


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2007", "\u3000", "\u2028", "\u0085"])
def test_spaces_alone_separate_words_so_links_keep_their_places(tmp_path, space):
    source, target = f"We paid 10{space}000 euros today", f"Nous avons payé 10{space}000 € aujourd’hui"
    marks = "0-0 1-1 1-2 2-3 3-4 4-5"
    links = [tuple(map(int, mark.split("-"))) for mark in marks.split()]
    files = {
        "talp": {"source": f"{source}\n", "target": f"{target}\n", "links": f"{marks}\n"},
        "naacl": {
            "source": f"<s snum=1> {source} </s>\n",
            "target": f"<s snum=1> {target} </s>\n",
            "links": "".join(f"1 {i + 1} {j + 1}\n" for i, j in links),
        },
        "wa": {
            "links": f"<s>\n<english>{source}</english>\n<czech>{target}</czech>\n"
            f"<sure>{' '.join(f'{i + 1}-{j + 1}' for i, j in links)}</sure>\n</s>\n"
        },
    }
    for layout, contents in files.items():
        (pair,) = bitext.read(layout, write(tmp_path, contents))
        assert pair.source == ["We", "paid", f"10{space}000", "euros", "today"]
        assert pair.target == ["Nous", "avons", "payé", f"10{space}000", "€", "aujourd’hui"]
        assert pair.sure == set(links)


def test_marks_in_small_letters_and_a_confidence_are_read(tmp_path):
    plain = bitext.read("naacl", write(tmp_path, NAACL))
    links = "0001 1 1 s\n0001 2 2 p 0.3\n1 3 3 0.25\n0002 1 1 S 1e-3\n2 2 2 P 1\n2\t2\t2\ts\t.5\n"
    assert bitext.read("naacl", write(tmp_path, {**NAACL, "links": links})) == plain


def test_only_a_file_with_a_number_before_each_line_is_numbered(tmp_path):
    numbered = bitext.read("talp", write(tmp_path, TALP | {"source": "1\ta small house\n2\tthe cat\n"}))
    assert numbered == bitext.read("talp", write(tmp_path, TALP))
    with pytest.raises(InputError, match=r"test\.source:1: a tab in a sentence, in its word 1: '10\\thouses'"):
        bitext.read("talp", write(tmp_path, TALP | {"source": "10\thouses all\nthe cat\n"}))


def changed(contents, part, old, new):
    assert old in contents[part]
    return {**contents, part: contents[part].replace(old, new)}


FAULTS = {
    "a link past the end": (
        *("naacl", changed(NAACL, "links", "1 3 3", "1 3 4")),
        "test.links:3: a link between the words 3 and 4, past the end of sentences of 3 and 3 words",
    ),
    "a link past the end of the source": ("talp", changed(TALP, "links", "1-1", "2-1"), "test.links:2: a link between"),
    "a null link": ("naacl", changed(NAACL, "links", "1 3 3", "1 0 3"), "test.links:3: a link to word 0"),
    "a mark that is none": ("naacl", changed(NAACL, "links", "2 2 P", "2 2 Q"), "test.links:2: the mark 'Q'"),
    "a link that is none": ("talp", changed(TALP, "links", "1p1", "1?1"), "test.links:1: the link '1?1', expected i-j"),
    "a line that is no link": (
        "naacl",
        changed(NAACL, "links", "1 3 3", "1 3"),
        "test.links:3: '1 3', expected a sent",
    ),
    "an unknown sentence": ("naacl", changed(NAACL, "links", "1 3 3", "7 3 3"), "test.links:3: the sentence 7, which"),
    "other sentences": ("naacl", changed(NAACL, "target", "0002", "3"), "test.target: its sentence numbers are not"),
    "a sentence twice": ("naacl", changed(NAACL, "source", "2>", "1>"), "test.source:2: the sentence 1 for the second"),
    "a sentence without its end": (
        "naacl",
        changed(NAACL, "source", "cat</s>", "cat"),
        "test.source:2: expected <s sn",
    ),
    "a sentence without words": (
        "naacl",
        changed(NAACL, "source", "the cat", " "),
        "test.source:2: a sentence without",
    ),
    "a line too few": ("talp", changed(TALP, "target", "le chat\n", ""), "test.links: 2 lines of links for 2 and 1"),
    "a tab in a sentence": (
        *("talp", {"source": "Good\tmorning to all\n", "target": "Bonjour à tous\n", "links": "0-0 1-1 2-2\n"}),
        "test.source:1: a tab in a sentence, in its word 1: 'Good\\tmorning'",
    ),
    "a tab in a numbered sentence": (
        *("naacl", changed(NAACL, "target", "le chat", "le\tchat")),
        "test.target:2: a tab in a sentence",
    ),
    "a word of white space": (
        *("talp", changed(TALP, "source", "the cat", "the \u00a0 cat")),
        "test.source:2: the word 2 is white space alone: '\\xa0'",
    ),
    "a confidence that is none": (
        *("naacl", changed(NAACL, "links", "1 1 S", "1 1 S high")),
        "test.links:1: '0001 1 1 S high', expected a sentence number",
    ),
    "a link of 5,000 digits": (
        *("talp", changed(TALP, "links", "1p1", f"1-{'9' * 5000}")),
        "test.links:1: the link '1-99999",
    ),
    "JSON without end": ("jsonl", {"links": "[" * 100_000}, "test.links:1: expected an object with src_words"),
    "half a character": (
        *("jsonl", {"links": '{"src_words": ["\\ud800"], "tgt_words": ["a"], "alignment": [[0, 0]]}'}),
        "test.links:1: expected an object with src_words",
    ),
    "words that are no list": (
        *("jsonl", {"links": '{"src_words": "ab", "tgt_words": ["a"], "alignment": [[0, 0]]}'}),
        "test.links:1: expected an object with src_words, tgt_words and alignment ('ab' is no list)",
    ),
    "an empty file": ("talp", {**TALP, "links": ""}, "test.links: the file is empty"),
    "possible links alone": (
        "talp",
        {**TALP, "links": "0p0 1p1\n0p0"},
        "test.links: no sure link, so that nothing can be recalled, and F1 would be 0. Next: mark the links",
    ),
    "no link at all": ("talp", {**TALP, "links": "\n\n"}, "test.links: no sentence pair, or no link"),
    "a line cut in JSON": (
        "jsonl",
        {"links": json.dumps(LINES[0])[:-9]},
        "test.links:1: expected an object with src_w",
    ),
    "a key that lacks": ("jsonl", {"links": '{"src_words": ["a"]}'}, "test.links:1: expected an object with src_words"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_line_and_a_remedy_and_nothing_is_left(tmp_path, capfd, fault):
    layout, contents, said = FAULTS[fault]
    paths = {part: str(path) for part, path in write(tmp_path, contents).items()}
    with pytest.raises(SystemExit) as stopped:
        run(
            "tabulate_bitext",
            *(Files(files=list(paths.values())), Files(tmp_path / "out" / "fr.parquet"), tmp_path / "log"),
            **{"format": layout, "files": paths, **SPEC},
        )
    assert stopped.value.code == 1
    message = capfd.readouterr().err
    assert f"{tmp_path}/{said}" in message
    assert "Next: " in message
    assert "Traceback" not in message
    assert len(message) < 1000
    assert left_in(tmp_path / "out") == []


def test_a_known_fault_is_dropped_by_its_line_and_said(tmp_path, caplog):
    paths = write(tmp_path, changed(NAACL, "links", "1 3 3", "1 3 4"))
    first, _ = bitext.read("naacl", paths, drop=[3])
    assert first.possible == {(0, 0), (1, 1)}
    assert "test.links:3: a link past the end of the sentence is dropped" in caplog.text
    with pytest.raises(InputError, match=r"test\.links:3: a link between"):
        bitext.read("naacl", paths, drop=[2])


def test_a_good_line_is_not_dropped(tmp_path):
    with pytest.raises(
        InputError, match=r"test\.links:2: .* and none does\. Next: take its number out of the key drop"
    ):
        bitext.read("naacl", write(tmp_path, NAACL), drop=[2])


def test_the_table_holds_sorted_links_from_zero(tmp_path):
    paths = {part: str(path) for part, path in write(tmp_path, NAACL).items()}
    made = Files(tmp_path / "out" / "fr.parquet")
    run(
        "tabulate_bitext",
        *(Files(files=list(paths.values())), made, tmp_path / "log"),
        **{"format": "naacl", "files": paths, **SPEC},
    )
    table = pyarrow.parquet.read_table(made[0])
    assert str(table.schema.field("source").type) == "list<element: string>"
    assert table.to_pylist()[0] == {
        "source": ["a", "small", "house"],
        "target": ["une", "petite", "maison"],
        "sure": [[0, 0], [2, 2]],
        "possible": [[0, 0], [1, 1], [2, 2]],
    }


REAL = {
    "en-fr": ("naacl", ("test.e", "test.f", "test.wa.nonullalign"), {}, (447, 4038, 17438)),
    "en-hi": ("naacl", ("test.eng", "test.hin", "test.eng.hin.wa"), {"drop": [678]}, (90, 1408, 1408)),
    "en-cs": ("jsonl", (None, None, "czenali.first1500.jsonl"), {}, (1500, 28140, 28140)),
    "en-de": ("talp", ("test.en", "test.de", "de-en.wa"), {"swapped": True, "drop": [63]}, (100, None, None)),
    "simalign-sample": ("talp", ("sample_eng.txt", "sample_deu.txt", "sample_eng_deu.gold"), {}, (5, 90, 107)),
}


@pytest.mark.shared
@pytest.mark.parametrize("folder", REAL)
def test_real_gold_sets_have_the_links_that_are_reported_of_them(shared, folder):
    layout, names, options, (number, sure, possible) = REAL[folder]
    parts = zip(("source", "target", "links"), names, strict=True)
    files = {part: shared / "align" / folder / name for part, name in parts if name}
    pairs = bitext.read(layout, files, **options)
    assert len(pairs) == number
    assert all(pair.sure <= pair.possible for pair in pairs)
    if sure is not None:
        assert sum(len(pair.sure) for pair in pairs) == sure
        assert sum(len(pair.possible) for pair in pairs) == possible


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "line"), [("en-hi", 678), ("en-de", 63)])
def test_the_published_faults_stop_the_run_unless_they_are_declared(shared, folder, line):
    layout, names, options, _ = REAL[folder]
    files = {
        part: shared / "align" / folder / name for part, name in zip(("source", "target", "links"), names, strict=True)
    }
    with pytest.raises(InputError, match=rf":{line}: a link between .*past the end.* Next: .*the key drop"):
        bitext.read(layout, files, **(options | {"drop": []}))
