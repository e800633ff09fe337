"""What is odd in data is found: where it was planted, and where it is known to be."""

import csv
import random

import numpy as np
import pyarrow
import pytest

from polychron.checks import datasets
from polychron.data import entities, treebanks
from polychron.probing.tasks import token_labels
from polychron.tokenization.pieces import BEYOND, EMPTY, KEPT, Pieces


def pieces_of(words, status=None, lengths=None):
    """Return the pieces of sentences of so many words, one piece for each word."""
    words = np.asarray(words)
    lengths = words + 2 if lengths is None else np.asarray(lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    status = np.zeros(words.sum(), np.int8) if status is None else np.asarray(status, np.int8)
    first = np.concatenate([np.arange(1, number + 1) for number in words])
    return Pieces(
        ids=np.zeros(offsets[-1], np.int32),
        sentence_offsets=offsets,
        first=np.where(status == KEPT, first, 0).astype(np.int32),
        stop=np.where(status == KEPT, first + 1, 0).astype(np.int32),
        status=status,
        word_sentence=np.repeat(np.arange(len(words)), words).astype(np.int32),
        word_offsets=np.concatenate([[0], np.cumsum(words)]),
        characters=np.full(len(words), 5, np.int32),
    )


def words_of(table):
    return np.bincount(table["sentence"].to_numpy()).tolist()


def of(rows, split, finding, against=None):
    (row,) = (row for row in rows if (row.split, row.finding) == (split, finding) and against in (None, row.against))
    return row


def block(sent_id, words, tags=None, relation="dep", extra=()):
    lines = [f"# sent_id = {sent_id}", f"# text = {' '.join(words)}"]
    for number, word in enumerate(words, start=1):
        tag = (tags or ["X"] * len(words))[number - 1]
        head, name = (0, "root") if number == 1 else (1, relation)
        lines.append(f"{number}\t{word}\t_\t{tag}\t_\t_\t{head}\t{name}\t{head}:{name}\t_")
        lines += [line for after, line in extra if after == number]
    return "\n".join(lines) + "\n\n"


EMPTY_NODE = (2, "2.1\tnode\t_\tVERB\t_\t_\t_\t_\t1:dep\t_")


@pytest.fixture
def planted(tmp_path):
    files = {
        "train": block("1", ["a", "b"])
        + block("2", ["a", "b"])
        + block("3", ["a", "b"])
        + block("4", ["c", "d", "e"], ["NOUN", "VERB", "X"], "nsubj:pass", [EMPTY_NODE]),
        "dev": block("5", ["a", "b"], ["ADV", "X"]) + block("6", ["f", "g"]),
        "test": block("7", ["c", "d", "e"], relation="obj") + block("8", ["f", "g"]) + block("9", ["h", "i"]),
    }
    for split, content in files.items():
        (tmp_path / f"{split}.conllu").write_text(content)
    return treebanks.read({split: tmp_path / f"{split}.conllu" for split in files})


def test_planted_oddities_of_a_treebank_are_found(planted):
    status = np.zeros(planted.num_rows, np.int8)
    status[8] = BEYOND  # the last word of train
    status[-1] = BEYOND
    status[-2] = EMPTY
    pieces = pieces_of(words_of(planted), status)
    rows = list(datasets.examine("treebank", "qq", planted, pieces))
    assert {(row.kind, row.language) for row in rows} == {("treebank", "qq")}
    expected = [
        ("train", "sentences", "", 4, 4, ""),
        ("train", "empty nodes", "", 1, 9, "left out by their IDs"),
        ("train", "duplicates", "train", 2, 4, "'a b' 3 times"),
        ("dev", "duplicates", "dev", 0, 2, ""),
        ("dev", "duplicates", "train", 1, 2, "'a b'"),
        ("test", "duplicates", "train", 1, 3, "'c d e'"),
        ("test", "duplicates", "dev", 1, 3, "'f g'"),
        ("train", "relations with a subtype", "", 2, 9, "nsubj:pass 2"),
        ("train", "relations", "", 3, 3, "root 4, dep 3, nsubj 2"),
        ("dev", "words with unseen parts of speech", "train", 1, 4, "ADV 1"),
        ("test", "words with unseen parts of speech", "train", 0, 7, ""),
        ("test", "words with unseen relations", "train", 2, 7, "obj 2"),
        ("train", "sentences beyond the window", "", 1, 4, ""),
        ("test", "words beyond the window", "", 1, 7, "left out, and counted in the scores"),
        ("test", "words without pieces", "", 1, 7, ""),
    ]
    for split, finding, against, count, whole, detail in expected:
        row = of(rows, split, finding, against)
        assert (row.count, row.of, row.detail) == (count, whole, detail), row


def test_what_the_validator_tolerates_is_a_warning(tmp_path):
    word = "1\ta\t_\tX\t_\t_\t0\troot\t_\tSpaceAfter=Yes\n"
    path = tmp_path / "a.conllu"
    path.write_text(f"# sent_id = 1\n# text = a\n{word}\n")
    table = treebanks.read({"test": path})
    rows = list(datasets.examine("parallel", "qq", table, pieces_of([1], [BEYOND])))
    row = of(rows, "test", "udtools spaceafter-value")
    assert (row.count, row.of, row.severity) == (1, 1, "warning")
    assert row.detail.startswith("tolerated; the first is line 3: ")
    severities = {row["finding"]: row["severity"] for row in datasets.records(rows)}
    assert severities["words beyond the window"] == "left out"
    assert severities["words without pieces"] == severities["words"] == severities["duplicates"] == "information"
    assert "<td>warning</td>" in datasets.report(rows, "A study").replace(' class="text"', "")


def test_what_is_left_out_has_the_number_that_stands_in_the_scores(planted):
    random.seed(3)
    status = np.array([BEYOND if random.random() < 0.3 else KEPT for _ in range(planted.num_rows)], np.int8)
    pieces = pieces_of(words_of(planted), status)
    rows = list(datasets.examine("treebank", "qq", planted, pieces))
    scored = token_labels.Task("pos").examples([planted], [pieces])
    left_out = {split: of(rows, split, "words beyond the window").count for split in scored}
    assert left_out == {split: examples.excluded for split, examples in scored.items()}
    assert sum(left_out.values()) == (status == BEYOND).sum() > 0


def parallel(ids, tags="X"):
    words = {"split": "test", "upos": tags, "deprel": "dep", "form": "w"}
    return pyarrow.table({"sent_id": ids, **{name: [value] * len(ids) for name, value in words.items()}})


def test_parallel_sentences_are_compared_by_their_ids():
    tables = {"en": parallel(list("abcd")), "is": parallel(list("badc")), "de": parallel(list("abcd"))}
    tables["fi"] = parallel(list("abxy"))
    rows = {(row.language, row.finding): row for row in datasets.aligned(tables)}
    assert rows["is", "sentences in another place"].count == 4
    assert rows["is", "sentences of its own"].count == 0
    assert rows["de", "sentences in another place"].count == 0
    assert rows["fi", "sentences of its own"][-3:] == (2, 4, "the first is x")
    assert {row.against for row in rows.values()} == {"en"}
    assert list(datasets.aligned({})) == []


def test_labels_that_a_source_has_never_seen(planted):
    targets = {"en": parallel(list("abc"), "X"), "nan": parallel(list("abc"), "PART")}
    rows = list(datasets.unseen({"qq": planted}, targets))
    assert [(row.language, row.against, row.finding, row.count, row.of, row.detail) for row in rows] == [
        ("nan", "qq", "words with unseen parts of speech", 3, 3, "PART 3")
    ]


def test_pairs_of_inference():
    premises, hypotheses = ["p", "p", "q", "p"], ["h", "h", "i", "h"]
    columns = {"premise": premises, "hypothesis": hypotheses, "label": ["neutral"] * 4}
    table = pyarrow.table({"split": ["train", "train", "train", "dev"], **columns})
    pieces = pieces_of([1, 1, 1, 1], [KEPT, EMPTY, KEPT, KEPT], [9, 5, 9, 4])
    rows = list(datasets.examine("inference", "zh-Hans", table, pieces))
    assert of(rows, "train", "duplicates").count == 1
    assert of(rows, "dev", "duplicates", "train")[-3:] == (1, 1, "'p\\th'")
    assert of(rows, "train", "pairs without pieces").count == 2
    assert of(rows, "train", "sentences of the longest length").count == 2
    assert of(rows, "train", "labels").detail == "neutral 3"


def test_sentence_pairs_and_held_out_text():
    table = pyarrow.table({"source": [["a"], ["b"]], "target": [["c"], ["d"]], "sure": [[[0, 0]], []]}).append_column(
        "possible", pyarrow.array([[[0, 0]], []], pyarrow.list_(pyarrow.list_(pyarrow.int64())))
    )
    rows = list(datasets.examine("bitext", "en/cs", table, pieces_of([1, 1, 1, 1], [KEPT, BEYOND, KEPT, KEPT])))
    assert of(rows, "", "sentence pairs without a link").count == 1
    assert of(rows, "", "sentences beyond the window")[-3:-1] == (1, 4)
    assert of(rows, "", "links of words beyond the window").count == 0  # the link is of the other pair
    rows = list(datasets.examine("bitext", "en/cs", table, pieces_of([1, 1, 1, 1], [KEPT, KEPT, BEYOND, KEPT])))
    assert of(rows, "", "links of words beyond the window")[-3:-1] == (1, 1)
    table = pyarrow.table({"sentence": ["one", "two", "one"]})
    rows = list(datasets.examine("heldout", "no", table, pieces_of([1, 1, 1], [KEPT, EMPTY, KEPT])))
    assert of(rows, "", "duplicates").count == 1
    assert of(rows, "", "sentences without pieces").count == 1
    assert of(rows, "", "characters").count == 15


def test_the_page_shows_what_was_found_and_says_how_much_was_not(planted):
    rows = list(datasets.examine("treebank", "nan", planted, pieces_of(words_of(planted))))
    page = datasets.report(rows, "The data <of> a study")
    assert "<h1>The data &lt;of&gt; a study</h1>" in page
    assert "treebank nan" in page
    assert "&#39;a b&#39; 3 times" in page
    zero = sum(not row.count for row in rows)
    assert zero > 0
    assert f"{zero} further counts are zero" in page
    assert page.count("<tr>") == len(rows) - zero + 1


def read(shared, name, splits):
    folder = shared / "ud" / name
    (code,) = {path.name.split("-ud-")[0] for path in folder.glob("*.conllu")}
    return treebanks.read({split: folder / f"{code}-ud-{split}.conllu" for split in splits})


@pytest.mark.shared
def test_the_parallel_treebanks_are_in_one_order_but_for_icelandic(shared):
    """By their sent_id comments, from which the reader takes them."""
    tables = {}
    for path in sorted(shared.glob("ud/*-PUD/*.conllu"), key=lambda path: "en_pud" not in path.name):
        with open(path, encoding="utf-8") as file:
            ids = [line.partition("= ")[2].strip() for line in file if line.startswith("# sent_id")]
        tables[path.name[:2]] = parallel(ids)
    assert len(tables) == 18
    rows = {(row.language, row.finding): row.count for row in datasets.aligned(tables)}
    moved = {
        language for (language, finding), count in rows.items() if finding == "sentences in another place" and count
    }
    assert moved == {"is"}
    assert not any(count for (_, finding), count in rows.items() if finding == "sentences of its own")


@pytest.mark.shared
def test_known_facts_of_real_treebanks(shared):
    """Multiword ranges and empty nodes as counted elsewhere; Finnish has both, Icelandic-Modern repeats itself."""
    with open(shared / "ud" / "STATS.tsv", encoding="utf-8") as file:
        known = {row["file"]: row for row in csv.DictReader(file, delimiter="\t")}
    finnish = read(shared, "UD_Finnish-PUD", ["test"])
    rows = list(datasets.examine("parallel", "fi", finnish, pieces_of(words_of(finnish))))
    stats = known["UD_Finnish-PUD/fi_pud-ud-test.conllu"]
    assert of(rows, "test", "sentences").count == 1000
    assert of(rows, "test", "multiword ranges").count == int(stats["multiword_ranges"])
    assert of(rows, "test", "empty nodes").count == int(stats["empty_nodes"]) > 0

    splits = [path.stem.rpartition("-")[2] for path in sorted(shared.glob("ud/UD_Icelandic-Modern/*.conllu"))]
    icelandic = read(shared, "UD_Icelandic-Modern", splits)
    rows = list(datasets.examine("treebank", "is", icelandic, pieces_of(words_of(icelandic))))
    assert sum(row.count for row in rows if row.finding == "duplicates") > 0


@pytest.mark.shared
def test_faults_planted_in_a_copy_of_a_real_treebank(shared, tmp_path):
    original = (shared / "ud/UD_Welsh-CCG/cy_ccg-ud-dev.conllu").read_text(encoding="utf-8")
    blocks = [f"{text}\n\n" for text in original.split("\n\n") if text.strip()]
    again = [text.replace("# sent_id = ", "# sent_id = again-") for text in blocks[:7]]
    (tmp_path / "train.conllu").write_text("".join(blocks[:100]) + again[0] + again[1])
    (tmp_path / "test.conllu").write_text("".join(blocks[100:150] + again[2:7]))
    table = treebanks.read({split: tmp_path / f"{split}.conllu" for split in ("train", "test")})
    pieces = pieces_of(words_of(table))
    rows = list(datasets.examine("treebank", "cy", table, pieces))
    (tmp_path / "clean.conllu").write_text("".join(blocks[:100]))
    clean = treebanks.read({"train": tmp_path / "clean.conllu"})
    before = list(datasets.examine("treebank", "cy", clean, pieces_of(words_of(clean))))
    assert of(rows, "train", "duplicates").count == of(before, "train", "duplicates").count + 2
    assert of(rows, "test", "duplicates", "train").count >= 5


def test_named_entities_are_examined(tmp_path):
    """Labels of each split, sentences that are not in the parallel treebank, and what another split repeats."""
    content = "1\tAna\tB-PER\n2\tSá\tI-PER\n\n1\ta\tB-OTH\n\n"
    for split, more in (("train", ""), ("test", "1-2\tb\t_\n1\tc\tO\n2\td\tB-LOC\n")):
        (tmp_path / split).write_text(content + more)
    table = entities.read({split: tmp_path / split for split in ("train", "test")})
    pieces = pieces_of(words_of(table), status=[KEPT] * 5 + [BEYOND, KEPT, KEPT])
    rows = list(datasets.examine("entity_treebank", "pt", table, pieces))
    assert of(rows, "test", "labels").detail == "O 2, B-LOC 1, B-PER 1, I-PER 1"
    assert of(rows, "test", "names")[5:] == (2, 5, "") and of(rows, "train", "names").count == 1
    assert of(rows, "test", "labels of other kinds")[5:] == (1, 5, "read as O")
    assert (of(rows, "test", "multiword ranges").count, of(rows, "train", "multiword ranges").count) == (1, 0)
    assert of(rows, "test", "multiword ranges").severity == "left out"
    assert of(rows, "test", "words beyond the window").count == 1
    assert of(rows, "test", "duplicates", "train").count == 2
    assert not [row for row in rows if row.finding == "sentences of its own"], "it was not joined"

    words = {"sentence": [0, 0, 1], "sent_id": ["x1", "x1", "x2"], "form": ["Ana", "Sá", "c"]}
    joined = entities.identified(table.filter(table["split"].to_numpy() == "test"), pyarrow.table(words), "test")
    found = entities.found(joined)["test"]["sentences of its own"]
    assert found == (2, 3, "the first is 2")
