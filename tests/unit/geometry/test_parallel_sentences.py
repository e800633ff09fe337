"""Sentences of inference data, through the scripts that tabulate and join them."""

import numpy as np
import pyarrow.parquet
from script import Files, run

from polychron.data.xnli import Pair
from polychron.geometry import parallel_sentences
from polychron.storage import files
from polychron.tokenization import pieces as cutting


def pairs(number, prefix=""):
    return [Pair(f"{prefix}premise {row // 3}", f"{prefix}hypothesis {row}", "neutral") for row in range(number)]


def test_each_sentence_is_there_once_premises_first():
    found = parallel_sentences.of_inference({"dev": pairs(6), "test": [Pair("premise 0", "hypothesis 5", "neutral")]})
    premises = ["dev-00000-premise", "dev-00003-premise"]
    assert list(found) == premises + [f"dev-0000{row}-hypothesis" for row in range(6)]
    assert found["dev-00003-premise"] == "premise 1" and found["dev-00005-hypothesis"] == "hypothesis 5"


def cut(lengths):
    """Return pieces of sentences that are a single word each, with special pieces at both ends."""
    lengths = np.asarray(lengths)
    offsets = np.cumsum([0, *lengths], dtype=np.int64)
    number = len(lengths)
    return cutting.Pieces(
        ids=np.ones(offsets[-1], np.int32),
        sentence_offsets=offsets,
        first=np.ones(number, np.int32),
        stop=(lengths - 1).astype(np.int32),
        status=np.zeros(number, np.int8),
        word_sentence=np.arange(number, dtype=np.int32),
        word_offsets=np.arange(number + 1, dtype=np.int64),
        characters=np.ones(number, np.int32),
        edges=(1, 1),
    )


def test_the_scripts_join_by_rows_what_no_language_lacks_or_cuts(tmp_path):
    examples, cuts = [], []
    for language in ("de", "en"):
        given = pairs(150, prefix=f"{language} ")
        if language == "de":  # one translation of two hypotheses
            given[7] = given[7]._replace(hypothesis=given[2].hypothesis)
        path = tmp_path / f"{language}.tsv"
        path.write_text("".join("\t".join(pair) + "\n" for pair in given), "utf-8")
        made = Files(tmp_path / f"{language}.parquet")
        splits = [{"split": "dev", "format": "tsv", "rows": None}]
        run(
            "tabulate_inference_sentences",
            *(Files(files=[path]), made, tmp_path / "log"),
            **{"language": language, "splits": splits},
        )
        table = pyarrow.parquet.read_table(made[0])
        assert table.column_names == ["id", "sentence"] and table.num_rows == 200 - (language == "de")
        lengths = np.full(table.num_rows, 5)
        lengths[3] = 8 if language == "en" else 7  # as long as the window, and may be cut
        files.write_table(tmp_path / f"{language}-pieces.parquet", cutting.to_table(cut(lengths)))
        examples.append(made[0])
        cuts.append(tmp_path / f"{language}-pieces.parquet")
    joined = Files(tmp_path / "joined.parquet")
    given = Files(examples=examples, pieces=cuts)
    run("join_sentences", given, joined, tmp_path / "log", languages=["de", "en"], window=8)
    table = pyarrow.parquet.read_table(joined[0]).to_pydict()
    assert len(table["id"]) == 199 and "dev-00007-hypothesis" not in table["id"]
    assert [name for name, out in zip(table["id"], table["excluded"], strict=True) if out] == ["dev-00009-premise"]
    at = table["id"].index("dev-00020-hypothesis")
    assert (table["de"][at], table["en"][at]) == (50 + 19, 50 + 20)
