"""Each source in its publisher's own form, built from real data, read through the paper's own config."""

import csv
import io
import itertools
import tarfile
import zipfile

import pytest
import yaml

from polychron.data import bitext, fetch, languages, sources, text, treebanks, xnli
from polychron.data.fetch import Place

pytestmark = pytest.mark.shared

XNLI = (
    *("language", "gold_label", "sentence1_binary_parse", "sentence2_binary_parse", "sentence1_parse"),
    *("sentence2_parse", "sentence1", "sentence2", "promptID", "pairID", "genre", "label1", "label2", "label3"),
    *("label4", "label5", "sentence1_tokenized", "sentence2_tokenized", "match"),
)


def a_zip(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def a_tar(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


@pytest.fixture(scope="module")
def config(root):
    return yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def get(tmp_path):
    """Fetch a file of the paper's study from archives of the test, whose checksums are not those of the real ones."""
    known = {name: row._replace(bytes=None, sha256="") for name, row in sources.catalogue().items()}

    def fetched(file):
        made = tmp_path / "resources" / file
        fetch.fetch(file, made, Place(str(tmp_path / "mirror")), known)
        return made

    return fetched


def test_treebanks_out_of_the_release(shared, tmp_path, config, get):
    names = {"UD_Welsh-CCG": "treebank/cy", "UD_Icelandic-PUD": "parallel/is", "UD_Vietnamese-VTB": "treebank/vi"}
    files = {path: path.read_bytes() for name in names for path in sorted((shared / "ud" / name).iterdir())}
    a_tar(
        tmp_path / "mirror/ud/ud-treebanks-v2.9.tgz",
        {f"ud-treebanks-v2.9/{path.parent.name}/{path.name}": content for path, content in files.items()},
    )
    for name, dataset in names.items():
        kind, language = dataset.split("/")
        splits = ("test",) if kind == "parallel" else ("train", "dev", "test")
        for split in splits:
            made = get(config["files"][kind][language].format(split=split))
            assert made.read_bytes() == files[shared / "ud" / name / made.name]
    assert sum(1 for _ in treebanks.sentences(made.parent.parent / "UD_Icelandic-PUD/is_pud-ud-test.conllu")) == 1000


def test_inference_out_of_both_zips(shared, tmp_path, config, get):
    rows = {
        language: [line.split("\t") for line in (shared / f"xnli/dev-{language}.tsv").read_text().splitlines()[:60]]
        for language in ("ar", "en", "zh")
    }
    table = io.StringIO()
    writer = csv.writer(table, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
    writer.writerow(XNLI)
    for language in rows:
        for premise, hypothesis, label in rows[language]:
            known = {"language": language, "gold_label": label, "sentence1": premise, "sentence2": hypothesis}
            writer.writerow([known.get(name, "x") for name in XNLI])
    a_zip(
        tmp_path / "mirror/xnli/XNLI-1.0.zip",
        {"XNLI-1.0/": "", "XNLI-1.0/xnli.dev.tsv": table.getvalue(), "__MACOSX/XNLI-1.0/._xnli.dev.tsv": "x"},
    )
    spelt = {"contradiction": "contradictory"}
    translated = "".join(f"{p}\t{h}\t{spelt.get(label, label)}\n" for p, h, label in rows["zh"])
    a_zip(
        tmp_path / "mirror/xnli/XNLI-MT-1.0.zip",
        {"XNLI-MT-1.0/multinli/multinli.train.zh.tsv": f"premise\thypo\tlabel\n{translated}"},
    )
    for language, part in (("ar", "dev"), ("zh", "dev"), ("zh", "train")):
        entry = config["files"]["inference"][part]
        pairs = xnli.read(get(entry["file"].format(language=language)), layout=entry["format"], language=language)
        assert [list(pair) for pair in pairs] == rows[language]


def gold(config, pair, get):
    entry = config["files"]["alignment"][pair]
    files = {part: get(entry[part]) for part in ("source", "target", "links") if entry.get(part)}
    options = {name: entry[name] for name in ("encoding", "first_word", "swapped", "drop") if name in entry}
    return bitext.read(entry["format"], files, **options)


def czenali(pairs):
    """Write sentence pairs as CzEnAli does."""
    lines = ["<?xml version='1.0' encoding='utf-8'?>", "<sentences>"]
    for number, pair in enumerate(pairs):
        sure = " ".join(f"{i + 1}-{j + 1}" for i, j in sorted(pair.sure))
        lines += [f'<s id="{number}">', f"  <english>{' '.join(pair.source)}</english>"]
        lines += [
            f"  <czech>{' '.join(pair.target)}</czech>",
            f"  <sure>{sure}</sure>",
            "  <possible></possible>",
            "</s>",
        ]
    return "\n".join([*lines, "</sentences>", ""])


def test_czech_out_of_its_archive(shared, tmp_path, config, get):
    pairs = bitext.read("jsonl", {"links": shared / "align/en-cs/czenali.first1500.jsonl"})[:40]

    files = {"merged_data/acquis/a10.wa": czenali(pairs[30:]), "merged_data/acquis/a9.wa": czenali(pairs[:30])}
    a_tar(tmp_path / "mirror/align/CzEnAli_1.0.tar.gz", {"README": "x", "data/mini/a9.wa": "no", **files})
    assert gold(config, "en/cs", get) == pairs


def german_links(pair):
    """Write links as RWTH does: German first, from 1, p for possible."""
    marks = {link: "-" if link in pair.sure else "p" for link in pair.possible}
    return " ".join(f"{j + 1}{mark}{i + 1}" for (i, j), mark in sorted(marks.items()))


def test_german_out_of_its_archive(shared, tmp_path, config, get):
    links = {"source": "test.en", "target": "test.de", "links": "de-en.wa"}
    files = {part: shared / "align/en-de" / name for part, name in links.items()}
    pairs = [
        pair
        for pair in bitext.read("talp", files, swapped=True, drop=[63])
        if " ".join(pair.source + pair.target).encode("latin-1", "replace").find(b"?") < 0
    ]
    assert len(pairs) > 50
    lines = [(" ".join(pair.target), " ".join(pair.source), german_links(pair)) for pair in pairs]
    parts = zip(("de", "en", "alignmentDeEn.talp"), zip(*lines, strict=True), strict=True)
    contents = {f"DeEn/{name}": "\n".join([*part, "", ""]).encode("latin-1") for name, part in parts}
    assert any(b"\xfc" in content for content in contents.values())  # ü, in Latin-1
    a_tar(tmp_path / "mirror/align/DeEnGoldAlignment.tar.gz", contents)
    assert gold(config, "en/de", get) == pairs


def numbered(sentences, start=1):
    return "".join(f"<s snum={n:04d}> {' '.join(words)} </s>\n" for n, words in enumerate(sentences, start))


def test_romanian_in_ten_files_out_of_its_archive(shared, tmp_path, config, get):
    files = {"source": "test.e", "target": "test.f", "links": "test.wa.nonullalign"}
    pairs = bitext.read("naacl", {part: shared / "align/en-fr" / name for part, name in files.items()})[:50]
    contents = {}
    for place in range(1, 11):
        chunk = pairs[5 * place - 5 : 5 * place]
        for suffix, side in (("e", "source"), ("r", "target")):
            contents[f"Romanian-English/test/test.{place}.{suffix}"] = numbered(
                [getattr(pair, side) for pair in chunk], 5 * place - 4
            )
    contents["Romanian-English/answers/test.wa.nonullalign"] = "".join(
        f"{n:04d} {j + 1} {i + 1} {'S' if (i, j) in pair.sure else 'P'}\n"
        for n, pair in enumerate(pairs, 1)
        for i, j in sorted(pair.possible)
    )
    a_tar(tmp_path / "mirror/align/Romanian-English.test.tar.gz", contents)
    assert gold(config, "en/ro", get) == pairs


def test_french_and_hindi_as_they_are(shared, tmp_path, config):
    for pair, number in (("en/fr", 447), ("en/hi", 90)):
        pairs = gold(config, pair, lambda file: shared / file)
        assert len(pairs) == number


def test_french_out_of_the_shared_task_s_archive(shared, tmp_path, get):
    files = {"source": "test.e", "target": "test.f", "links": "test.wa.nonullalign"}
    files = {part: shared / "align/en-fr" / name for part, name in files.items()}
    latin = {path.name: path.read_text(encoding="utf-8").encode("latin-1") for path in files.values()}
    folders = {"test.wa.nonullalign": "answers"}
    a_tar(
        tmp_path / "mirror/align/English-French.test.tar.gz",
        {f"English-French/{folders.get(name, 'test')}/{name}": content for name, content in latin.items()},
    )
    paths = {
        part: get(f"align/English-French/{folders.get(path.name, 'test')}/{path.name}") for part, path in files.items()
    }
    assert bitext.read("naacl", paths, encoding="latin-1") == bitext.read("naacl", files)


def test_distances_out_of_lang2vec_s_zip(shared, tmp_path, config, get):
    with open(shared / "lang2vec/distance_examples.tsv", encoding="utf-8") as file:
        printed = [row for row in csv.DictReader(file, delimiter="\t") if row["kind"] == "syntactic"]
    names = sorted({row[side] for row in printed for side in ("lang1", "lang2")} | {"aap", "nan", "fin"})
    known = {(row[a], row[b]): row["distance"] for row in printed for a, b in (("lang1", "lang2"), ("lang2", "lang1"))}
    lines = ["," + ",".join(names)]
    lines += [f"{a}," + ",".join(known.get((a, b), "0.0" if a == b else "0.5") for b in names) for a in names]
    a_zip(tmp_path / "mirror/lang2vec/distances.zip", {"SYNTACTIC.csv": "\n".join(lines) + "\n", "GENETIC.csv": "x"})
    found = languages.read_distances(get(config["files"]["distances"]))
    assert found("en", "fr") == found("fr", "en") == 0.4569
    assert found("da", "de") == 0.4852
    assert found("fi", "fr") == 0.5


def test_texts_by_their_codes(shared, config, root):
    """Every code of CC100, with ``no`` and both scripts of Chinese, names its own file."""
    languages = config["bits"]["languages"]
    assert {"no", "zh-Hans", "zh-Hant"} <= set(languages)
    known = sources.catalogue()
    files = {config["files"]["text"].format(language=language) for language in languages}
    assert len(files) == 94
    assert all(known[file].url.endswith(f"/cc-100/{file.removeprefix('cc100/')}") for file in files)
    here = shared / "text" / "no.txt.xz"
    first = text.first_lines([here.read_bytes()], 3, here)
    assert first == list(itertools.islice(text.corpus_lines(here), 3))
