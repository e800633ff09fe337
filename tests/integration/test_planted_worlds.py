"""Every claim holds in a world in which its sentence is true, and fails in those in which it is false."""

from dataclasses import replace

import numpy as np
import pytest
import worlds
import worlds_of_correlations  # noqa: F401
import worlds_of_layers  # noqa: F401
import worlds_of_learning  # noqa: F401
import worlds_of_noise  # noqa: F401
import worlds_of_setup  # noqa: F401
import worlds_of_transfer  # noqa: F401
from agreeing import CLAIMS

from polychron.audit import claims
from polychron.audit.evidence import DESIGN
from polychron.intrinsic import word_alignment
from polychron.probing import probes

AGAINST = [(name, world) for world in worlds.FALSE for name in world.claims]


def by_default(name, evidence):
    """Return the verdict on a claim under the default readings, without computing the others."""
    return claims.judge(replace(CLAIMS[name], readings=()), evidence)


def test_every_claim_has_a_world_in_which_it_is_false():
    assert {*CLAIMS} == {name for name, _ in AGAINST} and len(CLAIMS) == 242


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_holds_where_it_is_true(name):
    found = by_default(name, worlds.true_world(name).make())
    assert found.verdict in ("holds", "consistent"), found


@pytest.mark.parametrize(("name", "world"), [pytest.param(*one, id=f"{one[0]}-{one[1].name}") for one in AGAINST])
def test_a_claim_fails_where_it_is_false(name, world):
    found = by_default(name, world.make())
    assert found.verdict in ("fails", "inconsistent"), found


def test_no_fall_is_not_within_the_tolerance_of_a_fall():
    falls = [claim for claim in CLAIMS.values() if claim.measure in ("fall", "fall_of", "internal_gain")]
    assert len(falls) == 24 and all(claim.tolerance <= 0.6 * claim.value for claim in falls)
    assert all(claim.tolerance <= claim.value / 2 for claim in falls if claim.measure != "internal_gain")


def test_what_no_key_changes_is_what_the_code_does():
    """A probe is one matrix and one bias, the input of a pair has three vectors, and words are aligned by itermax."""
    probe = probes.Probe(np.zeros((1, 4, 2)), np.zeros((1, 2)), ("a", "b"), (0,), (1,))
    matrices = [name for name, array in probe.tensors().items() if array.ndim == 3]
    pair = probes.inputs(np.zeros((2, 4), np.float16), np.array([0]), np.array([1]))
    aligned = word_alignment.itermax.__name__ + "/word"
    assert {"probe_layers": len(matrices), "pair_vectors": pair.shape[1] // 4, "alignment": aligned} == DESIGN
