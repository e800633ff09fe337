"""Models of the laboratory beside a finished study: nothing of it is made again."""

import pytest

from studies import TOY

pytestmark = pytest.mark.slow

OVERLAY = """
models:
  - {name: toy, provider: pretrained, final_layer: 2, window: 64}
  - {name: one, provider: pretrained, final_layer: 2, window: 64, pretraining: {languages: [qsa], seed: 2}}
  - {name: both, provider: ensemble, final_layer: 2, window: 64, members: {qsa: one, qsb: toy}, languages: [qsa, qsb]}
world: {twins: {qtw: qsa}}
lab: {pairs: [[qsa, qtw]], seeds: [1], window: 64, variants: {default: {}, alone: {alone: true}}}
"""
FINISHED = ["results/toy/geometry.parquet", "results/toy/trajectories.parquet", "results/toy/sizes.parquet"]


def test_a_laboratory_beside_a_finished_study_makes_none_of_its_scores_again(snakemake, root, toy, tmp_path):
    (tmp_path / "lab.yaml").write_text(OVERLAY)
    study = [*TOY, str(tmp_path / "lab.yaml")]
    done = snakemake(root, *study, "--cores", "2", "--dry-run", "--", *FINISHED)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    made = {line.split()[0] for line in said.splitlines() if line.startswith(("rule ", "localrule "))}
    assert not made and "Nothing to be done" in said
    more = snakemake(root, *study, "--cores", "2", "--dry-run", "--", "results/lab-qsa-qtw-alone-1/scores.parquet")
    # the study's tasks and pairs are not about the twin, so that only the member of qsa has something to measure
    said = more.stdout + more.stderr
    assert more.returncode == 0 and "results/lab-qsa-qtw-alone-1.qsa/pretraining/step-4800" in said
    assert "rule gather_ensemble:" in said and "rule synthesise_twin_qtw:" not in said
    twin = snakemake(
        root, *study, "--cores", "2", "--dry-run", "--", "results/lab-qsa-qtw-default-1/binarized/qtw/train.idx"
    )
    assert twin.returncode == 0 and "rule synthesise_twin_qtw:" in twin.stdout + twin.stderr
