"""What is shown of a laboratory: the direction, the metric, the layer and the step."""

import laboratories
import pyarrow
import pytest

from polychron.analysis.laboratory import ablation, measures
from polychron.analysis.laboratory.measures import Measure


@pytest.fixture(scope="module")
def table():
    return laboratories.table(pairs=("b/a", "a/c"), alone=0.5)


def test_transfer_is_from_the_first_language_of_a_pair_to_the_second(table):
    assert measures.pairs(table) == ["a/c", "b/a"]
    assert measures.transfers(table, "b/a") == [Measure("pos", "accuracy", "b", "a", "parallel")]
    assert measures.searches(table, "b/a") == [Measure("retrieval", "p_at_1.cosine", "b", "a", "parallel")]


def test_of_several_metrics_and_sets_the_first_is_shown():
    place = {"pair": "a/b", "variant": "default", "seed": 1, "states": "raw", "source": "a", "target": "b", "runs": 1}
    place |= {"layer": 2, "step": 5, "value": 0.5}
    made = (
        *(("parsing_tuned", metric, "parallel") for metric in ("accuracy", "uas", "las")),
        *(("retrieval", "p_at_1.cosine", split) for split in ("inference_parallel", "parallel")),
        ("bits", "bits_per_character", "heldout"),
    )
    rows = [{**place, "task": task, "metric": metric, "split": split} for task, metric, split in made]
    table = ablation.compare(rows, {"default": {}})
    assert measures.transfers(table, "a/b") == [Measure("parsing_tuned", "las", "a", "b", "parallel")]
    assert [found.split for found in measures.searches(table, "a/b")] == ["parallel"]


def test_the_place_is_the_last_of_the_default(table):
    measure = measures.transfers(table, "a/c")[0]
    assert measures.place(table, measure, "default") == {"layer": 2, "step": 50}
    deeper = table.set_column(
        table.column_names.index("layer"),
        "layer",
        pyarrow.array(
            [
                8 if variant == "alone" and layer == 2 else layer
                for variant, layer in zip(table["variant"].to_pylist(), table["layer"].to_pylist(), strict=True)
            ],
            pyarrow.int32(),
        ),
    )
    assert measures.place(deeper, measure, "default") == {"layer": 2, "step": 50}
    assert measures.place(table, measure, "none") is None
