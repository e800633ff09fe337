"""How far weights moved is found as it was planted."""

import numpy as np
import pytest

from polychron.checks import displacement
from polychron.errors import InputError


def test_movement_is_that_which_was_planted():
    before = {
        "bert.embeddings.word_embeddings.weight": np.array([[3.0, 4.0]], np.float32),
        "bert.encoder.layer.0.output.dense.weight": np.array([1.0, 0.0], np.float32),
        "bert.encoder.layer.11.output.dense.bias": np.array([2.0], np.float32),
        "cls.predictions.bias": np.zeros(2, np.float32),
    }
    after = {name: array.copy() for name, array in before.items()}
    after["bert.embeddings.word_embeddings.weight"] *= 2
    after["bert.encoder.layer.0.output.dense.weight"][:] = [0, 1]
    found = {row["part"]: row for row in displacement.measure(before, after)}
    assert list(found) == ["embeddings", "1", "12", "head", "all"]
    assert found["embeddings"] == {"part": "embeddings", "norm": 10, "distance": 5, "relative": 1, "cosine": 1}
    assert found["1"]["cosine"] == 0 and found["1"]["distance"] == pytest.approx(np.sqrt(2))
    assert found["12"]["distance"] == 0 and found["12"]["cosine"] == 1
    assert found["head"]["relative"] is None and found["head"]["cosine"] is None
    assert found["all"]["distance"] == pytest.approx(np.sqrt(27))
    with pytest.raises(InputError, match=r"differ in 1 tensors' names or shapes, the first is cls.predictions.bias"):
        displacement.measure(before, {**after, "cls.predictions.bias": np.zeros(3, np.float32)})
