"""Pretraining data are what was counted in a corpus or what a table says, and what reads them says which."""

import math

import planted
import pyarrow
import pytest
from drawn import few as traced
from drawn import svg
from script import Files, run
from tabled import CODES, OF_CODES, facts, scores, studied

from polychron.analysis import factors, sizes
from polychron.data.languages import Size, Sizes
from polychron.errors import InputError
from polychron.figures import bits_per_character
from polychron.storage import files
from polychron.tables import correlations


def corpus(of=CODES):
    """A corpus in which the languages have the reverse order of `tabled.OF_CODES`."""
    return {
        code: {"bytes": 1000 * (len(of) - place), "characters": 900, "lines": 9, "examples": 9, "pieces": 50 + place}
        for place, code in enumerate(of)
    }


def coefficient(table, task="pos"):
    rows = studied(scores(), facts(sizes=sizes.read(table))).to_pylist()
    cell = (4, task, "best", "pretraining_size")
    return next(row["rho"] for row in rows if (row["table"], row["task"], row["quantity"], row["factor"]) == cell)


def test_correlations_follow_what_was_read_and_not_the_table():
    """Scores rise with the sizes of the table; what was read has the reverse order."""
    assert coefficient(sizes.published(OF_CODES, "sizes.csv")) == 1.0
    assert coefficient(sizes.counted(corpus(), CODES, OF_CODES)) == -1.0


def test_transfer_and_bits_follow_what_was_read_too():
    counted = sizes.read(sizes.counted(corpus(), CODES, OF_CODES))
    known = facts(sizes=counted)
    assert known.data("bits", "ar") == known.size("ar") == 12_000 / 2**30
    assert known.size("ar", "tokens") == 50 / 1e6
    rows = {
        (row["quantity"], row["factor"]): row["rho"]
        for given in (known, facts())
        for row in studied(scores(), given).to_pylist()
        if given is known and row["table"] == 5
    }
    plain = {(row["quantity"], row["factor"]): row["rho"] for row in studied(scores()).to_pylist() if row["table"] == 5}
    for cell in (("asymmetry", "source_size"), ("asymmetry", "target_size"), ("best", "source_size")):
        assert rows[cell] == pytest.approx(-plain[cell], abs=1e-12) and abs(plain[cell]) > 0.01


def test_no_text_was_read_of_a_language_outside_the_corpus():
    table = sizes.counted(corpus(CODES[:-1]), CODES, OF_CODES)
    found = sizes.read(table)
    assert found["ru"].gib == 0 and found["ko"].gib > 0
    rows = studied(scores(), facts(sizes=found)).to_pylist()
    size = next(row for row in rows if row["factor"] == "pretraining_size" and row["quantity"] == "best")
    assert size["n"] == 12 and size["rho"] == -1.0 and size["note"] is None
    assert math.isnan(factors.LanguageFacts(found, None, {}, "ar").size("xx"))


@pytest.mark.parametrize("number", [4, 5])
def test_captions_of_tables_say_which(number):
    found = studied(scores())
    said = [
        " ".join(correlations.correlations(found, table, number, 0.95).caption)
        for table in (sizes.published(OF_CODES, "sizes.csv"), sizes.counted(corpus(), CODES, OF_CODES))
    ]
    assert "Pretraining data is in GiB of text, by the table sizes.csv." in said[0]
    assert "Pretraining data is in GiB of text, counted in what the model was pretrained on." in said[1]


def bits(**examples):
    return [
        planted.rows(
            [6.0, 4.0, 1.0 + place], task="bits", source=code, target=code, split="heldout", steps=(0, 50, 200),
            metric="bits_per_character", seeds=(None,), examples=number,
        )
        for place, (code, number) in enumerate(examples.items())
    ]  # fmt: skip


def test_figure_14_shows_what_was_read_and_says_so():
    table, known = traced(*bits(ar=500, cs=500, ru=500)), facts()
    counted = sizes.counted(corpus(CODES[:-1]), CODES, OF_CODES)
    spread = pyarrow.table({name: [] for name in ("quantity", "metric", "over", "low", "runs", "source")})
    figures = [
        bits_per_character.from_tables(table, spread, one)
        for one in (counted, sizes.published(known.sizes, "sizes.csv"))
    ]
    read, published = (" ".join(figure.caption) for figure in figures)
    assert "(KiB of text, counted in what the model was pretrained on)" in read
    assert "(GiB of text, by the table sizes.csv)" in published
    assert "no text was read in pretraining (ru)" in read and "no text" not in published
    told = [{row["language"]: row["pretraining data"] for row in figure.numbers} for figure in figures]
    assert told[0] == {"ar": "10.7 KiB", "cs": "9.77 KiB", "ru": "none"}
    assert told[1] == {"ar": "1 GiB", "cs": "2 GiB", "ru": "12 GiB"}
    assert svg(figures[0])


def written(folder, **given):
    published = folder / "cc.csv"
    published.write_text("language,code,size_gib\nEnglish,en,300.8\nMaltese,mlt,0.2\n")
    inputs = Files(published=published, counts=given.get("counts", []), elsewhere=given.get("elsewhere", []))
    run("tabulate_sizes", inputs, Files(folder / "sizes.parquet"), folder / "log", languages=given.get("languages", []))
    return files.read_table(folder / "sizes.parquet")


def test_the_script_of_a_fetched_and_of_a_pretrained_model(tmp_path):
    fetched = written(tmp_path)
    assert fetched == sizes.published(Sizes(en=Size("English", 300.8), mlt=Size("Maltese", 0.2)), "cc.csv")
    counts = []
    for code, one in corpus(["mt", "xx"]).items():
        counts.append(tmp_path / code / "counts.json")
        counts[-1].parent.mkdir()
        files.write_json(counts[-1], one)
    table = written(tmp_path, counts=counts, languages=["en", "mt"])
    rows = {row["code"]: (row["name"], row["bytes"], row["origin"]) for row in table.to_pylist()}
    assert rows == {
        "en": ("English", 0, "counted"),
        "mt": ("Maltese", 2000, "counted"),
        "xx": ("xx", 1000, "counted"),
    }
    again = written(tmp_path / "mt", elsewhere=[tmp_path / "sizes.parquet"])
    assert again == table


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop_columns("pieces"), "does not have the columns of a table of sizes"),
        (lambda table: pyarrow.concat_tables([table, table]), "a language twice, or sizes of two origins"),
        (
            lambda table: table.set_column(2, "gib", pyarrow.array([math.nan] * table.num_rows)),
            "row 1: a size of nan GiB of 'ar'",
        ),
        (
            lambda table: table.set_column(2, "gib", pyarrow.array([-1.0] * table.num_rows)),
            "row 1: a size of -1.0 GiB of 'ar'",
        ),
    ],
)
def test_a_table_from_elsewhere_is_checked(change, said, tmp_path):
    table, path = sizes.counted(corpus(), CODES, OF_CODES), tmp_path / "sizes.parquet"
    files.write_table(path, table)
    assert sizes.elsewhere(path) == table
    files.write_table(path, change(table))
    with pytest.raises(InputError, match=said) as fault:
        sizes.elsewhere(path)
    assert "delete" not in str(fault.value)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match=r"no readable Parquet table.*move it to another folder"):
        sizes.elsewhere(path)
