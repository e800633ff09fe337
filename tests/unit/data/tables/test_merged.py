"""Tables of sources that a config adds to that of the project: how they are read and merged, and what is refused."""

from pathlib import Path

import pytest
import script
import server

from polychron.data import sources
from polychron.data.sources import Source
from polychron.data.tables import merged
from polychron.errors import InputError

HEADER = "\t".join(Source._fields)
LISTED = "align/en-hi/test.eng"
"""A file of the project's table."""


def row(file, url="", **more):
    """Return a row as a line of a table."""
    return "\t".join(str(value or "") for value in Source(file, url, **more))


def table(path, *rows):
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return str(path)


def line_in_project(file):
    lines = sources.TABLE.read_text(encoding="utf-8").split("\n")
    return [line.split("\t")[0] for line in lines].index(file) + 1


def test_rows_of_all_tables_are_known_with_their_places(tmp_path):
    mine = table(tmp_path / "mine.tsv", row("my/a.txt", "https://example.org/a.txt", bytes=3), row("my/b.txt"))
    other = table(tmp_path / "other.tsv", row("my/zip/", archive="my/c.zip", member="c/"), row("my/d.txt"))
    with pytest.raises(InputError, match=r"the archive my/c\.zip has no row above"):
        merged.rows([mine, other])
    table(tmp_path / "other.tsv", row("my/c.zip", "https://example.org/c.zip"), row("my/zip/", archive="my/c.zip"))
    found = merged.rows([mine, other])
    assert len(found) == len(sources.catalogue()) + 4
    places = {file: (str(one.table), one.line) for file, one in found.items()}
    assert places["my/b.txt"] == (mine, 3) and places["my/zip/"] == (other, 3)
    assert places[LISTED] == (str(sources.TABLE), line_in_project(LISTED))
    assert [one.source.file for one in merged.added(found)] == ["my/a.txt", "my/b.txt", "my/c.zip", "my/zip/"]
    known = merged.known([mine, other])
    assert known["my/a.txt"] == Source("my/a.txt", "https://example.org/a.txt", 3)
    assert known[LISTED] == sources.catalogue()[LISTED]
    assert sources.lookup(known, "my/zip/x.txt").archive == "my/c.zip"


def test_without_tables_what_is_known_is_the_projects_table():
    assert merged.known() == merged.known([]) == sources.catalogue()
    assert merged.added(merged.rows()) == [] and merged.written([]) == ""


def test_what_is_written_of_rows_is_a_table_of_them(tmp_path):
    mine = table(tmp_path / "mine.tsv", row("my/a.txt", "https://example.org/a.txt", bytes=3, note="from the web"))
    (tmp_path / "again.tsv").write_text(merged.written(merged.added(merged.rows([mine]))))
    assert sources.catalogue(tmp_path / "again.tsv") == sources.catalogue(mine)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("file\turl\n", ":1: expected the columns file, url"),
        ("{header}\na\tb\n", ":2: expected the columns"),
        ("{header}\na\t\tmany\t\t\t\t\t\t\t\n", ":2: the size 'many' is no number"),
        ("{header}\na\t\t1\tabc\t\t\t\t\t\t\n", ":2: 'abc' is no sha256"),
        ("{header}\na\thttps://a:b@example.org\t\t\t\t\t\t\t\t\n", ":2: an address with a password"),
        ("{header}\n\na\t\t\t\t\t\t\t\t\t\n", ":2: expected the columns"),
        ("", ": the file is empty"),
    ],
)
def test_a_fault_is_that_of_the_projects_table_with_the_place_in_the_users(tmp_path, rows, said):
    path = tmp_path / "mine.tsv"
    path.write_text(rows.format(header=HEADER))
    with pytest.raises(InputError) as stopped:
        merged.rows([str(path)])
    assert f"{path}{said}" in str(stopped.value)


def test_a_table_that_is_not_there_is_named_by_its_key(tmp_path):
    with pytest.raises(InputError) as stopped:
        merged.rows([str(tmp_path / "none.tsv")])
    assert str(stopped.value).startswith(f"sources: {tmp_path}/none.tsv is not there. Next: put it there, or correct")


def test_a_file_that_is_twice_in_a_table_is_told_with_both_lines(tmp_path):
    mine = table(tmp_path / "mine.tsv", row("my/a.txt"), row("my/b.txt"), row("my/a.txt"))
    with pytest.raises(InputError) as stopped:
        merged.rows([mine])
    assert f"{mine}:4: my/a.txt has a row in {mine}:2 already. Next: take one" in str(stopped.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "https://example.org/other"}, "address"),
        ({"sha256": "0" * 64}, "checksum"),
        ({"url": "https://example.org/other", "bytes": 1}, "address and size"),
    ],
)
def test_a_file_that_is_another_one_in_the_projects_table_is_told_with_both_places(tmp_path, changed, said):
    mine = table(tmp_path / "mine.tsv", row("my/a.txt"), row(**sources.catalogue()[LISTED]._asdict() | changed))
    with pytest.raises(InputError) as stopped:
        merged.rows([mine])
    place = f"{sources.TABLE}:{line_in_project(LISTED)}"
    assert f"{mine}:3: {LISTED} has another {said} in {place}. Next: name the file otherwise" in str(stopped.value)


def test_a_file_that_is_another_one_in_a_table_before_is_told_with_both_places(tmp_path):
    mine = table(tmp_path / "mine.tsv", row("my/b.txt"), row("my/a.txt", "https://example.org/1"))
    other = table(tmp_path / "other.tsv", row("my/a.txt", "https://example.org/2"))
    with pytest.raises(InputError) as stopped:
        merged.rows([mine, other])
    assert f"{other}:2: my/a.txt has another address in {mine}:3" in str(stopped.value)


def test_the_same_row_in_two_tables_is_one(tmp_path):
    """Its licence and note decide nothing: they may be worded otherwise."""
    listed = sources.catalogue()[LISTED]
    mine = table(tmp_path / "mine.tsv", row(**listed._asdict() | {"note": "as I found it"}), row("my/a.txt"))
    found = merged.rows([mine, mine])
    assert found[LISTED].source == listed and found[LISTED].table == sources.TABLE
    assert [one.source.file for one in merged.added(found)] == ["my/a.txt"]


def test_a_remedy_names_the_row_of_the_users_table_and_leaves_others_as_they_are(tmp_path):
    mine = table(tmp_path / "mine.tsv", row("my/c.zip"), row("my/zip/", archive="my/c.zip"))
    found = merged.rows([mine])
    for file, place in (("my/zip/a.txt", f"{mine}, line 3"), (LISTED, merged.PROJECT), ("nowhere", merged.PROJECT)):
        with pytest.raises(InputError) as stopped, merged.naming(found, file):
            raise InputError("no member", file="c.zip", line=1, remedy=f"compare it with {merged.PROJECT}")
        assert str(stopped.value) == f"c.zip:1: no member. Next: compare it with {place}."


def test_what_messages_call_the_projects_table_is_what_others_call_it(root):
    assert root / merged.PROJECT == sources.TABLE
    for module in ("archives", "hub/datasets", "derived/joins"):
        assert merged.PROJECT in (root / f"workflow/scripts/polychron/data/{module}.py").read_text(), module


CONFIG = {"mirror": None, "by_hand": None, "downloads": {"retries": 0, "pause": 0, "timeout": 5}}


@pytest.mark.parametrize("name", ["fetch_source", "fetch_heldout"])
def test_the_jobs_fetch_what_a_table_of_the_config_lists(tmp_path, name):
    output = tmp_path / "resources/my/a.txt"
    with server.serving(server.Answer(b"one\ntwo\nthree\n")) as (url, asked):
        mine = table(tmp_path / "mine.tsv", row("my/a.txt", url))
        spec = {"source": sources.identity(merged.known([mine]), "my/a.txt"), "sentences": 2}
        arguments = [], script.Files(output), tmp_path / "log"
        with pytest.raises(SystemExit):
            script.run(name, *arguments, config=CONFIG | {"sources": []}, **spec)
        assert not asked and not output.exists()
        script.run(name, *arguments, config=CONFIG | {"sources": [mine]}, **spec)
        assert asked and output.is_file()


def test_a_job_names_the_row_that_is_to_be_corrected(tmp_path, capfd):
    content = b"two\none\n"
    with server.serving(server.Answer(content)) as (url, _):
        mine = table(
            tmp_path / "mine.tsv",
            row("my/a.txt", url),
            row("my/first.txt", "join://my/a.txt?lines=1", sha256="0" * 64),
        )
        spec = {"source": sources.identity(merged.known([mine]), "my/first.txt")}
        output = script.Files(tmp_path / "resources/my/first.txt")
        with pytest.raises(SystemExit):
            script.run("fetch_source", [], output, tmp_path / "log", config=CONFIG | {"sources": [mine]}, **spec)
    assert f"Next: correct the row of the file in {mine}, line 3." in capfd.readouterr().err
    assert not Path(output[0]).exists()
