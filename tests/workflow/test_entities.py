"""Named entities added to the finished toy study: the jobs of the new task, and no cell of another."""

from collections import Counter

import yaml
from rerun import jobs

from studies import TOY


def test_the_task_reruns_no_cell_of_another(snakemake, root, toy, tmp_path):
    """Two sources, three targets, four steps at one layer; a control of each kind for each source."""
    sources, targets = ["qoe", "qsa"], ["qoe", "qsa", "qsb"]
    for code in targets:
        for split in ("train", "dev", "test", "parallel"):
            (tmp_path / f"{code}-{split}.iob2").touch()
    overlay = {
        "files": {
            "entity_treebank": {code: str(tmp_path / f"{code}-{{split}}.iob2") for code in sources},
            "entities": {code: str(tmp_path / f"{code}-parallel.iob2") for code in targets},
        },
        "features": {"store": ["treebank", "parallel", "inference", "inference_test", "entity_treebank", "entities"]},
        "probing": {
            "tasks": ["pos", "arc_prediction", "arc_classification", "xnli", "entities"],
            "entity_languages": sources,
            "transfer": {"entity_languages": targets, "entity_sources": sources},
        },
        "geometry": None,
    }
    (tmp_path / "entities.yaml").write_text(yaml.safe_dump(overlay))
    done = snakemake(root, *TOY, str(tmp_path / "entities.yaml"), "--cores", "2", "--dry-run", "--", "scores")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    found = jobs(said)
    assert Counter(made.rule for made in found) == {
        **{"tabulate_entities": 5, "tokenize_examples": 5, "extract_features": 5 * 4},
        **{"train_probe": 8, "score_spans": 8, "transfer_probe": 8, "tabulate_targets": 1, "score_baseline": 2},
        **{"train_control": 4, "measure_description_length": 2, "gather_scores": 1, "trace_trajectories": 1},
    }
    assert {dict(made.wildcards).get("task", "entities") for made in found} == {"entities"}
