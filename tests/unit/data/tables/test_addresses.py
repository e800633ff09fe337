"""Names and addresses of rows that a config adds: what is refused, with table and line."""

from pathlib import Path

import pytest

from polychron.data import sources
from polychron.data.sources import Source
from polychron.data.tables import addresses, merged
from polychron.data.tables.merged import Row
from polychron.errors import InputError

COMMIT = "0123456789" * 4
SHA = "0" * 64


def at(source):
    return Row(source, Path("my/mine.tsv"), 7)


@pytest.mark.parametrize(
    "source",
    [
        Source("my/a.txt", "https://example.org/a.txt http://example.org:8080/b?c=d"),
        Source("my/a.txt"),
        Source("my/", archive="my.zip", member="x/"),
        Source("my/a.txt", f"hf://datasets/me/texts@{COMMIT}/a.parquet?columns=text"),
        Source("my/a.txt", "join://my/b.txt+ud/x.conllu?sentences", sha256=SHA),
    ],
)
def test_what_can_be_fetched_is_taken(source):
    addresses.check([at(source)])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Source("a.txt", "b.txt"), "'b.txt' is no address of a file. Next: write https://…, hf://datasets/OWNER/NAME@"),
        (Source("a.txt", "https://example.org/a ftp://example.org/a"), "'ftp://example.org/a' is no address"),
        (Source("a.txt", "https:/example.org/a"), "'https:/example.org/a' is no address of a file"),
        (Source("a.txt", "hf://datasets/me/texts@main/a.parquet?columns=a"), "'main' may stand for other files"),
        (Source("a.txt", f"hf://datasets/me/texts@{COMMIT}/a.csv?columns=a"), "names no columns of a Parquet file"),
        (Source("a.txt", "join://b.txt?words", sha256=SHA), "is no address of a joined file"),
        (
            Source("a.txt", "join://b.txt?sentences"),
            "a joined file without a checksum. Next: correct the row of the file in my/mine.tsv, line 7",
        ),
        (Source("./a.txt", "https://example.org/a"), "'./a.txt' is no name of a source. Next: write a path below"),
        (Source("", "https://example.org/a"), "'' is no name of a source"),
        (Source("my/../../a.txt"), "'my/../../a.txt' is no name of a source"),
        (Source("a.txt", archive="/tmp/b.zip"), "'/tmp/b.zip' is no name of a source"),
        (Source("a.txt", "join:///etc/hosts?lines", sha256=SHA), "'/etc/hosts' is no name of a source"),
        (Source("a.txt", "join://b.txt+?lines", sha256=SHA), "'' is no name of a source"),
    ],
)
def test_what_cannot_be_fetched_is_named_with_its_row(source, said):
    with pytest.raises(InputError) as stopped:
        addresses.check([at(Source("sound.txt")), at(source)])
    assert str(stopped.value).startswith("my/mine.tsv:7: ") and said in str(stopped.value)


def test_the_projects_own_rows_have_such_names_and_addresses_but_for_files_beside_the_table():
    rows = [row for row in merged.rows().values() if "://" in row.source.url or not row.source.url]
    addresses.check(rows)
    beside = {row.source.url for row in merged.rows().values()} - {row.source.url for row in rows}
    assert beside and all((sources.TABLE.parent / url).is_file() for url in beside)
