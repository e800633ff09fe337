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
