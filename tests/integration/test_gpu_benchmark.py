"""What measures a GPU says so where there is none, and its code runs with tiny sizes on the device that is here."""

import itertools
import json
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

ENCODED = {f"polychron, without padding, {way}" for way in ("fused", "plain", "fused, all layers")}
ENCODED |= {"polychron, with padding", "bound: products"}
WIDE = "polychron, without padding, wide"
KINDS = ("the last layer, float32", "the last layer, float16")
BOUNDS = {"float32": 1e-3, "float16": 5e-3}


@pytest.fixture
def benchmarks(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))


def measure(root, *arguments):
    """Run it as `make bench` does."""
    command = [sys.executable, str(root / "benchmarks/gpu.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rows_of(parts, part):
    """Return the rows of all tasks of a part."""
    return [row for name, one in parts.items() if name.partition(":")[0] == part for row in one["rows"]]


def test_without_a_gpu_it_says_so_and_ends_well(root, monkeypatch):
    assert "\t.bench/bin/python benchmarks/gpu.py\n" in (root / "Makefile").read_text()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = measure(root)
    assert found.returncode == 0 and not found.stderr
    assert found.stdout == "benchmarks/gpu.py: there is no GPU that this torch can use; nothing is measured\n"


@pytest.mark.parametrize("part", ["speed", "peers:speed"])
def test_a_part_that_there_is_not(benchmarks, capsys, part):
    import gpu

    with pytest.raises(SystemExit):
        gpu.main([part])
    said = (
        f"no part {part!r}; there are bounds, start, steps, peers, cells, encoding, and of these the tasks steps:pos, "
    )
    assert said in capsys.readouterr().err


def test_a_rehearsal(root, tmp_path):
    found = measure(root, "--rehearse", tmp_path)
    assert found.returncode == 0, found.stderr
    [kept] = tmp_path.glob("gpu-*.json")
    parts = json.loads(kept.read_text())
    tasks = [f"{part}:{task}" for part in ("steps", "peers", "cells") for task in ("pos", "arc_prediction")]
    assert {*parts} == {"bounds", "start", *tasks, "encoding:xnli", "encoding:treebank"}
    machine = parts["peers:pos"]["machine"]
    assert machine["torch"] == torch.__version__ and {"accelerator", "commit", "triton", "date"} <= {*machine}
    assert all(row["value"] > 0 for part in parts.values() for row in part["rows"])
    assert len(parts["start"]["rows"]) == 4
    steps = {row["name"] for row in rows_of(parts, "steps")}
    ways = ("fused", "captured", "plain") if torch.cuda.is_available() else ("captured", "plain")
    assert {f"{way}: a step" for way in ways} < steps
    for part, contestant in (
        ("peers", "DataLoader"),
        ("cells", "bound"),
        ("cells", "a loop of the same products, a seed at a time"),
    ):
        settings = {row["setting"] for row in rows_of(parts, part)}
        assert len(settings) == 2
        for setting in settings:
            scores = {row["name"]: row["score"] for row in rows_of(parts, part) if row["setting"] == setting}
            # the same first weights and orders
            same = {score for name, score in scores.items() if name.startswith(("polychron", "resident"))}
            expected = {"polychron, fused", "polychron, captured", "polychron, plain", contestant}
            assert expected <= {*scores} and max(same) - min(same) < 0.01
    encoded = {}
    for row in rows_of(parts, "encoding"):
        assert row["TFLOP/s"] > 0 and row["of the peak"] > 0
        encoded.setdefault((row["setting"].split(":")[0], row["setting"].rsplit(", ", 1)[1]), {})[row["name"]] = row
    precisions = ("float32", "float16") if torch.cuda.is_available() else ("float32",)
    assert {*encoded} == {(text, one) for text in ("XNLI", "a treebank") for one in precisions}
    for (_, precision), rows in encoded.items():
        assert {*rows} == ENCODED | ({WIDE} if precision == "float16" else set())
        scores = [row["score"] for row in rows.values() if row["score"] is not None]
        assert all(score < BOUNDS[precision] for score in scores)  # float16 has 11 bits; 1.35e-3 was found with padding
    page = kept.with_suffix(".md").read_text()
    assert page.startswith("# On a GPU: ") and page.count("\n| DataLoader |") == 2
    assert "| peers | pos | DataLoader | ratio | at least 200 |" in page
    for part in ("Bounds", "Start", "Steps", "Peers", "Cells", "Encoding"):
        assert page.count(f"\n## {part}\n") == 1
    # on a CPU no step is fused
    rates = r": `encode` [\de.+-]+, XNLI; .*; `start` [\de.+-]+, import of torch"
    assert re.search(r"\nThe hours of the paper's grid are not measured here: .*" + rates, page)


def test_a_bar_is_reached_or_not(benchmarks):
    from gpu_parts import bars

    def row(setting, name, **numbers):
        return {"setting": setting, "name": name, **numbers}

    numbers = {"of the peak": 0.5, "TFLOP/s": 400}
    encoded = [row(f"XNLI: {kind}", "polychron, without padding, fused", **numbers) for kind in KINDS]
    found = {
        "steps:pos": {"rows": [row("pos: 1", "fused: a step", value=29)]},
        "steps:xnli": {"rows": [row("xnli: 1", "fused: a step", value=36)]},
        "peers:pos": {"rows": [row("pos: 1", "DataLoader", ratio=200)]},
        "peers:xnli": {"rows": [row("xnli: 1", "resident tensors", ratio=49)]},
        "encoding:xnli": {"rows": encoded},
    }
    *lines, _, grid = bars.judged(found)
    said = {tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in lines[2:]}
    assert said == {
        ("steps", "pos", "fused: a step", "value", "at most 30", "29", "reached"),
        ("steps", "xnli", "fused: a step", "value", "at most 35", "36", "**not reached**"),
        ("peers", "pos", "DataLoader", "ratio", "at least 200", "200", "reached"),
        ("peers", "xnli", "resident tensors", "ratio", "at least 50", "49", "**not reached**"),
        ("encoding", "XNLI", "polychron, without padding, fused", "of the peak", "at least 0.5", "0.5", "reached"),
    }
    rates = (
        "`encode` 0.0025, XNLI; `encode_half` 0.0025, XNLI; `probe` 2.9e-05 a step, pos; `probe` 3.6e-05 a step, xnli."
    )
    assert grid.endswith(rates)
    assert bars.judged({"bounds": {"rows": []}}) == []


def test_scoring_is_no_part_of_a_time(benchmarks, monkeypatch):
    from gpu_parts import timing

    clock = itertools.accumulate(itertools.repeat(1.0))
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: next(clock)))

    def score(found):
        for _ in range(100):
            next(clock)
        return 2.0 * found

    runs = {"ours": lambda: 1, "another": lambda: 3, "bound": lambda: None}
    rows = timing.compared(timing.Place("cpu", True), "a setting", runs, 2, {"another"}, score)
    assert [row["score"] for row in rows] == [2, 6, None] and {row["greatest"] for row in rows} == {1.0}


def test_what_was_measured_is_kept_when_the_next_task_fails(benchmarks, monkeypatch, tmp_path):
    import gpu
    from gpu_parts import probing

    def peers(place, task):
        if task == "arc_prediction":
            raise KeyboardInterrupt
        row = {"setting": f"{task}: tiny", "value": 1.0, "unit": "s", "least": 1.0, "greatest": 1.0}
        yield [row | {"name": "polychron, fused", "ratio": 1.0, "score": 0.5}]
        yield [row | {"name": "DataLoader", "ratio": 300.0, "score": 0.5}]

    monkeypatch.setattr(probing, "peers", peers)
    with pytest.raises(KeyboardInterrupt):
        gpu.main(["peers", "--rehearse", str(tmp_path)])
    [kept] = tmp_path.glob("gpu-*.json")
    parts = json.loads(kept.read_text())
    assert {*parts} == {"peers:pos"} and len(parts["peers:pos"]["rows"]) == 2
    assert "DataLoader" in kept.with_suffix(".md").read_text()


def test_one_task_is_measured_again_and_the_others_are_kept(benchmarks, monkeypatch, tmp_path):
    import gpu
    from gpu_parts import probing

    asked = []

    def peers(place, task):
        asked.append(task)
        row = {"setting": f"{task}: tiny", "name": "ours", "value": float(len(asked)), "unit": "s", "ratio": 1.0}
        yield [row | {"least": 1.0, "greatest": 1.0, "score": None}]

    monkeypatch.setattr(probing, "peers", peers)
    gpu.main(["peers", "--rehearse", str(tmp_path)])
    gpu.main(["peers:pos", "--rehearse", str(tmp_path)])
    assert asked == ["pos", "arc_prediction", "pos"]
    parts = json.loads(next(tmp_path.glob("gpu-*.json")).read_text())
    assert {name: one["rows"][0]["value"] for name, one in parts.items()} == {"peers:pos": 3, "peers:arc_prediction": 2}


def test_what_the_others_train_on_is_made_before_the_clock_starts(benchmarks, monkeypatch):
    from probes import Field
    from shapes import SHAPES, planted

    shape = SHAPES["arc_prediction"]._replace(examples=(300, 60, 60), words=200)
    field = Field(*planted(shape), 1)
    field.prepare()
    monkeypatch.setattr(field, "inputs", lambda split: pytest.fail("made within the time"))
    scores = [run() for run in (field.resident, field.loader)]
    assert all(0 <= score <= 1 for score in scores)
    assert field.there["train"][0].data_ptr() == field.host["train"][0].ctypes.data  # on a CPU once
    field.forget()
    assert not {"host", "there"} & {*vars(field)}


def test_sentences_of_xnli_are_one_word_and_words_of_a_treebank_one_to_three_pieces(benchmarks):
    from gpu_parts import encoding

    for text, pieces in (("xnli", None), ("treebank", {1, 2, 3})):
        found = encoding.sentences(encoding.SETS[text][1]._replace(number=200), 512, 1000)
        number, lengths = found.stop - found.first, found.lengths
        if pieces is None:
            assert (found.word_sentence == range(200)).all() and (number == lengths - 2).all()
        else:
            assert {*number} == pieces
        inside = np.bincount(found.word_sentence, number, minlength=200)
        assert (inside == lengths - 2).all()  # all but the special pieces


def test_products_that_say_what_a_card_can_do_are_of_random_numbers(benchmarks, monkeypatch):
    from gpu_parts import bounds, encoding
    from gpu_parts.timing import Place

    seen = []
    monkeypatch.setattr(torch, "mm", lambda one, other: seen.append(one) or one @ other)
    assert bounds.peak(Place("cpu", True), torch.float32) > 0
    monkeypatch.setattr(encoding.functional, "linear", lambda states, matrix: seen.extend([states, matrix]))
    settings = {**encoding.xlmr.DEFAULTS, "num_attention_heads": 2}
    encoder = encoding.xlmr.Encoder(encoding.weights(encoding.TINY, "cpu"), settings, 2)
    encoding.products(encoder, encoding.TINY, 70_000)()
    assert max(len(one) for one in seen) == 65_536 and all(0.8 < one.std() < 1.2 for one in seen)
