"""The plain values that a plan is made from."""

import bz2
import gzip
import lzma

import numpy as np
import pytest
from configs import study

from polychron.data.sources import Source
from polychron.planning import costs, rates, report
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
    assert sum(cell["alternatives"] for cell in values["cells"]) == 3 * 3 * 2
    assert values["each"]["gather_sensitivity"] == values["each"]["compare_settings"] == 1
    assert values["world"]["languages"] == [*world_files.SPOKEN]
    assert values["each"]["draw_figure"] == 17 and values["each"]["measure_displacement"] == 3
    assert values["pretraining"]["steps"] == {0: 0, 50: 50 / 4800, 800: 750 / 4800, 4800: 4000 / 4800}
    assert values["downloads"] == {} and "fetch_source" not in values["once"]


def test_a_source_without_a_parallel_treebank_has_its_transfers_in_the_plan(toy):
    targets = toy.study.probing["transfer"]["treebank_languages"]
    probing = {"transfer": {"treebank_languages": targets[1:], "treebank_sources": targets}}
    values = axes("studies/toy.yaml", {"probing": probing}).values
    assert len(values["transfers"]) == len(toy.values["transfers"])
    assert {len(job["sets"]) for job in values["transfers"] if job["task"] == "pos"} == {len(targets) - 1}


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


PRETRAINED = {
    "models": [{"name": "m", "provider": "pretrained", "final_layer": 12, "window": 512}],
    "steps": [0, 100],
    "pretraining": {"languages": ["en", "fi"], "updates": 100, "chain": None},
    "bits": {"languages": ["en"]},
}


def planned(values):
    return {line.rule: line for line in costs.lines(values, rates.sizes(), rates.rates())}


def test_each_model_is_planned_with_the_pretraining_of_its_own():
    """The second model reads one of the two languages, for half of the updates, in a quarter of the width."""
    one = {**PRETRAINED["models"][0], "name": "one", "steps": [0, 50]}
    one["pretraining"] = {"languages": ["fi"], "updates": 50, "dimension": 192, "vocabulary": 1000}
    alone, both = axes(PRETRAINED).values, axes(PRETRAINED, {"models": [*PRETRAINED["models"], one]}).values
    first, second = both["models"]
    assert (first["dimension"], second["dimension"], second["vocabulary"]) == (768, 192, 1000)
    told = second["grid"]["pretraining"]
    assert told["languages"] == ["fi"] and told["updates"] == 50 and told["steps"] == {0: 0, 50: 1}
    assert both["pretraining"] == alone["pretraining"] and alone["pretraining"]["languages"] == ["en", "fi"]
    assert planned(alone)["binarize_text"].jobs == 2 and planned(both)["binarize_text"].jobs == 3
    assert planned(alone)["pretrain"].jobs == 2 and planned(both)["pretrain"].jobs == 4


PACKERS = {"xz": lzma.compress, "gz": gzip.compress, "bz2": bz2.compress, "plain": bytes}


@pytest.mark.parametrize(("name", "kind"), [*(("txt", kind) for kind in PACKERS), ("txt.xz", "xz"), ("txt.gz", "gz")])
def test_own_texts_are_as_long_as_they_are(tmp_path, monkeypatch, name, kind):
    """And not as long as CC100, which a text is planned as while it is not there. Its first bytes say what it is."""
    monkeypatch.chdir(tmp_path)
    overlays = PRETRAINED, {"files": {"text": f"./my/{{language}}.{name}"}}
    assert planned(axes(*overlays).values)["split_text"].bytes > 1e11
    assert "as long as those of CC100, which may be far too long: en, fi." in report.sources(axes(*overlays).values, {})
    (tmp_path / "my").mkdir()
    size = 0
    for language, number in (("en", 40_000), ("fi", 10_000)):
        content = PACKERS[kind](np.random.default_rng(0).bytes(number))
        size += len(content)
        (tmp_path / f"my/{language}.{name}").write_bytes(content)
    text = size / (1 if kind == "plain" else rates.sizes()["text/xz"].number)
    lines = planned(axes(*overlays).values)
    assert text < lines["split_text"].bytes < text + 20_000
    assert "CC100" not in report.sources(axes(*overlays).values, {})
    tokens = rates.sizes()["text/tokens"].number * text
    assert tokens < lines["binarize_text"].bytes < tokens + 5_000 and lines["count_text"].jobs == 2


def test_what_a_mirror_has_is_as_long_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mirror/cc100").mkdir(parents=True)
    (tmp_path / "mirror/cc100/en.txt.xz").write_bytes(lzma.compress(b"")[:6] + bytes(294))
    ratio = rates.sizes()["text/xz"].number
    assert axes(PRETRAINED, {"mirror": "mirror"}).values["texts"] == {"en": 300 / ratio, "fi": None}
    assert axes(PRETRAINED).values["texts"] == {"en": None, "fi": None}
    recorded = {"cc100/en.txt.xz": Source("cc100/en.txt.xz", bytes=30)}
    assert axes(PRETRAINED, {"mirror": "mirror"}, known=recorded).bytes_of("cc100/en.txt.xz") == 30


def test_an_own_treebank_has_as_many_words_as_its_bytes_make(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parts = ("source", "target", "links")
    links = {"format": "talp", **{part: f"./en-de.{part}" for part in parts}}
    own = axes({"files": {"treebank": {"en": "./en-{split}.conllu"}, "alignment": {"en/de": links}}})
    for split in ("train", "dev"):
        (tmp_path / f"en-{split}.conllu").write_bytes(bytes(76_000))
    assert own.amount("treebank/en") == {"ud": 1}, "the test split is not there yet"
    (tmp_path / "en-test.conllu").write_bytes(bytes(38_000))
    for part in parts:
        (tmp_path / f"en-de.{part}").write_bytes(bytes(109))
    assert own.amount("treebank/en") == {"vector": 190_000 / 76}
    assert own.amount("bitext/en/de") == {"vector": 1}
    assert own.amount("treebank/fi") == {"ud/fi_tdt": 1}


def test_named_entities_are_planned():
    values = axes("studies/entities.yaml").values
    assert values["once"]["tabulate_entities"] == 10
    spans = [cell["spans"] for cell in values["cells"] if cell["task"] == "entities"]
    assert [len(one) for one in spans] == [7] * 4 and all(stored for one in spans for _, stored in one)
    assert not any(cell["spans"] for cell in values["cells"] if cell["task"] != "entities")
    assert values["datasets"]["entity_treebank/pt"] == {"uner/pt_bosque": 1}
    assert values["datasets"]["entities/de"] == {"ud/de_pud": 1}
    lines = planned(values)
    assert lines["score_spans"].jobs == 39 * 4 and lines["tabulate_entities"].jobs == 10
    assert "score_spans" not in planned(axes().values)


def test_draws_of_masks_take_their_time():
    lines = [planned(axes({"bits": {"draws": draws}}).values)["measure_bits"] for draws in (1, 2, 4)]
    once, twice, more = (line.gpu_hours for line in lines)
    assert more - once == pytest.approx(3 * (twice - once)) and twice > once
    assert len({line.jobs for line in lines}) == 1


def test_a_world_writes_all_of_its_files_whatever_a_study_reads():
    files = study("studies/toy.yaml").config["files"]
    layout = world_files.layout_of({**files, "treebank": {**files["treebank"], "en": "ud/en-{split}.conllu"}})
    assert "en" not in layout["treebank"] and set(layout["treebank"]) == set(world_files.SPOKEN)
    assert world_files.layout_of({**files, "of a later version": {"en": "x"}}) == world_files.layout_of(files)
    written = world_files.files_of(layout)
    assert len(written) == len(set(written)) and "ud/UD_Qsa-World/qsa_world-ud-dev.conllu" in written
    assert not [path for path in written if "{" in path]
