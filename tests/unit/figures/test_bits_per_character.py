"""Figure 14: how far bits fall, and whose amount of text is unknown."""

import planted
from drawn import SIZES, few, svg

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
