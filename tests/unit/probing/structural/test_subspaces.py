"""Angles between the subspaces of structural probes."""

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.probing.structural import subspaces
from polychron.probing.structural.scoring import Probe


def probe(*weights):
    return Probe(np.stack(weights).astype(np.float32), tuple(range(len(weights))), (1,) * len(weights))


def test_the_same_subspace_in_other_coordinates_has_no_angle_and_an_orthogonal_one_is_at_90_degrees():
    draw = np.random.default_rng(0)
    basis = np.linalg.qr(draw.normal(size=(6, 6)))[0]
    same, other = draw.normal(size=(2, 2, 2)) @ basis[:2]
    apart = draw.normal(size=(2, 2)) @ basis[2:4]
    rows = subspaces.compare({"en": probe(same), "de": probe(other), "fr": probe(apart)})
    found = {(row["source"], row["target"]): row["value"] for row in rows if row["metric"] == "subspace_angle"}
    assert found == pytest.approx({("de", "en"): 0, ("de", "fr"): 90, ("en", "fr"): 90}, abs=1e-3)
    assert {row["examples"] for row in rows} == {2}


def test_random_subspaces_are_at_chance_and_so_are_seeds_that_share_nothing():
    draw = np.random.default_rng(1)
    rows = subspaces.compare({name: probe(*draw.normal(size=(3, 5, 40))) for name in ("de", "en")})
    values = {}
    for row in rows:
        values.setdefault(row["metric"], []).append(row["value"])
    assert len(values["subspace_angle"]) == 3 and len(values["subspace_angle.seeds"]) == 2
    for metric in ("subspace_angle", "subspace_angle.seeds"):
        assert np.mean(values[metric]) == pytest.approx(values["subspace_angle.chance"][0], abs=3)


def test_probes_of_other_shapes_are_refused():
    with pytest.raises(InputError, match="structural probes of other seeds or shapes"):
        subspaces.compare({"de": probe(np.ones((2, 4))), "en": probe(np.ones((3, 4)))})
