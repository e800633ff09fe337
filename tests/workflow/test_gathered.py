"""From a gathered table of scores alone, the same figures and tables are made, and nothing is measured."""

import importlib.util
import shutil

import pytest

from polychron.storage import files

pytestmark = pytest.mark.slow

TOY = ["--configfile", "studies/toy.yaml"]


def test_the_toys_gathered_scores_give_its_figures_and_tables_again(snakemake, root, toy, tmp_path):
    given = tmp_path / "given" / "toy"
    given.mkdir(parents=True)
    shutil.copy(toy / "scores.parquet", given)
    made = [f"results/toy/{name}" for name in ("scores.parquet", "figures/figure-04.svg", "tables/table-3.csv")]
    done = snakemake(tmp_path, *TOY, "--config", f"scores={given.parent}", "--cores", "1", "--", *made)
    assert done.returncode == 0, done.stderr[-4000:]
    for path in made:
        assert files.checksum(tmp_path / path) == files.checksum(root / path), path
    assert "train_probe" not in done.stdout + done.stderr
    assert not (tmp_path / "results/toy/checkpoints").exists()


def test_the_papers_study_starts_on_one_machine_where_its_scores_are_given(snakemake, root, tmp_path):
    where = importlib.util.spec_from_file_location("paper_scale", root / "benchmarks/paper_scale.py")
    benchmark = importlib.util.module_from_spec(where)
    where.loader.exec_module(benchmark)
    rows = benchmark.plant(tmp_path)
    assert rows > 300_000
    figure = "results/xlmr-replica/figures/figure-01.svg"
    refused = snakemake(tmp_path, "--cores", "1", "--", figure)
    assert refused.returncode == 1 and "needs a cluster" in refused.stdout + refused.stderr
    done = snakemake(tmp_path, "--config", f"scores={tmp_path / 'given'}", "--cores", "1", "--", figure)
    assert done.returncode == 0, done.stderr[-4000:]
    assert (tmp_path / figure).stat().st_size > 10_000
    gathered = files.read_table(tmp_path / "results/xlmr-replica/scores.parquet")
    given = files.read_table(tmp_path / "given/xlmr-replica/scores.parquet")
    assert gathered.num_rows == given.num_rows == rows
