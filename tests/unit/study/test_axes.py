"""The plain values that a plan is made from."""

import pytest
from configs import study

from polychron.data.sources import Source
from polychron.planning import costs, rates
from polychron.study import world_files
from polychron.study.axes import Axes

DRAWN = {"draw_figure": 17, "write_table": 6}


def axes(*overlays, known=None):
    return Axes(study(*overlays), rates.sizes(), known or {}, DRAWN)


@pytest.fixture(scope="module")
def toy():
    return axes("studies/toy.yaml")


def test_the_toy_study_in_plain_values(toy):
    values = toy.values
    assert len(values["cells"]) == 4 * 6 + 6 + 2 * 2 + 2 * 2 and values["steps"] == 4
    assert sum(cell["controls"] for cell in values["cells"]) == 4 * 6 + 3 * 6
    assert sum(cell["described"] for cell in values["cells"]) == 4 * 6
    assert values["world"]["languages"] == [*world_files.SPOKEN]
    assert values["each"]["draw_figure"] == 17 and values["each"]["measure_displacement"] == 3
    assert values["pretraining"]["steps"] == {0: 0, 50: 50 / 4800, 800: 750 / 4800, 4800: 4000 / 4800}
    assert values["downloads"] == {} and "fetch_source" not in values["once"]


def test_every_job_of_the_papers_study_is_in_its_plan():
    lines = {line.rule: line.jobs for line in costs.lines(axes().values, rates.sizes(), rates.rates())}
    assert lines["train_probe"] == 9477 + 59 and lines["measure_bits"] == 94 * 40
    assert lines["draw_figure"] == 17 and lines["admit_checkpoint"] == 40


def test_what_a_dataset_is_in_the_table_of_sizes(toy):
    paper = axes()
    assert paper.amount("treebank/en") == {"ud/en_ewt": 1} and paper.amount("heldout/en") == {"heldout": 1000}
    assert paper.amount("inference/en") == {"xnli/train": 1, "xnli/dev": 1}
    rows = axes({"files": {"inference": {"train": {"rows": [0, 500]}}}})
    assert rows.amount("inference/en") == {"xnli/pair": 500, "xnli/dev": 1}
    assert [*toy.amount("parallel/qsa").values()] == [200]


def test_recorded_bytes_come_before_assumed_ones():
    known = {"a.txt": Source("a.txt", bytes=3)}
    assert axes(known=known).bytes_of("a.txt") == 3
    assert axes(known=known).bytes_of("b.txt") is None


def test_a_world_writes_all_of_its_files_whatever_a_study_reads():
    files = study("studies/toy.yaml").config["files"]
    layout = world_files.layout_of({**files, "treebank": {**files["treebank"], "en": "ud/en-{split}.conllu"}})
    assert "en" not in layout["treebank"] and set(layout["treebank"]) == set(world_files.SPOKEN)
    written = world_files.files_of(layout)
    assert len(written) == len(set(written)) and "ud/UD_Qsa-World/qsa_world-ud-dev.conllu" in written
    assert not [path for path in written if "{" in path]
