"""Trajectories of geometry: planted onsets, losses and layers are found again, and halves are weighted."""

import geometries
import numpy as np
import pyarrow
import pytest

from polychron.analysis.pairs import geometry_trajectories
from polychron.analysis.trajectories import select

STEPS = (0, 50, 800, 1600)


def planted(metric, source, target, layer, step):
    """Centred P@1 of layer 1 is best at step 800 and falls to half; mapped is 0.1 above it; CKA grows with layers."""
    rising = {0: 0.1, 50: 0.2, 800: 0.8, 1600: 0.4}[step]
    if metric == "cka_debiased":
        return 0.1 * layer if step else 0.3
    if not metric.startswith("p_at_1") or metric.endswith("chance"):
        return 0.5
    value = rising if layer == 1 else 0.1
    return value + {"raw": -0.05, "centred": 0.0, "mapped": 0.1}[metric.split(".")[1]]


@pytest.fixture(scope="module")
def traced():
    return geometry_trajectories.study(geometries.table(planted, steps=STEPS), [0.5, 0.95], "minmax")


def value(traced, **place):
    found = select(traced, **{"source": "de", "target": "en", "metric": "p_at_1.centred.cosine"} | place)
    assert len(found) == 1, found
    return found[0]["value"]


def test_the_best_step_the_onset_and_what_is_lost_are_found(traced):
    assert value(traced, layer=1, quantity="best") == pytest.approx(0.8)
    assert value(traced, layer=1, quantity="best_step") == 800
    assert value(traced, layer=1, quantity="onset_0.95") == 800
    assert value(traced, layer=1, quantity="onset_0.95_lower") == 50
    assert value(traced, layer=1, quantity="forgetting") == pytest.approx(0.4)
    assert value(traced, layer=1, quantity="relative_forgetting") == pytest.approx(0.5)
    assert value(traced, layer=1, quantity="untrained") == pytest.approx(0.1)
    assert value(traced, layer=0, quantity="forgetting") == 0


def test_the_expected_layer_is_that_of_the_values(traced):
    assert value(traced, quantity="expected_layer", step=800) == pytest.approx(1.0)
    assert value(traced, quantity="best_layer") == 1
    cka = {"metric": "cka_debiased", "quantity": "expected_layer", "step": 50}
    assert value(traced, **cka) == pytest.approx((0.1 * 1 + 0.2 * 2) / 0.3)
    assert value(traced, metric="cka_debiased", quantity="expected_layer_fall") == 0


def test_differences_are_of_the_same_pair_layer_and_step(traced):
    for layer in (0, 1, 2):
        for step in STEPS:
            place = {"layer": layer, "step": step, "quantity": "score"}
            assert value(traced, metric="alignment_gap", **place) == pytest.approx(0.1)
            assert value(traced, metric="neutrality", **place) == pytest.approx(0.05)


def test_similarity_is_traced_once_for_a_pair_and_has_no_asymmetry(traced):
    assert not select(traced, metric="cka_debiased", source="en", target="de")
    assert not select(traced, quantity="asymmetry")


def test_a_layer_without_a_value_is_explained():
    table = geometries.table(planted, steps=STEPS).to_pylist()
    for row in table:
        if (row["metric"], row["layer"], row["step"]) == ("cka_debiased", 2, 800):
            row["value"] = None
    schema = geometries.table(planted, steps=(0,)).schema
    found = geometry_trajectories.study(pyarrow.Table.from_pylist(table, schema=schema), [0.95], "minmax")
    place = {"source": "de", "target": "en", "metric": "cka_debiased"}
    rows = select(found, quantity="expected_layer", step=800, **place)
    assert [(row["value"], row["note"]) for row in rows] == [(None, "a layer without a value")]
    assert select(found, quantity="best", layer=2, **place)[0]["note"] == "1 of 3 steps without a value"


def test_halves_are_weighted_by_their_sentences():
    rows = [
        row | {"value": 0.9, "examples": 30} if row["seed"] == 0 else row | {"value": 0.3, "examples": 90}
        for row in geometries.table(planted, steps=(50,)).to_pylist()
        if row["metric"] == "p_at_1.raw.cosine"
    ]
    schema = geometries.table(planted, steps=(50,)).schema
    found = geometry_trajectories.study(pyarrow.Table.from_pylist(rows, schema=schema), [0.95], "minmax")
    best = select(found, quantity="best", layer=0, source="de", target="en")[0]
    assert (best["value"], best["examples"], best["runs"]) == (pytest.approx(0.45), 120, 2)


def test_without_geometry_there_are_no_rows():
    empty = geometries.table(planted, steps=(50,)).slice(0, 0)
    assert geometry_trajectories.study(empty, [0.95], "minmax").num_rows == 0


def structural(split, target="de", shift=0.0):
    """Return UUAS of a probe of German by two seeds: best at layer 1 and step 800, then half of it is lost."""
    rising = {0: 0.2, 50: 0.4, 800: 0.8, 1600: 0.6}
    place = {"model": "m", "task": "structural", "source": "de", "target": target, "split": split, "examples": 500}
    rows = [
        {**place, "metric": "uuas", "layer": layer, "step": step, "seed": seed}
        | {"value": shift + (value if layer == 1 else 0.2) + (0.01 if seed else -0.01)}
        for layer in (0, 1, 2)
        for step, value in rising.items()
        for seed in (0, 1)
    ]
    alone = {**place, "layer": 1, "step": 800, "seed": None}
    return rows + [{**alone, "metric": name, "value": 0.9} for name in ("uuas.linear_chain", "uuas.chance")]


def test_structural_probes_have_trajectories_of_the_mean_over_their_seeds_and_leave_others_as_they_are():
    table = geometries.table(planted, steps=STEPS)
    # dev, which training reads, is higher everywhere
    rows = structural("test") + structural("dev", shift=0.1) + structural("parallel", "en", -0.1)
    both = pyarrow.concat_tables([table, pyarrow.Table.from_pylist(rows, schema=table.schema)])
    found = geometry_trajectories.study(both, [0.5, 0.95], "minmax")
    here = {"target": "de", "metric": "uuas", "split": "test", "layer": 1}
    assert value(found, quantity="best", **here) == pytest.approx(0.8)
    assert value(found, quantity="onset_0.95", **here) == 800 and value(found, quantity="onset_0.5", **here) == 50
    assert value(found, quantity="forgetting", **here) == pytest.approx(0.2)
    assert value(found, quantity="untrained", **here) == pytest.approx(0.2)
    assert value(found, quantity="expected_layer", metric="uuas", target="de", step=800) == pytest.approx(1)
    there = select(found, target="en", metric="uuas", split="parallel", layer=1, quantity="best")
    assert [(row["value"], row["runs"]) for row in there] == [(pytest.approx(0.7), 2)]
    assert not select(found, split="dev") and not select(found, metric="uuas.linear_chain")
    others = [row for row in found.to_pylist() if row["task"] != "structural"]
    assert others == geometry_trajectories.study(table, [0.5, 0.95], "minmax").to_pylist()


def of_layers(found, quantity, **place):
    rows = select(found, metric="p_at_1.centred.cosine", quantity=quantity, **place)
    return [(row["value"], row["note"]) for row in rows]


def test_layers_that_do_not_differ_beyond_noise_have_no_expected_layer():
    """On 150 sentences 0.40 and 0.43 do not differ; 0.40 and 0.70 do."""
    shares = {0: (0.4, 0.4, 0.4), 50: (0.4, 0.43, 0.4), 800: (0.4, 0.7, 0.4)}
    table = geometries.table(lambda metric, source, target, layer, step: shares[step][layer], examples=150)
    found = geometry_trajectories.study(table, [0.95], "minmax")
    place = {"source": "de", "target": "en"}
    ((flat, why),) = of_layers(found, "expected_layer", step=50, **place)
    assert flat is None and why.startswith("flat: layers do not differ (p = ")
    assert of_layers(found, "expected_layer", step=800, **place) == [(pytest.approx(1), None)]
    ps = {step: of_layers(found, "layers_differ", step=step, **place)[0][0] for step in shares}
    assert ps[0] > 0.9 and ps[50] > 0.5 and ps[800] < 1e-6
    assert of_layers(found, "expected_layer_fall", **place)[0][0] is None
    # of similarity and of words the noise over sentences is not known
    assert not select(found, metric="cka_debiased", quantity="layers_differ")
    assert select(found, metric="cka_debiased", quantity="expected_layer", step=50)[0]["value"] is not None


def test_noise_alone_is_seldom_taken_for_a_difference_of_layers():
    """Layers of the same precision, on other sentences each: about 5% of 240 pairs have a step below 0.05."""
    random = np.random.default_rng(0)
    languages = tuple(f"l{number:02d}" for number in range(16))
    table = geometries.table(lambda *place: random.binomial(100, 0.3) / 100, languages=languages, examples=200)
    found = select(geometry_trajectories.study(table, [0.95], "minmax"), quantity="layers_differ")
    least = {}
    for row in found:
        if row["step"] and row["metric"] == "p_at_1.centred.cosine":
            key = row["source"], row["target"]
            least[key] = min(row["value"], least.get(key, 1))
    assert len(least) == 240 and sum(p < 0.05 for p in least.values()) / 240 < 0.08
