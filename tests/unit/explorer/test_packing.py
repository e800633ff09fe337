"""What is packed is read again: a reader of the bytes, as the page's script reads them."""

import base64
import gzip

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies
from hypothesis.extra import numpy as arrays

from polychron.explorer import packing


def read(content, shape, scale):
    """Decode an array in the way of workflow/templates/explorer.js."""
    halves = np.frombuffer(content, dtype=np.uint8).reshape(2, -1).astype(np.uint32)
    differences = (halves[0] | halves[1] << 8).reshape(shape)
    codes = np.cumsum(differences, axis=-1) & 65535
    return np.where(codes == 0, np.nan, scale.low + (codes - 1.0) * scale.step)


@hypothesis.given(
    arrays.arrays(
        float,
        strategies.tuples(*[strategies.integers(1, 4)] * 3),
        elements=strategies.floats(-1e6, 1e6) | strategies.just(np.nan),
    )
)
def test_an_array_comes_back_rounded(values):
    scale = packing.scale_of(values)
    again = read(packing.encode(values, scale), values.shape, scale)
    assert (np.isnan(again) == np.isnan(values)).all()
    known = np.isfinite(values)
    assert np.abs(again - values)[known].max(initial=0) <= scale.step / 2 * (1 + 1e-6) + 1e-9


@pytest.mark.parametrize("high", [1.0, 6.5, 7.0, 40.0])
def test_fractions_are_rounded_to_four_decimals_and_wide_ranges_to_a_share_of_it(high):
    values = np.linspace(0, high, 1000)
    scale = packing.scale_of(values)
    again = read(packing.encode(values, scale), values.shape, scale)
    assert np.abs(again - values).max() <= max(packing.ROUNDED, high / 65534) / 2 + 1e-9
    if high == 1.0:
        np.testing.assert_allclose(again, np.round(values, 4), atol=1e-9)


def test_the_same_parts_are_the_same_text():
    text = packing.packed([b"abc", b"d"])
    assert text == packing.packed([b"ab", b"cd"]) and gzip.decompress(base64.b64decode(text)) == b"abcd"
