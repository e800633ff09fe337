"""Figure 21: planted relations of transfer and similarity are found again in the chart."""

import itertools

import pyarrow
import pytest
from drawn import svg, values
from geometries import table

from polychron.analysis import trajectories
from polychron.figures.geometry import transfer
from polychron.storage.scores import score_schema

LANGUAGES = ("de", "en", "es", "fr", "ru", "tr")
STEPS = (0, 50, 800)
PLACES = dict(zip(LANGUAGES, (0.0, 0.1, 0.35, 0.5, 1.0, 1.35), strict=True))


def apart(source, target):
    return abs(PLACES[source] - PLACES[target])


def similar(metric, source, target, layer, step):
    """Similarity falls with distance at the last step, and is the same for all before training."""
    return 0.9 - 0.5 * apart(source, target) * (step > 0)


def scores(task="pos", of=similar, metric="accuracy", languages=LANGUAGES):
    return [
        {"model": "m", "task": task, "source": a, "target": b, "layer": 2, "step": step, "seed": seed}
        | {"split": "parallel", "metric": metric, "value": of(metric, a, b, 2, step) - 0.2, "examples": 100}
        for a, b in itertools.product(languages, repeat=2)
        for step in STEPS
        for seed in (0, 1)
    ]  # fmt: skip


@pytest.fixture
def distances(tmp_path):
    path = tmp_path / "distances.tsv"
    rows = [f"syntactic\t{a}\t{b}\t{apart(a, b):.2f}" for a, b in itertools.combinations(LANGUAGES, 2)]
    path.write_text("\n".join(["kind\tlang1\tlang2\tdistance", *rows]) + "\n")
    return path


def drawn(distances, transferred, more=(), tasks=("pos", "xnli"), languages=LANGUAGES, layer=2):
    geometry = table(similar, languages=languages, steps=STEPS).to_pylist()
    geometry = pyarrow.Table.from_pylist([*geometry, *more], schema=score_schema())
    traced = trajectories.study(pyarrow.Table.from_pylist(transferred, schema=score_schema()), [0.95], "minmax")
    return transfer.against_similarity(geometry, traced, distances, list(tasks), layer, 0, 199)


def number(figure, **place):
    found = [row for row in figure.numbers if all(row[name] == value for name, value in place.items())]
    assert len(found) == 1
    return found[0]


def test_what_follows_similarity_correlates_and_nothing_remains_given_distance(distances):
    figure = drawn(distances, scores())
    found = number(figure, task="POS tagging", similarity="Debiased CKA", step="800")
    assert (found["ρ"], found["pairs"]) == ("1.000", "30")
    assert float(found["p"]) < 0.05
    assert number(figure, similarity="Debiased CKA", step="0")["ρ"] == "–"
    points = [row for row in values(figure) if "pair" in row]
    assert len(points) == 3 * 30
    one = next(row for row in points if (row["pair"], row["at"]) == ("ru → de", 2))
    assert one == {"pair": "ru → de", "at": 2, "cka": 0.4, "p1": 40.0, "t0": 20.0, "distance": 1.0, "shade": 1.0}
    said = " ".join(figure.caption)
    assert "30 ordered pairs of languages, mean of 2 runs" in said and "slider of 3 steps" in said
    assert "no transfer with centred targets" in said and "not shown: XNLI" in said
    figure.chart.to_dict(validate=True)
    assert "ρ = 1.00" in svg(figure)


def test_what_distance_does_not_explain_remains(distances):
    def uneven(metric, source, target, layer, step):
        return 0.9 - 0.5 * ((LANGUAGES.index(source) * 7 + LANGUAGES.index(target) * 4) % 11) / 11

    found = drawn(distances, scores(of=uneven))
    assert abs(float(number(found, similarity="Debiased CKA", step="800")["ρ"].replace("−", "-"))) < 0.6
    geometry = table(uneven, languages=LANGUAGES, steps=STEPS)
    traced = trajectories.study(pyarrow.Table.from_pylist(scores(of=uneven), schema=score_schema()), [0.95], "minmax")
    figure = transfer.against_similarity(geometry, traced, distances, ["pos"], 2, 0, 199)
    found = number(figure, similarity="P@1, centred (%)", step="800")
    assert found["ρ"] == found["ρ given distance"] == "1.000" and float(found["p given distance"]) < 0.05


def test_transfer_with_centred_targets_is_offered_where_it_is_there(distances):
    def opposite(metric, source, target, layer, step):
        return 1.2 - similar(metric, source, target, layer, step)

    more = scores(of=opposite, metric="accuracy.centred")
    figure = drawn(distances, [*scores(), *scores(task="xnli")], more)
    assert number(figure, task="POS tagging", targets="centred", similarity="Debiased CKA", step="800")["ρ"] == "−1.000"
    assert not [row for row in figure.numbers if (row["task"], row["targets"]) == ("XNLI", "centred")]
    one = next(row for row in values(figure) if (row.get("pair"), row.get("at")) == ("ru → de", 2))
    assert (one["t0"], one["c0"], one["t1"]) == (20.0, 60.0, 20.0) and "c1" not in one
    said = " ".join(figure.caption)
    assert "which the page offers for POS tagging, vectors" in said and "unlabelled words" in said
    assert [param.name for param in figure.chart.params if param.name in ("at", "targets")] == ["at", "targets"]


def test_pairs_that_are_not_compared_and_distances_that_are_not_known_are_counted(distances):
    figure = drawn(distances, scores(), languages=LANGUAGES[:5])
    assert "Left out: 10 pairs with transfer, whose languages are not compared." in figure.caption
    distances.write_text("kind\tlang1\tlang2\tdistance\n")
    assert "No pair has a syntactic distance, so all are grey." in drawn(distances, scores()).caption


def test_studies_without_one_of_both_say_so(distances):
    assert "layer 7 has neither" in drawn(distances, scores(), layer=7).caption[0]
    other = scores(languages=LANGUAGES[4:])
    said = drawn(distances, other, languages=LANGUAGES[:3]).caption[0]
    assert "no task is transferred from layer 2 between languages that are compared" in said


def test_a_task_of_two_pairs_has_no_correlation_and_says_so(distances, tmp_path):
    none = tmp_path / "none.tsv"
    none.write_text("kind\tlang1\tlang2\tdistance\n")
    said = " ".join(drawn(distances, scores(languages=LANGUAGES[:2])).caption)
    assert "POS tagging, step 800: ρ with Debiased CKA none, of 2 pairs; with P@1, centred none, of 2 pairs." in said
    assert "no correlation of fewer than 3 pairs" in said
    said = " ".join(drawn(none, scores()).caption)
    assert "ρ with Debiased CKA" in said and "none given distance" in said and "– (p" not in said
