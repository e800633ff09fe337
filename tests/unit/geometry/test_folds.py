import numpy as np

from polychron.geometry import folds


def test_a_fold_hangs_on_the_id_alone():
    ids = [f"n{number:08d}" for number in range(2000)]
    found = folds.of_ids(ids)
    assert found.dtype == np.int8 and set(found.tolist()) == {0, 1}
    assert abs(found.mean() - 0.5) < 0.03
    assert (folds.of_ids(reversed(ids)) == found[::-1]).all()
    assert folds.of_ids([]).shape == (0,)


def test_parts_are_a_half_and_two_quarters():
    ids = [f"n{number:08d}" for number in range(2000)]
    found = folds.parts_of_ids(ids)
    assert ((found == "train") == (folds.of_ids(ids) == 0)).all()
    assert all(
        abs((found == part).mean() - share) < 0.03 for part, share in (("train", 0.5), ("dev", 0.25), ("test", 0.25))
    )
