"""Figure 14: how far bits fall, and whose amount of text is unknown."""

import planted
import pytest
from drawn import SIZES, few, pos, svg, values

from polychron.data.languages import Size
from polychron.figures import bits_per_character


def test_bits_say_how_far_they_fell_and_whose_size_is_unknown():
    rows = [
        planted.rows(
            [6.0, 4.0, 1.0], task="bits", source=language, target=language, split="heldout", steps=(0, 50, 200),
            metric="bits_per_character", seeds=(None,),
        )
        for language in ("qsa", "qsb", "xx")
    ]  # fmt: skip
    figure = bits_per_character.bits(few(*rows), SIZES)
    assert "Median 4.00 bits at the first trained checkpoint, 1.00 at the last (−75%)" in figure.caption[1]
    assert "Grey: no size is known (xx)." in figure.caption
    nowhere = bits_per_character.bits(few(*rows), {})
    assert "Grey: no size is known of any language." in nowhere.caption and "Colour" not in nowhere.caption[0]
    assert "(MiB)" in svg(figure)


def curves(number, steps=(0, 50, 200)):
    """Bits of so many languages, which fall alike."""
    place = dict(task="bits", split="heldout", metric="bits_per_character", seeds=(None,), steps=steps)
    return [pos([6.0, 4.0, 1.0 + at / 10], f"l{at}", **place) for at in range(number)]


def test_a_language_without_the_last_checkpoint_is_not_compared_at_it():
    """Of the third nothing is known after step 50, where bits are high still."""
    rows = curves(3)
    rows[2] = [row | {"value": None if row["step"] == 200 else row["value"]} for row in rows[2]]
    figure = bits_per_character.bits(few(*rows), {})
    assert figure.caption[1] == (
        "Median 4.00 bits at the first trained checkpoint, 1.05 at the last (−74%); at the last from 1.00 (l0) to 1.10 "
        "(l1). Not among these, without a score at one of the two: l2."
    )
    told = [(row["language"], row["first"], row["last"]) for row in figure.numbers]
    assert told == [
        ("l0", "4.000 (step 50)", "1.000 (step 200)"),
        ("l1", "4.000 (step 50)", "1.100 (step 200)"),
        ("l2", "4.000 (step 50)", "4.000 (step 50)"),
    ]
    apart = [[row for row in curve if row["step"] != gone] for curve, gone in zip(curves(2), (50, 200), strict=True)]
    said = bits_per_character.bits(few(*apart), {}).caption[1]
    assert said == "No language has a score at both the first trained checkpoint and the last."


@pytest.mark.parametrize(
    ("languages", "known", "bold", "said"),
    [
        (2, 0, 0, ""),
        (3, 0, 1, "Bold: the median of them."),
        (3, 2, 0, ""),  # two of a known size and one of none: no colour has three
        (6, 6, 2, "Bold: the median of each colour."),
        (6, 3, 2, "Bold: the median of each colour."),
        (5, 3, 1, "Bold: medians of colours with 3 languages or more, at checkpoints that all of these have."),
    ],
)
def test_a_median_is_spoken_of_where_it_is_drawn(languages, known, bold, said):
    sizes = {f"l{at}": Size(f"L{at}", 0.5 + at) for at in range(known)}
    figure = bits_per_character.bits(few(*curves(languages)), sizes)
    medians = {row["data"] for row in values(figure) if "languages" in row}
    assert len(medians) == bold
    assert figure.caption[0].count("Bold") == bool(bold) and said in figure.caption[0]
    assert ("bold" in {entry.mark for entry in figure.key}) is bool(bold)
