"""Readers and damaged files: whatever a file holds, its reader returns something valid or raises an InputError.

Each mutation is made by a generator of its own, seeded by the reader's name and a number, which a failure names. The
long form, of `make torture`, has 2,000 mutations for each reader and takes some minutes::

    .venv/bin/python -m pytest -m check tests/integration/test_hostile_files.py
"""

import gzip
import io
import json
import lzma
import random

import hostile
import pyarrow
import pyarrow.parquet
import pytest

from polychron.analysis import gathering
from polychron.analysis import sizes as pretraining_sizes
from polychron.audit import claims
from polychron.checks import raw_data
from polychron.data import bitext, dictionaries, entities, languages, sources, text, treebanks, xnli
from polychron.errors import InputError
from polychron.storage import files
from polychron.storage.scores import score_schema

SHORT, LONG = 60, 2000

TREEBANK = """\
# sent_id = one
# text = Vámonos al mar en 10\u00a0000 días
1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tVamos\tir\tVERB\tv\tMood=Imp\t0\troot\t0:root\t_
2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t1:obj\t_
3-4\tal\t_\t_\t_\t_\t_\t_\t_\t_
3\ta\ta\tADP\t_\t_\t5\tcase\t5:case\t_
4\tel\tel\tDET\t_\t_\t5\tdet\t5:det\t_
4.1\tgran\tgrande\tADJ\t_\t_\t_\t_\t5:amod\t_
5\tmar\tmar\tNOUN\t_\t_\t1\tobl:arg\t1:obl:arg\t_
6\ten\ten\tADP\t_\t_\t8\tcase\t8:case\t_
7\t10\u00a0000\t10000\tNUM\t_\tNumType=Card\t8\tnummod\t8:nummod\t_
8\tdías\tdía\tNOUN\t_\t_\t1\tobl\t1:obl\t_

# sent_id = two
# text = Sí
1\tSí\tsí\tINTJ\t_\t_\t0\troot\t0:root\t_

"""
ENTITIES = """\
# sent_id = n01-0001
1\tAna\tB-PER\t-\t-
2\tSá\tI-PER\t-\t-
3\tfoi\tO\t-\t-
4\ta\tO\t-\t-
5\tFaro\tB-LOC\t-\t-

# sent_id = n01-0002
1\tA\tO\t-\t-
2\tNASA\tB-ORG\t-\t-

"""
NUMBERED = {
    "source": "<s snum=0001> a small house </s>\n<s snum=2>the cat</s>\n",
    "target": "<s snum=0001> une petite maison </s>\r\n<s snum=0002> le chat  </s>\r\n",
    "links": "0001 1 1 S 0.9\n0001 2 2 p\n1 3 3\n0002 1 1 S\n2 2 2 P 1e-3\n",
}
LINES = {
    "source": "1\ta small house\n2\tthe cat\n",
    "target": "1\tune petite maison\n2\tle chat\n",
    "links": "0-0 1p1 2-2\n0-0 1-1\n",
}
OBJECTS = "".join(
    json.dumps(line) + "\n"
    for line in (
        {"src_words": ["a", "small", "house"], "tgt_words": ["maison"], "alignment": [[2, 0], [0, 0]]},
        {"src_words": ["the", "New York"], "tgt_words": ["le", "chat"], "alignment": [[1, 1]]},
    )
)
CZENALI = (
    '<?xml version="1.0"?>\n<sentences>\n<s id="s1">\n<english>R & D &lt; 3</english>\n<czech>Výzkum a</czech>\n'
    "<sure>1-1 3-2</sure>\n<possible>2-2</possible>\n</s>\n</sentences>\n"
)
INFERENCE = "A premise.\tA hypothesis.\tneutral\nIl y a 10\u00a0000 €.\tNon.\tcontradiction\nC.\tD.\tentailment\n"
XNLI = "language\tgold_label\tsentence1\tsentence2\n" + "".join(
    "\t".join(("en", label, premise, hypothesis)) + "\n"
    for premise, hypothesis, label in (line.split("\t") for line in INFERENCE.splitlines())
)
PAIRED = "the\tle\nhot dog\tchien\nNew York\tNew York\nhouse\tmaison\n"
DICTD = "bank /baŋk/ <n>\n 1. banque [econ.]; rive (of a river)\ncold\nfroid\n"
INDEX = "00databaseinfo\tA\tA\nbank\tA\t3\ncold\t3\tL\n"
SIZES = 'language,code,tokens_millions,size_gib\nEnglish,en,55608,300.8\n"Chinese (Simplified)",zh,259,46.9\n'
DISTANCES = "kind\tlang1\tlang2\tdistance\nsyntactic\teng\tmlt\t0.52\ngenetic\teng\tmlt\t1\nsyntactic\tfr\ten\t0.46\n"
MATRIX = ',eng,fra,mlt\neng,0.0,0.1,0.2\n"fra",0.1,0.0,0.4\nmlt,0.2,0.4,0.0\n'
SOURCES = "\t".join(sources.Source._fields) + (
    f"\na.zip\thttps://example.org/a.zip\t12\t{'ab' * 32}\t\t\tset\t1\tCC0\tnone\na/b\t\t\t\ta.zip\tb\t\t\t\t\n"
)
CLAIMS = """\
paper: {bits: [af, "no"], numbers: 3}
claims:
  - {id: a.1, section: "4", kind: result, statement: It falls, value: 0.5, comparison: within, tolerance: 0.1,
     needs: scores, measure: MEASURE, readings: [A21], items: [T1], arguments: {task: pos}}
  - {id: a.2, section: "4", kind: setup, statement: It has, value: 12, comparison: equal, needs: config,
     measure: MEASURE, n: 3, stars: "*"}
""".replace("MEASURE", next(iter(claims.measurement.MEASURES)))
TEXT = "".join(f"the sentence {number} of 10\u00a0000\n" for number in range(40))


def scores():
    row = {"model": "m", "task": "pos", "source": "en", "split": "test", "metric": "accuracy", "layer": 1, "seed": 0}
    rows = [
        {**row, "target": target, "step": step, "value": step / 100 + 0.1, "examples": 50}
        for target in ("en", "fr", "zh-Hans")
        for step in range(0, 80, 10)
    ]
    written = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=score_schema()), written)
    return written.getvalue()


def sizes():
    read = {"bytes": 2**20, "characters": 2**20, "lines": 9, "examples": 10, "pieces": 500}
    written = io.BytesIO()
    pyarrow.parquet.write_table(pretraining_sizes.counted({"en": read, "mt": read}, ["fr"], languages.Sizes()), written)
    return written.getvalue()


def gathered(folder):
    return gathering.gather([(folder / "scores", files.read_table(folder / "scores"))])


def streams(content):
    half = content[: len(content) // 2]
    return lzma.compress(half) + bytes(8) + lzma.compress(content[len(half) :])


def parts(folder):
    return {name: folder / name for name in ("source", "target", "links")}


READERS = {
    "treebank": (
        {"train": TREEBANK, "dev": TREEBANK.replace("= one", "= three").replace("= two", "= four")},
        lambda folder: treebanks.read({split: folder / split for split in ("train", "dev")}),
    ),
    "entities": ({"test": ENTITIES}, lambda folder: entities.read({"test": folder / "test"})),
    "naacl": (NUMBERED, lambda folder: bitext.table(bitext.read("naacl", parts(folder)))),
    "talp": (LINES, lambda folder: bitext.table(bitext.read("talp", parts(folder)))),
    "jsonl": ({"links": OBJECTS}, lambda folder: bitext.table(bitext.read("jsonl", parts(folder)))),
    "wa": ({"links": CZENALI}, lambda folder: bitext.table(bitext.read("wa", parts(folder)))),
    "inference tsv": ({"rows": INFERENCE}, lambda folder: xnli.table({"a": xnli.read(folder / "rows", layout="tsv")})),
    "inference xnli": (
        {"rows": XNLI},
        lambda folder: xnli.table({"a": xnli.read(folder / "rows", layout="xnli", language="en")}),
    ),
    "inference xnli-mt": (
        {"rows": "premise\thypo\tlabel\n" + INFERENCE},
        lambda folder: xnli.table({"a": xnli.read(folder / "rows", layout="xnli-mt")}),
    ),
    "text": ({"text.xz": TEXT}, lambda folder: list(text.corpus_lines(folder / "text.xz"))),
    "text plain": ({"text.txt": TEXT}, lambda folder: list(text.corpus_lines(folder / "text.txt"))),
    "text zst": ({"text.zst": TEXT}, lambda folder: list(text.corpus_lines(folder / "text.zst"))),
    "text gz": ({"text.gz": TEXT}, lambda folder: list(text.corpus_lines(folder / "text.gz"))),
    "beginning of text": (
        {"text.xz": TEXT},
        lambda folder: text.first_lines(iter([(folder / "text.xz").read_bytes()]), 30, folder / "text.xz"),
    ),
    "dictionary": ({"dictionary": PAIRED}, lambda folder: dictionaries.read("tsv", folder / "dictionary")),
    "dictd": ({"x.dict": DICTD, "x.index": INDEX}, lambda folder: dictionaries.read("freedict", folder / "x.dict")),
    "sizes": ({"sizes": SIZES}, lambda folder: dict(languages.read_sizes(folder / "sizes"))),
    "distances": ({"list": DISTANCES}, lambda folder: languages.read_distances(folder / "list", ["en", "mt"]).known),
    "matrix": ({"matrix": MATRIX}, lambda folder: languages.read_distances(folder / "matrix", ["en", "mt"]).known),
    "sources": ({"sources": SOURCES}, lambda folder: sources.catalogue(folder / "sources")),
    "claims": ({"claims": CLAIMS}, lambda folder: claims.load(folder / "claims")),
    "scores": ({"scores": scores()}, gathered),
    "sizes from elsewhere": ({"sizes": sizes()}, lambda folder: pretraining_sizes.elsewhere(folder / "sizes")),
}
"""By name: the valid files, and what reads them."""


PACKED = (".xz", ".zst", ".gz")


def packed(data, file):
    """Compress a file as its name says."""
    if file.endswith(".zst"):
        return pyarrow.compress(data, codec="zstd", asbytes=True)
    return streams(data) if file.endswith(".xz") else gzip.compress(data, mtime=0)


def validated(result):
    if isinstance(result, pyarrow.Table):
        result.validate(full=True)
        result.to_pylist()
    return result


def attack(name, folder, number):
    """Read files of which one is mutated; return what is wrong with what the reader did, and whether it read them."""
    draw = random.Random(f"{name} {number}")
    valid, read = READERS[name]
    contents = {file: content if isinstance(content, bytes) else content.encode() for file, content in valid.items()}
    victim = draw.choice(list(contents))
    outside = draw.random() < 0.5
    for file, content in contents.items():
        whole = hostile.mutate(content, draw) if file == victim and not (outside and file.endswith(PACKED)) else content
        if file.endswith(PACKED):
            whole = packed(whole, file)
            whole = hostile.mutate(whole, draw) if file == victim and outside else whole
        (folder / file).write_bytes(whole)
    return hostile.outcome(lambda: validated(read(folder)), folder)


def faults(name, folder, mutations):
    """Return what went wrong, by mutation, and how many of the mutated files were read."""
    found, good = {}, 0
    for number in range(mutations):
        fault, was_read = attack(name, folder, number)
        good += was_read
        if fault:
            found[number] = fault
    return found, good


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused(tmp_path, name):
    valid, read = READERS[name]
    for file, content in valid.items():
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / file).write_bytes(packed(data, file) if file.endswith(PACKED) else data)
    assert read(tmp_path)
    found, good = faults(name, tmp_path, SHORT)
    assert found == {}
    assert good < SHORT


PAIRS = {"encoding": "utf-8", "first_word": None, "swapped": False, "drop": []}
COLLECTED = {
    "treebank": ("treebank/x", {}),
    "entities": ("entities/x", {}),
    **{name: ("bitext/x/y", {"format": name, **PAIRS}) for name in ("naacl", "talp", "jsonl", "wa")},
    **{
        f"inference {name}": ("inference/en", {"language": "en", "layouts": {"rows": {"format": name, "rows": None}}})
        for name in ("tsv", "xnli", "xnli-mt")
    },
    **dict.fromkeys(("text", "text plain", "text zst"), ("text/x", {"sentences": 3})),
    "dictionary": ("dictionary/x/y", {"format": "tsv"}),
    "sizes": ("sizes", {"languages": ["en", "mt"]}),
    **dict.fromkeys(("distances", "matrix"), ("distances", {"languages": ["en", "mt"]})),
}
"""By name of a reader: what the check of raw data is told of its files."""


def disagreeing(name, folder, mutations):
    """Return the mutations in which a check that collects faults has one where its reader has none, or none."""
    dataset, more = COLLECTED[name]
    valid, read = READERS[name]
    named = {"key": "files", "files": {file: str(folder / file) for file in valid}, **more}
    found = []
    for number in range(mutations):
        attack(name, folder, number)
        try:
            result = read(folder)
            refused = name.startswith("text") and len(result) < 10
        except InputError:
            refused = True
        stops = [fault for fault in raw_data.read(dataset, named) if fault.severity == raw_data.STOPS]
        found += [number] if bool(stops) is not refused else []
    return found


@pytest.mark.parametrize("name", COLLECTED)
def test_a_check_that_goes_on_after_faults_finds_one_where_the_reader_refuses(tmp_path, name):
    assert disagreeing(name, tmp_path, SHORT) == []


@pytest.mark.check
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused_two_thousand_times(tmp_path, name, record_property):
    found, good = faults(name, tmp_path, LONG)
    figures = {"files": LONG, "read": good, "refused": LONG - good - len(found), "faults": len(found)}
    for figure, number in figures.items():
        record_property(figure, number)
    assert found == {}
    assert 0 < good < LONG
