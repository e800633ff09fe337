"""What compares half precision with float32 finds a planted difference, and nothing where there is none."""

import json
import sys

import pytest
import tiny
import torch

from polychron.errors import InputError
from polychron.features import extraction, packing
from polychron.models import loading
from polychron.storage import files


@pytest.fixture(scope="module")
def benchmark(root):
    sys.path.insert(0, str(root / "benchmarks"))
    try:
        import precision

        yield precision
    finally:
        sys.path.remove(str(root / "benchmarks"))


@pytest.fixture(scope="module")
def scores(benchmark):
    return sys.modules["precision_scores"]


def table(move=None, step=800):
    """Write the scores of two cells with seeds that differ by 1 point, an alignment, and a text."""
    rows = []
    for task, metric, split, seeds in (
        ("pos", "accuracy", "test", range(5)),
        ("pos", "accuracy", "dev", range(5)),
        ("pos", "kept_epoch", "train", range(5)),
        ("alignment", "f1", "test", [None]),
        ("alignment", "recall", "test", [None]),
        ("bits", "bits_per_character", "heldout", range(3)),
    ):
        for source in ("qsa", "qsb"):
            target = "qoe" if task == "alignment" else source
            for seed in seeds:
                key = (task, metric, split, source)
                value = 0.5 + 0.01 * (seed or 0) + (move or {}).get(key, 0)
                row = {"model": "m", "task": task, "source": source, "target": target, "layer": 2, "step": step}
                rows.append(row | {"seed": seed, "split": split, "metric": metric, "value": value})
    return rows


def test_equal_scores_differ_by_nothing(scores):
    cells = scores.compare(table(), table())
    assert len(cells) == 6 and all(row["difference"] == 0 and not any(row["of_seeds"]) for row in cells)
    assert scores.verdict(cells) == []
    pos = next(row for row in scores.summarise(cells) if row["measure"] == "pos")
    assert pos["sd"] == pytest.approx(0.0158114) and pos["value"] == pytest.approx(0.52) and pos["number"] == 2


def test_planted_differences_are_found(scores):
    moved = {("pos", "accuracy", "test", "qsb"): -0.02, ("alignment", "f1", "test", "qsa"): 0.0021}
    cells = scores.compare(table(), table(moved))
    assert scores.verdict(cells) == ["alignment at layer 2, step 800 (1 of 2)", "pos at layer 2, step 800 (1 of 2)"]
    pos = next(row for row in scores.summarise(cells) if row["measure"] == "pos")
    assert pos["mean"] == pytest.approx(-0.01) and pos["largest"] == pytest.approx(0.02)
    within = {("pos", "accuracy", "test", "qsb"): 0.015, ("alignment", "f1", "test", "qsa"): -0.0019}
    # neither dev accuracy nor recall is compared, and an untrained model decides nothing
    beside = {("pos", "accuracy", "dev", "qsa"): 0.5, ("alignment", "recall", "test", "qsa"): 0.5}
    assert scores.verdict(scores.compare(table(), table(within | beside))) == []
    assert scores.verdict(scores.compare(table(step=0), table(moved, step=0))) == []


def test_a_score_that_is_missing(scores):
    with pytest.raises(InputError, match="other scores"):
        scores.compare(table(), table()[1:])


def test_ways_of_computing(benchmark, tmp_path):
    from gpu_parts import encoding

    weights, settings = tiny.files_of(tmp_path)
    drawn = encoding.weights({**encoding.TINY, "vocabulary": tiny.VOCABULARY}, "cpu")
    files.write_tensors(weights, {name: 5 * tensor.numpy() for name, tensor in drawn.items()})
    sizes = {"num_hidden_layers": 2, "num_attention_heads": 2, "model_type": "xlm-roberta"}
    files.write_json(settings, sizes)
    text, found = tiny.sentences([5, 9, 5, 12], words=2), {}
    for way in benchmark.WAYS:
        with benchmark.computing(way) as precision:
            model = loading.load(weights, settings, device="cpu", precision=precision)
            assert packing.computes(model) == (way not in (benchmark.STUDY, benchmark.CONTROL))
            found[way] = torch.from_numpy(extraction.extract(model, text, 2, 64)).float()
    expected = found[benchmark.STUDY]
    error = {way: float((one - expected).norm() / expected.norm()) for way, one in found.items()}
    assert error[benchmark.PACKED] < 1e-4 < error["float16"] < error["bfloat16"] < error[benchmark.CONTROL]
    with pytest.raises(InputError, match="no GPU"):
        loading.load(weights, settings, device="cpu", precision="float16")


def test_the_page_is_that_of_the_measured_numbers(benchmark, scores, root):
    kept = root / "benchmarks/results/precision.json"
    runs = json.loads(kept.read_text(encoding="utf-8"))
    assert "float8 weights*, was run for all measures.\n" in scores.page(runs)
    aligned = {"The toy study, alignment": runs["The toy study, alignment"]}
    of_a_way = {"float16": runs["The toy study"]["ways"]["float16"]}
    mixed = scores.page(aligned | {"more": {**runs["The toy study"], "ways": of_a_way}})
    assert "float8 weights*, was run for alignment alone, not for: arc_classification; arc_class" in mixed
    assert scores.page(runs) == kept.with_suffix(".md").read_text(encoding="utf-8")
    assert not any(scores.verdict(run["ways"]["float16"]["cells"]) for run in runs.values())
    assert all(scores.verdict(run["ways"][scores.CONTROL]["cells"]) for run in runs.values())
