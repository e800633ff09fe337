"""What measures a GPU says so where there is none, and its code runs with tiny sizes on the device that is here."""

import json
import subprocess
import sys

import torch


def measure(root, *arguments):
    """Run it as `make bench` does."""
    command = [sys.executable, str(root / "benchmarks/gpu.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_without_a_gpu_it_says_so_and_ends_well(root, monkeypatch):
    assert "\t.bench/bin/python benchmarks/gpu.py\n" in (root / "Makefile").read_text()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = measure(root)
    assert found.returncode == 0 and not found.stderr
    assert found.stdout == "benchmarks/gpu.py: there is no GPU that this torch can use; nothing is measured\n"


def test_a_part_that_there_is_not(root):
    found = measure(root, "speed")
    assert found.returncode == 2 and "no part 'speed'; there are bounds, start, peers, cells, encoding" in found.stderr


def test_a_rehearsal(root, tmp_path):
    found = measure(root, "bounds", "peers", "encoding", "--rehearse", tmp_path)
    assert found.returncode == 0, found.stderr
    [kept] = tmp_path.glob("gpu-*.json")
    parts = json.loads(kept.read_text())
    assert {*parts} == {"bounds", "peers", "encoding"}
    machine = parts["peers"]["machine"]
    assert machine["torch"] == torch.__version__ and {"accelerator", "commit", "triton", "date"} <= {*machine}
    assert all(row["value"] > 0 for part in parts.values() for row in part["rows"])
    for setting in {row["setting"] for row in parts["peers"]["rows"]}:
        scores = {row["name"]: row["score"] for row in parts["peers"]["rows"] if row["setting"] == setting}
        # the same first weights and orders
        same = {score for name, score in scores.items() if name.startswith(("polychron", "resident"))}
        assert {"polychron, fused", "polychron, captured", "polychron, plain", "resident tensors"} <= {*scores}
        assert max(same) - min(same) < 0.01
    encoded = {row["name"]: row["score"] for row in parts["encoding"]["rows"]}
    assert {f"polychron, without padding, {way}" for way in ("fused", "plain")} < {*encoded} and len(encoded) == 5
    assert all(score < 1e-3 for score in encoded.values() if score is not None)
    page = kept.with_suffix(".md").read_text()
    assert page.startswith("# On a GPU: ") and page.count("| DataLoader |") == 1
