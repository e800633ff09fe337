"""A share of a text, and its lines with their words reversed."""

import pytest
from script import Files, run

from polychron.errors import InputError
from polychron.pretraining import texts

LINES = [f"line {number} of this, text." for number in range(10_000)]


def test_a_share_is_drawn_by_the_seed_and_is_part_of_a_larger_one():
    quarter, half = (list(texts.sampled(LINES, share, [1, 0])) for share in (0.25, 0.5))
    assert len(quarter) == pytest.approx(2500, abs=4 * (10_000 * 0.25 * 0.75) ** 0.5) and {*quarter} < {*half}
    assert quarter == list(texts.sampled(iter(LINES), 0.25, [1, 0]))
    assert quarter != list(texts.sampled(LINES, 0.25, [2, 0])) != list(texts.sampled(LINES, 0.25, [1, 1]))
    assert quarter[:50] == list(texts.sampled(LINES[:400], 0.25, [1, 0]))[:50]  # what follows decides nothing


def test_a_prepared_text_is_a_share_or_reversed_or_both(tmp_path):
    given, output, log = tmp_path / "text.txt", tmp_path / "out.txt", tmp_path / "log.txt"
    given.write_text("\n".join(LINES) + "\n\n", encoding="utf-8")

    def prepared(**told):
        told = {"share": 1, "reverse": False, "seed": [3, 0], **told}
        run("prepare_text", Files(text=given), Files(output), log, **told)
        return output.read_text(encoding="utf-8").splitlines()

    assert prepared() == LINES
    reversed_lines = prepared(reverse=True)
    assert reversed_lines[7] == "text. this, of 7 line" and len(reversed_lines) == len(LINES)
    assert [texts.backwards(line) for line in reversed_lines] == LINES
    few = prepared(share=0.1)
    assert few == list(texts.sampled(LINES, 0.1, [3, 0]))
    assert prepared(share=0.1, reverse=True) == [texts.backwards(line) for line in few]
    assert f"{len(few)} lines, each with its words in reversed order" in log.read_text()


def test_a_share_without_a_line_is_an_input_error(tmp_path):
    (tmp_path / "text.txt").write_text("one\n")
    with pytest.raises(InputError, match=r"text\.txt: no line is left\. Next: give the language more text"):
        texts.prepare(tmp_path / "text.txt", tmp_path / "out.txt", share=0.001, seed=1)
    assert not (tmp_path / "out.txt").exists()
