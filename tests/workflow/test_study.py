"""The small study from raw text to figures: undisturbed, killed, and with features that are not stored."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from filelock import FileLock
from killing import jobs_of, kill, running

from polychron.provenance import records
from polychron.storage import files

pytestmark = pytest.mark.slow

OVERLAYS = ["--configfile", "studies/toy.yaml", "tests/workflow/small.yaml"]
WHOLE = [*OVERLAYS, "--cores", "2", "--scheduler", "greedy", "--scheduler-subsample", "16", "all"]


def scores(folder: Path) -> dict[str, str]:
    """Return the checksum of every table of scores of a folder."""
    found = {str(path.relative_to(folder)): files.checksum(path) for path in folder.glob("results/**/*.parquet")}
    assert found
    return found


def test_a_finished_study_has_nothing_to_do(snakemake, small):
    done = snakemake(small, *WHOLE, "--dry-run")
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_run_says_how_far_it_is(small):
    said = (small / "said.txt").read_text()
    jobs = re.search(r"^total +(\d+)$", said, re.M)[1]
    *_, last = re.findall(r"^\d\d:\d\d (.+)$", said, re.M)
    assert re.match(rf"{jobs} of {jobs} jobs; cells 27 of 27 \(pos 9/9, arc_prediction 6/6, ", last)
    assert last.endswith(
        "; transfers 24 of 24 (pos 6/6, arc_prediction 6/6, arc_classification 6/6, xnli 6/6); "
        "bits per character 6 of 6; alignments 3 of 3"
    )


def test_every_cell_has_all_its_rows(small):
    table = files.read_table(small / "results/small/scores.parquet").to_pylist()
    cells = {(row["task"], row["source"], row["layer"], row["step"]) for row in table if row["split"] == "dev"}
    tasks = ("pos", "arc_prediction", "arc_classification", "xnli")
    expected = {(task, language, 2, step) for task in tasks for language in ("qsa", "qoe") for step in (0, 8, 16)}
    assert cells == expected | {("pos", "qsa", 0, step) for step in (0, 8, 16)}
    for cell in cells:
        seeds = [
            row["seed"]
            for row in table
            if (row["task"], row["source"], row["layer"], row["step"]) == cell
            and (row["split"], row["metric"]) == ("test", "accuracy")
        ]
        assert sorted(seeds) == [0, 1]
    transferred = {(row["task"], row["source"], row["target"]) for row in table if row["split"] == "parallel"}
    assert transferred == {(t, a, b) for t in tasks for a in ("qsa", "qoe") for b in ("qsa", "qoe")}
    assert all(0 <= row["value"] <= 1 for row in table if row["metric"] == "accuracy")


def test_every_result_has_its_record(small):
    results = [path for path in small.glob("results/small/**/*.parquet")]
    assert len(results) > 50
    for path in results:
        record = files.read_json(records.record_of(path))
        assert record["outputs"][str(path.relative_to(small))] == files.checksum(path)
        assert record["spec"]["packages"]


def test_the_plan_agrees_with_the_jobs_and_the_bytes(snakemake, small, tmp_path):
    """The plan is made from the config alone, in an empty folder, and compared with the records of the finished study.

    Bytes of what is drawn from the scores are not part of the grid, and a page with its drawing library is 1 MB anyway.
    """
    before = snakemake(tmp_path, *OVERLAYS, "--cores", "1", "plan")
    assert before.returncode == 0, before.stderr[-4000:]
    planned = {line["rule"]: line for line in files.read_json(tmp_path / "results/plan/small.json")["lines"]}
    after = snakemake(small, *OVERLAYS, "--cores", "1", "plan")
    assert "jobs found" in after.stdout
    found = files.read_json(small / "results/plan/small.json")["found"]
    assert {rule: line["jobs"] for rule, line in planned.items()} == {
        rule: line["jobs"] for rule, line in found.items()
    }
    drawn = {"draw_figure", "write_table", "audit_claims", "summarise_study"}
    for rules in ({"extract_features"}, {"train_probe"}, {"convert_checkpoint"}, set(found) - drawn):
        predicted, actual = (sum(table[rule]["bytes"] for rule in rules) for table in (planned, found))
        assert abs(predicted / actual - 1) <= 0.05, (rules, predicted, actual)


def test_what_was_scored_once_is_drawn_on_any_machine(snakemake, small, tmp_path):
    narrow = tmp_path / "narrow.yaml"
    narrow.write_text("plan: {local_jobs: 1, max_disk: 0.001}\n")
    done = snakemake(small, *OVERLAYS, str(narrow), "--cores", "1", "--", "all")
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Nothing to be done" in done.stdout + done.stderr


def test_pretraining_is_not_repeated_unasked(snakemake, small, tmp_path):
    """The order of its languages decides the vocabulary and the batches."""
    turned = tmp_path / "turned.yaml"
    turned.write_text("pretraining: {languages: [qoe, qsa]}\n")
    done = snakemake(small, *OVERLAYS, str(turned), "--dry-run", "--", "all")
    told = done.stdout + done.stderr
    assert done.returncode == 1 and "Traceback" not in told and "rule pretrain" not in told
    assert 'languages was ["qsa", "qoe"], is ["qoe", "qsa"]' in told
    asked = snakemake(small, *OVERLAYS, str(turned), "--dry-run", "--forcerun", "pretrain", "--", "all")
    assert asked.returncode == 0 and (asked.stdout + asked.stderr).count("rule pretrain:") == 3


def test_what_a_checkpoint_was_resolved_to_is_lost(snakemake, small, tmp_path):
    folder = tmp_path / "study"
    subprocess.run(["cp", "-a", str(small), str(folder)], check=True)
    origin = folder / "results/small/checkpoints/step-8/origin.json"
    origin.write_bytes(b"")
    done = snakemake(folder, *OVERLAYS, "--dry-run", "--", "all")
    said = "results/small/checkpoints/step-8/origin.json: is empty. Next: resolve it again: snakemake ... --forcerun"
    told = done.stdout + done.stderr
    assert done.returncode == 1 and said in told and "Traceback" not in told
    name = str(origin.relative_to(folder))
    assert snakemake(folder, *OVERLAYS, "--cores", "1", "--forcerun", name, "--", "resolve").returncode == 0
    assert origin.read_bytes() == (small / name).read_bytes()
    again = snakemake(folder, *OVERLAYS, "--dry-run", "--", "all")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_figures_are_drawn_in_three_formats(small):
    for name in ("01", "02", "04", "08", "14"):
        for ending, start in (("html", b"<!DOCTYPE html>"), ("svg", b"<svg"), ("png", b"\x89PNG")):
            drawn = small / f"results/small/figures/figure-{name}.{ending}"
            assert drawn.read_bytes()[:200].lstrip().lower().startswith(start.lower()), drawn


def test_a_single_figure_asks_for_what_it_needs_and_no_more(snakemake, small):
    figure = "results/small/figures/figure-04.html"
    redrawn = snakemake(small, *OVERLAYS, "--dry-run", "--forcerun", "draw_figure_04", "--", figure)
    assert "draw_figure_04 " in redrawn.stdout
    assert "train_probe" not in redrawn.stdout
    assert "draw_figure_08" not in redrawn.stdout


def test_features_in_the_cell_give_the_same_bytes(snakemake, small, tmp_path):
    """Stored or computed in the cell: the same scores, from the same checkpoints."""
    folder = tmp_path / "inline"
    subprocess.run(["cp", "-a", str(small), str(folder)], check=True)
    stored = scores(folder)
    shutil.rmtree(folder / "results/small/features")
    inline = tmp_path / "inline.yaml"
    inline.write_text("features:\n  store: []\n")
    done = snakemake(folder, *OVERLAYS, str(inline), "--cores", "2", "scores")
    assert done.returncode == 0, done.stderr[-4000:]
    assert "extract_features" not in done.stdout + done.stderr
    assert "train_probe" in done.stdout + done.stderr
    assert scores(folder) == stored
    assert not (folder / "results/small/features").exists()


def wait_for(process, pattern, folder, seconds=900):
    """Wait until a file with this pattern exists while the run still goes on."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if any(folder.glob(pattern)):
            return
        assert process.poll() is None, f"the run ended before there was a {pattern}"
        time.sleep(0.1)
    pytest.fail(f"no {pattern} within {seconds} seconds")


def test_killed_at_any_moment_the_same_command_finishes_with_the_same_scores(snakemake, small, tmp_path_factory):
    """The whole run is killed during pretraining, a job and then Snakemake alone during probing."""
    folder = tmp_path_factory.mktemp("killed")

    with running(folder, *WHOLE) as process:
        wait_for(process, "logs/small/pretrain/step-8.log", folder)
        time.sleep(2)
        os.killpg(process.pid, signal.SIGKILL)
        kill(*jobs_of(folder))
    assert not (folder / "results/small/pretraining/step-16/checkpoint_last.pt").exists()

    with running(folder, *WHOLE) as process:
        wait_for(process, "results/small/probes/*/*/*/*.parquet", folder)
        while not (jobs := jobs_of(folder)):
            assert process.poll() is None, "the run ended before one of its jobs was killed"
            time.sleep(0.05)
        kill(*jobs)
        assert process.wait() != 0

    done = len(list(folder.glob("results/small/probes/*/*/*/*.parquet")))
    with running(folder, *WHOLE) as process:
        wait_for(process, "results/small/transfer/*/*/*/*.parquet", folder)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert len(list(folder.glob("results/small/probes/*/*/*/*.parquet"))) >= done

    finished = snakemake(folder, *WHOLE)
    assert finished.returncode == 0, finished.stderr[-4000:]
    assert scores(folder) == scores(small)
    assert not list(folder.glob("results/**/.*"))


def test_two_runs_in_one_folder_the_second_says_so_and_stops(snakemake, tmp_path):
    with running(tmp_path, *WHOLE) as process:
        wait_for(process, ".snakemake/locks/*", tmp_path)
        second = snakemake(tmp_path, *WHOLE)
        assert second.returncode != 0
        assert f"another run is at work in this folder: process {process.pid}" in second.stderr
        plan = snakemake(tmp_path, *OVERLAYS, "--", "plan")
        assert plan.returncode == 0, plan.stderr[-4000:]


def test_a_run_of_a_file_stops_where_it_does_not_get_the_lock_and_a_dry_run_needs_none(snakemake, tmp_path):
    """The locks of Snakemake may be those of another run, so a dry run leaves them."""
    target = "results/small/sentencepiece/sentencepiece.bpe.model"
    dry = snakemake(tmp_path, *OVERLAYS, "--dry-run", "--", target)
    assert dry.returncode == 0, dry.stderr[-4000:]
    assert not (tmp_path / ".snakemake/polychron.lock").exists()
    with FileLock(tmp_path / ".snakemake/polychron.lock"):
        run = snakemake(tmp_path, *OVERLAYS, "--cores", "1", "--", target)
        assert run.returncode == 1 and "another run is at work in this folder" in run.stderr
    assert not (tmp_path / target).exists() and "Traceback" not in run.stderr
    lock = tmp_path / ".snakemake/locks/0.input.lock"
    lock.parent.mkdir(exist_ok=True)
    lock.touch()
    assert snakemake(tmp_path, *OVERLAYS, "-n", "--", target).returncode == 0
    assert lock.exists()
