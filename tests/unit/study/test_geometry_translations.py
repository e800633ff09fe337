"""Pairs of sentences in a study: their datasets, files and jobs; a study without them is as it was."""

from types import SimpleNamespace

import pytest
from configs import study

from polychron.errors import InputError
from polychron.study import consistency, given_paths
from polychron.study.inputs import Inputs

PAIR = {"fr/en": {"source": "./x.fra", "target": "./x.eng"}}


def toy(**geometry):
    return study("studies/toy.yaml", {"files": {"tatoeba": PAIR}, "geometry": geometry, "expect": None})


def test_pairs_are_read_and_searched_at_each_step_beside_other_sets():
    given, plain = toy(sets=["parallel", "tatoeba"]), toy()
    assert given.datasets == [*plain.datasets, "tatoeba/fr/en"] and given.languages == plain.languages
    assert given.comparisons == plain.comparisons and given.stabilities == plain.stabilities
    steps = given.steps("toy")
    assert given.translation_searches == [
        {"model": "toy", "source": "fr", "target": "en", "step": step} for step in steps
    ]
    assert (given.claimed_pairs, plain.claimed_pairs) == ({"tatoeba": ["fr/en"]}, {})
    assert plain.translation_searches == [] and {"./x.fra", "./x.eng"} <= {*given.raw_files}
    tables = [Inputs(one).geometry(SimpleNamespace(model="toy")) for one in (given, plain)]
    assert {*tables[0]} - {*tables[1]} == {f"results/toy/translations/fr/en/step-{step}.parquet" for step in steps}
    assert given_paths.datasets(given)["tatoeba/fr/en"]["files"] == PAIR["fr/en"]
    assert toy(sets=["parallel", "tatoeba"], states=[]).translation_searches == []


def test_a_set_without_pairs_and_one_that_stands_alone_are_refused():
    bare = study("studies/toy.yaml", {"geometry": {"sets": ["parallel", "tatoeba"]}, "expect": None})
    with pytest.raises(InputError, match=r"files\.tatoeba names no pair.*Next: add studies/tatoeba\.yaml"):
        consistency.check(bare)
    with pytest.raises(InputError, match=r"geometry\.sets: 'tatoeba' stands alone.*Next: add parallel"):
        consistency.check(toy(sets=["tatoeba"]))
