"""The table of sources: what it records, and what is refused in it."""

import pytest
import yaml

from polychron.data import fetch, sources
from polychron.data.derived import joins
from polychron.data.sources import Source
from polychron.errors import InputError


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("file\turl\n", ":1: expected the columns file, url"),
        ("{header}\na\tb\n", ":2: expected the columns"),
        ("{header}\na\t\tmany\t\t\t\t\t\t\t\n", ":2: the size 'many' is no number"),
        ("{header}\na\t\t1\tabc\t\t\t\t\t\t\n", ":2: 'abc' is no sha256"),
        ("{header}\na\thttps://a:b@example.org\t\t\t\t\t\t\t\t\n", ":2: an address with a password"),
        ("{header}\na\t\t\t\t\t\t\t\t\t\na\t\t\t\t\t\t\t\t\t\n", ":3: a has a row above already"),
        ("{header}\na/\t\t\t\ta.zip\ta/\t\t\t\t\n", ":2: the archive a.zip has no row above"),
    ],
)
def test_a_bad_row_of_the_table_is_named(tmp_path, rows, said):
    path = tmp_path / "sources.tsv"
    path.write_text(rows.format(header="\t".join(Source._fields)))
    with pytest.raises(InputError) as stopped:
        sources.catalogue(path)
    assert f"{path}{said}" in str(stopped.value)


def files_of(root, study):
    """List the files that a study names, its languages filled in."""
    config = yaml.safe_load((root / "config.yaml").read_text())
    if study:
        for key, value in yaml.safe_load((root / study).read_text()).items():
            config[key] = (config[key] or {}) | value if isinstance(value, dict) else value
    files, probing = config["files"], config["probing"]
    yield from (files["distances"], files["sizes"])
    for language in {*config["pretraining"]["languages"], *config["bits"]["languages"]}:
        yield files["text"].format(language=language)
    for language in probing["treebank_languages"]:
        yield from (files["treebank"][language].format(split=split) for split in ("train", "dev", "test"))
    yield from (files["parallel"][language] for language in probing["transfer"]["treebank_languages"])
    for part in files["inference"].values():
        yield from (part["file"].format(language=language) for language in probing["inference_languages"])
    for pair in config["alignment"]["pairs"]:
        entry = files["alignment"]["/".join(pair)]
        yield from filter(None, (entry.get(part) for part in ("source", "target", "links")))


def test_every_file_of_the_paper_has_an_address_or_says_where_it_is_to_be_got(root):
    known = sources.catalogue()
    files = set(files_of(root, None))
    assert len(files) > 250
    for file in files:
        one = sources.lookup(known, file)
        one = known[one.archive] if one.archive else one
        assert one.url or one.note, file
        assert one.licence, file
    needed = sources.downloads(known, files)
    assert {one.file for one in needed if one.file.endswith((".tgz", ".zip", ".tar.gz"))} == {
        *("ud/ud-treebanks-v2.9.tgz", "xnli/XNLI-1.0.zip", "xnli/XNLI-MT-1.0.zip", "lang2vec/distances.zip"),
        *("align/CzEnAli_1.0.tar.gz", "align/DeEnGoldAlignment.tar.gz", "align/Romanian-English.test.tar.gz"),
    }


def test_every_file_of_the_mini_study_has_an_address_and_a_checksum(root):
    known = sources.catalogue()
    files = {*files_of(root, "studies/mini.yaml")}
    assert [file for file in files if not (known[file].sha256 and known[file].url)] == []
    parts = joins.parts_of(known, files)
    assert len(parts) > len(files) and all(known[file].url and known[file].licence for file in parts)
    assert [file for file in parts if not known[file].sha256] == ["align/en-cs/czenali.jsonl"]  # that of its lines is


def test_every_file_of_the_study_of_86_languages_has_a_checksum(root):
    known = sources.catalogue()
    assert [file for file in files_of(root, "studies/eighteen.yaml") if not known[file].sha256] == []


def test_members_are_looked_up_with_their_archive():
    known = sources.catalogue()
    one = sources.lookup(known, "ud/ud-treebanks-v2.9/UD_Icelandic-PUD/is_pud-ud-test.conllu")
    assert one.archive == "ud/ud-treebanks-v2.9.tgz"
    assert one.member == "ud-treebanks-v2.9/UD_Icelandic-PUD/is_pud-ud-test.conllu"
    identity = sources.identity(known, one.file)
    assert identity["archive"]["sha256"] == known[one.archive].sha256
    assert "https" not in str(identity)  # where it comes from decides nothing


def test_sizes_of_the_pretraining_data_come_with_the_workflow(root):
    known = sources.catalogue()["cc100_sizes.csv"]
    fetch.check(root / "workflow/data" / known.url, known, "", "")


@pytest.mark.shared
def test_the_table_records_what_the_mirror_has(shared):
    known = [one for one in sources.catalogue().values() if (shared / one.file).is_file()]
    assert len(known) > 200
    for one in known:
        fetch.check(shared / one.file, one, shared / one.file, "")
